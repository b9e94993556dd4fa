//! Delivered and read: each becomes visible in its own time, and is numbered when it does.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use events::ids::MessageId;
use events::time::Timestamp;

use super::NumberedUpdate;
use crate::transports::{Status, StatusUpdate, Update};

/// Receipts kept, visible or not; the oldest are forgotten.
const KEPT_MAX: usize = 200_000;

/// One receipt, without its number.
#[derive(Debug)]
pub(super) struct Receipt {
    pub(super) from: Arc<str>,
    pub(super) id: MessageId,
    pub(super) status: Status,
}

/// Receipts to come, then receipts to be read, in the order of their time.
#[derive(Debug)]
pub(super) struct Receipts {
    /// The second key keeps those of one moment in the order in which they were added.
    pending: BTreeMap<(Timestamp, u64), Receipt>,
    added: u64,
    visible: VecDeque<Receipt>,
    /// The number of the first visible one.
    first: u64,
}

impl Receipts {
    /// Numbers them from `floor` + 1.
    pub(super) fn above(floor: u64) -> Self {
        Self { pending: BTreeMap::new(), added: 0, visible: VecDeque::new(), first: floor.saturating_add(1) }
    }

    pub(super) fn add(&mut self, due: Timestamp, receipt: Receipt) {
        self.added = self.added.saturating_add(1);
        self.pending.insert((due, self.added), receipt);
        if self.pending.len().saturating_add(self.visible.len()) > KEPT_MAX {
            self.forget_oldest();
        }
    }

    /// Up to `limit` of those numbered above `after` whose time has come.
    pub(super) fn after(&mut self, now: Timestamp, after: u64, limit: usize) -> Vec<NumberedUpdate> {
        self.show_due(now);
        let skipped = after.saturating_add(1).saturating_sub(self.first);
        let rest = self.visible.iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX));
        let numbers = self.first.saturating_add(skipped)..;
        rest.zip(numbers).take(limit).map(|(receipt, sequence)| receipt.numbered(sequence)).collect()
    }

    /// When the next one becomes visible.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.pending.first_key_value().map(|((due, _), _)| *due)
    }

    fn show_due(&mut self, now: Timestamp) {
        while let Some(entry) = self.pending.first_entry().filter(|entry| entry.key().0 <= now) {
            self.visible.push_back(entry.remove());
        }
    }

    fn forget_oldest(&mut self) {
        match self.visible.pop_front() {
            Some(_) => self.first = self.first.saturating_add(1),
            None => drop(self.pending.pop_first()),
        }
    }
}

impl Receipt {
    fn numbered(&self, sequence: u64) -> NumberedUpdate {
        let (account_phone, id, status) = (self.from.to_string(), self.id, self.status);
        let update = Update::Status(StatusUpdate { account_phone, id, status });
        NumberedUpdate { sequence, update }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::status;
    use super::*;

    fn delivered(bits: u64) -> Receipt {
        Receipt { from: Arc::from("+12025550100"), id: MessageId::from_bits(bits), status: Status::Delivered }
    }

    fn seen(receipts: &mut Receipts, at: i64, after: u64, limit: usize) -> Vec<(u64, u64)> {
        let found = receipts.after(Timestamp::from_ms(at), after, limit);
        found.iter().map(|numbered| (numbered.sequence, status(&numbered.update).0)).collect()
    }

    #[test]
    fn a_receipt_is_numbered_when_its_time_comes() {
        let mut receipts = Receipts::above(0);
        receipts.add(Timestamp::from_ms(500), delivered(1));
        receipts.add(Timestamp::from_ms(200), delivered(2));
        receipts.add(Timestamp::from_ms(500), delivered(3));
        assert_eq!(seen(&mut receipts, 199, 0, 10), []);
        assert_eq!(receipts.next_due(), Some(Timestamp::from_ms(200)));
        assert_eq!(seen(&mut receipts, 200, 0, 10), [(1, 2)]);
        assert_eq!(seen(&mut receipts, 500, 1, 10), [(2, 1), (3, 3)]);
        assert_eq!(receipts.next_due(), None);
    }

    #[test]
    fn a_reader_pages_on_from_any_number() {
        let mut receipts = Receipts::above(70);
        (1..=4).for_each(|bits| receipts.add(Timestamp::default(), delivered(bits)));
        assert_eq!(seen(&mut receipts, 0, 0, 3), [(71, 1), (72, 2), (73, 3)]);
        assert_eq!(seen(&mut receipts, 0, 73, 3), [(74, 4)]);
        assert_eq!(seen(&mut receipts, 0, 74, 3), []);
        assert_eq!(seen(&mut receipts, 0, u64::MAX, 3), []);
    }

    #[test]
    fn only_the_newest_are_kept_visible_or_not() {
        let mut receipts = Receipts::above(0);
        let all = u64::try_from(KEPT_MAX).unwrap_or(0) + 3;
        (1..=3).for_each(|bits| receipts.add(Timestamp::default(), delivered(bits)));
        assert_eq!(seen(&mut receipts, 0, 0, 1), [(1, 1)]);
        (4..=all).for_each(|bits| receipts.add(Timestamp::from_ms(9), delivered(bits)));
        assert_eq!(seen(&mut receipts, 0, 0, 1), []);
        receipts.add(Timestamp::from_ms(9), delivered(all + 1));
        assert_eq!(seen(&mut receipts, 9, 0, 1), [(4, 5)]);
        assert_eq!(receipts.after(Timestamp::from_ms(9), 0, usize::MAX).len(), KEPT_MAX);
    }
}
