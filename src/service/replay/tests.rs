//! Tests that a replay finds what differs, and nothing else.

use std::sync::Arc;

use actors::decider::Decider;
use actors::runtime::replay::{RULES, replay};
use events::chat::ChatRenamed;
use events::event::Event;
use events::history::{History, ReadMode};
use events::ids::{ChatId, MessageId, StreamId, WorkspaceId};
use events::index::Index;
use events::log::{Batch, Log};
use events::personal::Personal;
use events::record::Cause;
use events::sequencer::{Inbox, NewCommit, Sequencer};
use events::snapshot::{self, Place};
use events::store::memory_log::MemoryLog;
use events::time::Timestamp;
use events::vault::{MemoryVault, Vault};
use events::watermark::Watermark;
use events::who::Who;
use events::workspace::{CreditCharged, CreditsGranted, WorkspaceCreated};
use events::writer::Writer;
use tokio::sync::mpsc::unbounded_channel;

use super::*;

/// A log with one workspace that was granted and charged credits, and a chat.
struct Bench {
    log: Arc<MemoryLog>,
    vault: Arc<MemoryVault>,
    history: History,
}

fn workspace() -> WorkspaceId {
    WorkspaceId::nth(0)
}

fn chat() -> ChatId {
    ChatId::nth(workspace(), 1).unwrap()
}

fn commits() -> Vec<(StreamId, Vec<Event>)> {
    let (of, workspace) = (StreamId::Workspace(workspace()), workspace());
    let created = WorkspaceCreated {
        workspace,
        name: "Acme".into(),
        owner_name: "Ada Harbour".into(),
        owner_email: "ada@acme.example".into(),
        language: "en".to_owned(),
    };
    let granted = CreditsGranted { workspace, amount: 9, reason: Personal::default(), by: Who::Operator };
    let charged = |nth| CreditCharged { workspace, message: MessageId::from_bits(nth), amount: 1 };
    let name = |name: &str| ChatRenamed {
        workspace,
        chat: chat(),
        previous: Personal::default(),
        name: name.into(),
        by: Who::Key(1),
    };
    vec![
        (of, vec![created.into(), granted.into()]),
        (of, vec![charged(1).into()]),
        (StreamId::Chat(chat()), vec![name("Mary Major").into()]),
        (of, vec![charged(2).into(), charged(3).into()]),
    ]
}

impl Bench {
    fn filled() -> Self {
        let log = Arc::new(MemoryLog::default());
        let vault = Arc::new(MemoryVault::endless());
        let shared = Arc::clone(&log) as Arc<dyn Log>;
        let index = Arc::new(Index::open(Arc::clone(&shared), Arc::clone(&vault) as Arc<dyn Vault>).unwrap());
        let (watermark, (sender, mut work)) = (Watermark::at(0), unbounded_channel());
        let mut sequencer = Sequencer::new(Arc::clone(&index), watermark.clone(), sender);
        let mut writer = Writer::new(Arc::clone(&shared), Arc::clone(&index), watermark);
        for stream in [StreamId::Workspace(workspace()), StreamId::Chat(chat())] {
            sequencer.register(stream, Inbox::default());
            sequencer.replayed(stream, 0);
        }
        for (stream, events) in commits() {
            let (cause, recorded_at) = (Cause::outside(Who::System), Timestamp::from_ms(1_000));
            let before = index.revision_at(stream, u64::MAX).unwrap();
            let commit = NewCommit { workspace: workspace(), recorded_at, cause, events };
            sequencer.append(stream, before, commit).unwrap();
        }
        while let Ok(first) = work.try_recv() {
            let prepared = writer.prepare(Some(first), &mut work).unwrap();
            writer.write(&prepared).unwrap();
            writer.sync(prepared).unwrap();
        }
        let history = History::new(shared, index, ReadMode::Inline);
        Self { log, vault, history }
    }

