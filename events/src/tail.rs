//! Follows the log as it grows: reads and decodes each record once, however many followers there are.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use crate::history::History;
use crate::ids::{Position, WorkspaceId};
use crate::log::ReadError;
use crate::record::Record;
use crate::watermark::Watermark;

/// Shortest pause between two reads of the log; records that arrive meanwhile are read together.
const LULL: Duration = Duration::from_millis(20);
/// Pause before the next read after a failed one.
const READ_AGAIN: Duration = Duration::from_secs(1);
/// The most records per read.
const RECORDS_MAX: usize = 512;
/// Bytes of records that a follower gets per piece; a single record may be larger.
const PIECE_BYTES: usize = 65_536;
/// Bytes of recent records that are kept for the followers of one workspace; a follower further behind reads the log.
const RECENT_BYTES: usize = 1_048_576;

/// Reads the log for all its followers. Clones share the same tail.
#[derive(Clone)]
pub struct Tail(Arc<Shared>);

struct Shared {
    history: History,
    watermark: Watermark,
    state: Mutex<State>,
    /// Notified when there is somebody to read for.
    wanted: Notify,
}

struct State {
    /// All records up to here were handed out.
    position: Position,
    followed: BTreeMap<Option<WorkspaceId>, Followed>,
}

/// The followers of one workspace, or of everything.
struct Followed {
    followers: usize,
    /// All records after this position are in `recent`.
    from: Position,
    recent: VecDeque<Read>,
    bytes: usize,
    /// Position of the last event handed out to these followers.
    last: watch::Sender<Position>,
}

/// A record and its stored length.
#[derive(Clone)]
struct Read {
    record: Arc<Record>,
    bytes: usize,
}

/// A part of the log.
#[derive(Debug)]
pub struct Piece {
    records: Vec<Arc<Record>>,
    after: Position,
    to: Position,
}

impl Piece {
    /// Returns its events with their records, in order.
    pub fn events(&self) -> impl Iterator<Item = (Position, &Record, &crate::event::Event)> {
        let events = self
            .records
            .iter()
            .flat_map(|record| record.positioned().map(move |(position, event)| (position, record.as_ref(), event)));
        events.filter(|(position, ..)| *position > self.after && *position <= self.to)
    }

    /// Returns the position up to which this piece covers the log; it may lie after the piece's last event.
    pub fn to(&self) -> Position {
        self.to
    }
}

impl Tail {
    /// Creates a tail that reads nothing until it runs.
    pub fn new(history: History, watermark: Watermark) -> Self {
        let state = State { position: watermark.durable(), followed: BTreeMap::new() };
        Self(Arc::new(Shared { history, watermark, state: Mutex::new(state), wanted: Notify::new() }))
    }

    /// Follows a workspace, or everything, from behind a durable position.
    pub fn follow(&self, of: Option<WorkspaceId>, position: Position) -> Follower {
        let mut state = self.state();
        if state.followed.is_empty() {
            // Nothing was read while nobody followed, so no earlier record is in memory.
            state.position = state.position.max(self.0.watermark.durable());
        }
        let from = state.position;
        let followed = state.followed.entry(of).or_insert_with(|| Followed {
            followers: 0,
            from,
            recent: VecDeque::new(),
            bytes: 0,
            last: watch::Sender::new(from),
        });
        followed.followers = followed.followers.saturating_add(1);
        let last = followed.last.subscribe();
        drop(state);
        self.0.wanted.notify_one();
        Follower { tail: self.clone(), of, position, last }
    }

    /// Reads on for ever, as long as somebody follows.
    pub async fn run(self) {
        loop {
            let position = self.wanted().await;
            self.0.watermark.reached(position.saturating_add(1)).await;
            let pause = match self.read_on().await {
                Ok(()) => LULL,
                Err(error) => {
                    tracing::error!(%error, "whoever follows the log waits: it cannot be read");
                    READ_AGAIN
                }
            };
            sleep(pause).await;
        }
    }

    /// Waits until somebody follows; returns how far the log was read.
    async fn wanted(&self) -> Position {
        loop {
            match self.place() {
                Some(position) => return position,
                None => self.0.wanted.notified().await,
            }
        }
    }

    /// Returns how far the log was read; `None` if nobody follows.
    fn place(&self) -> Option<Position> {
        let state = self.state();
        (!state.followed.is_empty()).then_some(state.position)
    }

    /// Drops the records that are kept for followers: a follower that is behind reads the log, where what was erased
    /// meanwhile is gone.
    pub fn forget(&self) {
        let mut state = self.state();
        let position = state.position;
        for followed in state.followed.values_mut() {
            (followed.from, followed.bytes) = (position, 0);
            followed.recent.clear();
        }
    }

