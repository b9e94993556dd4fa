//! The queue of updates: each becomes visible at its own time, and gets its number then.

use std::collections::{BTreeMap, VecDeque};

use events::time::Timestamp;

use super::NumberedUpdate;
use super::address::Address;
use super::queued_update::QueuedUpdate;

/// Items kept, visible or not; the oldest are forgotten.
const KEPT_MAX: usize = 200_000;
/// Limit for their sizes together, in bytes.
const KEPT_BYTES_MAX: usize = 64 << 20;
/// A read ends with the item that reaches this many bytes, so that no answer is much longer than the longest item.
const READ_BYTES_MAX: usize = 256 << 10;
/// Accounts that may be disconnected at once.
const DISCONNECTED_MAX: usize = 1_000;

/// Items that are not due yet, items held back for disconnected accounts, and items that can be read. An item passes
/// through them in this order.
#[derive(Debug)]
pub(super) struct UpdateQueue {
    /// The second part of the key keeps items of the same time in the order in which they were added.
    pending: BTreeMap<(Timestamp, u64), QueuedUpdate>,
    added: u64,
    /// By disconnected account: items that became due in the meantime.
    held: BTreeMap<Address, VecDeque<QueuedUpdate>>,
    visible: VecDeque<QueuedUpdate>,
    /// The number of the first visible item.
    first: u64,
    kept: usize,
    kept_bytes: usize,
}

/// No further account can be disconnected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at most {DISCONNECTED_MAX} accounts can be disconnected at once")]
pub struct TooManyDisconnected;

impl UpdateQueue {
    /// Numbers items from `floor` + 1.
    pub(super) fn above(floor: u64) -> Self {
        Self {
            pending: BTreeMap::new(),
            added: 0,
            held: BTreeMap::new(),
            visible: VecDeque::new(),
            first: floor.saturating_add(1),
            kept: 0,
            kept_bytes: 0,
        }
    }

    pub(super) fn add(&mut self, due: Timestamp, item: QueuedUpdate) {
        self.count(&item);
        self.push(due, item);
        self.forget_what_is_too_much();
    }

    /// Holds back the items of this account from now on; false if they are held back already.
    pub(super) fn hold(&mut self, now: Timestamp, account: Address) -> Result<bool, TooManyDisconnected> {
        // Items that were due before now must become visible, as if they had been read in time.
        self.show_due(now);
        if self.is_held(&account) {
            return Ok(false);
        }
        if self.held.len() >= DISCONNECTED_MAX {
            return Err(TooManyDisconnected);
        }
        self.held.insert(account, VecDeque::new());
        Ok(true)
    }

    /// Releases the items that were held back, after `announcement`; false, without effect, if the account is not
    /// held back.
    pub(super) fn let_out(&mut self, now: Timestamp, account: &Address, announcement: QueuedUpdate) -> bool {
        self.show_due(now);
        if !self.is_held(account) {
            return false;
        }
        // Make room while the items are still held back, so that the announcement itself is not forgotten.
        self.count(&announcement);
        self.forget_what_is_too_much();
        self.push(now, announcement);
        for item in self.held.remove(account).into_iter().flatten() {
            self.push(now, item);
        }
        true
    }

    pub(super) fn is_held(&self, account: &Address) -> bool {
        self.held.contains_key(account)
    }

    pub(super) fn holds_any(&self) -> bool {
        !self.held.is_empty()
    }

    /// Up to `limit` due items numbered above `after`; fewer if they are long.
    pub(super) fn after(&mut self, now: Timestamp, after: u64, limit: usize) -> Vec<NumberedUpdate> {
        self.show_due(now);
        let skipped = after.saturating_add(1).saturating_sub(self.first);
        let rest = self.visible.iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX));
        let numbers = self.first.saturating_add(skipped)..;
        let mut room = READ_BYTES_MAX;
        let fitting = rest.take_while(|item| {
            let fits = room > 0;
            room = room.saturating_sub(item.bytes());
            fits
        });
        fitting.zip(numbers).take(limit).map(|(item, sequence)| item.numbered(sequence)).collect()
    }

    /// When the next item becomes visible.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.pending.first_key_value().map(|((due, _), _)| *due)
    }

    fn push(&mut self, due: Timestamp, item: QueuedUpdate) {
        self.added = self.added.saturating_add(1);
        self.pending.insert((due, self.added), item);
    }

    fn show_due(&mut self, now: Timestamp) {
        while let Some(entry) = self.pending.first_entry().filter(|entry| entry.key().0 <= now) {
            let item = entry.remove();
            let account = if self.held.is_empty() { None } else { item.account() };
            match account.and_then(|account| self.held.get_mut(&account)) {
                Some(held) => held.push_back(item),
                None => self.visible.push_back(item),
            }
        }
    }

    fn count(&mut self, item: &QueuedUpdate) {
        self.kept = self.kept.saturating_add(1);
        self.kept_bytes = self.kept_bytes.saturating_add(item.bytes());
    }

    fn forget_what_is_too_much(&mut self) {
        while self.kept > KEPT_MAX || self.kept_bytes > KEPT_BYTES_MAX {
            let Some(item) = self.take_oldest() else { return };
            self.kept = self.kept.saturating_sub(1);
            self.kept_bytes = self.kept_bytes.saturating_sub(item.bytes());
        }
    }

    fn take_oldest(&mut self) -> Option<QueuedUpdate> {
        if let Some(item) = self.visible.pop_front() {
            self.first = self.first.saturating_add(1);
            return Some(item);
        }
        let held = self.held.values_mut().find_map(VecDeque::pop_front);
        held.or_else(|| self.pending.pop_first().map(|(_, item)| item))
    }
}

#[cfg(test)]
mod tests;
