//! Known violations that still have to be fixed; this table must only get shorter.

use std::collections::BTreeMap;

use super::Violation;

/// Rule, path and name of a violation.
pub(super) type Known = (&'static str, &'static str, &'static str);

pub(super) const NOT_YET: &[Known] = &[
    ("function", "actors/src/webhook/tests/properties/referee.rs", "failed"),
    ("function", "actors/src/webhook/tests/properties/referee.rs", "see"),
    ("function", "src/gateway.rs", "launch"),
    (
        "function",
        "tests/it/operator/private_files.rs",
        "what_belongs_to_somebody_else_is_named_with_its_owner_and_the_way_out",
    ),
    ("function", "tests/it/operator/screen.rs", "nothing_that_others_wrote_steers_a_terminal"),
    ("function", "tests/it/simulation/client.rs", "act"),
    ("function", "tests/it/simulation/referee/line.rs", "see_try"),
];

/// Returns the violations that are not in the table, and the rows of the table without a violation, each as a row of
/// the table.
pub(super) fn complaints(violations: &[Violation], known: &[Known]) -> Vec<String> {
    let mut left: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for known in known {
        *left.entry(*known).or_default() += 1;
    }
    let mut complaints = Vec::new();
    for violation in violations {
        let key = (violation.rule, violation.path.as_str(), violation.name.as_str());
        match left.get_mut(&key).filter(|count| **count > 0) {
            Some(count) => *count -= 1,
            None => complaints.push(format!("{violation}\n    {key:?},")),
        }
    }
    let gone = left.into_iter().filter(|(_, count)| *count > 0);
    complaints.extend(gone.map(|(key, _)| format!("no violation any more, delete it from the table:\n    {key:?},")));
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: Known = ("form", "src/a.rs", "lines");

    fn violation(path: &str, line: usize) -> Violation {
        Violation::new("form", path, line, "lines", format!("{line} lines"))
    }

    #[test]
    fn a_known_violation_passes_wherever_its_line_is() {
        assert_eq!(complaints(&[violation("src/a.rs", 7)], &[KNOWN]), [""; 0]);
    }

    #[test]
    fn a_violation_that_is_not_known_fails() {
        let named = "src/b.rs:7: 7 lines\n    (\"form\", \"src/b.rs\", \"lines\"),";
        assert_eq!(complaints(&[violation("src/a.rs", 7), violation("src/b.rs", 7)], &[KNOWN]), [named]);
    }

    #[test]
    fn each_line_of_the_table_allows_one_violation() {
        let twice = [violation("src/a.rs", 7), violation("src/a.rs", 9)];
        assert_eq!(complaints(&twice, &[KNOWN, KNOWN]), [""; 0]);
        assert_eq!(complaints(&twice, &[KNOWN]), ["src/a.rs:9: 9 lines\n    (\"form\", \"src/a.rs\", \"lines\"),"]);
    }

    #[test]
    fn what_is_no_violation_any_more_must_leave_the_table() {
        let named = "no violation any more, delete it from the table:\n    (\"form\", \"src/a.rs\", \"lines\"),";
        assert_eq!(complaints(&[], &[KNOWN]), [named]);
        assert_eq!(complaints(&[violation("src/a.rs", 7)], &[KNOWN, KNOWN]), [named]);
    }
}
