//! The simulated `WhatsApp` itself, without a clock, a network or waiting.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actors::account::outcome::{Acceptance, Outcome, Permanent};
use events::ids::MessageId;
use events::time::Timestamp;

pub use super::chaos::{Chaos, Probability};
pub use super::incoming::{Incoming, Typed};
pub use super::phones::{Received, ReceivedFile};
pub use super::update_queue::TooManyDisconnected;

use super::address::Address;
use super::answer::Answer;
use super::chaos::{Mishap, Naming};
use super::incoming::wire_id;
use super::numbers::Behaviour;
use super::phones::{Bounds, Phones};
use super::queued_update::QueuedUpdate;
use super::seen_ids::{Place, SeenIds};
use super::update_queue::UpdateQueue;
use super::{CAPABILITIES, NumberedUpdate};
use crate::whatsapp::transports::{IncomingMessage, MessageLookup, Outgoing, Status};
use crate::whatsapp::wire_ids::OwnWireId;

/// A message that was taken first is sent after this time.
const SENT_AFTER_MS: u64 = 100;
/// A message that was taken is refused this long after the answer, if it is.
const REFUSED_AFTER_MS: u64 = 400;
const DELIVERED_AFTER_MS: u64 = 200;
const READ_AFTER_MS: u64 = 1_000;
/// Limit for remembered message ids, and for the messages on all phones together; their text takes at most half a
/// gigabyte.
const MESSAGES_MAX: usize = 1_000_000;
const TEXT_BYTES_MAX: usize = 512 << 20;
/// Senders whose phone number is stored once and shared by all their messages.
const SENDERS_MAX: usize = 100_000;
/// Hidden numbers whose phones are known.
const HIDDEN_MAX: usize = 100_000;

/// All phones, and the ids that `WhatsApp` remembers. Everything is bounded: the oldest entries are forgotten.
#[derive(Debug)]
pub struct World {
    phones: Phones,
    known: SeenIds,
    senders: BTreeSet<Arc<str>>,
    /// The phone behind each hidden number that somebody wrote from.
    hidden: BTreeMap<Address, Address>,
    news: UpdateQueue,
    chaos: Chaos,
    /// Rises with every incoming message; starts higher each time the simulator starts.
    heard: u64,
    stats: Stats,
}

/// Counts since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Messages handed over, including refused and repeated ones.
    pub sends: u64,
    /// Messages dropped because their id was known.
    pub duplicates: u64,
}

impl World {
    /// An empty world that numbers its updates from `floor` + 1.
    pub fn above(floor: u64) -> Self {
        Self {
            phones: Phones::keeping(Bounds { messages: MESSAGES_MAX, bytes: TEXT_BYTES_MAX }),
            known: SeenIds::keeping(MESSAGES_MAX),
            senders: BTreeSet::new(),
            hidden: BTreeMap::new(),
            news: UpdateQueue::above(floor),
            chaos: Chaos::default(),
            heard: floor,
            stats: Stats::default(),
        }
    }

    /// Accepts, drops or refuses a message. A disconnected account gets `NotConnected`, and the message is not
    /// counted.
    pub fn send(&mut self, now: Timestamp, message: Outgoing) -> Answer {
        let mut answer = if self.is_disconnected(&message.from) {
            Answer::at_once(Outcome::NotConnected)
        } else {
            self.stats.sends = self.stats.sends.saturating_add(1);
            self.take_or_refuse(now, message)
        };
        answer.after_ms = answer.after_ms.map(|ms| ms.saturating_add(self.chaos.slow_ms));
        answer
    }

    /// True if a message was refused after it was taken.
    pub fn is_refused_later(&self, id: MessageId) -> bool {
        self.known.place_of(id) == Place::RefusedLater
    }

    /// Returns whether a phone has a message.
    pub fn lookup(&self, id: MessageId) -> MessageLookup {
        self.known.lookup(id)
    }

    /// Reports the status of an account's message, once more or for the first time; false if no such message was
    /// sent.
    pub fn receipt(&mut self, now: Timestamp, account: &Address, id: MessageId, status: Status) -> bool {
        let wire_id = self.known.wire_id(id).filter(|_| self.lookup(id) != MessageLookup::NotSent);
        if let Some(wire_id) = wire_id {
            self.news.add(now, QueuedUpdate::Receipt { from: account.spelled().into(), wire_id, status });
        }
        wire_id.is_some()
    }

