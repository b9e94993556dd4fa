//! House rules that a machine can check. Each violation is named by file and line.

use std::fs;
use std::path::Path;

const FOLDERS: &[&str] = &["events", "actors", "src", "xtask", "tests", "benches", "examples", "fuzz"];
const LINES_MAX: usize = 400;
const CHARS_MAX: usize = 140;

/// Unfinished work and tests that do not run.
const NOWHERE: &[&str] = &["todo!", "unimplemented!", "#[ignore"];

/// Where the rules live: functions of their arguments and nothing else.
const RULES: &[&str] = &[
    "actors/src/workspace/",
    "actors/src/account/",
    "actors/src/chat/",
    "actors/src/webhook/",
    "actors/src/decider.rs",
    "actors/src/peer.rs",
    "actors/src/phone",
];
const NOT_IN_RULES: &[&str] = &[
    "async ",
    "::now()",
    "rand::",
    "actix",
    "sled",
    "reqwest",
    "tracing::",
    "tokio",
    "std::fs",
    "std::net",
    "HashMap",
];

/// The direction of dependencies: what the code of a folder never names.
const NOT_NAMED_IN: &[(&str, &[&str])] = &[
    ("events/", &["actix", "actix_web", "actors", "reqwest", "tidings"]),
    ("actors/", &["actix_web", "reqwest", "sled", "bincode", "tidings"]),
];

/// Crates that one file each keeps from the rest of `LAYERS`.
const KEPT_BY_ONE_FILE: &[&str] = &["sled", "bincode"];
const LAYERS: &[&str] = &["events/src/", "actors/src/", "src/"];

#[test]
fn every_source_file_keeps_the_house_rules() {
    let sources = sources();
    assert!(sources.len() > 20, "only {} files were found", sources.len());
    let violations: Vec<String> = sources.iter().flat_map(|(path, text)| check(path, text)).collect();
    assert!(violations.is_empty(), "{} violations:\n{}", violations.len(), violations.join("\n"));
}

#[test]
fn one_file_each_names_sled_and_bincode() {
    let sources = sources();
    for name in KEPT_BY_ONE_FILE {
        let namers = namers_of(name, &sources);
        assert_eq!(namers.len(), 1, "{name} is named in {namers:#?}");
    }
}

/// Path from the project's folder, and text, of every file that a person wrote in Rust.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    for folder in FOLDERS {
        collect(&root.join(folder), folder, &mut sources);
    }
    sources.sort();
    sources
}

fn collect(folder: &Path, name: &str, sources: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if path.is_dir() && !name.ends_with("/target") {
            collect(&path, &name, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push((name, fs::read_to_string(&path).unwrap_or_default()));
        }
    }
}

/// All violations in one file, as `path:line: what is wrong`.
fn check(path: &str, text: &str) -> Vec<String> {
    let code = code_of(text);
    let mut found = form(text);
    found.extend(naming(&code, NOWHERE, "nothing may contain"));
    if is_rule(path) {
        found.extend(naming(without_tests(&code), NOT_IN_RULES, "a rule never names"));
    }
    for (folder, words) in NOT_NAMED_IN {
        if path.starts_with(folder) && !path.starts_with(&format!("{folder}tests/")) {
            let namings = code.lines().enumerate().flat_map(|(line, code)| {
                let named = words.iter().filter(move |word| names(code, word));
                named.map(move |word| (line, format!("{folder} never names `{word}`")))
            });
            found.extend(namings);
        }
    }
    found.sort();
    found.into_iter().map(|(line, what)| format!("{path}:{}: {what}", line + 1)).collect()
}

/// Violations of the form, which a reader sees before reading.
fn form(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    if !text.starts_with("//! ") {
        found.push((0, "a file opens with a sentence: `//! `".to_owned()));
    }
    let lines = text.lines().count();
    if lines > LINES_MAX {
        found.push((LINES_MAX, format!("{lines} lines, {LINES_MAX} at most")));
    }
    let lengths = text.lines().map(|line| line.chars().count()).enumerate();
    let long = lengths.filter(|(_, chars)| *chars > CHARS_MAX);
    found.extend(long.map(|(line, chars)| (line, format!("{chars} characters, {CHARS_MAX} at most"))));
    found
}

