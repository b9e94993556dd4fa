//! One open stream: reads on in the log whenever its reader has room, and never keeps more than one piece of it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, Bytes};
use events::ids::WorkspaceId;
use events::log::ReadError;
use events::personal::Digest;
use events::record::{Position, decode};
use futures_util::stream::{Stream, unfold};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until};

use super::super::connections::{Busy, Connection};
use super::frame;
use crate::gateway::Gateway;
use crate::net::stream_limit::Seat;

/// How often a stream looks whether it is over.
pub(super) const TICK: Duration = Duration::from_millis(500);
/// A reader hears something at least this often.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// The log is not read more often than this for one reader: what happens meanwhile is read at once.
const LULL: Duration = Duration::from_millis(20);
/// Records read at once.
const RECORDS_MAX: usize = 256;
/// A piece is sent when it has become this long, in bytes; one record may make it longer.
const PIECE_BYTES: usize = 65_536;

/// One open stream.
pub(super) struct Feed {
    gateway: web::Data<Gateway>,
    workspace: WorkspaceId,
    key: Digest,
    /// All of the workspace's events up to here are sent.
    position: Position,
    connection: Option<Arc<Connection>>,
    opened: bool,
    last_read: Option<Instant>,
    last_word: Instant,
    /// What lasts as long as the stream: its seat, a sign that it is open, a connection that is not silent.
    _held: (Seat, oneshot::Sender<()>, Option<Busy>),
}

/// Part of the log, as it is written into the stream.
struct Piece {
    text: String,
    position: Position,
}

impl Feed {
    /// A stream of the workspace's events behind a position, as long as its key is valid.
    pub(super) fn new(
        gateway: web::Data<Gateway>,
        (workspace, key): (WorkspaceId, Digest),
        position: Position,
        connection: Option<Arc<Connection>>,
        (seat, open): (Seat, oneshot::Sender<()>),
    ) -> Self {
        let busy = connection.as_ref().map(Connection::busy);
        let last_word = Instant::now();
        let held = (seat, open, busy);
        Self { gateway, workspace, key, position, connection, opened: false, last_read: None, last_word, _held: held }
    }

    /// What is written, piece by piece; the next one is made when the one before has left.
    pub(super) fn frames(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        unfold(self, async |mut feed| {
            let text = feed.next().await?;
            feed.last_word = Instant::now();
            Some((Ok(Bytes::from(text)), feed))
        })
    }

    /// The next piece; `None` when the stream is over. Whoever still wants more comes back with the last id.
    async fn next(&mut self) -> Option<String> {
        if !std::mem::replace(&mut self.opened, true) {
            return Some(frame::opening(self.position));
        }
        while !self.is_over() {
            if let Some(text) = self.read_on().await? {
                return Some(text);
            }
            if self.last_word.elapsed() >= HEARTBEAT {
                return Some(frame::heartbeat(self.position));
            }
        }
        None
    }

    fn is_over(&self) -> bool {
        self.gateway.state.is_stopping() || self.connection.as_ref().is_some_and(|connection| connection.is_left())
    }

    /// Reads what is durable, or waits a little for it. Nothing, if nothing of it is this workspace's.
    async fn read_on(&mut self) -> Option<Option<String>> {
        let watermark = self.gateway.shard.watermark().clone();
        tokio::select! {
            biased;
            _ = watermark.reached(self.position.saturating_add(1)) => {}
            () = sleep(TICK) => return Some(None),
        }
        if let Some(last_read) = self.last_read {
            sleep_until(last_read + LULL).await;
        }
        self.last_read = Some(Instant::now());
        let piece = self.read(watermark.durable()).await?;
        self.position = piece.position;
        Some(Some(piece.text).filter(|text| !text.is_empty()))
    }

    /// Part of what lies behind this place, up to `durable`; `None` if it may not be read any more, or cannot.
    async fn read(&self, durable: Position) -> Option<Piece> {
        let (workspace, key, after) = (self.workspace, self.key, self.position);
        let read = self.gateway.read(move |gateway| {
            // Looked up behind `durable`: who revokes a key and is told so knows that it opens nothing later.
            let valid = gateway.api_key(key)?.is_some_and(|found| found.workspace == workspace);
            if valid { piece(gateway, workspace, after, durable).map(Some) } else { Ok(None) }
        });
        let read = read.await;
        read.inspect_err(|error| tracing::error!(%error, "a stream cannot read the log")).ok().flatten()
    }
}

fn piece(gateway: &Gateway, workspace: WorkspaceId, after: Position, to: Position) -> Result<Piece, ReadError> {
    let mut piece = Piece { text: String::new(), position: after };
    for stored in gateway.shard.log().read(after.saturating_add(1)).take(RECORDS_MAX) {
        let record = decode(&stored?)?;
        if record.first > to || piece.text.len() >= PIECE_BYTES {
            break;
        }
        let wanted = |position: Position| record.workspace == workspace && position > after && position <= to;
        for (position, event) in record.positioned().filter(|(position, _)| wanted(*position)) {
            let written = frame::event(position, &record, event, &mut piece.text);
            written.map_err(|error| ReadError::Damaged { position, what: error.to_string() })?;
        }
        piece.position = record.last().min(to);
    }
    if piece.position == after {
        return Err(ReadError::Damaged { position: after.saturating_add(1), what: "missing".to_owned() });
    }
    Ok(piece)
}