    /// Somebody writes to an account, which gets the message once it is connected. Returns the message's wire id.
    pub fn receive(&mut self, now: Timestamp, message: Incoming) -> String {
        let wire_id = self.next_wire_id();
        let person = if message.chat.is_group() { message.member.clone() } else { Some(message.chat.clone()) };
        self.hear(now, message.heard(wire_id.clone(), now), person);
        wire_id
    }

    /// The owner of an account types on the phone itself. Returns the message's wire id.
    pub fn typed(&mut self, now: Timestamp, message: Typed) -> String {
        let wire_id = self.next_wire_id();
        let person = Some(message.chat.clone()).filter(|chat| !chat.is_group());
        self.hear(now, message.heard(wire_id.clone(), now), person);
        wire_id
    }

    /// Disconnects an account: it cannot send, and its updates wait.
    pub fn disconnect(&mut self, now: Timestamp, account: Address) -> Result<(), TooManyDisconnected> {
        if self.news.hold(now, account.clone())? {
            self.news.add(now, QueuedUpdate::Connection { account, connected: false });
        }
        Ok(())
    }

    /// Connects an account again and releases its waiting updates. All accounts are connected at first.
    pub fn connect(&mut self, now: Timestamp, account: &Address) {
        let announcement = QueuedUpdate::Connection { account: account.clone(), connected: true };
        self.news.let_out(now, account, announcement);
    }

    /// Replaces the simulated failures.
    pub const fn set_chaos(&mut self, chaos: Chaos) {
        self.chaos = chaos;
    }

    pub const fn chaos(&self) -> Chaos {
        self.chaos
    }

    /// The messages from gateways that a phone or group got, the newest first.
    pub fn messages(&self, recipient: &Address) -> Vec<Received> {
        self.phones.messages(&self.phone_of(recipient))
    }

    /// The oldest `limit` due updates numbered above `after`; fewer if they are long.
    pub fn updates(&mut self, now: Timestamp, after: u64, limit: usize) -> Vec<NumberedUpdate> {
        self.news.after(now, after, limit)
    }