    async fn read_on(&self) -> Result<(), ReadError> {
        let (after, durable) = (self.state().position, self.0.watermark.durable());
        let read = self.0.history.run(move |history| {
            let stored = history.log().read(after.saturating_add(1)).take(RECORDS_MAX);
            let mut read = Vec::new();
            for stored in stored {
                let stored = stored?;
                if stored.first > durable {
                    break;
                }
                read.push(Read { record: Arc::new(history.decode(&stored)?), bytes: stored.bytes.len() });
            }
            Ok(read)
        });
        self.hand_out(&read.await?);
        Ok(())
    }

    fn hand_out(&self, read: &[Read]) {
        let mut state = self.state();
        for Read { record, bytes } in read {
            if record.last() <= state.position {
                continue;
            }
            state.position = record.last();
            for of in [None, Some(record.workspace)] {
                if let Some(followed) = state.followed.get_mut(&of) {
                    followed.push(Read { record: Arc::clone(record), bytes: *bytes });
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Followed {
    fn push(&mut self, read: Read) {
        self.bytes = self.bytes.saturating_add(read.bytes);
        let last = read.record.last();
        self.recent.push_back(read);
        while self.bytes > RECENT_BYTES {
            let Some(oldest) = self.recent.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(oldest.bytes);
            self.from = oldest.record.last();
        }
        self.last.send_replace(last);
    }

    /// Returns the records after a position, as many as fit into a piece, and true if these are all.
    fn after(&self, position: Position) -> (Vec<Arc<Record>>, bool) {
        let (mut records, mut bytes) = (Vec::new(), 0_usize);
        let begin = self.recent.partition_point(|read| read.record.last() <= position);
        for read in self.recent.range(begin..) {
            if bytes >= PIECE_BYTES {
                return (records, false);
            }
            bytes = bytes.saturating_add(read.bytes);
            records.push(Arc::clone(&read.record));
        }
        (records, true)
    }
}

/// A follower of the log. Gets each event once, in order, without a gap.
pub struct Follower {
    tail: Tail,
    of: Option<WorkspaceId>,
    position: Position,
    last: watch::Receiver<Position>,
}

impl Follower {
    /// Returns the position up to which this follower has seen everything.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Waits until there is something to read. Dropping the future loses nothing.
    pub async fn ready(&mut self) {
        if self.is_behind() {
            return;
        }
        let position = self.position;
        // Cannot fail: the tail, which this follower holds, keeps the sender.
        let _ = self.last.wait_for(|last| *last > position).await;
    }

    /// Returns the next piece; it may be empty.
    pub async fn next(&mut self) -> Result<Piece, ReadError> {
        let piece = match self.recent() {
            Some(piece) => piece,
            None => self.earlier().await?,
        };
        self.position = piece.to;
        Ok(piece)
    }

    /// Moves the position past records that do not concern this follower, if it has seen all that do.
    pub fn pass(&mut self) {
        let state = self.tail.state();
        let place = self.position;
        let is_done = |followed: &Followed| followed.from <= place && *followed.last.borrow() <= place;
        if state.followed.get(&self.of).is_some_and(is_done) {
            self.position = place.max(state.position);
        }
    }

    fn is_behind(&self) -> bool {
        self.tail.state().followed.get(&self.of).is_some_and(|followed| self.position < followed.from)
    }

    /// Returns the next piece from memory, if memory begins early enough.
    fn recent(&self) -> Option<Piece> {
        let state = self.tail.state();
        let followed = state.followed.get(&self.of).filter(|followed| followed.from <= self.position)?;
        let (records, is_all) = followed.after(self.position);
        let to = if is_all { state.position } else { records.last().map_or(self.position, |record| record.last()) };
        Some(Piece { records, after: self.position, to: to.max(self.position) })
    }

    /// Reads the next piece from the log.
    async fn earlier(&self) -> Result<Piece, ReadError> {
        let (of, after, to) = (self.of, self.position, self.tail.state().position);
        let history = &self.tail.0.history;
        history.run(move |history| earlier(history, of, after, to)).await
    }
}

fn earlier(history: &History, of: Option<WorkspaceId>, after: Position, to: Position) -> Result<Piece, ReadError> {
    let mut piece = Piece { records: Vec::new(), after, to: after };
    let mut bytes = 0_usize;
    for stored in history.log().read(after.saturating_add(1)).take(RECORDS_MAX) {
        let stored = stored?;
        if stored.first > to || bytes >= PIECE_BYTES {
            break;
        }
        let record = history.decode(&stored)?;
        piece.to = record.last().min(to);
        if of.is_none_or(|workspace| record.workspace == workspace) {
            bytes = bytes.saturating_add(stored.bytes.len());
            piece.records.push(Arc::new(record));
        }
    }
    if piece.to == after {
        return Err(ReadError::Damaged { position: after.saturating_add(1), what: "missing".to_owned() });
    }
    Ok(piece)
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut state = self.tail.state();
        if let Some(followed) = state.followed.get_mut(&self.of) {
            followed.followers = followed.followers.saturating_sub(1);
            if followed.followers == 0 {
                state.followed.remove(&self.of);
            }
        }
    }
}
