//! The events as lines for others, a piece at a time.
//!
//! Most of the time is spent on reading and decoding records, and on hashing and writing lines. Hashing has to follow the
//! order of the lines; so while one thread does that, another one prepares the next records.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use events::codec::Opening;
use events::founding::LogId;
use events::history::History;
use events::ids::{MessageId, Position, StreamId, WorkspaceId};
use events::index::Series;
use events::log::ReadError;
use events::personal::Digest;
use events::proof::line::{self, Line, LineHash};
use events::proof::prover::Prover;
use serde_json::json;

use super::proofs::Signed;

/// A piece is handed out once it is at least this long.
const PIECE_BYTES: usize = 256 << 10;
/// Records that are prepared at once, by their number and by their bytes.
const RECORDS_AT_ONCE: usize = 512;
const RECORD_BYTES_AT_ONCE: usize = 256 << 10;
/// So many times that may be prepared before it is taken.
const AHEAD: usize = 2;
/// Positions that are looked up at once.
const POSITIONS_AT_ONCE: usize = 4_096;

/// The events to export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// First position.
    pub from: Position,
    /// Last position; all up to it must be durable.
    pub to: Position,
    pub of: Selected,
}

/// The events within these positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selected {
    All,
    Stream(StreamId),
    Message(MessageId),
    Workspace(WorkspaceId),
}

/// A filter that is none, or one too many.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct BadFilter {
    /// The filter's name.
    pub name: &'static str,
    what: String,
}

impl Selected {
    /// Reads the filters, of which there may be one.
    pub fn one_of(stream: Option<&str>, message: Option<&str>, workspace: Option<&str>) -> Result<Self, BadFilter> {
        let bad = |name, like| BadFilter { name, what: format!("{name} must be such as {like}") };
        let of_stream = stream.map(|text| text.parse().map_err(|_| bad("stream", "account/10010001")));
        let of_message =
            message.map(|text| text.parse().map_err(|_| bad("message", "wa_backend:3EB09FCC85FE99662E46")));
        let of_workspace = workspace.map(|text| text.parse().map_err(|_| bad("workspace", "1001")));
        match (of_stream.transpose()?, of_message.transpose()?, of_workspace.transpose()?) {
            (None, None, None) => Ok(Self::All),
            (Some(stream), None, None) => Ok(Self::Stream(stream)),
            (None, Some(message), None) => Ok(Self::Message(message)),
            (None, None, Some(workspace)) => Ok(Self::Workspace(workspace)),
            (Some(_), _, _) => Err(one_only("stream")),
            (None, _, _) => Err(one_only("message")),
        }
    }
}

fn one_only(name: &'static str) -> BadFilter {
    BadFilter { name, what: "only one of stream, message and workspace can be given".to_owned() }
}

/// Writes lines.
pub struct Exporter {
    id: LogId,
    selection: Selection,
    /// The checkpoint that proofs lead to, if any are asked for.
    signed: Option<Signed>,
    /// The position to go on with.
    next: Position,
    /// What is prepared already, once all records are read.
    prepared: Option<Receiver<Result<Prepared, ReadError>>>,
    /// Positions that were looked up.
    positions: VecDeque<Position>,
    /// The last line, written or not.
    last: Option<(Position, LineHash)>,
    is_over: bool,
}

impl Exporter {
    /// With a checkpoint, each line is followed by its proof, and all of them by the checkpoint.
    pub fn new(id: LogId, selection: Selection, signed: Option<Signed>) -> Self {
        let next = selection.from.max(1);
        let (prepared, positions) = (None, VecDeque::new());
        Self { id, selection, signed, next, prepared, positions, last: None, is_over: false }
    }

    /// Returns the position up to which the export is done.
    pub const fn position(&self) -> Position {
        self.next.saturating_sub(1)
    }

    /// Returns the next lines; `None` at the end.
    pub fn piece(&mut self, history: &History) -> Result<Option<String>, ReadError> {
        if self.is_over {
            return Ok(None);
        }
        let mut out = String::with_capacity(PIECE_BYTES + PIECE_BYTES / 4);
        let mut prover = Prover::new(history.log(), self.id)?;
        match self.selection.of {
            Selected::All | Selected::Workspace(_) => self.scan(history, &mut prover, &mut out)?,
            Selected::Stream(stream) => self.look_up(Series::Stream(stream), history, &mut prover, &mut out)?,
            Selected::Message(message) => self.look_up(Series::Message(message), history, &mut prover, &mut out)?,
        }
        if let Some(signed) = self.signed.as_ref().filter(|_| self.is_over) {
            out.push_str(&json!({ "checkpoint": *signed.note }).to_string());
            out.push('\n');
        }
        Ok((!out.is_empty()).then_some(out))
    }

