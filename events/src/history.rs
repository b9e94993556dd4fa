//! Reads the past: walks over events, finds the record at a position, and the position of a moment.

use std::ops::{ControlFlow, RangeInclusive};
use std::rc::Rc;
use std::sync::Arc;

use crate::codec::{Opening, decode};
use crate::event::Event;
use crate::ids::{MessageId, Position, StreamId};
use crate::index::{Index, Series};
use crate::log::{Head, Log, ReadError, Records, StoredRecord};
use crate::record::Record;
use crate::time::Timestamp;
use crate::vault::Vault;

/// Positions that a walk fetches in its first step; each further step fetches more.
const FIRST: usize = 64;
/// The most positions per step of a forward walk; steps are large because a look-up costs more than the positions
/// behind it.
const FORWARD_MAX: usize = 8_192;
/// The most positions per step of a backward walk, which holds their records in memory at once.
const BACK_MAX: usize = 512;
/// Up to this distance to the next wanted record, the reader skips ahead instead of searching again.
const NEAR: u64 = 256;

/// The thread that reads the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadMode {
    /// A pool of threads, so that a read from the disk never blocks the deciding thread.
    Pool,
    /// The calling thread, for virtual time.
    Inline,
}

impl ReadMode {
    /// Runs a read where this mode says.
    pub async fn read<T: Send + 'static>(
        self,
        read: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        match self {
            Self::Inline => read(),
            Self::Pool => {
                let ended = tokio::task::spawn_blocking(read).await;
                ended.unwrap_or_else(|error| Err(ReadError::Store(std::io::Error::other(error))))
            }
        }
    }
}

/// Selects the events of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// All events of the log.
    All,
    /// The events that concern an actor.
    Stream(StreamId),
    /// The events about a message.
    Message(MessageId),
    /// The erasures of chats.
    Erasures,
}

impl Of {
    fn series(self) -> Option<Series> {
        match self {
            Self::All => None,
            Self::Stream(stream) => Some(Series::Stream(stream)),
            Self::Message(message) => Some(Series::Message(message)),
            Self::Erasures => Some(Series::Erasures),
        }
    }
}

/// A log and its index. Clones read the same log.
#[derive(Clone)]
pub struct History {
    log: Arc<dyn Log>,
    index: Arc<Index>,
    mode: ReadMode,
    is_shut: bool,
}

impl History {
    pub fn new(log: Arc<dyn Log>, index: Arc<Index>, mode: ReadMode) -> Self {
        Self { log, index, mode, is_shut: false }
    }

    /// Returns a history of the same log that opens no sealed text, for readers that need none.
    #[must_use]
    pub fn shut(&self) -> Self {
        Self { is_shut: true, ..self.clone() }
    }

    /// Decodes a record of this log.
    pub fn decode(&self, stored: &StoredRecord) -> Result<Record, ReadError> {
        decode(stored, if self.is_shut { Opening::Shut } else { Opening::With(self.index.vault()) })
    }

    pub fn vault(&self) -> &dyn Vault {
        self.index.vault()
    }

    pub fn index(&self) -> &Index {
        &self.index
    }

    pub fn log(&self) -> &dyn Log {
        self.log.as_ref()
    }

    /// Returns the end of the log.
    pub fn head(&self) -> Head {
        self.log.head()
    }

