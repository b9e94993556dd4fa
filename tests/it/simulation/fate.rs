//! Chance with a seed: faults, delays, and the port call at which the process dies.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// A small generator: splitmix64. The same seed gives the same numbers for ever.
#[derive(Clone)]
pub struct Rng(u64);

impl Rng {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// Whether something that happens `percent` times in a hundred happens now.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }
}

/// Decides when ports fail and when the process dies.
#[derive(Clone)]
pub struct Fate(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    died: Notify,
}

struct State {
    rng: Rng,
    calls_left: Option<u64>,
    dead: bool,
    kind: bool,
}

impl Fate {
    pub fn new(seed: u64) -> Self {
        let state = State { rng: Rng::new(seed), calls_left: None, dead: false, kind: false };
        Self(Arc::new(Inner { state: Mutex::new(state), died: Notify::new() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new life, which ends at the port call of this number, or not at all.
    pub fn begin_life(&self, dies_after_calls: Option<u64>) {
        let mut state = self.state();
        state.calls_left = dies_after_calls;
        state.dead = false;
    }

    /// From now on nothing goes wrong, and nothing takes time.
    pub fn be_kind(&self) {
        self.state().kind = true;
    }

    /// Whether a fault of this probability happens now.
    pub fn fault(&self, percent: u64) -> bool {
        let mut state = self.state();
        !state.kind && state.rng.percent(percent)
    }

    pub fn below(&self, bound: u64) -> u64 {
        self.state().rng.below(bound)
    }

    /// A call of a port: takes up to `delay_ms`, and may be the process's last.
    pub async fn port(&self, delay_ms: u64) {
        let delay = {
            let mut state = self.state();
            match state.calls_left {
                Some(0) => state.dead = true,
                Some(left) => state.calls_left = Some(left - 1),
                None => {}
            }
            if state.kind { 0 } else { state.rng.below(delay_ms + 1) }
        };
        self.alive().await;
        if delay > 0 {
            tokio::time::sleep(Duration::from_millis(delay)).await;
            self.alive().await;
        }
    }

    /// Never ends once the process is dead.
    async fn alive(&self) {
        if self.state().dead {
            self.0.died.notify_one();
            std::future::pending::<()>().await;
        }
    }

    /// Ends when the process dies.
    pub async fn death(&self) {
        while !self.state().dead {
            self.0.died.notified().await;
        }
    }
}