    /// Reads all records in their order.
    fn scan(&mut self, history: &History, prover: &mut Prover<'_>, out: &mut String) -> Result<(), ReadError> {
        let (next, to) = (self.next, self.selection.to);
        while out.len() < PIECE_BYTES && self.next <= to {
            let prepared = match &self.prepared {
                Some(prepared) => prepared,
                None => self.prepared.insert(prepare(history.clone(), next, to).map_err(ReadError::Store)?),
            };
            let ended = |_| ReadError::Store(io::Error::other("the thread that prepares an export has ended"));
            let Prepared { lines, end } = prepared.recv().map_err(ended)??;
            self.lines(&lines, end, None, prover, out)?;
        }
        self.is_over = self.next > to;
        Ok(())
    }

    /// Reads the records of a series.
    fn look_up(
        &mut self,
        series: Series,
        history: &History,
        prover: &mut Prover<'_>,
        out: &mut String,
    ) -> Result<(), ReadError> {
        while out.len() < PIECE_BYTES {
            if self.positions.is_empty() {
                let (from, to) = (self.next, self.selection.to);
                self.positions = history.index().positions(series, from, to, POSITIONS_AT_ONCE)?.into();
            }
            let Some(position) = self.positions.pop_front() else {
                self.is_over = true;
                return Ok(());
            };
            let stored = history.log().read(position).next().transpose()?;
            let stored = stored.ok_or_else(|| ReadError::Damaged { position, what: "missing".to_owned() })?;
            let lines = line::lines(&stored, Opening::With(history.vault()))?;
            self.lines(&lines, position.saturating_add(1), Some(position), prover, out)?;
        }
        Ok(())
    }

    /// Writes those of the lines that are wanted, or the one at a position; goes on at `next`.
    fn lines(
        &mut self,
        lines: &[Line],
        next: Position,
        only: Option<Position>,
        prover: &mut Prover<'_>,
        out: &mut String,
    ) -> Result<(), ReadError> {
        let is_wanted = |line: &Line| match self.selection.of {
            Selected::Workspace(workspace) => line.workspace == workspace,
            _ => only.is_none_or(|only| only == line.position),
        };
        let range = self.selection.from.max(1)..=self.selection.to;
        for line in lines.iter().filter(|line| range.contains(&line.position) && is_wanted(line)) {
            let before = self.before(line.position, prover)?;
            let hash = line.write(self.id, before, out);
            self.last = Some((line.position, hash));
            if let Some(signed) = &self.signed {
                let path = prover.inclusion(line.position, signed.size)?;
                out.push_str(&proof(line.position, signed.size, &path));
            }
        }
        self.next = next;
        Ok(())
    }

    fn before(&self, position: Position, prover: &mut Prover<'_>) -> Result<Option<LineHash>, ReadError> {
        let before = position.saturating_sub(1);
        match self.last {
            Some((last, hash)) if last == before => Ok(Some(hash)),
            _ => prover.hash(before),
        }
    }
}

/// Prepares records on a thread of its own, a little ahead of whoever takes them, until nobody does.
fn prepare(history: History, from: Position, to: Position) -> io::Result<Receiver<Result<Prepared, ReadError>>> {
    let (prepared, taken) = sync_channel(AHEAD);
    thread::Builder::new().name("export".to_owned()).spawn(move || {
        let mut next = from;
        while next <= to {
            let read = Prepared::read(&history, next, to);
            next = read.as_ref().map_or(Position::MAX, |prepared| prepared.end);
            if prepared.send(read).is_err() {
                return;
            }
        }
    })?;
    Ok(taken)
}

/// The lines of the next records, without their hashes.
struct Prepared {
    lines: Vec<Line>,
    /// The position behind them.
    end: Position,
}

impl Prepared {
    fn read(history: &History, from: Position, to: Position) -> Result<Self, ReadError> {
        let (mut lines, mut end, mut bytes) = (Vec::new(), from, 0);
        for stored in history.log().read(from).take(RECORDS_AT_ONCE) {
            let stored = stored?;
            if stored.first > to || bytes >= RECORD_BYTES_AT_ONCE {
                break;
            }
            bytes += stored.bytes.len();
            lines.extend(line::lines(&stored, Opening::With(history.vault()))?);
            end = lines.last().map_or(end, |line| line.position.saturating_add(1));
        }
        if lines.is_empty() && from <= to {
            return Err(ReadError::Damaged { position: from, what: "missing".to_owned() });
        }
        Ok(Self { lines, end })
    }
}

/// The proof that a line is in the tree of a checkpoint, as a line of its own.
fn proof(position: Position, size: Position, path: &[Digest]) -> String {
    let path: Vec<String> = path.iter().map(|hash| STANDARD.encode(hash.0)).collect();
    format!("{}\n", json!({ "leaf": position.saturating_sub(1), "size": size, "path": path }))
}
