//! Checks the lines of an export one after the other; nobody needs the log itself for that. Takes constant memory, but for
//! the chats that are erased.

use std::collections::{HashMap, HashSet};

use super::checkpoint::Checkpoint;
use super::exported::{self, Exported, LineFault};
use super::line::{Beside, LineHash, Shared};
use super::tree::Frontier;
use crate::codec;
use crate::event::Event;
use crate::founding::LogId;
use crate::ids::{ChatId, Position};
use crate::personal::Digest;
use crate::record_rules::{self, Broken};
use crate::vault::Owner;

/// What an export must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All lines from the first one of the log on.
    Whole,
    /// Any lines in their order: a part, or those that a filter chose. What is missing is counted.
    Part,
}

/// What is wrong with an export.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error(transparent)]
    Line(#[from] LineFault),
    #[error("missing: events {from} to {to}")]
    Missing { from: Position, to: Position },
    #[error("reordered: event {0} stands behind event {1}")]
    Reordered(Position, Position),
    #[error("changed: the line before it is not the one that it names")]
    Predecessor,
    #[error("a line of another log: {0}")]
    OtherLog(LogId),
    #[error("it does not fit the lines of its record")]
    Record,
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("cut off: its last record ends at event {0}")]
    CutRecord(Position),
    #[error("cut off: the checkpoint says {size} events, there are {events}")]
    CutOff { size: Position, events: Position },
    #[error("rewritten: the first {0} events are not those that the checkpoint signs")]
    Rewritten(Position),
    #[error("the checkpoint is one of another log: {0}")]
    OtherCheckpoint(LogId),
    #[error("no line at all")]
    Empty,
}

/// A checked export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    pub log: LogId,
    /// Number of lines.
    pub lines: u64,
    pub first: Position,
    pub last: Position,
    /// Hash of the last line.
    pub hash: LineHash,
    /// Times that events are missing between two lines.
    pub gaps: u64,
    /// Checkpoints that agree.
    pub checkpoints: usize,
    /// The largest size of those: nothing is proved of what lies behind; 0 if there are none.
    pub covered: Position,
    /// Lines without their texts.
    pub erased: u64,
    /// Those of them whose chat no event of the export erases, and the first of these.
    pub withheld: u64,
    pub first_withheld: Option<Position>,
    /// The root of the tree over all lines; `None` for a part.
    pub root: Option<Digest>,
}

/// Checks lines in their order.
pub struct Checker {
    extent: Extent,
    /// Checkpoints that are still to be compared, the largest first.
    checkpoints: Vec<Checkpoint>,
    agreed: usize,
    before: Option<Before>,
    /// Bytes that the record of the line before takes up to there as it is stored.
    record_bytes: u64,
    lines: u64,
    first: Position,
    gaps: u64,
    frontier: Frontier,
    covered: Position,
    /// For each owner of texts that are missing the number of lines, and the first.
    missing: HashMap<Owner, (u64, Position)>,
    /// Chats that the export says were erased.
    erased: HashSet<ChatId>,
}

/// The line before.
struct Before {
    log: LogId,
    position: Position,
    hash: LineHash,
    shared: Shared,
}

