//! Checks that what the documents name is there: files, folders, and tests by their names.

use std::fs;
use std::path::Path;

use super::Violation;
use super::sources::{Source, root};

const DOCUMENTS: &[&str] = &[
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "benches/README.md",
    "config/README.md",
    "docs/inbound.md",
    "docs/outbound.md",
    "docs/records.md",
    "tests/README.md",
];

/// The folders at the top.
const TOP: &[&str] = &[
    "actors",
    "benches",
    "config",
    "docs",
    "events",
    "examples",
    "fuzz",
    "locales",
    "src",
    "templates",
    "tests",
    "xtask",
];

/// What stands for more in a name: `tests/it/cli*.rs`, `tests/planted/NAME.patch`, `a_groups_title_follows_...`.
const OPEN: &[&str] = &["*", "...", "NAME"];

pub(super) fn violations(sources: &[Source]) -> Vec<Violation> {
    let texts = DOCUMENTS.iter().map(|document| (*document, fs::read_to_string(root().join(document)).unwrap()));
    texts.flat_map(|(document, text)| violations_of(document, &text, sources)).collect()
}

fn violations_of(document: &str, text: &str, sources: &[Source]) -> Vec<Violation> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut file = String::new();
        for name in line.split([' ', '`', '(', ')', '[', ']', ';', '"']).flat_map(expanded) {
            let (path, function) = name.split_once("::").map_or((&*name, None), |(path, name)| (path, Some(name)));
            if !path.is_empty() {
                path.clone_into(&mut file);
            }
            let is_rust = Path::new(&file).extension().is_some_and(|extension| extension == "rs");
            let is_there = match function {
                Some(function) => !is_rust || is_a_test(&file, function, sources),
                None => !is_ours(path) || is_a_path(path),
            };
            if !is_there {
                found.push(Violation::new(document, number, format!("{name} is not there")));
            }
        }
    }
    found
}

/// Expands `a/{b,c}.rs`, which has no blanks, to `a/b.rs` and `a/c.rs`.
fn expanded(name: &str) -> Vec<String> {
    let name = name.trim_end_matches([',', ':']);
    match (name.find('{'), name.find('}')) {
        (Some(open), Some(close)) if open < close => {
            let (before, inside, after) = (&name[..open], &name[open + 1..close], &name[close + 1..]);
            inside.split(',').map(|part| format!("{before}{part}{after}")).collect()
        }
        _ => vec![name.to_owned()],
    }
}

fn is_ours(path: &str) -> bool {
    path.split_once('/').is_some_and(|(top, _)| TOP.contains(&top))
}

/// Returns whether a file or folder is there; of an open name, whether its folder is.
fn is_a_path(path: &str) -> bool {
    let known = path.split('/').take_while(|part| !OPEN.iter().any(|open| part.contains(open)));
    let known = known.collect::<Vec<_>>().join("/");
    root().join(known.trim_end_matches('.')).exists()
}

/// Returns whether a file whose path ends like this has this test.
fn is_a_test(file: &str, name: &str, sources: &[Source]) -> bool {
    let is_it = |source: &&Source| source.path == file || source.path.ends_with(&format!("/{file}"));
    let wanted = match name.strip_suffix("...") {
        Some(begin) => format!("fn {begin}"),
        None => format!("fn {name}("),
    };
    sources.iter().filter(is_it).any(|source| source.text.contains(&wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::shown;

    fn check(text: &str) -> Vec<String> {
        let sources = [Source::new("src/a/b.rs", "//! B.\nfn it_is_so() {}\nfn it_is_not() {}\n")];
        shown(&violations_of("README.md", text, &sources))
    }

    #[test]
    fn files_and_folders_must_be_there() {
        assert_eq!(
            check("`src/main.rs`, `tests/it/`, (`src/{main,lib}.rs`): [it](tests/README.md), tests/it/cli*.rs."),
            [""; 0]
        );
        assert_eq!(check("\n`src/{main,none}.rs`"), ["README.md:2: src/none.rs is not there"]);
        assert_eq!(check("/etc/tidings.toml, http://a.example/src/none, `application/json`"), [""; 0]);
    }

    #[test]
    fn tests_must_be_in_the_file_that_is_named() {
        assert_eq!(check("src/a/b.rs::it_is_so, ::it_is_not; a/b.rs::it_is_..., b.rs::{it_is_so,it_is_not}"), [""; 0]);
        assert_eq!(check("src/a/b.rs::it_is"), ["README.md:1: src/a/b.rs::it_is is not there"]);
        assert_eq!(check("c.rs::it_is_so"), ["README.md:1: c.rs::it_is_so is not there"]);
        assert_eq!(check("b.rs::it_is_so, ::other"), ["README.md:1: ::other is not there"]);
    }
}
