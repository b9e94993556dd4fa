//! Remembers messages by their ids: how often each was tried, under which wire id, and whether a phone has it.

use std::collections::{BTreeMap, VecDeque};

use events::ids::MessageId;

use crate::whatsapp::transports::MessageLookup;
use crate::whatsapp::wire_ids::OwnWireId;

/// The newest `ids_max` ids. A resend of a forgotten one makes a second copy.
#[derive(Debug)]
pub(super) struct SeenIds {
    entries: BTreeMap<MessageId, Entry>,
    order: VecDeque<MessageId>,
    ids_max: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    tries: u32,
    wire_id: Option<OwnWireId>,
    place: Place,
}

/// The place of a message: on the phone or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Place {
    #[default]
    NotTaken,
    /// On the phone.
    Taken,
    /// On the phone, but look-ups do not show it.
    TakenInSilence,
    /// Taken, and refused after that.
    RefusedLater,
}

impl SeenIds {
    pub(super) fn keeping(ids_max: usize) -> Self {
        Self { entries: BTreeMap::new(), order: VecDeque::new(), ids_max }
    }

    /// Counts a try and returns its number; the first is 1.
    pub(super) fn tried(&mut self, id: MessageId, wire_id: OwnWireId) -> u32 {
        let entry = self.entry(id);
        entry.wire_id = Some(wire_id);
        entry.tries = entry.tries.saturating_add(1);
        entry.tries
    }

    /// Sets where a message is now, and returns where it was.
    pub(super) fn place(&mut self, id: MessageId, place: Place) -> Place {
        std::mem::replace(&mut self.entry(id).place, place)
    }

    /// Returns the wire id of a message that was tried.
    pub(super) fn wire_id(&self, id: MessageId) -> Option<OwnWireId> {
        self.entries.get(&id)?.wire_id
    }

    pub(super) fn is_taken(&self, id: MessageId) -> bool {
        matches!(self.place_of(id), Place::Taken | Place::TakenInSilence)
    }

    /// Returns where a message is.
    pub(super) fn place_of(&self, id: MessageId) -> Place {
        self.entries.get(&id).map(|entry| entry.place).unwrap_or_default()
    }

    pub(super) fn lookup(&self, id: MessageId) -> MessageLookup {
        match self.place_of(id) {
            Place::Taken => MessageLookup::Sent,
            Place::TakenInSilence => MessageLookup::Unknown,
            Place::NotTaken | Place::RefusedLater => MessageLookup::NotSent,
        }
    }

    fn entry(&mut self, id: MessageId) -> &mut Entry {
        if !self.entries.contains_key(&id) {
            if self.order.len() >= self.ids_max
                && let Some(oldest) = self.order.pop_front()
            {
                self.entries.remove(&oldest);
            }
            self.order.push_back(id);
        }
        self.entries.entry(id).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIRE_ID: OwnWireId = OwnWireId::from_bits(7);

    fn id(bits: u64) -> MessageId {
        MessageId::from_bits(bits)
    }

    #[test]
    fn tries_are_counted_by_message() {
        let mut known = SeenIds::keeping(10);
        assert_eq!([1, 1, 2, 1].map(|bits| known.tried(id(bits), WIRE_ID)), [1, 2, 1, 3]);
    }

    #[test]
    fn a_message_is_where_it_was_put_last() {
        let mut known = SeenIds::keeping(10);
        known.tried(id(1), WIRE_ID);
        assert_eq!([1, 2].map(|bits| known.wire_id(id(bits))), [Some(WIRE_ID), None]);
        assert_eq!((known.is_taken(id(1)), known.lookup(id(1))), (false, MessageLookup::NotSent));
        assert_eq!(known.place(id(1), Place::TakenInSilence), Place::NotTaken);
        assert_eq!((known.is_taken(id(1)), known.lookup(id(1))), (true, MessageLookup::Unknown));
        assert_eq!(known.place(id(2), Place::Taken), Place::NotTaken);
        assert_eq!(known.place(id(2), Place::Taken), Place::Taken);
        assert_eq!(known.lookup(id(2)), MessageLookup::Sent);
        assert_eq!(known.lookup(id(3)), MessageLookup::NotSent);
    }

    #[test]
    fn the_oldest_id_is_forgotten_for_a_new_one_and_not_for_a_resend() {
        let mut known = SeenIds::keeping(2);
        for bits in [1, 2, 1, 2] {
            known.place(id(bits), Place::Taken);
        }
        assert!(known.is_taken(id(1)));
        known.place(id(3), Place::Taken);
        assert_eq!([1, 2, 3].map(|bits| known.is_taken(id(bits))), [false, true, true]);
    }
}
