//! One open stream: reads on in the log whenever its reader has room, and never keeps more than one piece of it.

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

/// How often a stream looks whether it is over.
pub(super) const TICK: Duration = Duration::from_millis(500);
/// A reader hears something at least this often.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// One open stream.
pub(super) struct Feed {
    following: Following,
    gateway: web::Data<Gateway>,
    connection: Option<Arc<Connection>>,
    opened: bool,
    last_word: Instant,
    /// What lasts as long as the stream: its seat, a sign that it is open, a connection that is not silent.
    _held: (StreamPermit, oneshot::Sender<()>, Option<Busy>),
}

impl Feed {
    /// A stream of a workspace's events.
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

    /// What came, or nothing if nothing did for a little while; `None` if it may not be read any more, or cannot.
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