    /// When the next update becomes visible.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.news.next_due()
    }

    pub const fn stats(&self) -> Stats {
        self.stats
    }

    fn take_or_refuse(&mut self, now: Timestamp, message: Outgoing) -> Answer {
        let Some(recipient) = Address::parse(&message.to) else {
            return Answer::at_once(Outcome::Failed(Permanent::RecipientInvalid));
        };
        if is_too_long(&message) {
            return Answer::at_once(Outcome::Failed(Permanent::ContentRejected));
        }
        let phone = self.phone_of(&recipient);
        let behaviour = Behaviour::of(&phone);
        let try_number = self.known.tried(message.id, message.wire_id);
        if let Some(refusal) = behaviour.refusal(try_number) {
            return Answer::at_once(refusal);
        }
        match self.chaos.mishap(message.id, try_number) {
            // A message that is on the phone proves that its number is registered.
            Some(Mishap::NotRegistered) if recipient.is_person() && !self.known.is_taken(message.id) => {
                return Answer::at_once(Outcome::Failed(Permanent::NotOnWhatsApp));
            }
            Some(Mishap::Error) => return Answer::at_once(Outcome::ServerError),
            Some(Mishap::Lost { arrives }) => {
                if arrives {
                    self.take(now, &recipient, behaviour, message);
                }
                return Answer::lost();
            }
            Some(Mishap::NotRegistered) | None => {}
        }
        self.take(now, &recipient, behaviour, message)
    }

    /// Takes a message, refuses it after that, or drops it as known; returns the answer.
    fn take(&mut self, now: Timestamp, recipient: &Address, behaviour: Behaviour, message: Outgoing) -> Answer {
        let taking = self.chaos.taking(message.id);
        let other = recipient.other_spelling().filter(|_| taking.spells).map(|other| other.spelled());
        let outcome = if taking.accepts {
            Outcome::Accepted(Acceptance { wire_id: None, address: other })
        } else {
            Outcome::Sent
        };
        let place = self.known.place_of(message.id);
        let is_refused = place == Place::RefusedLater
            || (place == Place::NotTaken && taking.refuses && behaviour != Behaviour::Silent);
        if is_refused {
            let answer = behaviour.answer_to_taken(Outcome::Accepted(Acceptance::default()));
            self.known.place(message.id, Place::RefusedLater);
            let (from, wire_id) = (self.sender(&message.from), message.wire_id);
            let after_ms = answer.after_ms.unwrap_or(0).saturating_add(self.chaos.slow_ms);
            let due = now.plus_ms(after_ms.saturating_add(REFUSED_AFTER_MS));
            self.news.add(due, QueuedUpdate::Receipt { from, wire_id, status: Status::Failed(Permanent::Refused) });
            return answer;
        }
        self.take_once(now, self.phone_of(recipient), behaviour, message, taking.accepts);
        behaviour.answer_to_taken(outcome)
    }

    fn take_once(
        &mut self,
        now: Timestamp,
        recipient: Address,
        behaviour: Behaviour,
        message: Outgoing,
        accepts: bool,
    ) {
        let silent = behaviour == Behaviour::Silent;
        let place = if silent { Place::TakenInSilence } else { Place::Taken };
        if self.known.place(message.id, place) != Place::NotTaken {
            self.stats.duplicates = self.stats.duplicates.saturating_add(1);
            return;
        }
        let from = self.sender(&message.from);
        if !silent && accepts {
            let (from, wire_id) = (Arc::clone(&from), message.wire_id);
            self.news.add(now.plus_ms(SENT_AFTER_MS), QueuedUpdate::Receipt { from, wire_id, status: Status::Sent });
        }
        if !silent {
            self.add_receipts(now, &from, message.wire_id);
        }
        let file = message.file.as_ref().map(|file| Box::new(ReceivedFile::of(file)));
        let text = message.text.into_boxed_str();
        self.phones.put(recipient, Received { id: message.id, wire_id: message.wire_id, from, text, file, at: now });
    }

    fn sender(&mut self, phone: &str) -> Arc<str> {
        if let Some(sender) = self.senders.get(phone) {
            return Arc::clone(sender);
        }
        let sender = Arc::from(phone);
        if self.senders.len() < SENDERS_MAX {
            self.senders.insert(Arc::clone(&sender));
        }
        sender
    }

    fn add_receipts(&mut self, now: Timestamp, from: &Arc<str>, wire_id: OwnWireId) {
        for (after_ms, status) in [(DELIVERED_AFTER_MS, Status::Delivered), (READ_AFTER_MS, Status::Read)] {
            self.news.add(now.plus_ms(after_ms), QueuedUpdate::Receipt { from: Arc::clone(from), wire_id, status });
        }
    }

    /// Returns the address of the phone that a message to this address reaches.
    fn phone_of(&self, address: &Address) -> Address {
        self.hidden.get(address).cloned().unwrap_or_else(|| address.phone())
    }

    /// Reports a message, with the addresses of the person that the settings choose.
    fn hear(&mut self, now: Timestamp, mut heard: IncomingMessage, person: Option<Address>) {
        if let Some(person) = person.filter(|person| person.is_person() && person.phone() == *person) {
            let (naming, hidden) = (self.chaos.naming(self.heard), person.hidden());
            if naming != Naming::Phone && self.hidden.len() < HIDDEN_MAX {
                self.hidden.insert(hidden.clone(), person.clone());
            }
            heard.name(naming, &person.spelled(), &hidden.spelled());
        }
        self.news.add(now, QueuedUpdate::Message(Box::new(heard)));
    }

    fn next_wire_id(&mut self) -> String {
        self.heard = self.heard.wrapping_add(1);
        wire_id(self.heard)
    }

    fn is_disconnected(&self, phone: &str) -> bool {
        self.news.holds_any() && Address::parse(phone).is_some_and(|account| self.news.is_held(&account))
    }
}

fn is_too_long(message: &Outgoing) -> bool {
    let file = message.file.as_ref().map_or(0, |file| u64::try_from(file.bytes.len()).unwrap_or(u64::MAX));
    // A text of few enough bytes needs no counting of characters.
    let is_long = message.text.len() > CAPABILITIES.text_max;
    file > CAPABILITIES.file_max || (is_long && message.text.chars().count() > CAPABILITIES.text_max)
}

#[cfg(test)]
mod tests;
