//! The entries that each record adds to the index.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::keys::{IndexKey, Series, SetKey};
use crate::chat::{ChatOpened, Responsible};
use crate::codec;
use crate::event::Event;
use crate::ids::{AccountId, ChatId, MessageId, Position, StreamId, WebhookId, WorkspaceId};
use crate::personal::{Digest, Personal};
use crate::record::Record;
use crate::time::Timestamp;
use crate::webhook::Aggregation;
use crate::who::Who;
use crate::workspace::AccountConnected;

/// The most positions of a message that are packed with those of other messages.
pub(super) const QUEUED_POSITIONS_MAX: usize = 256;

/// A value of the index.
pub trait Value: DeserializeOwned {}

impl Value for WorkspaceId {}
impl Value for ChatId {}
impl Value for u64 {}
impl Value for bool {}
impl Value for Personal {}
impl Value for Option<Responsible> {}

/// The account and recipient of a chat, and its title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatEntry {
    /// The account that holds the conversation.
    pub account: AccountId,
    /// The recipient as the transport gets it.
    pub to: Personal,
    /// The chat's title.
    pub name: Personal,
    /// The person's phone number, if known.
    pub phone: Option<Personal>,
    pub is_group: bool,
}

impl Value for ChatEntry {}

/// An account's phone number, its owner's name and address, and its transport.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountEntry {
    /// In E.164.
    pub phone: Personal,
    /// The person who answers on it.
    pub full_name: Personal,
    /// That person's e-mail address.
    pub email: Personal,
    /// The name of the transport.
    pub transport: String,
}

impl Value for AccountEntry {}

/// The webhook to which a workspace's messages are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportingEntry {
    pub webhook: WebhookId,
    pub aggregation: Aggregation,
}

impl Value for ReportingEntry {}

/// An API key that is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyEntry {
    /// The workspace that it gives access to.
    pub workspace: WorkspaceId,
    /// Its number in the workspace.
    pub key: u32,
}

impl Value for KeyEntry {}

/// The request that an idempotency key was used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// The message that was accepted.
    pub message: MessageId,
    /// Digest of the request body.
    pub body: Digest,
    /// Time at which the request was accepted.
    pub at: Timestamp,
}

impl Value for Remembered {}

impl From<&AccountConnected> for AccountEntry {
    fn from(e: &AccountConnected) -> Self {
        Self {
            phone: e.phone.clone(),
            full_name: e.full_name.clone(),
            email: e.email.clone(),
            transport: e.transport.clone(),
        }
    }
}

impl From<&ChatOpened> for ChatEntry {
    fn from(e: &ChatOpened) -> Self {
        Self {
            account: e.account,
            to: e.to.clone(),
            name: e.name.clone(),
            phone: e.phone.clone(),
            is_group: e.is_group,
        }
    }
}

/// The latest change of a value within a run of records.
#[derive(Debug, Clone)]
pub(super) enum Change {
    /// The encoded value.
    Value(Vec<u8>),
    /// The value was removed.
    Removed,
}

impl Change {
    pub(super) fn bytes(self) -> Option<Vec<u8>> {
        match self {
            Self::Value(bytes) => Some(bytes),
            Self::Removed => None,
        }
    }
}

/// The index entries of a run of records.
#[derive(Default)]
pub(super) struct Entries {
    values: HashMap<IndexKey, (Change, Position)>,
    /// Values removed within this run. They stay visible until their removal is durable.
    removed: HashMap<IndexKey, (Vec<u8>, Position)>,
    /// The members of each set: true if added, false if removed.
    shared: BTreeMap<SetKey, BTreeMap<u64, bool>>,
    /// Sorted, because they are stored in this order.
    series: BTreeMap<Series, Vec<Position>>,
    /// Positions of the events of messages that were queued within this run.
    queued: BTreeMap<MessageId, Vec<Position>>,
    added: usize,
}

impl Entries {
    pub(super) fn len(&self) -> usize {
        self.added
    }

    /// Returns the last change of a value up to a position; `None` if there is none.
    pub(super) fn get_at(&self, lookup: &IndexKey, position: Position) -> Option<Change> {
        match self.values.get(lookup)? {
            (held, at) if *at <= position => Some(held.clone()),
            _ => self
                .removed
                .get(lookup)
                .filter(|(_, at)| *at <= position)
                .map(|(value, _)| Change::Value(value.clone())),
        }
    }

