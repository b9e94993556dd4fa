//! The positions of the events of one stream or message.
//!
//! A stream's positions are stored in blocks, each with the number of the stream's events before it, so that the
//! revision of any event is found without counting from the first.

use serde::{Deserialize, Serialize};

use super::flush::Packed;
use super::keys::{Moment, Series, block_start};
use super::{Index, damaged};
use crate::codec::{CodecError, decode_value, encode_value};
use crate::ids::{Position, Revision, StreamId};
use crate::log::{Note, ReadError};
use crate::recent_cache::RecentCache;

const BLOCKS_AT_ONCE: usize = 16;
/// Streams of one half of [`StreamLengths`].
const LENGTHS_HALF: usize = 32_768;

/// A stored block of a stream.
#[derive(Serialize, Deserialize)]
struct StreamBlock {
    /// Number of the stream's events before the block.
    before: Revision,
    positions: Vec<Position>,
}

/// How many positions of each stream are stored, for the streams that were stored lately.
pub(super) type StreamLengths = RecentCache<StreamId, Revision, LENGTHS_HALF>;

impl Index {
    /// Returns the positions of a series' events from `from` to `to`, ascending, at most `limit`.
    pub fn positions(
        &self,
        series: Series,
        from: Position,
        to: Position,
        limit: usize,
    ) -> Result<Vec<Position>, ReadError> {
        // Memory before disk: entries that are stored in between are seen twice, never missed.
        let mut found = self.memory().series(series);
        self.packed_positions(series, &mut found)?;
        self.stored_positions(series, from, to, limit, &mut found)?;
        found.retain(|position| (from..=to).contains(position));
        found.sort_unstable();
        found.dedup();
        found.truncate(limit);
        Ok(found)
    }

    /// Returns the positions of a series' last events up to `to`, descending, at most `limit`.
    pub fn latest(&self, series: Series, to: Position, limit: usize) -> Result<Vec<Position>, ReadError> {
        let latest = |mut found: Vec<Position>| {
            found.retain(|position| *position <= to);
            found.sort_unstable_by_key(|position| std::cmp::Reverse(*position));
            found.dedup();
            found.truncate(limit);
            found
        };
        let mut found = latest(self.memory().series(series));
        // Entries that are only in memory are newer than all stored ones.
        if found.len() < limit {
            self.packed_positions(series, &mut found)?;
            self.stored_latest(series, to, limit, &mut found)?;
            found = latest(found);
        }
        Ok(found)
    }

    /// Adds the stored positions of a message that were packed together with those of messages queued at the same
    /// moment.
    fn packed_positions(&self, series: Series, found: &mut Vec<Position>) -> Result<(), ReadError> {
        let Series::Message(message) = series else { return Ok(()) };
        let prefix = Moment::of(message).prefix();
        let mut start = prefix.clone();
        loop {
            let blocks = self.log.notes(&prefix, &start, BLOCKS_AT_ONCE)?;
            for (_, block) in &blocks {
                let block: Packed = decode_value(block).map_err(|error| damaged(0, &error))?;
                found.extend(block.of(message));
            }
            match blocks.last() {
                Some((key, _)) if blocks.len() == BLOCKS_AT_ONCE => {
                    start.clone_from(key);
                    start.push(0);
                }
                _ => return Ok(()),
            }
        }
    }

    fn stored_positions(
        &self,
        series: Series,
        from: Position,
        to: Position,
        limit: usize,
        found: &mut Vec<Position>,
    ) -> Result<(), ReadError> {
        let prefix = series.prefix();
        let mut start = prefix.clone();
        if from > 1 {
            let before = self.log.note_before(&prefix, &series.block(from))?;
            start = before.map_or(start, |(key, _)| key);
        }
        let mut usable = 0;
        loop {
            let blocks = self.log.notes(&prefix, &start, BLOCKS_AT_ONCE)?;
            for (_, block) in &blocks {
                let block = positions_of(series, block)?;
                usable += block.iter().filter(|position| **position >= from).count();
                found.extend(block);
            }
            match blocks.last() {
                Some((key, _)) if blocks.len() == BLOCKS_AT_ONCE && usable < limit && block_start(key) <= to => {
                    start.clone_from(key);
                    start.push(0);
                }
                _ => return Ok(()),
            }
        }
    }

