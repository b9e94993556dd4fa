//! Lists the streams that have events: skips from one to the next, however long each of them is.

use std::collections::BTreeSet;
use std::ops::{Bound, RangeBounds as _};

use super::entries::Entries;
use super::keys::{Series, StreamRange, stream_of};
use super::{Index, Memory};
use crate::ids::{StreamId, StreamKind};
use crate::log::ReadError;

impl Index {
    /// Returns the first streams of a range, ascending, at most `limit`; sees all sequenced commits.
    pub fn streams(&self, range: StreamRange, limit: usize) -> Result<Vec<StreamId>, ReadError> {
        if is_empty(range) {
            return Ok(Vec::new());
        }
        // Memory before disk: entries that are stored in between are seen twice, never missed.
        let mut found = self.memory().streams(|entries| entries.streams(range).take(limit).collect());
        for kind in StreamKind::ALL {
            let mut left = limit;
            let Some(mut at) = start_of(range.0, kind) else { continue };
            while left > 0
                && let Some(stream) = self.stored_stream_from(kind, at)?.filter(|stream| is_within(range, *stream))
            {
                found.insert(stream);
                (left, at) = (left - 1, stream.number().saturating_add(1));
            }
        }
        Ok(found.into_iter().take(limit).collect())
    }

    /// Returns the first streams behind one, at most `limit`; with none, from the first one on.
    pub fn streams_behind(&self, after: Option<StreamId>, limit: usize) -> Result<Vec<StreamId>, ReadError> {
        self.streams((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded), limit)
    }

    /// Returns the last streams of a range, descending, at most `limit`; sees all sequenced commits.
    pub fn streams_back(&self, range: StreamRange, limit: usize) -> Result<Vec<StreamId>, ReadError> {
        if is_empty(range) {
            return Ok(Vec::new());
        }
        let mut found = self.memory().streams(|entries| entries.streams(range).rev().take(limit).collect());
        for kind in StreamKind::ALL.into_iter().rev() {
            let mut left = limit;
            let Some(mut at) = end_of(range.1, kind) else { continue };
            while left > 0
                && let Some(stream) = self.stored_stream_to(kind, at)?.filter(|stream| is_within(range, *stream))
            {
                found.insert(stream);
                let Some(before) = stream.number().checked_sub(1) else { break };
                (left, at) = (left - 1, before);
            }
        }
        Ok(found.into_iter().rev().take(limit).collect())
    }

    /// Returns the first stored stream of this kind with this number or a larger one.
    fn stored_stream_from(&self, kind: StreamKind, number: u64) -> Result<Option<StreamId>, ReadError> {
        let prefix = Series::of_kind(kind);
        let from = [prefix.as_slice(), &number.to_be_bytes()].concat();
        Ok(self.log.notes(&prefix, &from, 1)?.first().and_then(|(key, _)| stream_of(kind, key)))
    }

    /// Returns the last stored stream of this kind with this number or a smaller one.
    fn stored_stream_to(&self, kind: StreamKind, number: u64) -> Result<Option<StreamId>, ReadError> {
        let prefix = Series::of_kind(kind);
        let to = [prefix.as_slice(), &number.to_be_bytes(), &u64::MAX.to_be_bytes()].concat();
        Ok(self.log.note_before(&prefix, &to)?.and_then(|(key, _)| stream_of(kind, &key)))
    }
}

/// Returns the smallest number of this kind that may be within a range with this start; `None` if there is none.
fn start_of(start: Bound<StreamId>, kind: StreamKind) -> Option<u64> {
    match start {
        Bound::Unbounded => Some(0),
        Bound::Included(stream) | Bound::Excluded(stream) if stream.kind() < kind => Some(0),
        Bound::Included(stream) if stream.kind() == kind => Some(stream.number()),
        Bound::Excluded(stream) if stream.kind() == kind => stream.number().checked_add(1),
        _ => None,
    }
}

/// Returns the largest number of this kind that may be within a range with this end; `None` if there is none.
fn end_of(end: Bound<StreamId>, kind: StreamKind) -> Option<u64> {
    match end {
        Bound::Unbounded => Some(u64::MAX),
        Bound::Included(stream) | Bound::Excluded(stream) if stream.kind() > kind => Some(u64::MAX),
        Bound::Included(stream) if stream.kind() == kind => Some(stream.number()),
        Bound::Excluded(stream) if stream.kind() == kind => stream.number().checked_sub(1),
        _ => None,
    }
}

/// True if the range ends before it begins.
fn is_empty(range: StreamRange) -> bool {
    match range {
        (Bound::Included(start), Bound::Included(end)) => start > end,
        (Bound::Included(start) | Bound::Excluded(start), Bound::Included(end) | Bound::Excluded(end)) => start >= end,
        _ => false,
    }
}

fn is_within(range: StreamRange, stream: StreamId) -> bool {
    range.contains(&stream)
}

impl Memory {
    /// Gathers streams from everything that is not stored yet.
    fn streams(&self, of: impl Fn(&Entries) -> Vec<StreamId>) -> BTreeSet<StreamId> {
        let all = self.flushing.iter().map(AsRef::as_ref).chain(std::iter::once(&self.active));
        all.flat_map(of).collect()
    }
}