fn naming(code: &str, words: &[&str], verdict: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, code) in code.lines().enumerate() {
        let contained = words.iter().filter(|word| places(code, word).next().is_some());
        found.extend(contained.map(|word| (line, format!("{verdict} `{}`", word.trim_end()))));
    }
    found
}

fn is_rule(path: &str) -> bool {
    let is_test = ["/tests.rs", "/spec.rs", "/specs.rs"].iter().any(|end| path.ends_with(end));
    RULES.iter().any(|rule| path.starts_with(rule)) && !is_test
}

/// The files of the layers whose code names a crate.
fn namers_of<'a>(name: &str, sources: &'a [(String, String)]) -> Vec<&'a str> {
    let layers = sources.iter().filter(|(path, _)| LAYERS.iter().any(|layer| path.starts_with(layer)));
    let namers = layers.filter(|(_, text)| code_of(text).lines().any(|code| names(code, name)));
    namers.map(|(path, _)| path.as_str()).collect()
}

/// True if the line contains the word as a whole name: `sled::Db`, not `sled_log`.
fn names(code: &str, word: &str) -> bool {
    places(code, word).any(|at| !code.get(at + word.len()..).unwrap_or_default().starts_with(is_in_name))
}

/// Where a word begins, unless it is the end of a longer name.
fn places(code: &str, word: &str) -> impl Iterator<Item = usize> {
    let places = code.match_indices(word).map(|(at, _)| at);
    places.filter(move |at| !word.starts_with(is_in_name) || !code.get(..*at).unwrap_or_default().ends_with(is_in_name))
}

fn is_in_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Code up to the tests, which stand last in a file.
fn without_tests(code: &str) -> &str {
    let tests = code.match_indices("#[cfg(test)]").map(|(at, mark)| (at, at + mark.len()));
    let mut modules = tests.filter(|(_, end)| {
        let next = code.get(*end..).unwrap_or_default().trim_start();
        next.starts_with("mod ") && next.lines().next().is_some_and(|line| line.trim_end().ends_with('{'))
    });
    modules.next().and_then(|(at, _)| code.get(..at)).unwrap_or(code)
}

/// The text with comments, strings and characters blanked, line by line as long as before.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let blank = match first {
            '/' => comment(rest),
            '"' => Some(string(rest)),
            '\'' => character(rest),
            'r' | 'b' | 'c' if !code.ends_with(is_in_name) => raw_string(rest),
            _ => None,
        };
        let (taken, after) = rest.split_at(blank.unwrap_or(first.len_utf8()));
        let shown = |character| if blank.is_none() || character == '\n' { character } else { ' ' };
        code.extend(taken.chars().map(shown));
        rest = after;
    }
    code
}

/// How many bytes the comment takes that `text` begins with, if it does; likewise below.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    let mut rest = text.strip_prefix("/*")?;
    let mut depth = 1;
    while depth > 0 {
        rest = match (rest.find("/*"), rest.find("*/")) {
            (Some(open), Some(close)) if open < close => {
                depth += 1;
                rest.get(open + 2..)?
            }
            (_, Some(close)) => {
                depth -= 1;
                rest.get(close + 2..)?
            }
            (_, None) => return Some(text.len()),
        };
    }
    Some(text.len() - rest.len())
}

fn string(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '"' if !is_escaped => return at + 1,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    text.len()
}

fn character(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    let mut characters = inside.char_indices();
    match characters.next()? {
        (_, '\\') => characters.next().and_then(|(at, escaped)| {
            let after = at + escaped.len_utf8();
            inside.get(after..)?.find('\'').map(|more| 1 + after + more + 1)
        }),
        // A lifetime has no second quote.
        _ => characters.next().filter(|(_, next)| *next == '\'').map(|(at, _)| 1 + at + 1),
    }
}

fn raw_string(text: &str) -> Option<usize> {
    let begun = text.strip_prefix(['b', 'c']).unwrap_or(text).strip_prefix('r')?;
    let quoted = begun.trim_start_matches('#');
    let end = format!("\"{}", "#".repeat(begun.len() - quoted.len()));
    let inside = quoted.strip_prefix('"')?;
    let after = inside.find(&end).map_or(inside.len(), |at| at + end.len());
    Some(text.len() - inside.len() + after)
}

#[test]
fn a_file_must_open_with_a_sentence() {
    assert_eq!(check("src/a.rs", "//! What it is for.\n"), [""; 0]);
    assert_eq!(check("src/a.rs", "use std::fs;\n"), ["src/a.rs:1: a file opens with a sentence: `//! `"]);
}

