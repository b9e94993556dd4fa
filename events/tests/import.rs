//! What an export holds comes back as it was: the same lines, the same tree, the same texts.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a broken helper fails the test")]

#[path = "shared/random.rs"]
mod random;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use events::chat::{ChatErased, ChatRenamed};
use events::checkpoint_key::CheckpointKey;
use events::codec::{self, Opening};
use events::event::Event;
use events::founding::{FORMAT, LogCreated, LogId};
use events::ids::{AccountId, ChatId, WorkspaceId};
use events::log::{Batch, Log};
use events::personal::Digest;
use events::proof::blocks::{self, Builder};
use events::proof::checker::{Checked, Checker, Extent, Fault};
use events::proof::checkpoint::Checkpoint;
use events::proof::exported::LineFault;
use events::proof::import::Lines;
use events::proof::line;
use events::proof::prover::Prover;
use events::rebuild::{Rebuild, RebuildError};
use events::record::{Cause, Record};
use events::store::memory_log::MemoryLog;
use events::time::Timestamp;
use events::vault::{MemoryVault, Owner, Vault};
use events::who::Who;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::json;

const LOG: LogId = LogId([0xab; 16]);

/// A log with its vault.
struct Stored {
    log: Arc<MemoryLog>,
    vault: Arc<MemoryVault>,
}

impl Stored {
    /// Writes these records behind the one that founds the log; their positions follow from their order.
    fn of(records: Vec<Record>) -> Self {
        Self::founded("tidings/ab+cd+AQ==".to_owned(), records)
    }

    fn founded(checkpoint_key: String, records: Vec<Record>) -> Self {
        let recorded_at = Timestamp::from_ms(1_614_147_929_007);
        let created = LogCreated { log: LOG, format: FORMAT, created_at: recorded_at, checkpoint_key };
        let (workspace, cause) = (WorkspaceId::LOG, Cause::outside(Who::System));
        let first = Record { first: 1, recorded_at, workspace, cause, events: vec![created.into()] };
        let stored = Self::empty();
        let mut rebuild = stored.rebuild();
        let mut next = 1;
        for record in [first].into_iter().chain(records) {
            rebuild.take(&Record { first: next, recorded_at, ..record.clone() }, &[]).unwrap();
            next += record.events.len() as u64;
        }
        rebuild.finish().unwrap();
        stored
    }

    fn empty() -> Self {
        // Random events concern chats that nobody opened.
        Self { log: Arc::default(), vault: Arc::new(MemoryVault::endless()) }
    }

    fn rebuild(&self) -> Rebuild {
        Rebuild::into(Arc::clone(&self.log) as Arc<dyn Log>, Arc::clone(&self.vault) as Arc<dyn Vault>)
    }

    /// Stores the hashes of the blocks.
    fn build(&self) {
        let (mut builder, mut notes) = (Builder::new(LOG), Vec::new());
        for stored in Log::read(self.log.as_ref(), 1) {
            notes.extend(builder.take(&stored.unwrap()).unwrap());
        }
        let after = self.log.head().position;
        self.log.write(&Batch { after, notes: blocks::newest(notes), ..Batch::default() }).unwrap();
    }

    fn records(&self) -> Vec<Record> {
        let opening = || Opening::With(self.vault.as_ref());
        Log::read(self.log.as_ref(), 1).map(|stored| codec::decode(&stored.unwrap(), opening()).unwrap()).collect()
    }

    fn export(&self) -> Vec<String> {
        let (mut last, mut lines) = (None, Vec::new());
        for stored in Log::read(self.log.as_ref(), 1) {
            for line in line::lines(&stored.unwrap(), Opening::With(self.vault.as_ref())).unwrap() {
                let mut text = String::new();
                last = Some(line.write(LOG, last, &mut text));
                lines.push(text.trim_end().to_owned());
            }
        }
        lines
    }
}

fn check(lines: &[String], extent: Extent, checkpoints: Vec<Checkpoint>) -> Result<Checked, Fault> {
    let mut checker = Checker::new(extent, checkpoints);
    lines.iter().try_for_each(|line| checker.take(line).map(drop))?;
    checker.end()
}

fn import(lines: &[String]) -> Stored {
    let stored = Stored::empty();
    let (mut checker, mut of_record, mut rebuild) =
        (Checker::new(Extent::Whole, Vec::new()), Lines::default(), stored.rebuild());
    for line in lines {
        if let Some((record, before)) = of_record.take(checker.take(line).unwrap()) {
            rebuild.take(&record, &before).unwrap();
        }
    }
    checker.end().unwrap();
    rebuild.finish().unwrap();
    stored
}

fn some_records() -> Vec<Record> {
    let mut runner = TestRunner::deterministic();
    let tree = prop::collection::vec(random::record(), 30..31).new_tree(&mut runner).unwrap();
    tree.current()
}