    fn stored_latest(
        &self,
        series: Series,
        to: Position,
        limit: usize,
        found: &mut Vec<Position>,
    ) -> Result<(), ReadError> {
        let prefix = series.prefix();
        let (mut end, mut usable) = (to, 0);
        while let Some((key, block)) = self.log.note_before(&prefix, &series.block(end))? {
            let block = positions_of(series, &block)?;
            usable += block.iter().filter(|position| **position <= to).count();
            found.extend(block);
            match block_start(&key).checked_sub(1) {
                Some(before) if usable < limit => end = before,
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    /// Encodes the next block of a series, and appends what must be removed with it.
    pub(super) fn block(
        &self,
        series: Series,
        positions: &[Position],
        notes: &mut Vec<Note>,
    ) -> Result<Vec<u8>, CodecError> {
        let Series::Stream(stream) = series else { return encode_value(&positions) };
        let first = positions.first().copied().unwrap_or_default();
        let read = |error| CodecError::Read(Box::new(error));
        if first <= self.opened_at {
            notes.extend(self.overlapping(series, positions).map_err(read)?.into_iter().map(|key| (key, None)));
        }
        let before = self.length_before(stream, first).map_err(read)?;
        let length = before.saturating_add(positions.len() as u64);
        self.stream_lengths().insert(stream, length);
        encode_value(&StreamBlock { before, positions: positions.to_vec() })
    }

    /// Returns the keys of blocks that begin within these positions: a run that was cut short stored them, and others
    /// will take their place.
    fn overlapping(&self, series: Series, positions: &[Position]) -> Result<Vec<Vec<u8>>, ReadError> {
        let mut found = Vec::new();
        let (Some(first), Some(last)) = (positions.first(), positions.last()) else { return Ok(found) };
        let mut end = *last;
        while let Some((key, _)) = self.log.note_before(&series.prefix(), &series.block(end))? {
            let start = block_start(&key);
            if start <= *first {
                break;
            }
            found.push(key);
            end = start.saturating_sub(1);
        }
        Ok(found)
    }

    /// Returns how many events of a stream are stored before the block that begins at `first`, which follows them.
    fn length_before(&self, stream: StreamId, first: Position) -> Result<Revision, ReadError> {
        if let Some(length) = self.stream_lengths().get(&stream) {
            return Ok(length);
        }
        let series = Series::Stream(stream);
        let Some(end) = first.checked_sub(1) else { return Ok(0) };
        let Some((_, block)) = self.log.note_before(&series.prefix(), &series.block(end))? else { return Ok(0) };
        let block: StreamBlock = decode_value(&block).map_err(|error| damaged(0, &error))?;
        Ok(block.before.saturating_add(block.positions.len() as u64))
    }

    /// Returns the number of a stream's events up to and including a position; sees all sequenced commits.
    pub fn revision_at(&self, stream: StreamId, position: Position) -> Result<Revision, ReadError> {
        let series = Series::Stream(stream);
        // Memory before disk: entries that are stored in between are seen twice, never missed.
        let mut found = self.memory().series(series);
        let stored = self.log.note_before(&series.prefix(), &series.block(position))?;
        let mut before = 0;
        if let Some((_, block)) = stored {
            let block: StreamBlock = decode_value(&block).map_err(|error| damaged(0, &error))?;
            before = block.before;
            let first = block.positions.first().copied().unwrap_or_default();
            found.retain(|position| *position >= first);
            found.extend(block.positions);
        }
        found.retain(|found| *found <= position);
        found.sort_unstable();
        found.dedup();
        Ok(before.saturating_add(found.len() as u64))
    }
}

pub(super) fn positions_of(series: Series, block: &[u8]) -> Result<Vec<Position>, ReadError> {
    let positions = match series {
        Series::Stream(_) => decode_value::<StreamBlock>(block).map(|block| block.positions),
        Series::Message(_) | Series::Erasures => decode_value(block),
    };
    positions.map_err(|error| damaged(0, &error))
}