#[test]
fn long_files_and_long_lines_are_named() {
    assert_eq!(check("src/a.rs", &format!("//! A.\n{}", "\n".repeat(399))), [""; 0]);
    assert_eq!(check("src/a.rs", &format!("//! A.\n{}", "\n".repeat(400))), ["src/a.rs:401: 401 lines, 400 at most"]);
    assert_eq!(check("src/a.rs", &format!("//! A.\n//{}\n", "ß".repeat(138))), [""; 0]);
    let long = format!("//! A.\n//{}\n", "ß".repeat(139));
    assert_eq!(check("src/a.rs", &long), ["src/a.rs:2: 141 characters, 140 at most"]);
}

#[test]
fn unfinished_work_is_found_everywhere() {
    let text = "//! A.\nfn a() { todo!() }\n#[ignore = \"slow\"]\nfn b() { unimplemented!() }\n";
    let named = [
        "2: nothing may contain `todo!`",
        "3: nothing may contain `#[ignore`",
        "4: nothing may contain `unimplemented!`",
    ];
    assert_eq!(check("tests/it/a.rs", text), named.map(|end| format!("tests/it/a.rs:{end}")));
}

#[test]
fn every_forbidden_word_is_found_in_a_rule() {
    for word in NOT_IN_RULES {
        let text = format!("//! A.\nx = {word}x;\n");
        let named = format!("actors/src/chat/decide.rs:2: a rule never names `{}`", word.trim_end());
        let found = check("actors/src/chat/decide.rs", &text);
        assert!(found.contains(&named), "{word}: {found:?}");
        assert!(check("src/a.rs", &text).is_empty(), "{word}");
    }
}

#[test]
fn a_rule_may_say_in_words_and_in_tests_what_it_never_does() {
    let text = "//! No tokio.\nfn operand::a() {} // never async \nconst A: &str = \"sled\";\n\
                #[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
    assert_eq!(check("actors/src/account/mod.rs", text), [""; 0]);
    let early = "//! A.\n#[cfg(test)]\nmod specs;\nuse std::fs;\n";
    let named = ["actors/src/account/mod.rs:4: a rule never names `std::fs`"];
    assert_eq!(check("actors/src/account/mod.rs", early), named);
}

#[test]
fn a_dependency_against_the_direction_is_found() {
    let text = "//! A.\nuse actors::Shell;\nuse actix::Actor;\n";
    let named = ["2: events/ never names `actors`", "3: events/ never names `actix`"];
    assert_eq!(check("events/src/log.rs", text), named.map(|end| format!("events/src/log.rs:{end}")));
    assert_eq!(check("events/tests/log.rs", text), [""; 0]);
    assert_eq!(check("actors/src/runtime/shell.rs", "//! A.\nuse actix_web::get;\n").len(), 1);
    assert_eq!(check("actors/src/runtime/shell.rs", "//! A.\nuse actix::Actor;\n"), [""; 0]);
}

#[test]
fn only_code_that_names_the_crate_itself_counts() {
    let source = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let sources = [
        source("events/src/store/sled_log.rs", "use sled::Db;"),
        source("events/src/lib.rs", "pub mod sled_log; // keeps sled away\n/* sled */"),
        source("events/tests/reopen.rs", "use sled::Db;"),
        source("src/gateway.rs", "let name = \"sled\"; let raw = r#\"a \"sled\" b\"#;"),
        source("src/state.rs", "let quote = '\"'; use sled; let other = '\"';"),
    ];
    assert_eq!(namers_of("sled", &sources), ["events/src/store/sled_log.rs", "src/state.rs"]);
}

#[test]
fn comments_strings_and_characters_are_no_code() {
    let blanked = |text: &str| code_of(text).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(blanked("a /* b /* c */ d */ e // f\ng"), "a e g");
    assert_eq!(blanked(r#"a "b \" c" d b"e" f"#), "a d b f");
    assert_eq!(blanked(r##"a r#"b " c"# d br"e" f"##), "a d f");
    assert_eq!(blanked(r"a '\'' b '\u{1F600}' c 'd' e<'f> &'g h / i"), "a b c e<'f> &'g h / i");
    assert_eq!(blanked("a /*/ b */ c"), "a c");
    assert_eq!(code_of("a\n\"b\nc\"\nd").lines().count(), 4);
}
