//! Runs the four actors of one workspace as the shell does, on a log with its index, all in the test's own thread.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use actors::decider::{Decider, Holder, LookupRequest, LookupResult};
use actors::reporting::Reporting;
use actors::{account, chat, webhook, workspace};
use events::event::Event;
use events::ids::{AccountId, ChatId, StreamId, WebhookId, WorkspaceId};
use events::index::{Index, IndexKey, ReportingEntry, Series};
use events::log::Log;
use events::record::{Cause, Idempotency, Position};
use events::sequencer::{Inbox, NewCommit, Sequencer};
use events::time::Timestamp;
use events::vault::Vault;
use events::watermark::Watermark;
use events::webhook::BUNDLE_BYTES;
use events::who::Who;
use events::writer::{Work, Writer};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{kind_of_account, kind_of_chat, kind_of_webhook, kind_of_workspace};

pub const PHONE: &str = "+12025550100";
/// Chats for which there are seeds.
const CHATS: u64 = 100;

pub fn workspace() -> WorkspaceId {
    WorkspaceId::nth(0)
}

pub fn account() -> AccountId {
    AccountId::nth(workspace(), 1).unwrap()
}

pub fn chat() -> ChatId {
    ChatId::nth(workspace(), 1).unwrap()
}

pub fn webhook() -> WebhookId {
    WebhookId::of(workspace())
}

pub fn streams() -> [StreamId; 4] {
    [
        StreamId::Workspace(workspace()),
        StreamId::Account(account()),
        StreamId::Chat(chat()),
        StreamId::Webhook(webhook()),
    ]
}

/// The states of the four actors.
#[derive(Default)]
pub struct States {
    pub workspace: workspace::State,
    pub account: account::State,
    pub chat: chat::State,
    pub webhook: webhook::State,
}

pub struct Desk {
    pub index: Arc<Index>,
    pub states: States,
    /// The kinds of commands that have caused an event.
    pub caused: BTreeSet<&'static str>,
    pub now: i64,
    vault: Arc<dyn Vault>,
    sequencer: Sequencer,
    writer: Writer,
    work: UnboundedReceiver<Work>,
    revisions: BTreeMap<StreamId, u64>,
}

impl Desk {
    pub fn on(log: Arc<dyn Log>, vault: Arc<dyn Vault>) -> Self {
        let index = Arc::new(Index::open(Arc::clone(&log), Arc::clone(&vault)).unwrap());
        vault.extend(&[(workspace(), CHATS)]).unwrap();
        let (watermark, (sender, work)) = (Watermark::at(log.head().position), unbounded_channel());
        let mut sequencer = Sequencer::new(Arc::clone(&index), watermark.clone(), sender);
        for stream in streams() {
            sequencer.register(stream, Inbox::new(VecDeque::new().into()));
            sequencer.replayed(stream, 0);
        }
        let writer = Writer::new(log, Arc::clone(&index), watermark);
        let (states, caused, revisions) = (States::default(), BTreeSet::new(), BTreeMap::new());
        Self { index, states, caused, now: 0, vault, sequencer, writer, work, revisions }
    }

    pub fn workspace(&mut self, command: workspace::Command, idempotency: Option<Idempotency>) {
        let (kind, state) = (kind_of_workspace(&command), self.states.workspace.clone());
        self.run::<workspace::Workspace>(kind, streams()[0], &state, command, idempotency);
    }

    pub fn account(&mut self, command: account::Command) {
        let (kind, state) = (kind_of_account(&command), self.states.account.clone());
        self.run::<account::Account>(kind, streams()[1], &state, command, None);
    }

    pub fn chat(&mut self, command: chat::Command) {
        let (kind, state) = (kind_of_chat(&command), self.states.chat.clone());
        self.run::<chat::Chat>(kind, streams()[2], &state, command, None);
    }

    pub fn webhook(&mut self, command: webhook::Command) {
        let (kind, state) = (kind_of_webhook(&command), self.states.webhook.clone());
        self.run::<webhook::Webhook>(kind, streams()[3], &state, command, None);
    }

