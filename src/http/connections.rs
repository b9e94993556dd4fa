//! Hangs up on connections that hold a place and ask for nothing: the HTTP server's own deadlines cover a connection's
//! first headers and its idle times, not headers that are begun later, nor the rest of a body that nobody waits for.

use std::any::Any;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use actix_web::dev::Extensions;
use rustix::io::Errno;
use rustix::net::{RecvFlags, Shutdown, recv, shutdown};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// How often silent connections are looked for.
const SWEEP: Duration = Duration::from_secs(5);

/// All open connections. Clones share them.
#[derive(Clone)]
pub struct Connections {
    open: Arc<Mutex<Vec<Weak<Connection>>>>,
    began: Instant,
    silence_max: Duration,
}

/// One connection, as its requests see it.
pub(super) struct Connection {
    socket: OwnedFd,
    requests: AtomicU32,
    /// When its last request ended, in milliseconds after the server began.
    quiet_since: AtomicU64,
    began: Instant,
}

/// A request under way; ended when dropped.
pub(super) struct Busy(Arc<Connection>);

impl Connections {
    /// None yet. A connection without a request for longer than `silence_max` is closed.
    pub fn new(silence_max: Duration) -> Self {
        Self { open: Arc::default(), began: Instant::now(), silence_max }
    }

    /// Takes note of a new connection; to be called when it is accepted.
    pub fn greet(&self, io: &dyn Any, data: &mut Extensions) {
        let Some(socket) = io.downcast_ref::<TcpStream>().and_then(|io| rustix::io::dup(io.as_fd()).ok()) else {
            return;
        };
        let connection = Connection {
            socket,
            requests: AtomicU32::new(0),
            quiet_since: AtomicU64::new(ms(self.began.elapsed())),
            began: self.began,
        };
        let connection = Arc::new(connection);
        self.open.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&connection));
        data.insert(connection);
    }

    /// Whether any request is under way.
    pub fn are_busy(&self) -> bool {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.iter().filter_map(Weak::upgrade).any(|connection| connection.requests.load(Ordering::Relaxed) > 0)
    }

    /// Closes silent connections, for ever.
    pub async fn watch(self) {
        loop {
            tokio::time::sleep(SWEEP).await;
            self.sweep();
        }
    }

    fn sweep(&self) {
        let now = ms(self.began.elapsed());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|connection| {
            let Some(connection) = connection.upgrade() else { return false };
            let quiet = now.saturating_sub(connection.quiet_since.load(Ordering::Relaxed));
            if connection.requests.load(Ordering::Relaxed) == 0 && quiet > ms(self.silence_max) {
                connection.hang_up();
            }
            true
        });
    }
}

impl Connection {
    /// A request begins.
    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(self))
    }

    /// Reads nothing more: what is being answered is answered, and then the server closes.
    pub(super) fn hang_up(&self) {
        // Whoever has gone already cannot be hung up on.
        let _ = shutdown(self.socket.as_fd(), Shutdown::Read);
    }

    /// Ends it at once, whatever was being answered.
    pub(super) fn cut(&self) {
        let _ = shutdown(self.socket.as_fd(), Shutdown::Both);
    }

    /// Whether the other side has gone. The HTTP server notices that only when it has something to write.
    pub(super) fn is_left(&self) -> bool {
        let peeked = recv(self.socket.as_fd(), &mut [0_u8], RecvFlags::PEEK | RecvFlags::DONTWAIT);
        !matches!(peeked, Ok((_, 1..)) | Err(Errno::AGAIN | Errno::INTR))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.quiet_since.store(ms(self.0.began.elapsed()), Ordering::Relaxed);
        self.0.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::time::advance;

    use super::*;

    /// A connection that a server has accepted, and its other end.
    async fn accepted(connections: &Connections) -> (TcpStream, Extensions, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let mut data = Extensions::new();
        connections.greet(&server, &mut data);
        (server, data, client)
    }

    fn is_closed(server: &mut TcpStream) -> bool {
        let mut byte = [0];
        matches!(futures_util::FutureExt::now_or_never(server.read(&mut byte)), Some(Ok(0)))
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_connection_is_closed_and_a_busy_one_is_not() {
        let connections = Connections::new(Duration::from_secs(80));
        let (mut silent, _data, _client) = accepted(&connections).await;
        let (mut used, data, _other) = accepted(&connections).await;
        let busy = data.get::<Arc<Connection>>().unwrap().busy();
        advance(Duration::from_secs(79)).await;
        connections.sweep();
        assert!(!is_closed(&mut silent) && !is_closed(&mut used));
        advance(Duration::from_secs(2)).await;
        connections.sweep();
        tokio::task::yield_now().await;
        assert!(is_closed(&mut silent) && !is_closed(&mut used), "a request may take its time");
        drop(busy);
        advance(Duration::from_secs(81)).await;
        connections.sweep();
        tokio::task::yield_now().await;
        assert!(is_closed(&mut used));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_ended_is_forgotten() {
        let connections = Connections::new(Duration::from_secs(80));
        let (server, data, _client) = accepted(&connections).await;
        drop((server, data));
        connections.sweep();
        assert_eq!(connections.open.lock().unwrap().len(), 0);
    }

    #[tokio::test]
    async fn it_is_seen_that_the_other_side_has_gone_even_behind_a_request() {
        let connections = Connections::new(Duration::from_secs(80));
        let (server, data, mut client) = accepted(&connections).await;
        let connection = data.get::<Arc<Connection>>().unwrap();
        assert!(!connection.is_left(), "nothing was said yet");
        client.write_all(b"x").await.unwrap();
        server.readable().await.unwrap();
        assert!(!connection.is_left(), "something waits to be read");
        server.try_read(&mut [0; 8]).unwrap();
        drop(client);
        while !connection.is_left() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_connection_that_is_cut_ends_for_both_sides() {
        let connections = Connections::new(Duration::from_secs(80));
        let (mut server, data, mut client) = accepted(&connections).await;
        data.get::<Arc<Connection>>().unwrap().cut();
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
        assert!(is_closed(&mut server));
    }
}
