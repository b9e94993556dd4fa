//! Checks the form of a file: its first sentence, its length, and the length of its lines.

use super::Violation;
use super::sources::Source;

const LINES_MAX: usize = 400;
const CHARS_MAX: usize = 140;

pub(super) fn violations(sources: &[Source]) -> Vec<Violation> {
    sources.iter().flat_map(violations_of).collect()
}

fn violations_of(source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut report = |line, verdict| found.push(Violation::new(&source.path, line, verdict));
    if !source.text.starts_with("//! ") {
        report(1, "a file opens with a sentence: `//! `".to_owned());
    }
    let lines = source.text.lines().count();
    if lines > LINES_MAX {
        report(LINES_MAX + 1, format!("{lines} lines, {LINES_MAX} at most"));
    }
    for (line, chars) in (1..).zip(source.text.lines().map(|line| line.chars().count())) {
        if chars > CHARS_MAX {
            report(line, format!("{chars} characters, {CHARS_MAX} at most"));
        }
    }
    if let Some(error) = &source.error {
        report(error.span().start().line, format!("no Rust that can be read: {error}"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::shown;

    fn check(text: &str) -> Vec<String> {
        shown(&violations(&[Source::new("src/a.rs", text)]))
    }

    #[test]
    fn a_file_must_open_with_a_sentence() {
        assert_eq!(check("//! What it is for.\n"), [""; 0]);
        assert_eq!(check("use std::fs;\n"), ["src/a.rs:1: a file opens with a sentence: `//! `"]);
    }

    #[test]
    fn long_files_and_long_lines_are_named() {
        assert_eq!(check(&format!("//! A.\n{}", "\n".repeat(399))), [""; 0]);
        assert_eq!(check(&format!("//! A.\n{}", "\n".repeat(400))), ["src/a.rs:401: 401 lines, 400 at most"]);
        assert_eq!(check(&format!("//! A.\n//{}\n", "ß".repeat(138))), [""; 0]);
        let long = format!("//! A.\n//{}\n", "ß".repeat(139));
        assert_eq!(check(&long), ["src/a.rs:2: 141 characters, 140 at most"]);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let found = check("//! A.\nfn a() -> {}\n");
        assert!(found.len() == 1 && found[0].starts_with("src/a.rs:2: no Rust that can be read: "), "{found:?}");
    }
}
