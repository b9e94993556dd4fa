//! All connections: limits their number, and closes those that occupy a place without a request. The HTTP server's
//! own time-outs cover a connection's first headers and its idle times, but not later headers, the rest of a body
//! that nobody reads, or responses that the client does not take.

mod guarded;

use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::Context;
use std::time::Duration;

use dashmap::DashMap;
use futures_util::task::AtomicWaker;
use ipnet::IpNet;
use tokio::net::TcpStream;
use tokio::time::Instant;

pub use self::guarded::Guarded;
use self::guarded::Refusals;
use super::error;
use crate::gateway::Gateway;
use crate::net::rate_limit::network_of;

/// How often to look for silent connections.
const SWEEP: Duration = Duration::from_secs(5);

/// The order given to a connection.
const GO_ON: u8 = 0;
const HANG_UP: u8 = 1;
const CUT: u8 = 2;

/// All open connections. Clones share them.
#[derive(Clone)]
pub struct Connections {
    open: Arc<Mutex<Vec<Weak<Connection>>>>,
    addresses: Arc<DashMap<IpAddr, u32>>,
    limits: Limits,
    began: Instant,
    refusals: Arc<Refusals>,
    turned_away: Arc<dyn Fn() + Send + Sync>,
}

/// The limits for connections.
#[derive(Debug, Clone)]
pub struct Limits {
    /// A connection without a request for longer than this is closed.
    pub silence_max: Duration,
    /// Connections per address; for IPv6, per /64 network.
    pub per_address: u32,
    /// Networks that may have any number of connections, as this machine may.
    pub exempt: Vec<IpNet>,
}

/// The state of one connection that its requests share.
pub(super) struct Connection {
    requests: AtomicU32,
    /// How many bytes of the current request's body are still to come, at most.
    body_bytes: AtomicU64,
    /// When it was opened or last seen busy, in milliseconds since the server started.
    quiet_since: AtomicU64,
    /// True if a request has ended since the last sweep.
    has_answered: AtomicBool,
    told: AtomicU8,
    has_left: AtomicBool,
    /// True if received bytes wait unread until the current request is answered.
    is_held_back: AtomicBool,
    /// Wakes the task that reads and writes.
    server: AtomicWaker,
}

/// A request in progress; it ends when this is dropped.
pub(super) struct Busy(Arc<Connection>);

/// One of an address's connections; gives its place back when dropped.
struct Address(IpAddr, Arc<DashMap<IpAddr, u32>>);

impl Connections {
    /// Starts without connections.
    pub fn new(limits: Limits, gateway: &Gateway) -> Self {
        let (refusing, counting) = (gateway.clone(), gateway.clone());
        let refusals = move |status| error::to_no_request(status, &refusing);
        let turned_away = move || counting.metrics.requests().turned_away();
        Self::with(limits, Arc::new(refusals), Arc::new(turned_away))
    }

    fn with(limits: Limits, refusals: Arc<Refusals>, turned_away: Arc<dyn Fn() + Send + Sync>) -> Self {
        let (open, addresses, began) = (Arc::default(), Arc::default(), Instant::now());
        Self { open, addresses, limits, began, refusals, turned_away }
    }

    /// Admits a new connection, unless its address has too many already.
    pub fn admit(&self, io: TcpStream) -> io::Result<Guarded> {
        let address = self.address(io.peer_addr()?.ip().to_canonical()).inspect_err(|_| (self.turned_away)())?;
        let connection = Arc::new(Connection::new(ms(self.began.elapsed())));
        self.open.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&connection));
        Ok(Guarded::new(io, connection, Arc::clone(&self.refusals), address))
    }

    fn address(&self, ip: IpAddr) -> io::Result<Option<Address>> {
        if ip.is_loopback() || self.limits.exempt.iter().any(|network| network.contains(&ip)) {
            return Ok(None);
        }
        let ip = network_of(ip);
        let mut count = self.addresses.entry(ip).or_insert(0);
        if *count >= self.limits.per_address {
            return Err(io::Error::other("too many connections of one address"));
        }
        *count += 1;
        Ok(Some(Address(ip, Arc::clone(&self.addresses))))
    }

    /// True if any request is in progress.
    pub fn are_busy(&self) -> bool {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.iter().filter_map(Weak::upgrade).any(|connection| connection.requests.load(Ordering::Relaxed) > 0)
    }

    /// Closes silent connections, for ever. Holds no reference to the gateway, so that the gateway can end.
    pub fn watch(&self) -> impl Future<Output = ()> + use<> {
        let (open, began, silence_max) = (Arc::clone(&self.open), self.began, self.limits.silence_max);
        async move {
            loop {
                tokio::time::sleep(SWEEP).await;
                sweep(&open, began, silence_max);
            }
        }
    }
}

