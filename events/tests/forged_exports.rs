//! Exports that somebody forged together with all their hashes: what no log can have is refused, as `verify` refuses it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a broken helper fails the test")]

use std::sync::Arc;

use events::chain;
use events::chat::ChatRenamed;
use events::codec::{self, Opening, RECORD_BYTES_MAX};
use events::event::Event;
use events::founding::{FORMAT, LogCreated, LogId};
use events::ids::{ChatId, WorkspaceId};
use events::log::{Batch, Head, Log, ReadError, StoredRecord};
use events::proof::checker::{Checker, Extent, Fault};
use events::proof::line;
use events::record::{Cause, Record};
use events::record_rules::Broken;
use events::store::memory_log::MemoryLog;
use events::time::Timestamp;
use events::vault::{MemoryVault, Vault};
use events::verify::verify;
use events::who::Who;
use serde_json::Value;

const LOG: LogId = LogId([0xab; 16]);

fn renamed(name: &str) -> Event {
    let workspace = WorkspaceId::nth(0);
    let chat = ChatId::nth(workspace, 1).unwrap();
    ChatRenamed { workspace, chat, previous: "Cleo".into(), name: name.into(), by: Who::System }.into()
}

fn created() -> Event {
    LogCreated { log: LOG, format: FORMAT, created_at: Timestamp::from_ms(0), checkpoint_key: String::new() }.into()
}

/// Writes commits into a log, and returns it with its export.
fn written(commits: Vec<Vec<Event>>) -> (MemoryLog, Vec<String>) {
    let vault: Arc<dyn Vault> = Arc::new(MemoryVault::endless());
    let (log, mut head, mut records) = (MemoryLog::default(), Head::EMPTY, Vec::new());
    for events in commits {
        let (first, recorded_at, workspace) =
            (head.position + 1, Timestamp::from_ms(1_007), events[0].owner().workspace());
        let record = Record { first, recorded_at, workspace, cause: Cause::outside(Who::System), events };
        let mut bytes = Vec::new();
        codec::encode_record(&record, vault.as_ref(), &mut bytes).unwrap();
        let (previous, hash) = (head.hash, chain::link(&head.hash, &bytes));
        head = Head { position: record.last(), hash, recorded_at };
        records.push(StoredRecord { first, previous, bytes: bytes.into(), hash });
    }
    log.write(&Batch { after: 0, records, head: Some(head), notes: Vec::new() }).unwrap();
    let (mut last, mut lines) = (None, Vec::new());
    for stored in Log::read(&log, 1) {
        for line in line::lines(&stored.unwrap(), Opening::With(vault.as_ref())).unwrap() {
            let mut text = String::new();
            last = Some(line.write(LOG, last, &mut text));
            lines.push(text.trim_end().to_owned());
        }
    }
    (log, lines)
}

fn check(lines: &[String], extent: Extent) -> Result<(), Fault> {
    let mut checker = Checker::new(extent, Vec::new());
    lines.iter().try_for_each(|line| checker.take(line).map(drop))?;
    checker.end().map(drop)
}

/// Gives every line the hash that fits what it says, and the line before.
fn rehashed(lines: &[String]) -> Vec<String> {
    let mut last = line::GENESIS.to_owned();
    let forge = |line: &String| {
        let members: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| members[name].as_str().unwrap().to_owned();
        let of_data = line.split_once("\"data\":").unwrap().1;
        let data = of_data.split_once(",\"personal\":\"{").map_or(of_data, |(data, _)| data);
        let data = if data == of_data { data.strip_suffix('}').unwrap() } else { data };
        let hashed = ["specversion", "id"].map(text).join("\n");
        let named = ["time", "source", "subject", "type", "datacontenttype"].map(text).join("\n");
        let head = format!("{}\n{hashed}\n{last}\n{named}\n-\n-\n", line::HASH_PREFIX);
        let sum = events::vault::sha256(&[head.as_bytes(), data.as_bytes()]);
        let hash = format!("{}{sum}", line::HASH_PREFIX);
        let of_before = format!("\"predecessorhash\":\"{last}\"");
        let line = line.replace(&format!("\"predecessorhash\":\"{}\"", text("predecessorhash")), &of_before);
        let line = line.replace(&format!("\"hash\":\"{}\"", text("hash")), &format!("\"hash\":\"{hash}\""));
        last = hash;
        line
    };
    lines.iter().map(forge).collect()
}

