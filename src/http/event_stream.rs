//! One open event stream: reads on in the log whenever the client has room, and keeps at most one piece of it in
//! memory.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, Bytes};
use futures_util::stream::{Stream, unfold};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::frame;
use crate::gateway::Gateway;
use crate::http::connections::{Busy, Connection};
use crate::net::stream_limit::StreamPermit;
use crate::service::follow::Following;

/// How often a stream checks whether it must end.
pub(super) const TICK: Duration = Duration::from_millis(500);
/// Something is written to a client at least this often.
const HEARTBEAT: Duration = Duration::from_secs(15);
pub(super) struct EventStream {
    following: Following,
    gateway: web::Data<Gateway>,
    connection: Option<Arc<Connection>>,
    opened: bool,
    last_word: Instant,
    /// Held as long as the stream is open: its permit, a sign for `cut_at_stop`, and the mark that its connection is
    /// not idle.
    _held: (StreamPermit, oneshot::Sender<()>, Option<Busy>),
}

impl EventStream {
    /// Creates a stream of a workspace's events.
    pub(super) fn new(
        gateway: web::Data<Gateway>,
        following: Following,
        connection: Option<Arc<Connection>>,
        (permit, open): (StreamPermit, oneshot::Sender<()>),
    ) -> Self {
        let busy = connection.as_ref().map(Connection::busy);
        let held = (permit, open, busy);
        Self { following, gateway, connection, opened: false, last_word: Instant::now(), _held: held }
    }

    /// Returns the stream's text, piece by piece. The next piece is made after the previous one was taken.
    pub(super) fn frames(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        unfold(self, async |mut feed| {
            let text = feed.next().await?;
            feed.last_word = Instant::now();
            Some((Ok(Bytes::from(text)), feed))
        })
    }

    /// Returns the next piece; `None` when the stream ends. A client that wants more reconnects with the last id.
    async fn next(&mut self) -> Option<String> {
        if !std::mem::replace(&mut self.opened, true) {
            return Some(frame::opening(self.following.position()));
        }
        while !self.is_over() {
            let text = self.read_on().await?;
            if !text.is_empty() {
                return Some(text);
            }
            if self.last_word.elapsed() >= HEARTBEAT {
                self.following.pass();
                return Some(frame::heartbeat(self.following.position()));
            }
        }
        None
    }

    fn is_over(&self) -> bool {
        self.gateway.readiness.is_stopping() || self.connection.as_ref().is_some_and(|connection| connection.is_left())
    }

    /// Returns the new events as text, empty if there were none for a short while; `None` if the key was revoked, or the log
    /// cannot be read.
    async fn read_on(&mut self) -> Option<String> {
        tokio::select! {
            biased;
            () = self.following.ready() => {}
            () = sleep(TICK) => return Some(String::new()),
        }
        let rows = self.following.next().await;
        let rows = rows.inspect_err(|error| tracing::error!(%error, "a stream cannot read the log")).ok()??;
        let mut text = String::new();
        for row in rows {
            frame::event(&row, &mut text).ok()?;
        }
        Some(text)
    }
}
