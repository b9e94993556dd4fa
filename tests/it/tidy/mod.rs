//! Checks the house rules that a machine can check. Each violation names its file and line.

mod arrows;
mod circles;
mod documents;
mod form;
mod functions;
mod names;
mod paths;
mod sources;
mod words;

use std::fmt;

use sources::Source;

type Rule = fn(&[Source]) -> Vec<Violation>;

const RULES: &[Rule] = &[
    documents::violations,
    form::violations,
    words::violations,
    names::violations,
    functions::violations,
    arrows::violations,
    circles::violations,
];

/// A single test, because reading all sources takes seconds.
#[test]
fn every_source_file_keeps_the_house_rules() {
    let sources = sources::all();
    assert!(sources.len() > 20, "only {} files were found", sources.len());
    let handlers = functions::handlers(&sources);
    assert!(handlers.len() > 50, "the table of routes names only {handlers:#?}");
    assert_eq!(functions::needless_tables(&sources), []);
    for name in words::KEPT_BY_ONE_FILE {
        let namers = words::namers_of(name, &sources);
        assert_eq!(namers.len(), 1, "{name} is named in {namers:#?}");
    }
    for (name, files) in words::KEPT_BY_FILES_OF_EVENTS {
        let mut namers = words::namers_of(name, &sources);
        namers.retain(|path| path.starts_with("events/"));
        namers.sort_unstable();
        assert_eq!(namers, *files, "{name}");
    }
    let violations: Vec<Violation> = RULES.iter().flat_map(|rule| rule(&sources)).collect();
    assert!(violations.is_empty(), "{} violations:\n{}", violations.len(), shown(&violations).join("\n"));
}

/// A place where a rule is broken.
#[derive(Clone)]
struct Violation {
    path: String,
    line: usize,
    verdict: String,
}

impl Violation {
    fn new(path: &str, line: usize, verdict: String) -> Self {
        Self { path: path.to_owned(), line, verdict }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.verdict)
    }
}

/// The violations as a failed test shows them.
fn shown(violations: &[Violation]) -> Vec<String> {
    violations.iter().map(Violation::to_string).collect()
}