fn sweep(open: &Mutex<Vec<Weak<Connection>>>, began: Instant, silence_max: Duration) {
    let now = ms(began.elapsed());
    let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
    open.retain(|connection| {
        let Some(connection) = connection.upgrade() else { return false };
        let is_busy = connection.requests.load(Ordering::Relaxed) > 0;
        if connection.has_answered.swap(false, Ordering::Relaxed) || is_busy {
            connection.quiet_since.store(now, Ordering::Relaxed);
        } else if now.saturating_sub(connection.quiet_since.load(Ordering::Relaxed)) > ms(silence_max) {
            connection.hang_up();
        }
        true
    });
}

impl Connection {
    fn new(opened: u64) -> Self {
        Self {
            requests: AtomicU32::new(0),
            body_bytes: AtomicU64::new(0),
            quiet_since: AtomicU64::new(opened),
            has_answered: AtomicBool::new(false),
            told: AtomicU8::new(GO_ON),
            has_left: AtomicBool::new(false),
            is_held_back: AtomicBool::new(false),
            server: AtomicWaker::new(),
        }
    }

    /// Marks the beginning of a request.
    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(self))
    }

    /// Sets how long the current request's body can be; bytes after the body have to wait.
    pub(super) fn expect_body(&self, bytes: u64) {
        self.body_bytes.store(bytes, Ordering::Relaxed);
    }

    /// Stops reading: the current response is finished, then the server closes the connection.
    pub(super) fn hang_up(&self) {
        let _ = self.told.compare_exchange(GO_ON, HANG_UP, Ordering::Release, Ordering::Relaxed);
        self.server.wake();
    }

    /// Closes the connection at once, even during a response.
    pub(super) fn cut(&self) {
        self.told.store(CUT, Ordering::Release);
        self.server.wake();
    }

    /// True if the client has left. The HTTP server notices that only when it has something to write.
    pub(super) fn is_left(&self) -> bool {
        self.has_left.load(Ordering::Relaxed)
    }

    fn leave(&self) {
        self.has_left.store(true, Ordering::Relaxed);
    }

    /// True if nothing more is to be read; an error if nothing is to be written either.
    fn is_cut(&self) -> io::Result<bool> {
        match self.told.load(Ordering::Acquire) {
            GO_ON => Ok(false),
            HANG_UP => Ok(true),
            _ => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }

    /// Like `is_cut`, for a task that has to wait anyway: wakes it when that changes.
    fn is_cut_or_waits(&self, context: &Context<'_>) -> io::Result<bool> {
        self.server.register(context.waker());
        self.is_cut()
    }

    /// Keeps received bytes waiting until the current request is answered, and wakes the task then. Returns false if
    /// it is answered already.
    fn holds_back(&self, context: &Context<'_>) -> bool {
        self.server.register(context.waker());
        self.is_held_back.store(true, Ordering::Relaxed);
        self.is_answering()
    }

    /// True if bytes to come have to wait: a request is being answered, and its body has arrived.
    fn is_answering(&self) -> bool {
        self.requests.load(Ordering::Relaxed) > 0 && self.body_bytes.load(Ordering::Relaxed) == 0
    }

    /// Counts bytes of the body that were read.
    fn has_read(&self, bytes: usize) {
        let left = self.body_bytes.load(Ordering::Relaxed);
        if left > 0 {
            self.body_bytes.store(left.saturating_sub(bytes as u64), Ordering::Relaxed);
        }
    }

    fn read_on(&self) {
        if self.is_held_back.swap(false, Ordering::Relaxed) {
            self.server.wake();
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.has_answered.store(true, Ordering::Relaxed);
        if self.0.requests.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.body_bytes.store(0, Ordering::Relaxed);
            self.0.read_on();
        }
    }
}

impl Drop for Address {
    fn drop(&mut self) {
        self.1.remove_if_mut(&self.0, |_, count| {
            *count = count.saturating_sub(1);
            *count == 0
        });
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
