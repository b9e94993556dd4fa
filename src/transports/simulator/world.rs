//! The simulated `WhatsApp` itself: knows no clock, no network and no waiting.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actors::account::outcome::{Outcome, Permanent};
use events::ids::MessageId;
use events::time::Timestamp;

use super::NumberedUpdate;
use super::address::Address;
use super::numbers::{Behaviour, ERRORS_BEFORE_SENT};
use super::receipts::{Receipt, Receipts};
use crate::transports::{Lookup, Outgoing, Status};

const DELIVERED_AFTER_MS: u64 = 200;
const READ_AFTER_MS: u64 = 1_000;

/// All phones, and what `WhatsApp` remembers of every message.
#[derive(Debug)]
pub struct World {
    phones: BTreeMap<Address, Vec<Received>>,
    known: BTreeMap<MessageId, Known>,
    /// Each sender's phone once, however many messages name it.
    senders: BTreeSet<Arc<str>>,
    receipts: Receipts,
    stats: Stats,
}

/// What a sender is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// How long the answer takes, in milliseconds; `None` if it is lost on its way.
    pub after_ms: Option<u64>,
    /// What it says.
    pub outcome: Outcome,
}

/// A message on a simulated phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its id.
    pub id: MessageId,
    /// The sending account's phone, as the sender spelled it.
    pub from: Arc<str>,
    /// Plain text.
    pub text: Box<str>,
    /// When it arrived.
    pub at: Timestamp,
}

/// What was counted since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Every message handed over, refused and repeated ones included.
    pub sends: u64,
    /// Messages dropped because their id had come before.
    pub duplicates: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Failed { tries: u8 },
    Taken,
    TakenInSilence,
}

impl World {
    /// An empty world that numbers its updates from `floor` + 1.
    pub fn above(floor: u64) -> Self {
        Self {
            phones: BTreeMap::new(),
            known: BTreeMap::new(),
            senders: BTreeSet::new(),
            receipts: Receipts::above(floor),
            stats: Stats::default(),
        }
    }

    /// Takes, drops or refuses a message.
    pub fn send(&mut self, now: Timestamp, message: Outgoing) -> Answer {
        self.stats.sends = self.stats.sends.saturating_add(1);
        let Some(recipient) = Address::parse(&message.to) else {
            return Answer::at_once(Outcome::Failed(Permanent::RecipientInvalid));
        };
        let behaviour = Behaviour::of(&recipient);
        if let Some(refusal) = behaviour.refusal() {
            return Answer::at_once(refusal);
        }
        if behaviour == Behaviour::ErrorTwice && self.fails_again(message.id) {
            return Answer::at_once(Outcome::ServerError);
        }
        self.take_once(now, recipient, behaviour, message);
        behaviour.answer_to_taken()
    }

    /// What became of a message.
    pub fn lookup(&self, id: MessageId) -> Lookup {
        match self.known.get(&id) {
            Some(Known::Taken) => Lookup::Sent,
            Some(Known::TakenInSilence) => Lookup::Unknown,
            Some(Known::Failed { .. }) | None => Lookup::NotSent,
        }
    }

    /// What a phone or group got, the newest first.
    pub fn messages(&self, recipient: &Address) -> Vec<Received> {
        self.phones.get(recipient).into_iter().flat_map(|received| received.iter().rev().cloned()).collect()
    }

    /// The oldest `limit` updates numbered above `after` whose time has come.
    pub fn updates(&mut self, now: Timestamp, after: u64, limit: usize) -> Vec<NumberedUpdate> {
        self.receipts.after(now, after, limit)
    }

    /// When the next update becomes visible.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.receipts.next_due()
    }

    /// What was counted since the start.
    pub const fn stats(&self) -> Stats {
        self.stats
    }

    fn fails_again(&mut self, id: MessageId) -> bool {
        match self.known.entry(id).or_insert(Known::Failed { tries: 0 }) {
            Known::Failed { tries } if *tries < ERRORS_BEFORE_SENT => {
                *tries = tries.saturating_add(1);
                true
            }
            _ => false,
        }
    }

    fn take_once(&mut self, now: Timestamp, recipient: Address, behaviour: Behaviour, message: Outgoing) {
        let silent = behaviour == Behaviour::Silent;
        let becomes = if silent { Known::TakenInSilence } else { Known::Taken };
        if let Some(Known::Taken | Known::TakenInSilence) = self.known.insert(message.id, becomes) {
            self.stats.duplicates = self.stats.duplicates.saturating_add(1);
            return;
        }
        let from = self.sender(&message.from);
        if !silent {
            self.add_receipts(now, &from, message.id);
        }
        let received = Received { id: message.id, from, text: message.text.into_boxed_str(), at: now };
        // Most phones get one message: the usual room for four would be most of the memory.
        self.phones.entry(recipient).or_insert_with(|| Vec::with_capacity(1)).push(received);
    }

    fn sender(&mut self, phone: &str) -> Arc<str> {
        if let Some(sender) = self.senders.get(phone) {
            return Arc::clone(sender);
        }
        let sender = Arc::from(phone);
        self.senders.insert(Arc::clone(&sender));
        sender
    }

    fn add_receipts(&mut self, now: Timestamp, from: &Arc<str>, id: MessageId) {
        for (after_ms, status) in [(DELIVERED_AFTER_MS, Status::Delivered), (READ_AFTER_MS, Status::Read)] {
            self.receipts.add(now.plus_ms(after_ms), Receipt { from: Arc::clone(from), id, status });
        }
    }
}