/// Checks that a forgery is named, however much of the log it is said to be.
fn refused(lines: &[String], broken: Broken) {
    for extent in [Extent::Whole, Extent::Part] {
        assert_eq!(check(lines, extent), Err(Fault::Broken(broken)));
    }
}

#[test]
fn hashes_that_fit_are_no_fault() {
    let (_, lines) = written(vec![vec![created()], vec![renamed("one"), renamed("two")], vec![renamed("three")]]);
    assert_eq!(rehashed(&lines), lines);
    assert_eq!(check(&lines, Extent::Whole), Ok(()));
}

#[test]
fn an_event_of_another_workspace_is_named() {
    let (_, lines) = written(vec![vec![renamed("one")], vec![renamed("two")]]);
    let forged = lines[1]
        .replace("\"workspace\":1001,\"by\":\"system\",\"command", "\"workspace\":1002,\"by\":\"system\",\"command");
    refused(&rehashed(&[lines[0].clone(), forged]), Broken::OtherWorkspace);
}

#[test]
fn a_record_of_more_than_a_thousand_events_is_named() {
    let (_, lines) = written(vec![vec![renamed("one"); 1_000], vec![renamed("two")]]);
    assert_eq!(check(&lines, Extent::Whole), Ok(()));
    let longer = |line: &String| {
        let line = line.replace("{\"first\":1,\"last\":1000,", "{\"first\":1,\"last\":1001,");
        line.replace("{\"first\":1001,\"last\":1001,", "{\"first\":1,\"last\":1001,")
    };
    let mut forged: Vec<_> = lines.iter().map(longer).collect();
    forged[1_000] = forged[1_000].replace(":01.007000001Z", ":01.007010001Z");
    refused(&rehashed(&forged), Broken::TooManyEvents);
}

#[test]
fn a_second_creation_is_named() {
    let (_, lines) = written(vec![vec![created()], vec![renamed("one")], vec![created()]]);
    assert_eq!(check(&lines[..2], Extent::Whole), Ok(()));
    refused(&lines, Broken::CreatedAgain);
}

/// Says what is wrong with a log and with its export, where one record has so many bytes.
fn with_a_record_of(bytes: u64) -> (Option<String>, Option<Fault>) {
    let events = |last: usize| vec![renamed(&"x".repeat(300_000)), renamed(""), renamed(&"y".repeat(last))];
    let taken = |last| Log::read(&written(vec![events(last)]).0, 1).next().unwrap().unwrap().bytes.len();
    let last = 200_000 + usize::try_from(bytes).unwrap() - taken(200_000);
    assert_eq!(taken(last) as u64, bytes);
    let (log, lines) = written(vec![vec![created()], events(last)]);
    let verified = match verify(&log, Opening::Shut, |_| ()) {
        Ok(_) => None,
        Err(ReadError::Damaged { position: 2, what }) => Some(what),
        Err(other) => panic!("{other}"),
    };
    (verified, check(&lines, Extent::Whole).err())
}

#[test]
fn the_log_and_its_export_agree_to_the_byte_how_long_a_record_may_be() {
    assert_eq!(with_a_record_of(RECORD_BYTES_MAX), (None, None));
    let told = Some(Broken::TooLong.to_string());
    assert_eq!(with_a_record_of(RECORD_BYTES_MAX + 1), (told, Some(Fault::Broken(Broken::TooLong))));
}

#[test]
fn a_creation_of_another_log_than_the_lines_are_of_is_named() {
    let other = LogId([0xcd; 16]);
    let (format, created_at) = (FORMAT, Timestamp::from_ms(0));
    let created = LogCreated { log: other, format, created_at, checkpoint_key: String::new() };
    let (_, lines) = written(vec![vec![created.into()], vec![renamed("one")]]);
    for extent in [Extent::Whole, Extent::Part] {
        assert_eq!(check(&lines, extent), Err(Fault::OtherLog(other)));
    }
}