/// Writes an export with a checkpoint and proofs for `cargo xtask audit`, which has other people's programs check them.
#[test]
fn ten_thousand_lines_of_every_type_are_written_for_others() {
    let mut runner = TestRunner::deterministic();
    let (mut records, mut types, mut count) = (Vec::new(), BTreeSet::new(), 0);
    while count < 10_000 || types.len() < Event::NAMES.len() - 1 {
        let record = random::record().new_tree(&mut runner).unwrap().current();
        types.extend(record.events.iter().map(Event::name));
        count += record.events.len();
        records.push(record);
        assert!(count < 100_000, "types that no random record has: only {types:?} came");
    }
    let key = CheckpointKey::random().unwrap();
    let stored = Stored::founded(key.verifier(LOG).to_string(), records);
    let export = stored.export();
    let checked = check(&export, Extent::Whole, Vec::new()).unwrap();
    let checkpoint = Checkpoint { log: LOG, generation: 0, size: checked.last, root: checked.root.unwrap() };
    stored.build();
    let mut prover = Prover::new(stored.log.as_ref(), LOG).unwrap();
    let mut proofs = String::new();
    let base64 = |path: Vec<Digest>| path.iter().map(|hash| STANDARD.encode(hash.0)).collect::<Vec<_>>();
    for nth in 1..=60 {
        let size = 1 + (nth * 7_919) % checked.last;
        let (leaf, from) = ((nth * 104_729) % size, (nth * 3_571) % size);
        let path = base64(prover.inclusion(leaf + 1, size).unwrap());
        writeln!(proofs, "{}", json!({"leaf": leaf, "size": size, "path": path})).unwrap();
        let path = base64(prover.consistency(from, size).unwrap());
        writeln!(proofs, "{}", json!({"from": from, "to": size, "path": path})).unwrap();
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("audit");
    fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write("log.ndjson", &(export.join("\n") + "\n"));
    write("checkpoint.note", &checkpoint.signed(&[&key]));
    write("key.txt", &key.verifier(LOG).to_string());
    write("proofs.ndjson", &proofs);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_import_gives_back_the_same_export(records in prop::collection::vec(random::record(), 1..12), gone in 0_u64..4) {
        let stored = Stored::of(records);
        for event in stored.records().iter().flat_map(|record| record.events.clone()).take(usize::try_from(gone).unwrap()) {
            if let Owner::Chat(_) = event.owner() {
                stored.vault.destroy(event.owner()).unwrap();
            }
        }
        let export = stored.export();
        let imported = import(&export);
        prop_assert_eq!(&imported.export(), &export);
        prop_assert_eq!(imported.records(), stored.records());
        prop_assert_eq!(check(&export, Extent::Whole, Vec::new()).unwrap().lines, export.len() as u64);
    }
}

#[test]
fn an_old_checkpoint_holds_for_an_import() {
    let export = Stored::of(some_records()).export();
    let old = check(&export[..7], Extent::Part, Vec::new()).unwrap();
    assert_eq!((old.first, old.last, old.root), (1, 7, None));
    let size = export.len() as u64;
    let root = check(&export, Extent::Whole, Vec::new()).unwrap().root.unwrap();
    let checkpoint = Checkpoint { log: LOG, generation: 0, size, root };
    let checked = check(&import(&export).export(), Extent::Whole, vec![checkpoint]).unwrap();
    assert_eq!((checked.checkpoints, checked.root), (1, Some(root)));
    let forged = Checkpoint { root: events::personal::Digest([1; 32]), ..checkpoint };
    assert_eq!(check(&export, Extent::Whole, vec![forged]), Err(Fault::Rewritten(size)));
    let longer = Checkpoint { size: size + 5, ..checkpoint };
    let cut_off = Fault::CutOff { size: size + 5, events: size };
    assert_eq!(check(&export, Extent::Whole, vec![checkpoint, longer]), Err(cut_off));
    let other = Checkpoint { log: LogId([1; 16]), ..checkpoint };
    assert_eq!(check(&export, Extent::Whole, vec![other]), Err(Fault::OtherCheckpoint(other.log)));
}

#[test]
fn whatever_is_done_to_an_export_is_named() {
    let export = Stored::of(some_records()).export();
    let whole = |lines: &[String]| check(lines, Extent::Whole, Vec::new()).unwrap_err();
    let without = |at: usize| [&export[..at], &export[at + 1..]].concat();
    assert_eq!(whole(&without(4)), Fault::Missing { from: 5, to: 5 });
    let mut swapped = export.clone();
    swapped.swap(4, 5);
    assert_eq!(whole(&swapped), Fault::Missing { from: 5, to: 5 });
    assert_eq!(check(&swapped, Extent::Part, Vec::new()), Err(Fault::Reordered(5, 6)));
    assert_eq!(whole(&[export.clone(), export.clone()].concat()), Fault::Reordered(1, export.len() as u64));
    assert_eq!(check(&without(4), Extent::Part, Vec::new()).unwrap().gaps, 1);
    assert_eq!(whole(&[]), Fault::Empty);
    let mut of_two_logs = export.clone();
    of_two_logs[3] = {
        let stored = Stored::of(some_records());
        let lines: Vec<_> = Log::read(stored.log.as_ref(), 4).take(1).collect();
        let line = &line::lines(lines[0].as_ref().unwrap(), Opening::Shut).unwrap()[0];
        let mut text = String::new();
        line.write(LogId([1; 16]), None, &mut text);
        text.trim_end().to_owned()
    };
    assert!(matches!(whole(&of_two_logs), Fault::OtherLog(_)));
    // A line that was forged with a hash that fits does not follow the line before.
    let mut forged = export.clone();
    forged[4] = export[4].replace("esdb:hash:v2:", "esdb:hash:v2:0");
    assert!(matches!(whole(&forged), Fault::Line(LineFault::Hash | LineFault::NoLine(_))));
}

#[test]
fn texts_that_were_left_out_are_told_from_those_that_are_erased() {
    let (workspace, cause) = (WorkspaceId::nth(0), Cause::outside(Who::System));
    let [gone, here] = [1, 2].map(|nth| ChatId::nth(workspace, nth).unwrap());
    let renamed = |chat| -> Event {
        ChatRenamed { workspace, chat, previous: "Cleo".into(), name: "Cleo K.".into(), by: Who::System }.into()
    };
    let account = AccountId::nth(workspace, 1).unwrap();
    let (by, at) = (Who::Operator, Timestamp::from_ms(0));
    let erased = ChatErased { workspace, account, chat: gone, by, reason: "asked for it".into(), at }.into();
    let record = |events| Record { first: 0, recorded_at: at, workspace, cause: cause.clone(), events };
    let records = vec![record(vec![renamed(gone), renamed(here)]), record(vec![erased]), record(vec![renamed(here)])];
    let stored = Stored::of(records);
    stored.vault.destroy(Owner::Chat(gone)).unwrap();
    let mut export = stored.export();
    let told = |export: &[String]| {
        let checked = check(export, Extent::Whole, Vec::new()).unwrap();
        (checked.erased, checked.withheld, checked.first_withheld)
    };
    assert_eq!(told(&export), (1, 0, None));
    let (hashed, _) = export[4].split_once(",\"personal\":\"{").unwrap();
    export[4] = format!("{hashed},\"personalerased\":true}}");
    assert_eq!(told(&export), (2, 1, Some(5)));
}

#[test]
fn a_record_that_is_not_whole_is_refused() {
    let (workspace, cause) = (WorkspaceId::nth(0), Cause::outside(Who::Operator));
    let chat = ChatId::nth(workspace, 1).unwrap();
    let read = |nth| events::chat::MessageRead {
        message: events::ids::MessageId::from_bits(nth),
        chat,
        at: Timestamp::from_ms(0),
        owed: None,
    };
    let events: Vec<Event> = (0..3).map(|nth| read(nth).into()).collect();
    let record = Record { first: 0, recorded_at: Timestamp::from_ms(0), workspace, cause, events };
    let export = Stored::of(vec![record]).export();
    assert_eq!(export.len(), 4);
    assert_eq!(check(&export[..3], Extent::Whole, Vec::new()), Err(Fault::CutRecord(4)));
    assert!(check(&export[..3], Extent::Part, Vec::new()).is_ok());
}

#[test]
fn somebody_whom_no_event_created_gets_no_seeds() {
    let vault = Arc::new(MemoryVault::new(1));
    vault.extend(&[(WorkspaceId::LOG, 0)]).unwrap();
    let read = |workspace, chat| {
        let chat = ChatId::nth(WorkspaceId::nth(workspace), chat).unwrap();
        let renamed = events::chat::ChatRenamed {
            workspace: chat.workspace(),
            chat,
            previous: "Cleo".into(),
            name: "Cleo K.".into(),
            by: Who::System,
        };
        let (workspace, cause) = (chat.workspace(), Cause::outside(Who::System));
        Record { first: 1, recorded_at: Timestamp::from_ms(0), workspace, cause, events: vec![renamed.into()] }
    };
    let take = |record: &Record| {
        Rebuild::into(Arc::<MemoryLog>::default(), Arc::clone(&vault) as Arc<dyn Vault>).take(record, &[])
    };
    assert!(matches!(take(&read(0, 2)), Err(RebuildError::Beyond)));
    assert!(matches!(take(&read(7, 1)), Err(RebuildError::Beyond)));
    assert!(take(&read(0, 1)).is_ok() && take(&read(1, 1)).is_ok());
}

#[test]
fn erased_texts_stay_erased() {
    let stored = Stored::of(some_records());
    let owners: Vec<Owner> = stored.records().iter().flat_map(|record| &record.events).map(Event::owner).collect();
    for owner in owners.into_iter().filter(|owner| matches!(owner, Owner::Chat(_))) {
        stored.vault.destroy(owner).unwrap();
    }
    let export = stored.export();
    assert!(export.iter().any(|line| line.contains("personalerased")));
    assert_eq!(import(&export).export(), export);
}
