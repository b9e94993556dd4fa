//! Chance with a seed: faults, delays, and the port call at which the process dies.

use std::collections::{BTreeMap, BTreeSet};
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
    life: u64,
    calls_left: Option<u64>,
    dead: bool,
    kind: bool,
    never: BTreeSet<&'static str>,
    faults: BTreeMap<&'static str, u64>,
    /// What happened, in words, where somebody wants to read it.
    diary: Option<Vec<String>>,
}

impl Fate {
    pub fn new(seed: u64) -> Self {
        let state = State {
            rng: Rng::new(seed),
            life: 0,
            calls_left: None,
            dead: false,
            kind: false,
            never: BTreeSet::new(),
            faults: BTreeMap::new(),
            diary: None,
        };
        Self(Arc::new(Inner { state: Mutex::new(state), died: Notify::new() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new life, which ends at the port call of this number, or not at all.
    pub fn begin_life(&self, dies_after_calls: Option<u64>) {
        let mut state = self.state();
        state.life += 1;
        state.calls_left = dies_after_calls;
        state.dead = false;
    }

    /// The number of this life, from 1 on.
    pub fn life(&self) -> u64 {
        self.state().life
    }

    /// From now on nothing goes wrong, and nothing takes time.
    pub fn be_kind(&self) {
        self.state().kind = true;
    }

    /// Faults of this kind never happen.
    pub fn never(&self, what: &'static str) {
        self.state().never.insert(what);
    }

    /// Whether a fault happens that does so `percent` times in a hundred.
    pub fn fault(&self, what: &'static str, percent: u64) -> bool {
        self.rare_fault(what, percent * 100)
    }

    /// Whether a fault happens that does so so many times in ten thousand.
    pub fn rare_fault(&self, what: &'static str, times: u64) -> bool {
        let mut state = self.state();
        if state.kind {
            return false;
        }
        let happens = state.rng.below(10_000) < times && !state.never.contains(what);
        if happens {
            *state.faults.entry(what).or_default() += 1;
            state.diary.iter_mut().for_each(|diary| diary.push(format!("    ! {what}")));
        }
        happens
    }

    /// From now on a diary is kept.
    pub fn keep_diary(&self) {
        self.state().diary = Some(Vec::new());
    }

    /// Writes a line into the diary, if one is kept.
    pub fn note(&self, line: impl FnOnce() -> String) {
        if let Some(diary) = &mut self.state().diary {
            diary.push(line());
        }
    }

    pub fn keeps_diary(&self) -> bool {
        self.state().diary.is_some()
    }

    pub fn diary(&self) -> Vec<String> {
        self.state().diary.clone().unwrap_or_default()
    }

    /// Faults so far, by kind.
    pub fn faults(&self) -> BTreeMap<&'static str, u64> {
        self.state().faults.clone()
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

    /// The process dies now.
    pub async fn die(&self) {
        self.state().dead = true;
        self.alive().await;
    }

    /// Never ends once the process is dead.
    async fn alive(&self) {
        let dead = self.state().dead;
        if dead {
            self.note(|| "    ! the process dies".to_owned());
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