    /// Stores a snapshot of the state at a position, changed by `change`.
    fn keep<D: Decider>(&self, id: D::Id, at: Position, rules: u64, change: impl FnOnce(&mut D::State)) {
        let replayed = replay::<D>(id, &self.history, at).unwrap();
        let (mut state, revision) = (replayed.state, replayed.revision);
        change(&mut state);
        let place = Place { stream: D::stream(id), rules, position: at, revision };
        let (pending, _) = snapshot::prepare(place, &state, None).unwrap();
        let notes = pending.notes(self.vault.as_ref()).unwrap();
        self.log.write(&Batch { after: self.log.head().position, notes, ..Batch::default() }).unwrap();
    }

    fn replay(&self, compare: bool) -> ReplayView {
        offline(&self.history, self.history.head().position, compare, |_| true).unwrap()
    }
}

fn named(view: &ReplayView) -> Vec<(&str, Outcome, Vec<&str>)> {
    view.named
        .iter()
        .map(|named| (named.stream.as_str(), named.outcome, named.paths.iter().map(String::as_str).collect()))
        .collect()
}

#[test]
fn every_stream_is_folded_and_every_event_applied() {
    let bench = Bench::filled();
    let view = bench.replay(false);
    assert_eq!((view.streams, view.applied, view.compared, view.failed), (2, 6, 0, 0));
    assert!(view.is_good() && view.named.is_empty(), "{view:?}");
    let half = offline(&bench.history, 3, false, |_| true).unwrap();
    assert_eq!((half.to, half.streams, half.applied), (3, 1, 3));
    let stopped = offline(&bench.history, 6, false, |_| false).unwrap();
    assert_eq!(stopped.streams, 1);
}

#[test]
fn a_snapshot_that_is_right_is_no_difference() {
    let bench = Bench::filled();
    bench.keep::<Workspace>(workspace(), 3, RULES, |_| {});
    bench.keep::<Chat>(chat(), 4, RULES, |_| {});
    let view = bench.replay(true);
    assert_eq!((view.compared, view.differing, view.skipped), (2, 0, 0), "{view:?}");
    assert_eq!((view.streams, view.applied), (2, 6), "what the snapshots hold is folded too");
}

#[test]
fn a_changed_snapshot_is_named_with_what_differs() {
    let bench = Bench::filled();
    bench.keep::<Workspace>(workspace(), 3, RULES, |state| state.balance += 1);
    bench.keep::<Chat>(chat(), 4, RULES, |_| {});
    let view = bench.replay(true);
    assert_eq!((view.compared, view.differing), (2, 1));
    assert_eq!(named(&view), [("workspace/1001", Outcome::Differs, vec!["/balance"])]);
    assert!(!view.is_good());
    assert!(bench.replay(false).is_good(), "nothing was asked for");
}

#[test]
fn a_damaged_snapshot_is_a_difference_and_one_of_other_rules_is_skipped() {
    let bench = Bench::filled();
    bench.keep::<Workspace>(workspace(), 3, RULES + 1, |_| {});
    bench.keep::<Chat>(chat(), 4, RULES, |_| {});
    let (key, mut part) = bench.log.notes(b"S/chat", b"S/chat", 9).unwrap().pop().unwrap();
    *part.last_mut().unwrap() ^= 1;
    let notes = vec![(key, Some(part))];
    bench.log.write(&Batch { after: bench.log.head().position, notes, ..Batch::default() }).unwrap();
    let view = bench.replay(true);
    let chat = format!("chat/{}", chat());
    let wanted = [("workspace/1001", Outcome::Skipped, vec![]), (chat.as_str(), Outcome::Differs, vec![])];
    assert_eq!(named(&view), wanted, "{view:?}");
}

#[test]
fn a_snapshot_from_after_the_moment_is_skipped() {
    let bench = Bench::filled();
    bench.keep::<Workspace>(workspace(), 6, RULES, |_| {});
    let view = offline(&bench.history, 3, true, |_| true).unwrap();
    assert_eq!((view.compared, view.skipped), (0, 1), "{view:?}");
}
