//! Detects a lack of our own resources for outgoing calls: descriptors, ports, memory. It is never the called side's
//! fault, so the work is retried later and nothing counts as failed.

use std::error::Error;
use std::fs::File;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::io::Errno;
use tokio::time::Instant;

/// Log a lack at most this often.
const LOGGED_EVERY: Duration = Duration::from_mins(1);

/// A resource that this gateway lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Lack {
    /// This process or this machine has reached its limit of open files and connections.
    #[error("no descriptor is left: raise the limit of open files (LimitNOFILE of the service, or ulimit -n)")]
    Descriptors,
    /// No local port or address is left for a connection to this destination.
    #[error("no local port is left for a connection: widen net.ipv4.ip_local_port_range")]
    Ports,
    /// The system has no memory, buffer or thread left.
    #[error("the system has no memory, buffer or thread left")]
    Memory,
}

static DESCRIPTORS: AtomicU64 = AtomicU64::new(0);
static PORTS: AtomicU64 = AtomicU64::new(0);
static MEMORY: AtomicU64 = AtomicU64::new(0);
static LOGGED: Mutex<Option<Instant>> = Mutex::new(None);

impl Lack {
    /// Finds a lack of ours anywhere in an error's chain of causes.
    pub fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        if let Some(lack) = error.downcast_ref::<Self>() {
            return Some(*lack);
        }
        let io = error.downcast_ref::<io::Error>();
        if let Some(lack) = io.and_then(io::Error::raw_os_error).and_then(Self::of_code) {
            return Some(lack);
        }
        // `source` of an I/O error skips the error that it wraps and returns that one's source; `get_ref` returns the
        // wrapped error.
        match io.and_then(io::Error::get_ref) {
            Some(carried) => Self::of(carried),
            None => error.source().and_then(Self::of),
        }
    }

    fn of_code(code: i32) -> Option<Self> {
        match Errno::from_raw_os_error(code) {
            Errno::MFILE | Errno::NFILE => Some(Self::Descriptors),
            Errno::ADDRNOTAVAIL => Some(Self::Ports),
            Errno::NOMEM | Errno::NOBUFS => Some(Self::Memory),
            _ => None,
        }
    }

    /// Checks for a lack of descriptors right now. System libraries do not always report it: a name look-up without a
    /// descriptor fails as if no server had answered.
    pub fn now() -> Option<Self> {
        File::open("/dev/null").err().as_ref().and_then(|error| Self::of(error))
    }

    /// Counts the lack, and logs it at most once a minute.
    fn note(self) {
        let count = match self {
            Self::Descriptors => &DESCRIPTORS,
            Self::Ports => &PORTS,
            Self::Memory => &MEMORY,
        };
        count.fetch_add(1, Ordering::Relaxed);
        let mut logged = LOGGED.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if logged.is_none_or(|at| now.saturating_duration_since(at) >= LOGGED_EVERY) {
            *logged = Some(now);
            tracing::warn!(lack = %self, "something outgoing waits for means of our own");
        }
    }
}

/// True if an error was caused by a lack of ours and not by the other side; counts it then.
pub fn is_ours(error: &(dyn Error + 'static)) -> bool {
    Lack::of(error).inspect(|lack| lack.note()).is_some()
}

/// Like [`is_ours`], for a connection to one of these addresses. A machine without IPv6 reports IPv6 addresses with
/// the same error as used-up ports, but that lack does not pass.
pub fn is_ours_towards(error: &(dyn Error + 'static), addresses: &[SocketAddr]) -> bool {
    let lack = Lack::of(error).filter(|lack| *lack != Lack::Ports || addresses.iter().all(has_route));
    lack.inspect(|lack| lack.note()).is_some()
}

/// Returns how often each resource was lacking since the start of the process.
pub fn counts() -> [(&'static str, u64); 3] {
    [("descriptors", &DESCRIPTORS), ("ports", &PORTS), ("memory", &MEMORY)]
        .map(|(name, count)| (name, count.load(Ordering::Relaxed)))
}

/// True if this machine can send to this address; sends nothing.
fn has_route(address: &SocketAddr) -> bool {
    let IpAddr::V6(_) = address.ip() else { return true };
    let connected = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).and_then(|socket| socket.connect(address));
    connected.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] io::Error);

    fn code(errno: Errno) -> io::Error {
        io::Error::from_raw_os_error(errno.raw_os_error())
    }

    #[test]
    fn our_own_lack_is_found_wherever_it_stands_in_the_chain() {
        let lacks = [
            (Errno::MFILE, Lack::Descriptors),
            (Errno::NFILE, Lack::Descriptors),
            (Errno::NOBUFS, Lack::Memory),
            (Errno::NOMEM, Lack::Memory),
            (Errno::ADDRNOTAVAIL, Lack::Ports),
        ];
        for (errno, lack) in lacks {
            assert_eq!(Lack::of(&code(errno)), Some(lack), "{errno}");
            assert_eq!(Lack::of(&Outer(code(errno))), Some(lack), "{errno}");
            assert_eq!(Lack::of(&io::Error::other(Outer(code(errno)))), Some(lack), "{errno}");
            assert_eq!(Lack::of(&Outer(io::Error::other(code(errno)))), Some(lack), "{errno}");
        }
        assert_eq!(Lack::of(&Outer(io::Error::other(Lack::Memory))), Some(Lack::Memory));
    }

    #[test]
    fn what_the_other_side_does_is_no_lack_of_ours() {
        for errno in [Errno::CONNREFUSED, Errno::CONNRESET, Errno::HOSTUNREACH, Errno::NETUNREACH, Errno::TIMEDOUT] {
            assert!(!is_ours(&Outer(code(errno))), "{errno}");
        }
        assert!(!is_ours(&io::Error::other("failed to lookup address information")));
        assert_eq!(Lack::now(), None);
    }

    #[test]
    fn what_is_lacking_is_counted() {
        let count = || counts().into_iter().find(|(name, _)| *name == "ports").unwrap().1;
        let before = count();
        assert!(is_ours(&code(Errno::ADDRNOTAVAIL)));
        assert!(is_ours_towards(&code(Errno::ADDRNOTAVAIL), &["192.0.2.1:80".parse().unwrap()]));
        assert!(count() >= before + 2);
    }
}