    /// Runs a read where the mode says.
    pub async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Self) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let history = self.clone();
        self.mode.read(move || read(&history)).await
    }

    /// Passes the selected events within a range of positions to `each`, oldest first, until it breaks.
    ///
    /// The index already knows commits that are still on their way to the disk: a range that goes beyond the log's
    /// head is an error as soon as the walk gets there.
    pub fn walk(
        &self,
        of: Of,
        range: RangeInclusive<Position>,
        mut each: impl FnMut(Position, &Record, &Event) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let Some(series) = of.series() else { return self.walk_all(range, each) };
        let (mut from, to) = range.into_inner();
        let mut near = Near::new(self);
        let mut limit = FIRST;
        loop {
            let positions = self.index.positions(series, from, to, limit)?;
            for position in &positions {
                let record = near.at(*position)?;
                if let Some(event) = record.event_at(*position)
                    && each(*position, record, event).is_break()
                {
                    return Ok(());
                }
            }
            match positions.last() {
                Some(last) if positions.len() == limit => from = last.saturating_add(1),
                _ => return Ok(()),
            }
            limit = limit.saturating_mul(4).min(FORWARD_MAX);
        }
    }

    fn walk_all(
        &self,
        range: RangeInclusive<Position>,
        mut each: impl FnMut(Position, &Record, &Event) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        for stored in self.log.read((*range.start()).max(1)) {
            let record = self.decode(&stored?)?;
            if record.first > *range.end() {
                break;
            }
            for (position, event) in record.positioned().filter(|(position, _)| range.contains(position)) {
                if each(position, &record, event).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Like [`History::walk`], newest first.
    pub fn walk_back(
        &self,
        of: Of,
        range: RangeInclusive<Position>,
        mut each: impl FnMut(Position, &Record, &Event) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let (from, mut to) = (*range.start(), *range.end());
        let from = from.max(1);
        let mut limit = FIRST;
        while from <= to {
            let (piece, oldest) = self.piece_before(of, from..=to, limit)?;
            for (position, record) in piece.iter().rev() {
                if let Some(event) = record.event_at(*position)
                    && each(*position, record, event).is_break()
                {
                    return Ok(());
                }
            }
            match oldest.and_then(|oldest| oldest.checked_sub(1)) {
                Some(before) => to = before,
                None => return Ok(()),
            }
            limit = limit.saturating_mul(2).min(BACK_MAX);
        }
        Ok(())
    }

    /// Returns the last events of a range, oldest first, and the oldest position that was looked at; no position if
    /// nothing is left.
    #[expect(clippy::type_complexity, reason = "places with their records")]
    fn piece_before(
        &self,
        of: Of,
        range: RangeInclusive<Position>,
        limit: usize,
    ) -> Result<(Vec<(Position, Rc<Record>)>, Option<Position>), ReadError> {
        let mut near = Near::new(self);
        let (from, to) = range.into_inner();
        let mut positions = match of.series() {
            Some(series) => self.index.latest(series, to, limit)?,
            None => (from..=to.min(self.head().position)).rev().take(limit).collect(),
        };
        let oldest = positions.last().copied();
        positions.retain(|position| *position >= from);
        positions.reverse();
        let mut placed: Vec<(Position, Rc<Record>)> = Vec::with_capacity(positions.len());
        for position in positions {
            let same = placed.last().map(|(_, record)| record).filter(|record| holds(record, position));
            let record = match same {
                Some(record) => Rc::clone(record),
                None => Rc::new(near.take(position)?),
            };
            placed.push((position, record));
        }
        Ok((placed, oldest))
    }

    /// Returns a message's first event, which queued or received it; `None` if no event is about it.
    pub fn first(&self, message: MessageId) -> Result<Option<Event>, ReadError> {
        let first = self.index.positions(Series::Message(message), 1, Position::MAX, 1)?;
        let Some(position) = first.first() else { return Ok(None) };
        Ok(Near::new(self).at(*position)?.event_at(*position).cloned())
    }

    /// Returns the record that holds a position.
    pub fn record_at(&self, position: Position) -> Result<Option<Record>, ReadError> {
        self.log.read(position).next().transpose()?.map(|stored| self.decode(&stored)).transpose()
    }

    /// Returns the end of the commit that holds a position; a state as of that position includes the whole commit.
    pub fn end_of_commit(&self, position: Position) -> Result<Position, ReadError> {
        let record = if position == 0 { None } else { self.record_at(position)? };
        Ok(record.map_or(position, |record| record.last()))
    }

    /// Returns the position of the last event recorded at `moment` or before; 0 if there is none.
    pub fn position_at(&self, moment: Timestamp) -> Result<Position, ReadError> {
        let (mut found, mut low, mut high) = (0, 1, self.head().position);
        while low <= high {
            let middle = low.midpoint(high);
            let Some(record) = self.record_at(middle)? else { break };
            if record.recorded_at <= moment {
                found = record.last();
                low = found.saturating_add(1);
            } else {
                high = record.first.saturating_sub(1);
            }
        }
        Ok(found)
    }
}

/// Reads on if the next wanted record is near, searches again if it is far. Decodes only wanted records.
struct Near<'a> {
    history: &'a History,
    open: Option<Records<'a>>,
    current: Option<Record>,
    /// The last position of the record that was read last.
    last: Position,
}

fn holds(record: &Record, position: Position) -> bool {
    (record.first..=record.last()).contains(&position)
}

impl<'a> Near<'a> {
    fn new(history: &'a History) -> Self {
        Self { history, open: None, current: None, last: 0 }
    }

    fn at(&mut self, position: Position) -> Result<&Record, ReadError> {
        if !self.current.as_ref().is_some_and(|record| holds(record, position)) {
            self.current = self.search(position)?.filter(|record| holds(record, position));
        }
        self.current.as_ref().ok_or_else(|| missing(position))
    }

    fn take(&mut self, position: Position) -> Result<Record, ReadError> {
        self.at(position)?;
        self.current.take().ok_or_else(|| missing(position))
    }

    fn search(&mut self, position: Position) -> Result<Option<Record>, ReadError> {
        let near = self.last < position && position - self.last <= NEAR;
        let mut open = match self.open.take().filter(|_| near) {
            Some(mut open) => {
                open.pass(position)?;
                open
            }
            None => self.history.log().read(position),
        };
        let found = open.next().transpose()?;
        self.open = Some(open);
        let record = found.map(|stored| self.history.decode(&stored)).transpose()?;
        self.last = record.as_ref().map_or(0, Record::last);
        Ok(record)
    }
}

fn missing(position: Position) -> ReadError {
    ReadError::Damaged { position, what: "missing".to_owned() }
}