impl Answer {
    pub(super) const fn at_once(outcome: Outcome) -> Self {
        Self { after_ms: Some(0), outcome }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{message, status};
    use super::*;

    const SENT: Answer = Answer::at_once(Outcome::Sent);

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    fn ids_on(world: &World, phone: &str) -> Vec<u64> {
        let address = Address::parse(phone).expect("an address");
        world.messages(&address).iter().map(|received| received.id.bits()).collect()
    }

    #[test]
    fn a_message_arrives_at_once_with_sender_text_and_time() {
        let mut world = World::above(0);
        assert_eq!(world.send(at(5), message(1, "+12025550101")), SENT);
        let expected =
            Received { id: MessageId::from_bits(1), from: "+12025550100".into(), text: "text 1".into(), at: at(5) };
        assert_eq!(world.messages(&Address::parse("+12025550101").expect("an address")), [expected]);
    }

    #[test]
    fn all_spellings_reach_one_phone_which_shows_the_newest_first() {
        let mut world = World::above(0);
        let spellings = ["+1 (202) 555-0101", "12025550101@s.whatsapp.net", "12025550101:4@c.us", "1.202.555.0101"];
        for (bits, spelling) in (1..).zip(spellings) {
            assert_eq!(world.send(at(0), message(bits, spelling)), SENT);
        }
        assert_eq!(ids_on(&world, "12025550101"), [4, 3, 2, 1]);
    }

    #[test]
    fn groups_and_hidden_numbers_are_not_phones() {
        let mut world = World::above(0);
        for (bits, recipient) in (1..).zip(["12025550101@g.us", "12025550101@lid", "12025550101"]) {
            assert_eq!(world.send(at(0), message(bits, recipient)), SENT);
            assert_eq!(ids_on(&world, recipient), [bits]);
        }
    }

    #[test]
    fn a_second_send_of_an_id_is_counted_and_leaves_no_second_copy() {
        let mut world = World::above(0);
        for bits in [1, 2, 1] {
            assert_eq!(world.send(at(0), message(bits, "+12025550101")), SENT);
        }
        assert_eq!(ids_on(&world, "+12025550101"), [2, 1]);
        assert_eq!(world.stats(), Stats { sends: 3, duplicates: 1 });
        assert_eq!(world.updates(at(1_000), 0, 100).len(), 4);
    }

    #[test]
    fn an_invalid_recipient_is_refused_and_counted() {
        let mut world = World::above(0);
        for recipient in ["", "Mary", "0012025550101", "202555", "mary@s.whatsapp.net", "1@broadcast"] {
            let answer = world.send(at(0), message(1, recipient));
            assert_eq!(answer, Answer::at_once(Outcome::Failed(Permanent::RecipientInvalid)), "{recipient}");
        }
        assert_eq!(world.stats(), Stats { sends: 6, duplicates: 0 });
        assert_eq!(world.lookup(MessageId::from_bits(1)), Lookup::NotSent);
    }

    #[test]
    fn receipts_come_in_the_order_of_their_time() {
        let mut world = World::above(0);
        world.send(at(0), message(1, "+12025550101"));
        world.send(at(500), message(2, "+12025550102"));
        let seen = |world: &mut World, ms| {
            let updates = world.updates(at(ms), 0, 100);
            let rows = updates.iter().map(|n| (n.sequence, status(&n.update)));
            rows.map(|(sequence, (bits, status))| (sequence, bits, status)).collect::<Vec<_>>()
        };
        assert_eq!(seen(&mut world, 199), []);
        assert_eq!(seen(&mut world, 200), [(1, 1, Status::Delivered)]);
        let all = [(1, 1, Status::Delivered), (2, 2, Status::Delivered), (3, 1, Status::Read), (4, 2, Status::Read)];
        assert_eq!(seen(&mut world, 1_499), all[..3]);
        assert_eq!(seen(&mut world, 1_500), all);
    }
}
