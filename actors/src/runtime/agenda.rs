//! Keeps, in notes, which actors have something outstanding, so that a start need not wake all of them.

mod coverage;
mod search;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use events::ids::StreamId;
use events::log::{Log, Note, ReadError};
use events::notes::{self, Space};
use events::record::Position;

pub(crate) use coverage::{Coverage, Streams};
pub(crate) use search::Page;
pub use search::{MakeError, make};

const READ_AT_ONCE: usize = 1_000;

/// The actors with something outstanding, and how many messages wait in each.
#[derive(Default)]
pub(crate) struct Agenda {
    outstanding: BTreeMap<StreamId, u64>,
    /// The actors in the last checkpoint.
    stored: BTreeSet<StreamId>,
    /// The actors for which the two may differ.
    changed: BTreeSet<StreamId>,
    /// What the last checkpoint covers.
    covered: Coverage,
    /// The streams that the next one covers.
    streams: Streams,
    /// The number of actors with something outstanding, for other threads.
    size: Arc<AtomicU64>,
}

impl Agenda {
    /// Sets if an actor has anything outstanding, and how many messages wait in it.
    pub(crate) fn set(&mut self, stream: StreamId, outstanding: bool, waiting: u64) {
        let before = self.outstanding.contains_key(&stream);
        if outstanding {
            self.outstanding.insert(stream, waiting);
        } else if before {
            self.outstanding.remove(&stream);
        }
        if before != outstanding {
            self.changed.insert(stream);
            self.size.store(self.outstanding.len() as u64, Ordering::Relaxed);
        }
    }

    /// Returns the number of actors with something outstanding; the value follows all changes.
    pub(crate) fn size(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.size)
    }

    /// Returns the number of messages that wait in all actors.
    pub(crate) fn waiting(&self) -> u64 {
        self.outstanding.values().sum()
    }

    /// Returns the streams that it covers, which are all but while it is made again.
    pub(crate) const fn streams(&self) -> Streams {
        self.streams
    }

    /// Sets which streams it covers. All actors of these that have something outstanding must be set before.
    pub(crate) const fn cover(&mut self, streams: Streams) {
        self.streams = streams;
    }

    /// Returns notes of what changed since the last checkpoint and of what is covered; empty if nothing is new.
    pub(crate) fn checkpoint(&mut self, position: Position) -> Vec<Note> {
        let covers = Coverage { position, streams: self.streams };
        if covers == self.covered && self.changed.is_empty() {
            return Vec::new();
        }
        self.covered = covers;
        let mut written = Vec::new();
        for stream in std::mem::take(&mut self.changed) {
            let outstanding = self.outstanding.contains_key(&stream);
            let differs = if outstanding { self.stored.insert(stream) } else { self.stored.remove(&stream) };
            if differs {
                written.push((notes::agenda(stream), outstanding.then(Vec::new)));
            }
        }
        written.push(covers.note());
        written
    }

    /// Reads the agenda of the last checkpoint and its actors.
    pub(crate) fn read(log: &dyn Log) -> Result<(Self, Vec<StreamId>), ReadError> {
        let mut streams = Vec::new();
        let mut from = Space::Agenda.key(&[]);
        loop {
            let found = log.notes(Space::Agenda.prefix(), &from, READ_AT_ONCE)?;
            streams.extend(found.iter().filter_map(|(key, _)| notes::agenda_stream(key)));
            match found.last() {
                Some((last, _)) if found.len() == READ_AT_ONCE => {
                    from.clone_from(last);
                    from.push(0);
                }
                _ => break,
            }
        }
        let covered = log.note(Space::AgendaCovered.prefix())?.map(|value| Coverage::read(&value)).unwrap_or_default();
        let outstanding: BTreeMap<_, _> = streams.iter().map(|stream| (*stream, 0)).collect();
        let stored = streams.iter().copied().collect();
        let size = Arc::new(AtomicU64::new(outstanding.len() as u64));
        let (changed, streams_covered) = (BTreeSet::new(), covered.streams);
        let agenda = Self { outstanding, stored, changed, covered, streams: streams_covered, size };
        Ok((agenda, streams))
    }

    /// Returns what the last checkpoint covers.
    pub(crate) const fn covered(&self) -> Coverage {
        self.covered
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::facts::{account, workspace};

    #[test]
    fn what_came_and_went_between_two_checkpoints_is_not_written() {
        let (stays, comes_and_goes) = (StreamId::Account(account(1)), StreamId::Workspace(workspace()));
        let mut agenda = Agenda::default();
        agenda.set(stays, true, 1);
        agenda.set(comes_and_goes, true, 0);
        agenda.set(comes_and_goes, false, 0);
        assert_eq!(agenda.checkpoint(7), [(notes::agenda(stays), Some(Vec::new())), covered(7)]);
        agenda.set(stays, false, 0);
        agenda.set(stays, true, 1);
        assert_eq!(agenda.checkpoint(8), [covered(8)]);
        agenda.set(stays, false, 0);
        assert_eq!(agenda.checkpoint(9), [(notes::agenda(stays), None), covered(9)]);
        assert_eq!(agenda.checkpoint(9), []);
    }

    #[test]
    fn a_checkpoint_says_how_far_a_search_has_come() {
        let mut agenda = Agenda::default();
        for streams in [Streams::None, Streams::UpTo(StreamId::Account(account(1))), Streams::All] {
            agenda.cover(streams);
            assert_eq!(agenda.checkpoint(7), [Coverage { position: 7, streams }.note()]);
            assert_eq!(agenda.checkpoint(7), []);
        }
    }

    fn covered(position: Position) -> Note {
        (Space::AgendaCovered.key(&[]), Some(position.to_be_bytes().to_vec()))
    }
}
