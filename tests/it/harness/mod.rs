//! What the tests share: the real binary as a process, a small HTTP client, and typed clients on top of it.
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
/// Long enough for anything that is going to happen on a busy machine.
pub const SOON: Duration = Duration::from_mins(1);
/// What one account of these tests is called, for tests that need no other.
pub const ACCOUNT_PHONE: &str = "+12025550100";

const POLL: Duration = Duration::from_millis(20);

/// Asks every 20 ms until there is an answer; `None` when it stays out.
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

/// Asks every 20 ms until there is an answer; the test fails when it stays out.
pub fn wait_until<T>(what: &str, within: Duration, probe: impl FnMut() -> Option<T>) -> T {
    poll(within, probe).unwrap_or_else(|| panic!("waited {within:?} in vain until {what}"))
}

/// Lets the other threads run before the next blow falls.
pub fn let_others_run(time: Duration) {
    std::thread::sleep(time);
}

/// A number below `bound`, another one in every run.
pub fn random_below(bound: u64) -> u64 {
    RandomState::new().build_hasher().finish() % bound
}
