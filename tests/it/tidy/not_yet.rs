//! Violations that are known and will be mended: this table only ever gets shorter.

use std::collections::BTreeMap;

use super::Violation;

/// Rule, path and name of a violation.
pub(super) type Known = (&'static str, &'static str, &'static str);

pub(super) const NOT_YET: &[Known] = &[
    ("file name", "events/src/index/leaving.rs", "leaving"),
    ("file name", "events/src/tally.rs", "tally"),
    ("file name", "src/bench/lives/life.rs", "lives"),
    ("file name", "src/bench/lives/mod.rs", "lives"),
    ("file name", "src/bench/lives/tenant.rs", "lives"),
    ("file name", "src/bench/lives/tests.rs", "lives"),
    ("file name", "src/cli/commentary.rs", "commentary"),
    ("file name", "src/cli/happenings.rs", "happenings"),
    ("file name", "src/cli/reported.rs", "reported"),
    ("file name", "src/cli/serve/room.rs", "room"),
    ("file name", "src/outbound/reported.rs", "reported"),
    ("file name", "src/whatsapp/sending/lately.rs", "lately"),
    ("file name", "tests/it/flood.rs", "flood"),
    ("type name", "actors/src/account/tests/properties/referee.rs", "Seen"),
    ("type name", "actors/src/runtime/shard.rs", "Held"),
    ("type name", "actors/src/runtime/shard/handle.rs", "Seen"),
    ("type name", "actors/src/workspace/commands.rs", "Heard"),
    ("type name", "actors/src/workspace/tests/properties.rs", "Sending"),
    ("type name", "events/src/index/entries.rs", "Held"),
    ("type name", "events/src/index/leaving.rs", "Leaving"),
    ("type name", "events/src/index/leaving.rs", "Spent"),
    ("type name", "events/src/index/leaving.rs", "Storing"),
    ("type name", "events/src/sequencer.rs", "Witness"),
    ("type name", "events/src/store/head_file.rs", "Seen"),
    ("type name", "events/src/store/head_file.rs", "Witness"),
    ("type name", "events/src/store/memory_log.rs", "Reading"),
    ("type name", "events/src/tally.rs", "Tally"),
    ("type name", "events/tests/conformance/watched.rs", "Seen"),
    ("type name", "fuzz/src/inbound/judge.rs", "Kept"),
    ("type name", "fuzz/src/inbound/judge.rs", "Seen"),
    ("type name", "fuzz/src/inbound/request.rs", "Door"),
    ("type name", "src/bench/lives/mod.rs", "Scribe"),
    ("type name", "src/bench/load.rs", "Door"),
    ("type name", "src/bench/load.rs", "Seen"),
    ("type name", "src/cli/happenings.rs", "Happening"),
    ("type name", "src/cli/listen/seen.rs", "Seen"),
    ("type name", "src/cli/listen/told.rs", "Told"),
    ("type name", "src/cli/remote.rs", "Door"),
    ("type name", "src/gateway.rs", "Make"),
    ("type name", "src/http/caller.rs", "Hook"),
    ("type name", "src/http/inbound.rs", "Visit"),
    ("type name", "src/http/tables.rs", "Told"),
    ("type name", "src/net/rate_limit.rs", "Flood"),
    ("type name", "src/net/stream_limit.rs", "Seat"),
    ("type name", "src/net/stream_limit.rs", "Seats"),
    ("type name", "src/notices/mail/postbox.rs", "Postbox"),
    ("type name", "src/outbound/key_ring.rs", "Kept"),
    ("type name", "src/outbound/poster.rs", "Poster"),
    ("type name", "src/outbound/posting.rs", "Posting"),
    ("type name", "src/outbound/trying.rs", "Trying"),
    ("type name", "src/outbound/turns.rs", "Lately"),
    ("type name", "src/recent/mod.rs", "Held"),
    ("type name", "src/secrets.rs", "Chance"),
    ("type name", "src/whatsapp/sending/kept.rs", "Kept"),
    ("type name", "src/whatsapp/sending/lately.rs", "Lately"),
    ("type name", "src/whatsapp/sending/mod.rs", "Sending"),
    ("type name", "src/whatsapp/transports/simulator/door.rs", "Door"),
    ("type name", "src/whatsapp/transports/simulator/echo/kept.rs", "Kept"),
    ("type name", "src/whatsapp/transports/update.rs", "Heard"),
    ("type name", "tests/it/crash.rs", "Seen"),
    ("type name", "tests/it/crash/mixed/record.rs", "Held"),
    ("type name", "tests/it/harness/follow.rs", "Told"),
    ("type name", "tests/it/reporting/neighbours.rs", "Told"),
    ("type name", "tests/it/simulation/crm.rs", "Seen"),
    ("type name", "tests/it/simulation/life.rs", "Door"),
    ("type name", "tests/it/simulation/referee.rs", "Told"),
    ("type name", "tests/it/simulation/referee/desk.rs", "Door"),
    ("type name", "tests/it/simulation/referee/hook.rs", "Hook"),
    ("type name", "xtask/src/disk_full/load.rs", "Seen"),
    ("type name", "xtask/src/test.rs", "Tally"),
    ("type name", "xtask/src/world/receiver.rs", "Held"),
    ("function", "actors/src/webhook/tests/properties/referee.rs", "failed"),
    ("function", "actors/src/webhook/tests/properties/referee.rs", "see"),
    ("function", "events/src/index/entries.rs", "add_value"),
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

/// Violations that are not known, and known ones that are none any more, each with its line of the table.
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