    /// Returns the members whose membership this run knows.
    pub(super) fn members(&self, shared: &SetKey) -> impl Iterator<Item = (u64, bool)> {
        self.shared.get(shared).into_iter().flatten().map(|(member, has)| (*member, *has))
    }

    pub(super) fn idempotency_keys(&self) -> impl Iterator<Item = Vec<u8>> {
        self.values.keys().filter(|lookup| matches!(lookup, IndexKey::Idempotency(..))).map(IndexKey::key)
    }

    /// Returns all positions of a series within this run.
    pub(super) fn positions(&self, series: Series) -> impl Iterator<Item = Position> {
        let queued = match series {
            Series::Message(message) => self.queued.get(&message),
            Series::Stream(_) => None,
        };
        queued.map_or(&[][..], Vec::as_slice).iter().chain(self.series(series)).copied()
    }

    /// Returns the positions that are stored in a series of their own.
    pub(super) fn series(&self, series: Series) -> &[Position] {
        self.series.get(&series).map_or(&[], Vec::as_slice)
    }

    pub(super) fn add(&mut self, record: &Record) {
        for (position, event) in record.positioned() {
            for stream in event.streams().into_iter().flatten() {
                self.push(Series::Stream(stream), position);
            }
            if let Some(message) = event.message() {
                self.push_of_message(message, matches!(event, Event::MessageQueued(_)), position);
            }
            self.add_value(record, position, event);
            self.add_newer(position, event);
        }
    }

    /// Adds what an index of an earlier version left out of a record that it covered.
    pub(super) fn add_again(&mut self, record: &Record) {
        for (position, event) in record.positioned() {
            self.add_newer(position, event);
            if let Event::AccountConnected(e) = event {
                let (phone, account) = (e.phone.reveal(), e.account.number());
                self.share(SetKey::earlier_phone(phone), account, false);
                self.share(SetKey::phone(phone), account, true);
            }
        }
    }

    fn add_newer(&mut self, position: Position, event: &Event) {
        match event {
            Event::AccountConnected(e) => self.set(IndexKey::Holds(e.account), &true, position),
            // A disconnection by the transport may end by itself, so the account keeps its number.
            Event::AccountDisconnected(e) if e.by != Who::Transport => {
                self.remove(IndexKey::Holds(e.account), position);
            }
            Event::ChatRenamed(e) if e.by != Who::Transport => self.set(IndexKey::NamedByHand(e.chat), &true, position),
            Event::KeyCreated(e) => {
                let entry = KeyEntry { workspace: e.workspace, key: e.key };
                self.set(IndexKey::ApiKey(e.key_hash), &entry, position);
            }
            Event::KeyRevoked(e) => self.remove(IndexKey::ApiKey(e.key_hash), position),
            _ => {}
        }
    }

    fn push(&mut self, series: Series, position: Position) {
        self.series.entry(series).or_default().push(position);
        self.added += 1;
    }

    fn push_of_message(&mut self, message: MessageId, is_queued: bool, position: Position) {
        match self.queued.entry(message) {
            Entry::Occupied(mut known) if known.get().len() < QUEUED_POSITIONS_MAX => known.get_mut().push(position),
            Entry::Vacant(new) if is_queued => drop(new.insert(vec![position])),
            _ => return self.push(Series::Message(message), position),
        }
        self.added += 1;
    }

