//! Shared by all tests: the real binary as a process, a small HTTP client, and typed clients on top of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a broken harness fails the test")]
#![allow(clippy::indexing_slicing, clippy::print_stderr, reason = "the same: JSON of unknown shape, words for people")]
#![allow(clippy::disallowed_methods, reason = "real processes live in real time")]

pub mod client;
pub mod described;
pub mod follow;
pub mod http;
pub mod process;
pub mod shell;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, Instant};

pub use client::{Simulator, Workspace};
pub use follow::{Follower, StreamEvent};
pub use http::{Answer, Http, Request};
pub use process::{Process, Server, Setup, SimulatorProcess};

/// The operator's key of every server under test.
pub const ADMIN_KEY: &str = "adm_Test0perator0000000000000000000000000042";
/// Long enough for anything that should happen, even on a busy machine.
pub const SOON: Duration = Duration::from_mins(1);
/// The phone of the account in tests that need only one.
pub const ACCOUNT_PHONE: &str = "+12025550100";

const POLL: Duration = Duration::from_millis(20);

/// Probes every 20 ms until there is a result; `None` if there is none in time.
pub fn poll<T>(within: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        let found = probe();
        if found.is_some() || start.elapsed() > within {
            return found;
        }
        std::thread::sleep(POLL);
    }
}

/// Like [`poll`], but the test fails if there is no result in time.
pub fn wait_until<T>(what: &str, within: Duration, probe: impl FnMut() -> Option<T>) -> T {
    poll(within, probe).unwrap_or_else(|| panic!("waited {within:?} in vain until {what}"))
}

/// Sleeps for this time, so that other threads and processes get on with their work.
pub fn let_others_run(time: Duration) {
    std::thread::sleep(time);
}

/// A random number below `bound`.
pub fn random_below(bound: u64) -> u64 {
    RandomState::new().build_hasher().finish() % bound
}
