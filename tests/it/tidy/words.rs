//! Finds words that the code of a folder must not contain: unfinished work, and what a layer must not depend on.

use std::collections::BTreeMap;

use super::Violation;
use super::sources::{Source, is_in_name};

/// Unfinished work, and tests that do not run.
const NOWHERE: &[&str] = &["todo!", "unimplemented!", "#[ignore"];

/// The files of the rules, which must depend on nothing but their arguments.
const RULES: &[&str] = &[
    "actors/src/workspace/",
    "actors/src/account/",
    "actors/src/chat/",
    "actors/src/webhook/",
    "actors/src/decider.rs",
    "actors/src/peer.rs",
    "actors/src/phone",
];
const NOT_IN_RULES: &[&str] =
    &["async", "::now()", "rand::", "actix", "sled", "reqwest", "tracing::", "tokio", "std::fs", "std::net", "HashMap"];

/// The direction of dependencies: names that the code of a folder must not use.
const NOT_NAMED_IN: &[(&str, &[&str])] = &[
    ("events/", &["actix", "actix_web", "actors", "reqwest", "tidings"]),
    ("actors/", &["actix_web", "reqwest", "sled", "bincode", "tidings"]),
    ("src/service/", &["actix_web", "clap", "askama", "reqwest", "StatusCode"]),
    ("src/service.rs", &["actix_web", "clap", "askama", "reqwest", "StatusCode"]),
];

/// Crates that only one file in `LAYERS` may name.
pub(super) const KEPT_BY_ONE_FILE: &[&str] = &["sled", "bincode"];
/// The crates that seal and sign, and the only files in `events/src/` that may name them.
pub(super) const KEPT_BY_FILES_OF_EVENTS: &[(&str, &[&str])] =
    &[("ring", &["events/src/checkpoint_key.rs", "events/src/vault/seal_key.rs"])];
const LAYERS: &[&str] = &["events/src/", "actors/src/", "src/"];

pub(super) fn violations(sources: &[Source]) -> Vec<Violation> {
    sources.iter().flat_map(violations_of).collect()
}

fn violations_of(source: &Source) -> Vec<Violation> {
    let (path, code) = (source.path.as_str(), &source.code);
    let mut found = naming(path, code, NOWHERE, contains, "nothing may contain");
    if is_rule(path) {
        found.extend(naming(path, &source.code_without_tests(), NOT_IN_RULES, contains, "a rule never names"));
    }
    for (folder, words) in NOT_NAMED_IN {
        if path.starts_with(folder) && !path.starts_with(&format!("{folder}tests/")) {
            found.extend(naming(path, code, words, names, &format!("{folder} never names")));
        }
    }
    found
}

fn naming(
    path: &str,
    code: &BTreeMap<usize, String>,
    words: &[&str],
    is_named: fn(&str, &str) -> bool,
    verdict: &str,
) -> Vec<Violation> {
    let mut found = Vec::new();
    for (line, code) in code {
        let named = words.iter().filter(|word| is_named(code, word));
        found.extend(named.map(|word| Violation::new(path, *line, format!("{verdict} `{word}`"))));
    }
    found
}

fn is_rule(path: &str) -> bool {
    let is_test = ["/tests.rs", "/spec.rs", "/specs.rs"].iter().any(|end| path.ends_with(end));
    RULES.iter().any(|rule| path.starts_with(rule)) && !is_test
}

/// Returns the files of the layers whose code names a crate.
pub(super) fn namers_of<'a>(name: &str, sources: &'a [Source]) -> Vec<&'a str> {
    let layers = sources.iter().filter(|source| LAYERS.iter().any(|layer| source.path.starts_with(layer)));
    let namers = layers.filter(|source| source.code.values().any(|code| names(code, name)));
    namers.map(|source| source.path.as_str()).collect()
}

/// True if the line contains the word, perhaps as the beginning of a longer one.
fn contains(code: &str, word: &str) -> bool {
    places(code, word).next().is_some()
}

/// True if the line contains the word as a whole name: `sled::Db`, not `sled_log`.
fn names(code: &str, word: &str) -> bool {
    places(code, word).any(|at| !code.get(at + word.len()..).unwrap_or_default().starts_with(is_in_name))
}

/// Returns where a word begins, unless it is the end of a longer name.
fn places(code: &str, word: &str) -> impl Iterator<Item = usize> {
    let places = code.match_indices(word).map(|(at, _)| at);
    places.filter(move |at| !word.starts_with(is_in_name) || !code.get(..*at).unwrap_or_default().ends_with(is_in_name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::shown;

    fn check(path: &str, text: &str) -> Vec<String> {
        shown(&violations(&[Source::new(path, text)]))
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
            let text = format!("//! A.\nx = {word} x;\n");
            let named = format!("actors/src/chat/decide.rs:2: a rule never names `{word}`");
            let found = check("actors/src/chat/decide.rs", &text);
            assert!(found.contains(&named), "{word}: {found:?}");
            assert!(check("src/a.rs", &text).is_empty(), "{word}");
        }
    }

    #[test]
    fn a_rule_may_say_in_words_and_in_tests_what_it_never_does() {
        let text = "//! No tokio.\nfn operand() {} // never async \nconst A: &str = \"sled\";\n\
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
    fn the_service_knows_no_face_and_no_vendor() {
        for word in ["actix_web::get", "clap::Parser", "askama::Template", "reqwest::Client", "http::StatusCode"] {
            let text = format!("//! A.\nuse {word};\n");
            assert_eq!(check("src/service/ledger.rs", &text).len(), 1, "{word}");
            assert_eq!(check("src/service.rs", &text).len(), 1, "{word}");
            assert_eq!(check("src/http/credits.rs", &text), [""; 0], "{word}");
        }
        assert_eq!(check("src/service/ledger.rs", "//! No clap.\nfn clapped(StatusCodes: u8) {}\n"), [""; 0]);
    }

    #[test]
    fn only_code_that_names_the_crate_itself_counts() {
        let sources = [
            Source::new("events/src/lib.rs", "pub mod sled_log; // keeps sled away\n/* sled */"),
            Source::new("events/src/store/sled_log.rs", "use sled::Db;"),
            Source::new("events/tests/reopen.rs", "use sled::Db;"),
            Source::new("src/gateway.rs", "let name = \"sled\"; let raw = r#\"a \"sled\" b\"#;"),
            Source::new("src/state.rs", "let quote = '\"'; use sled; let other = '\"';"),
        ];
        assert_eq!(namers_of("sled", &sources), ["events/src/store/sled_log.rs", "src/state.rs"]);
    }
}
