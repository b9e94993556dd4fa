//! The entries that each record adds to the index.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use serde::Serialize;

use super::keys::{IndexKey, Series, SetKey};
use super::lookup_keys::WorkspaceKeys;
use super::values::{AccountEntry, ChatEntry, ErasedEntry, KeyEntry, Remembered, ReportingEntry};
use crate::chat::{ChatAddressLearnt, ChatErased, ChatOpened};
use crate::codec;
use crate::event::Event;
use crate::ids::{ChatId, MessageId, Position, StreamId};
use crate::personal::{Personal, ShortDigest};
use crate::record::Record;
use crate::webhook::Aggregation;
use crate::who::Who;

/// The most positions of a message that are packed with those of other messages.
pub(super) const QUEUED_POSITIONS_MAX: usize = 256;

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

/// What must be read before a record can be added.
pub(crate) struct Ready {
    pub(super) keys: WorkspaceKeys,
    /// The chats that the record changes or erases, each with its title if it was renamed.
    pub(super) chats: Vec<(ChatId, ChatEntry, Option<Personal>)>,
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
            Series::Stream(_) | Series::Erasures => None,
        };
        queued.map_or(&[][..], Vec::as_slice).iter().chain(self.series(series)).copied()
    }

    /// Returns the positions that are stored in a series of their own.
    pub(super) fn series(&self, series: Series) -> &[Position] {
        self.series.get(&series).map_or(&[], Vec::as_slice)
    }

    /// Returns the streams behind `after` that have events within this run, in their order.
    pub(super) fn streams(&self, after: Option<StreamId>) -> impl Iterator<Item = StreamId> {
        let from = after.map_or(Bound::Unbounded, |after| Bound::Excluded(Series::Stream(after)));
        let behind = self.series.range((from, Bound::Unbounded));
        behind.map_while(|(series, _)| if let Series::Stream(stream) = series { Some(*stream) } else { None })
    }

    pub(super) fn add(&mut self, record: &Record, ready: &Ready) {
        for (position, event) in record.positioned() {
            for stream in event.streams().into_iter().flatten() {
                self.push(Series::Stream(stream), position);
            }
            if let Some(message) = event.message() {
                self.push_of_message(message, matches!(event, Event::MessageQueued(_)), position);
            }
            self.add_value(record, position, event, &ready.keys);
            self.add_chat(position, event, ready);
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

    fn add_value(&mut self, record: &Record, position: Position, event: &Event, keys: &WorkspaceKeys) {
        match event {
            Event::WorkspaceCreated(e) => self.set(IndexKey::Workspaces, &(e.workspace.ordinal() + 1), position),
            Event::InboundUrlGenerated(e) => {
                if let Some(replaced) = e.replaces {
                    self.remove(IndexKey::Inbound(replaced), position);
                }
                self.set(IndexKey::Inbound(e.token_hash), &e.workspace, position);
            }
            Event::KeyCreated(e) => {
                let entry = KeyEntry { workspace: e.workspace, key: e.key };
                self.set(IndexKey::ApiKey(e.key_hash), &entry, position);
            }
            Event::KeyRevoked(e) => self.remove(IndexKey::ApiKey(e.key_hash), position),
            Event::AccountConnected(e) => {
                self.share(keys.phone(&e.phone), e.account.number(), true);
                self.set(IndexKey::Account(e.account), &AccountEntry::from(e), position);
                self.set(IndexKey::Holds(e.account), &true, position);
            }
            // A disconnection by the transport may end by itself, so the account keeps its number.
            Event::AccountDisconnected(e) if e.by != Who::Transport => {
                self.remove(IndexKey::Holds(e.account), position);
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
            Event::MessageQueued(e) => {
                if let Some(given) = record.cause.idempotency() {
                    let value = Remembered { message: e.message, body: given.body, at: record.recorded_at };
                    self.set(IndexKey::Idempotency(e.workspace, given.key), &value, position);
                }
            }
            _ => {}
        }
    }

    /// Adds what is known of a chat. Erased texts are found by nothing.
    fn add_chat(&mut self, position: Position, event: &Event, ready: &Ready) {
        match event {
            Event::ChatOpened(e) => self.opened(e, position, &ready.keys),
            Event::ChatAddressLearnt(e) => self.learnt(e, position, ready),
            Event::ChatRenamed(e) => {
                self.name(&e.previous, e.chat, false, &ready.keys);
                self.name(&e.name, e.chat, true, &ready.keys);
                self.set(IndexKey::Title(e.chat), &e.name, position);
                if e.by != Who::Transport {
                    self.set(IndexKey::NamedByHand(e.chat), &true, position);
                }
            }
            Event::ChatAssigned(e) => self.set(IndexKey::Responsible(e.chat), &e.responsible, position),
            Event::ChatErased(e) => self.erased(e, position, ready),
            _ => {}
        }
    }

    fn opened(&mut self, e: &ChatOpened, position: Position, keys: &WorkspaceKeys) {
        self.name(&e.name, e.chat, true, keys);
        let peer = e.peer.readable().and_then(|peer| keys.peer(e.account, peer));
        let mut entry = ChatEntry::from(e);
        entry.peers.extend(peer.as_ref().and_then(IndexKey::peer_digest));
        if let Some(peer) = peer {
            self.set(peer, &e.chat, position);
        }
        self.set(IndexKey::Chat(e.chat), &entry, position);
    }

    fn learnt(&mut self, e: &ChatAddressLearnt, position: Position, ready: &Ready) {
        let peer = e.address.readable().and_then(|address| ready.keys.peer(e.account, address));
        let (Some(peer), Some(mut entry)) = (peer, self.chat_entry(e.chat, ready)) else { return };
        let digest = peer.peer_digest();
        for (other, _, _) in ready.chats.iter().filter(|(other, ..)| *other != e.chat) {
            self.leads_there_no_more(*other, digest, position, ready);
        }
        if !entry.peers.iter().any(|known| Some(*known) == digest) {
            entry.peers.extend(digest);
        }
        if entry.phone.is_none() && e.kind.is_phone() {
            entry.phone = Some(e.address.clone());
        }
        self.set(peer, &e.chat, position);
        self.set(IndexKey::Chat(e.chat), &entry, position);
    }

    /// Takes an address from a chat that it led to, so that the chat's erasure leaves it to the one that it leads to now.
    fn leads_there_no_more(&mut self, chat: ChatId, digest: Option<ShortDigest>, position: Position, ready: &Ready) {
        let Some(mut entry) = self.chat_entry(chat, ready) else { return };
        let before = entry.peers.len();
        entry.peers.retain(|known| Some(*known) != digest);
        if entry.peers.len() < before {
            self.set(IndexKey::Chat(chat), &entry, position);
        }
    }

    /// Forgets what the chat could be found by.
    fn erased(&mut self, e: &ChatErased, position: Position, ready: &Ready) {
        let entry = self.chat_entry(e.chat, ready);
        for peer in entry.iter().flat_map(|entry| &entry.peers) {
            self.remove(IndexKey::Peer(e.account, *peer), position);
        }
        let title = self.title(e.chat, ready).or_else(|| entry.as_ref().map(|entry| entry.name.clone()));
        if let Some(title) = title {
            self.name(&title, e.chat, false, &ready.keys);
        }
        for lookup in [IndexKey::Chat, IndexKey::Title, IndexKey::Responsible, IndexKey::NamedByHand] {
            self.remove(lookup(e.chat), position);
        }
        self.push(Series::Erasures, position);
        let is_group = entry.is_some_and(|entry| entry.is_group);
        self.set(IndexKey::Erased(e.chat), &ErasedEntry { account: e.account, is_group, at: e.at }, position);
    }

    /// Returns what is known of a chat: by this run, or before it.
    fn chat_entry(&self, chat: ChatId, ready: &Ready) -> Option<ChatEntry> {
        match self.values.get(&IndexKey::Chat(chat)) {
            Some((Change::Value(bytes), _)) => codec::decode_value(bytes).ok(),
            Some((Change::Removed, _)) => None,
            None => ready.chats.iter().find(|(known, ..)| *known == chat).map(|(_, entry, _)| entry.clone()),
        }
    }

    fn title(&self, chat: ChatId, ready: &Ready) -> Option<Personal> {
        match self.values.get(&IndexKey::Title(chat)) {
            Some((Change::Value(bytes), _)) => codec::decode_value(bytes).ok(),
            Some((Change::Removed, _)) => None,
            None => ready.chats.iter().find(|(known, ..)| *known == chat).and_then(|(.., title)| title.clone()),
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

    fn name(&mut self, name: &Personal, chat: ChatId, has: bool, keys: &WorkspaceKeys) {
        self.share(name.readable().and_then(|name| keys.title(name)), chat.number(), has);
    }

    fn share(&mut self, shared: Option<SetKey>, member: u64, has: bool) {
        if let Some(shared) = shared {
            self.shared.entry(shared).or_default().insert(member, has);
            self.added += 1;
        }
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