    fn run<D: Decider>(
        &mut self,
        kind: &'static str,
        stream: StreamId,
        state: &D::State,
        mut command: D::Command,
        idempotency: Option<Idempotency>,
    ) {
        while let Some(question) = D::next_lookup(state, &command) {
            D::resolve(&mut command, self.look_up(&question));
        }
        self.now += 10_000;
        let recorded_at = Timestamp::from_ms(self.now);
        let events = D::decide(state, command, recorded_at).unwrap_or_else(|why| panic!("{kind}: {why:?}")).events;
        if events.is_empty() {
            return;
        }
        self.caused.insert(kind);
        let expected = self.revisions.get(&stream).copied().unwrap_or(0);
        let cause = Cause::request(Who::Person(u32::MAX), u64::MAX, idempotency);
        let commit = NewCommit { workspace: workspace(), recorded_at, cause, events: events.clone() };
        self.sequencer.append(stream, expected, commit).unwrap_or_else(|error| panic!("{kind}: {error}"));
        for event in &events {
            self.apply(event);
        }
        self.flush();
    }

    /// Commits events that another chat would cause, through the webhook's stream.
    pub fn happened(&mut self, events: &[Event]) {
        let stream = streams()[3];
        let expected = self.revisions.get(&stream).copied().unwrap_or(0);
        let recorded_at = Timestamp::from_ms(self.now);
        let commit = NewCommit {
            workspace: workspace(),
            recorded_at,
            cause: Cause::outside(Who::System),
            events: events.to_vec(),
        };
        self.sequencer.append(stream, expected, commit).unwrap();
        for event in events {
            self.apply(event);
        }
    }

    fn apply(&mut self, event: &Event) {
        let [of_workspace, of_account, of_chat, of_webhook] = streams();
        for stream in streams().into_iter().filter(|stream| event.concerns(*stream)) {
            *self.revisions.entry(stream).or_default() += 1;
            match stream {
                stream if stream == of_workspace => workspace::Workspace::apply(&mut self.states.workspace, event),
                stream if stream == of_account => account::Account::apply(&mut self.states.account, event),
                stream if stream == of_chat => chat::Chat::apply(&mut self.states.chat, event),
                stream if stream == of_webhook => webhook::Webhook::apply(&mut self.states.webhook, event),
                _ => {}
            }
        }
    }

    fn look_up(&self, question: &LookupRequest) -> LookupResult {
        let index = &self.index;
        match question {
            LookupRequest::Peer(account, canonical) => LookupResult::Peer(index.peer(*account, canonical).unwrap()),
            LookupRequest::Chat(chat) => LookupResult::Chat(index.chat(*chat).unwrap()),
            LookupRequest::Responsible(chat) => {
                let found = index.find::<Option<events::chat::Responsible>>(&IndexKey::Responsible(*chat));
                LookupResult::Responsible(found.unwrap().flatten())
            }
            LookupRequest::Named(name) => {
                let chats = index.named(workspace(), name, 9).unwrap().into_iter();
                LookupResult::Named(chats.map(|chat| (chat, index.chat(chat).unwrap().unwrap())).collect())
            }
            LookupRequest::Known(message) => {
                let found = index.positions(Series::Message(*message), 1, Position::MAX, 1).unwrap();
                LookupResult::Known(!found.is_empty())
            }
            LookupRequest::Account(account) => LookupResult::Account(index.find(&IndexKey::Account(*account)).unwrap()),
            LookupRequest::Holders(phone) => {
                LookupResult::Holders(index.holders(phone).unwrap().into_iter().map(Holder::from).collect())
            }
            LookupRequest::NamedByHand(chat) => LookupResult::NamedByHand(index.is_named_by_hand(*chat).unwrap()),
            LookupRequest::Reporting => {
                let entry: Option<ReportingEntry> = index.find(&IndexKey::Reporting(workspace())).unwrap();
                LookupResult::Reporting(entry.map(|entry| Reporting {
                    webhook: entry.webhook,
                    aggregation: entry.aggregation,
                    attachments: true,
                    bundle_bytes: BUNDLE_BYTES,
                }))
            }
            LookupRequest::Remembered(key) => {
                LookupResult::Remembered(index.find(&IndexKey::Idempotency(workspace(), *key)).unwrap())
            }
            LookupRequest::Erased(chat) => LookupResult::Erased(index.erased(*chat).unwrap().is_some()),
            LookupRequest::Room(chats) => {
                LookupResult::Room(self.vault.room(workspace()).is_some_and(|room| room >= *chats))
            }
        }
    }

    fn flush(&mut self) {
        loop {
            let first = self.work.try_recv().ok();
            if first.is_none() && !self.writer.has_backlog() {
                return;
            }
            let prepared = self.writer.prepare(first, &mut self.work).unwrap();
            self.writer.write(&prepared).unwrap();
            self.writer.sync(prepared).unwrap();
        }
    }

    pub fn store_index(&mut self) {
        self.sequencer.store_index(true).unwrap();
        self.flush();
    }

    /// Drops the log.
    pub fn end(self) -> States {
        self.states
    }
}