impl Checker {
    /// The checkpoints' signatures must have been verified. They say nothing of a part.
    pub fn new(extent: Extent, mut checkpoints: Vec<Checkpoint>) -> Self {
        checkpoints.sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.size));
        Self {
            extent,
            checkpoints,
            agreed: 0,
            before: None,
            record_bytes: 0,
            lines: 0,
            first: 0,
            gaps: 0,
            frontier: Frontier::default(),
            covered: 0,
            missing: HashMap::new(),
            erased: HashSet::new(),
        }
    }

    /// Checks the next line, without its line feed.
    pub fn take(&mut self, line: &str) -> Result<Exported, Fault> {
        let read = exported::read(line)?;
        self.fits(&read)?;
        self.keeps_the_rules(&read)?;
        if let Event::LogCreated(created) = &read.event
            && created.log != read.log
        {
            return Err(Fault::OtherLog(created.log));
        }
        if self.extent == Extent::Whole {
            self.frontier.push(read.hash.leaf());
            self.compare(read.log)?;
        }
        self.note_texts(&read);
        if self.lines == 0 {
            self.first = read.position;
        }
        self.lines += 1;
        let Exported { log, position, hash, ref shared, .. } = read;
        self.before = Some(Before { log, position, hash, shared: shared.clone() });
        Ok(read)
    }

    /// Remembers whose texts are missing, and who was erased.
    fn note_texts(&mut self, read: &Exported) {
        if let Event::ChatErased(erased) = &read.event {
            self.erased.insert(erased.chat);
        }
        if read.beside == Beside::Erased {
            let (count, _) = self.missing.entry(read.event.owner()).or_insert((0, read.position));
            *count += 1;
        }
    }

    fn fits(&mut self, read: &Exported) -> Result<(), Fault> {
        let last = self.before.as_ref().map_or(0, |before| before.position);
        if let Some(before) = &self.before
            && read.log != before.log
        {
            return Err(Fault::OtherLog(read.log));
        }
        if read.position <= last {
            return Err(Fault::Reordered(read.position, last));
        }
        if read.position > last.saturating_add(1) {
            self.skipped(last.saturating_add(1), read.position.saturating_sub(1))?;
        } else {
            self.follows(read)?;
        }
        Ok(())
    }

    fn skipped(&mut self, from: Position, to: Position) -> Result<(), Fault> {
        match self.extent {
            Extent::Whole => Err(Fault::Missing { from, to }),
            Extent::Part => {
                self.gaps += u64::from(self.lines > 0);
                Ok(())
            }
        }
    }

    /// Checks a line against the one directly before it.
    fn follows(&self, read: &Exported) -> Result<(), Fault> {
        if read.before != self.before.as_ref().map(|before| before.hash) {
            return Err(Fault::Predecessor);
        }
        let within = self.before.as_ref().map(|before| &before.shared).filter(|shared| shared.last >= read.position);
        let fits = within.map_or(read.shared.first == read.position, |shared| *shared == read.shared);
        if fits { Ok(()) } else { Err(Fault::Record) }
    }

    /// Checks what holds for every record, as far as its lines have come.
    fn keeps_the_rules(&mut self, read: &Exported) -> Result<(), Broken> {
        let Exported { position, ref shared, ref event, ref beside, .. } = *read;
        record_rules::check_event(shared.workspace, position, event)?;
        let has_begun = self.before.as_ref().is_some_and(|before| before.shared == *shared);
        let Shared { first, last, recorded_at, workspace, ref cause } = *shared;
        let header = || codec::stored_header_bytes((first, last), recorded_at, workspace, cause);
        let before = if has_begun { Some(self.record_bytes) } else { header() };
        let json = match beside {
            Beside::Nothing => None,
            Beside::Erased => Some(0),
            Beside::These(texts) => Some(texts.json.len() as u64),
        };
        let bytes = before.and_then(|before| before.checked_add(codec::stored_event_bytes(event, json)?));
        self.record_bytes = bytes.unwrap_or(u64::MAX);
        record_rules::check_size(last.saturating_sub(first).saturating_add(1), self.record_bytes)
    }

    /// Compares the tree with the checkpoints of its size.
    fn compare(&mut self, log: LogId) -> Result<(), Fault> {
        let size = self.frontier.size();
        while let Some(checkpoint) = self.checkpoints.pop_if(|checkpoint| checkpoint.size <= size) {
            if checkpoint.log != log {
                return Err(Fault::OtherCheckpoint(checkpoint.log));
            }
            if checkpoint.size == size && checkpoint.root != self.frontier.root() {
                return Err(Fault::Rewritten(size));
            }
            self.agreed += 1;
            self.covered = self.covered.max(checkpoint.size);
        }
        Ok(())
    }

    /// Returns the position of the last line.
    pub fn position(&self) -> Position {
        self.before.as_ref().map_or(0, |before| before.position)
    }

    /// Ends: nothing may be missing now.
    pub fn end(self) -> Result<Checked, Fault> {
        let Self { extent, mut checkpoints, agreed, before, lines, first, gaps, frontier, covered, .. } = self;
        let (missing, erased) = (self.missing, self.erased);
        let Before { log, position, hash, shared } = before.ok_or(Fault::Empty)?;
        let whole = extent == Extent::Whole;
        if whole && shared.last > position {
            return Err(Fault::CutRecord(shared.last));
        }
        if let Some(Checkpoint { log: other, size, .. }) = checkpoints.pop().filter(|_| whole) {
            let cut = Fault::CutOff { size, events: position };
            return Err(if other == log { cut } else { Fault::OtherCheckpoint(other) });
        }
        let is_erased = |owner: &Owner| matches!(owner, Owner::Chat(chat) if erased.contains(chat));
        let unexplained =
            || missing.iter().filter(|(owner, _)| whole && !is_erased(owner)).map(|(_, missing)| *missing);
        Ok(Checked {
            log,
            lines,
            first,
            last: position,
            hash,
            gaps,
            checkpoints: agreed,
            covered,
            erased: missing.values().map(|(count, _)| count).sum(),
            withheld: unexplained().map(|(count, _)| count).sum(),
            first_withheld: unexplained().map(|(_, first)| first).min(),
            root: whole.then(|| frontier.root()),
        })
    }
}
