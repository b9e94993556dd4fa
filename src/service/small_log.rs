//! A small log in memory, for tests of what reads the past.

use std::sync::Arc;

use actors::decider::Decider;
use actors::runtime::replay::replay;
use events::chat::ChatRenamed;
use events::event::Event;
use events::history::{History, ReadMode};
use events::ids::{ChatId, MessageId, StreamId, WorkspaceId};
use events::index::Index;
use events::log::{Batch, Log};
use events::personal::Personal;
use events::record::{Cause, Position};
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

/// A log with one workspace that was granted and charged credits, and a chat.
pub(super) struct SmallLog {
    pub(super) log: Arc<MemoryLog>,
    vault: Arc<MemoryVault>,
    pub(super) history: History,
}

pub(super) fn workspace() -> WorkspaceId {
    WorkspaceId::nth(0)
}

pub(super) fn chat() -> ChatId {
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

impl SmallLog {
    pub(super) fn filled() -> Self {
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

    /// Returns the history as it is read through another log with the same content.
    pub(super) fn history_of(&self, log: Arc<dyn Log>) -> History {
        let index = Index::open(Arc::clone(&log), Arc::clone(&self.vault) as Arc<dyn Vault>).unwrap();
        History::new(log, Arc::new(index), ReadMode::Inline)
    }

    /// Stores a snapshot of the state at a position, changed by `change`.
    pub(super) fn keep<D: Decider>(&self, id: D::Id, at: Position, rules: u64, change: impl FnOnce(&mut D::State)) {
        let replayed = replay::<D>(id, &self.history, at).unwrap();
        let (mut state, revision) = (replayed.state, replayed.revision);
        change(&mut state);
        let place = Place { stream: D::stream(id), rules, position: at, revision };
        let (pending, _) = snapshot::prepare(place, &state, None).unwrap();
        let notes = pending.notes(self.vault.as_ref()).unwrap();
        self.log.write(&Batch { after: self.log.head().position, notes, ..Batch::default() }).unwrap();
    }
}
