//! One open stream of server-sent events: reads on whenever the client has room, and keeps at most one piece of it in
//! memory.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, HeaderName};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use events::ids::WorkspaceId;
use futures_util::stream::{Stream, unfold};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::connections::{Busy, Connection};
use crate::gateway::Gateway;
use crate::net::stream_limit::StreamPermit;
use crate::service::refusal::Refusal;

/// How often a stream checks whether it must end.
pub(super) const TICK: Duration = Duration::from_millis(500);
/// Something is written to a client at least this often.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a stop waits for a client that reads nothing.
const GRACE: Duration = Duration::from_secs(1);
/// Asks a proxy (nginx) to pass on each event at once.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// Seconds until a retry may succeed; a stream whose client has left is noticed sooner.
const RETRY_AFTER_S: u32 = 5;

/// What a stream carries.
pub(super) trait Feed: 'static {
    /// The first words.
    fn opening(&self) -> String;
    /// Waits a [`TICK`] at most. Returns what there is now as text, possibly nothing; `None` when the stream must end.
    fn read_on(&mut self) -> impl Future<Output = Option<String>>;
    /// A sign of life.
    fn heartbeat(&mut self) -> String;
}

struct EventStream<F> {
    feed: F,
    gateway: web::Data<Gateway>,
    connection: Option<Arc<Connection>>,
    opened: bool,
    last_word: Instant,
    /// Held as long as the stream is open: its permit, a sign for `cut_at_stop`, and the mark that its connection is
    /// not idle.
    _held: (StreamPermit, oneshot::Sender<()>, Option<Busy>),
}

/// The headers of a stream.
pub(super) fn headers() -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer.content_type("text/event-stream").insert_header((CACHE_CONTROL, "no-store"));
    answer.insert_header((BUFFERING, "no"));
    answer
}

/// True if the client wants the headers alone.
pub(super) fn wants_headers_only(request: &HttpRequest) -> bool {
    request.method() == Method::HEAD
}

/// Takes one of the workspace's places for streams.
pub(super) fn permit(gateway: &Gateway, workspace: WorkspaceId) -> Result<StreamPermit, Refusal> {
    let too_many = || Refusal::new("too_many_streams", "Too many streams are open").retrying_after(RETRY_AFTER_S);
    gateway.stream_limit.take(workspace).ok_or_else(too_many)
}

/// Answers with a stream.
pub(super) fn answer(
    gateway: web::Data<Gateway>,
    request: &HttpRequest,
    feed: impl Feed,
    permit: StreamPermit,
) -> HttpResponse {
    let connection = request.conn_data::<Arc<Connection>>().cloned();
    let (open, ended) = oneshot::channel();
    if let Some(connection) = connection.clone() {
        actix_web::rt::spawn(cut_at_stop(gateway.clone(), connection, ended));
    }
    let busy = connection.as_ref().map(Connection::busy);
    let held = (permit, open, busy);
    let stream = EventStream { feed, gateway, connection, opened: false, last_word: Instant::now(), _held: held };
    headers().streaming(stream.frames())
}

impl<F: Feed> EventStream<F> {
    /// Returns the stream's text, piece by piece. The next piece is made after the previous one was taken.
    fn frames(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        unfold(self, async |mut stream| {
            let text = stream.next().await?;
            stream.last_word = Instant::now();
            Some((Ok(Bytes::from(text)), stream))
        })
    }

    /// Returns the next piece; `None` when the stream ends. A client that wants more reconnects.
    async fn next(&mut self) -> Option<String> {
        if !std::mem::replace(&mut self.opened, true) {
            return Some(self.feed.opening());
        }
        while !self.is_over() {
            let text = self.feed.read_on().await?;
            if !text.is_empty() {
                return Some(text);
            }
            if self.last_word.elapsed() >= HEARTBEAT {
                return Some(self.feed.heartbeat());
            }
        }
        None
    }

    fn is_over(&self) -> bool {
        self.gateway.readiness.is_stopping() || self.connection.as_ref().is_some_and(|connection| connection.is_left())
    }
}

/// Cuts the connection at a stop: a client that reads nothing keeps its stream from noticing that the gateway stops.
async fn cut_at_stop(gateway: web::Data<Gateway>, connection: Arc<Connection>, ended: oneshot::Receiver<()>) {
    let stopped = async {
        while !gateway.readiness.is_stopping() {
            sleep(TICK).await;
        }
        sleep(GRACE).await;
    };
    tokio::select! {
        _ = ended => {}
        () = stopped => connection.cut(),
    }
}
