//! Turns entries into notes on their way to the disk, a few at a time, so that no batch waits for all of them.

use std::sync::Arc;
use std::vec::IntoIter;

use serde::{Deserialize, Serialize};

use super::entries::{Change, Entries};
use super::keys::{IndexKey, Moment, Series, SetKey};
use super::{BLOCK, Index, remake};
use crate::codec::{self, CodecError};
use crate::ids::{MessageId, Position};
use crate::log::{NOTE_BYTES_MAX, Note};

/// The most bytes of messages in a block of packed messages, so that the block always fits into a note.
const PACKED_BYTES_MAX: usize = 3_500;
/// Upper bounds for the bytes of one message and of each of its positions.
const MESSAGE_BYTES: usize = 8;
const POSITION_BYTES: usize = 9;

/// Messages of one moment: the low bits of each id, the number of its positions, and all positions in sequence.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Packed {
    messages: Vec<u32>,
    counts: Vec<u16>,
    positions: Vec<Position>,
}

impl Packed {
    fn push(&mut self, message: MessageId, positions: &[Position]) {
        self.messages.push(Moment::within(message));
        self.counts.push(u16::try_from(positions.len()).unwrap_or(u16::MAX));
        self.positions.extend_from_slice(positions);
    }

    /// Returns the positions of a message of this moment.
    pub(super) fn of(&self, message: MessageId) -> &[Position] {
        let own = Moment::within(message);
        let Some(nth) = self.messages.iter().position(|within| *within == own) else { return &[] };
        let counts = |to: usize| self.counts.iter().take(to).map(|count| usize::from(*count)).sum();
        self.positions.get(counts(nth)..counts(nth + 1)).unwrap_or_default()
    }
}

/// Gathered entries, to be stored after all records that they cover.
pub struct FlushBatch {
    pub(super) entries: Arc<Entries>,
    /// All records up to here are covered once the notes are stored.
    pub(super) covers: Position,
}

impl FlushBatch {
    /// Sorts the keys of each kind, which suits the store.
    pub(crate) fn begin(self) -> Flushing {
        let Self { entries, covers } = self;
        let mut lookups: Vec<IndexKey> = entries.lookups().cloned().collect();
        lookups.sort_unstable();
        let shared: Vec<_> = entries.all_shared().collect();
        let queued = entries.queued_from(MessageId::from_bits(0)).next().map(|(first, _)| first);
        let block = entries.block_from(None);
        let (lookups, shared) = (lookups.into_iter(), shared.into_iter());
        Flushing { entries, lookups, shared, queued, block, covers: Some(covers) }
    }
}

/// Makes the notes of a batch one at a time, on demand.
pub(crate) struct Flushing {
    pub(super) entries: Arc<Entries>,
    lookups: IntoIter<IndexKey>,
    shared: IntoIter<(SetKey, u64, bool)>,
    /// The next queued message to be packed.
    queued: Option<MessageId>,
    /// The next series, and how many of its positions are already stored.
    block: Option<(Series, usize)>,
    /// The position that the last note records as covered; `None` once that note was made.
    covers: Option<Position>,
}

impl Flushing {
    /// Returns roughly how many notes there are; packed messages are not counted.
    pub(crate) fn about(&self) -> usize {
        self.lookups.len() + self.shared.len() + self.entries.series_count() + 1
    }

    /// True if all notes were made.
    pub(crate) const fn is_over(&self) -> bool {
        self.covers.is_none()
    }

    /// Appends the next note, or all parts of a long value. Leaves out what cannot be made into a note, and marks the
    /// index as stuck.
    pub(crate) fn next(&mut self, index: &Index, notes: &mut Vec<Note>) {
        if let Some(lookup) = self.lookups.next() {
            let value = self.entries.get_at(&lookup, Position::MAX).and_then(Change::bytes);
            match index.sealed(&lookup, value).map(|value| index.in_parts().put(lookup.key(), value, notes)) {
                Ok(Ok(())) => {}
                Ok(Err(_)) => index.get_stuck(&CodecError::TooLarge),
                Err(error) => index.get_stuck(&error),
            }
        } else if let Some((shared, member, has)) = self.shared.next() {
            notes.push((shared.key(member), has.then(Vec::new)));
        } else {
            match self.next_positions(index, notes) {
                Ok(Some((_, Some(value)))) if value.len() > NOTE_BYTES_MAX => index.get_stuck(&CodecError::TooLarge),
                Ok(Some(note)) => notes.push(note),
                Ok(None) => notes.extend(self.covers.take().filter(|_| !index.is_stuck()).map(remake::covers)),
                Err(error) => index.get_stuck(&error),
            }
        }
    }

    fn next_positions(&mut self, index: &Index, notes: &mut Vec<Note>) -> Result<Option<Note>, CodecError> {
        if let Some(first) = self.queued {
            return self.packed(first).map(Some);
        }
        if let Some((series, stored)) = self.block {
            let rest = self.entries.series(series).get(stored..).unwrap_or_default();
            let block = rest.get(..BLOCK).unwrap_or(rest);
            let is_last = block.len() == rest.len();
            self.block = if is_last { self.entries.block_from(Some(series)) } else { Some((series, stored + BLOCK)) };
            let first = block.first().copied().unwrap_or_default();
            return Ok(Some((series.block(first), Some(index.block(series, block, notes)?))));
        }
        Ok(None)
    }

    pub(super) fn reclaim(self) -> Reclaimed {
        Reclaimed(Arc::into_inner(self.entries))
    }

    /// Packs messages of one moment into a block.
    fn packed(&mut self, first: MessageId) -> Result<Note, CodecError> {
        let (moment, mut block, mut bytes) = (Moment::of(first), Packed::default(), 0);
        self.queued = None;
        for (message, positions) in self.entries.queued_from(first) {
            bytes += MESSAGE_BYTES + POSITION_BYTES * positions.len();
            if Moment::of(message) != moment || (bytes > PACKED_BYTES_MAX && !block.messages.is_empty()) {
                self.queued = Some(message);
                break;
            }
            block.push(message, positions);
        }
        let place = block.positions.first().copied().unwrap_or_default();
        Ok((moment.block(place), Some(codec::encode_value(&block)?)))
    }
}

/// Entries that are no longer needed. Freeing all of them at once would hold up the next batch.
#[derive(Default)]
pub(crate) struct Reclaimed(Option<Entries>);

impl Reclaimed {
    /// Frees about `count` entries; returns true if any are left.
    pub(crate) fn free(&mut self, count: usize) -> bool {
        let is_more = self.0.as_mut().is_some_and(|entries| entries.free(count));
        if !is_more {
            self.0 = None;
        }
        is_more
    }
}