    fn add_value(&mut self, record: &Record, position: Position, event: &Event) {
        match event {
            Event::WorkspaceCreated(e) => self.set(IndexKey::Workspaces, &(e.workspace.ordinal() + 1), position),
            Event::InboundUrlGenerated(e) => {
                if let Some(replaced) = e.replaces {
                    self.remove(IndexKey::Inbound(replaced), position);
                }
                self.set(IndexKey::Inbound(e.token_hash), &e.workspace, position);
            }
            Event::AccountConnected(e) => {
                self.share(SetKey::phone(e.phone.reveal()), e.account.number(), true);
                self.set(IndexKey::Account(e.account), &AccountEntry::from(e), position);
            }
            Event::WebhookConfigured(e) if e.url.is_some() => {
                let entry = ReportingEntry { webhook: e.webhook, aggregation: e.aggregation };
                self.set(IndexKey::Reporting(e.workspace), &entry, position);
            }
            Event::WebhookConfigured(e) => self.remove(IndexKey::Reporting(e.workspace), position),
            Event::ListeningStarted(e) => {
                // Whoever listens wants to see each message at once.
                let entry = ReportingEntry { webhook: e.webhook, aggregation: Aggregation::None };
                self.set(IndexKey::Listening(e.workspace), &entry, position);
            }
            Event::ListeningEnded(e) if !e.instead => self.remove(IndexKey::Listening(e.workspace), position),
            Event::WebhookDisabled(e) if e.webhook.is_of_listeners() => {
                self.remove(IndexKey::Listening(e.webhook.workspace()), position);
            }
            Event::ChatRenamed(e) => {
                self.name(e.workspace, &e.previous, e.chat, false);
                self.name(e.workspace, &e.name, e.chat, true);
                self.set(IndexKey::Title(e.chat), &e.name, position);
            }
            Event::ChatAssigned(e) => self.set(IndexKey::Responsible(e.chat), &e.responsible, position),
            Event::ChatOpened(e) => {
                self.name(e.workspace, &e.name, e.chat, true);
                self.set(IndexKey::peer(e.account, e.peer.reveal()), &e.chat, position);
                self.set(IndexKey::Chat(e.chat), &ChatEntry::from(e), position);
            }
            Event::MessageQueued(e) => {
                if let Some(given) = record.cause.idempotency() {
                    let value = Remembered { message: e.message, body: given.body, at: record.recorded_at };
                    self.set(IndexKey::idempotency(e.workspace, &given.key), &value, position);
                }
            }
            _ => {}
        }
    }

    fn set<T: Serialize>(&mut self, lookup: IndexKey, value: &T, position: Position) {
        // The value cannot be too long: it is no longer than its event, whose size was checked before it got its
        // position.
        match codec::encode_value(value) {
            Ok(bytes) => drop(self.values.insert(lookup, (Change::Value(bytes), position))),
            Err(error) => tracing::error!(position, %error, "a look-up cannot be kept"),
        }
        self.added += 1;
    }

    fn remove(&mut self, lookup: IndexKey, position: Position) {
        if let Some((Change::Value(value), at)) = self.values.insert(lookup.clone(), (Change::Removed, position)) {
            self.removed.insert(lookup, (value, at));
        }
        self.added += 1;
    }

    fn name(&mut self, workspace: WorkspaceId, name: &Personal, chat: ChatId, has: bool) {
        self.share(SetKey::title(workspace, name.reveal()), chat.number(), has);
    }

    pub(super) fn share(&mut self, shared: SetKey, member: u64, has: bool) {
        self.shared.entry(shared).or_default().insert(member, has);
        self.added += 1;
    }

    pub(super) fn lookups(&self) -> impl Iterator<Item = &IndexKey> {
        self.values.keys()
    }

    pub(super) fn all_shared(&self) -> impl Iterator<Item = (SetKey, u64, bool)> {
        self.shared.iter().flat_map(|(shared, members)| members.iter().map(|(member, has)| (*shared, *member, *has)))
    }

    /// Returns the messages that were queued within this run, from `first` on.
    pub(super) fn queued_from(&self, first: MessageId) -> impl Iterator<Item = (MessageId, &[Position])> {
        self.queued.range(first..).map(|(message, positions)| (*message, positions.as_slice()))
    }

    /// Frees about `count` entries; returns true if any are left.
    pub(super) fn free(&mut self, count: usize) -> bool {
        for _ in 0..count {
            if self.queued.pop_first().is_none() && self.series.pop_first().is_none() {
                return false;
            }
        }
        true
    }

    pub(super) fn series_count(&self) -> usize {
        self.series.len()
    }

    /// Returns the first block of the series that follows `after`, or of the first series.
    pub(super) fn block_from(&self, after: Option<Series>) -> Option<(Series, usize)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.series.range((from, Bound::Unbounded)).next().map(|(series, _)| (*series, 0))
    }
}

/// Returns the streams that a record touches, each once.
pub fn touched(record: &Record) -> Vec<StreamId> {
    let mut streams: Vec<StreamId> = record.events.iter().flat_map(Event::streams).flatten().collect();
    streams.sort_unstable();
    streams.dedup();
    streams
}
