//! Checks the house rules that a machine can check. Each violation names its file and line.

mod arrows;
mod circles;
mod form;
mod functions;
mod names;
mod not_yet;
mod paths;
mod sources;
mod words;

use std::fmt;

use not_yet::NOT_YET;
use sources::Source;

type Rule = fn(&[Source]) -> Vec<Violation>;

const RULES: &[Rule] = &[
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
    let violations: Vec<Violation> = RULES.iter().flat_map(|rule| rule(&sources)).collect();
    let complaints = not_yet::complaints(&violations, NOT_YET);
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// A place where a rule is broken.
#[derive(Clone)]
struct Violation {
    rule: &'static str,
    path: String,
    line: usize,
    /// The cause of the violation. Together with rule and path it identifies the violation even if lines move.
    name: String,
    verdict: String,
}

impl Violation {
    fn new(rule: &'static str, path: &str, line: usize, name: &str, verdict: String) -> Self {
        Self { rule, path: path.to_owned(), line, name: name.to_owned(), verdict }
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
