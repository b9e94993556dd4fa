//! Seeded randomness: faults, delays, and the port call at which the process dies.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// The splitmix64 generator: the same seed always gives the same numbers.
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

    /// True with a probability of `percent` in a hundred.
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
    /// The events in words; `None` unless a diary is wanted.
    diary: Option<Vec<String>>,
}

impl State {
    fn happened(&mut self, what: &'static str) {
        *self.faults.entry(what).or_default() += 1;
        self.diary.iter_mut().for_each(|diary| diary.push(format!("    ! {what}")));
    }
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

    /// Begins a new life, which ends at the port call of this number, or never.
    pub fn begin_life(&self, dies_after_calls: Option<u64>) {
        let mut state = self.state();
        state.life += 1;
        state.calls_left = dies_after_calls;
        state.dead = false;
    }

    /// The number of this life, counted from 1.
    pub fn life(&self) -> u64 {
        self.state().life
    }

    /// From now on there are no faults and no delays.
    pub fn be_kind(&self) {
        self.state().kind = true;
    }

    /// Faults of this kind will never happen.
    pub fn never(&self, what: &'static str) {
        self.state().never.insert(what);
    }

    /// True if this fault, which has a probability of `percent` in a hundred, happens now.
    pub fn fault(&self, what: &'static str, percent: u64) -> bool {
        self.rare_fault(what, percent * 100)
    }

    /// True if this fault, which happens this many times in ten thousand, happens now.
    pub fn rare_fault(&self, what: &'static str, times: u64) -> bool {
        let mut state = self.state();
        if state.kind {
            return false;
        }
        let happens = state.rng.below(10_000) < times && !state.never.contains(what);
        if happens {
            state.happened(what);
        }
        happens
    }

    /// True if this fault may happen now, which is so this many times in ten thousand. Whether it does shows later.
    pub fn looming(&self, what: &'static str, times: u64) -> bool {
        let mut state = self.state();
        !state.kind && state.rng.below(10_000) < times && !state.never.contains(what)
    }

    /// Notes that a fault has happened.
    pub fn happened(&self, what: &'static str) {
        self.state().happened(what);
    }

    /// Starts a diary.
    pub fn keep_diary(&self) {
        self.state().diary = Some(Vec::new());
    }

    /// Writes a line into the diary, if there is one.
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

    /// The faults so far, counted by kind.
    pub fn faults(&self) -> BTreeMap<&'static str, u64> {
        self.state().faults.clone()
    }

    pub fn below(&self, bound: u64) -> u64 {
        self.state().rng.below(bound)
    }

    /// A call of a port: takes up to `delay_ms`, and may be the last one of the process.
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

    /// Ends the process now.
    pub async fn die(&self) {
        self.end();
        self.alive().await;
    }

    /// Ends the process as soon as anything waits.
    pub fn end(&self) {
        self.state().dead = true;
        self.0.died.notify_one();
    }

    /// Never returns once the process is dead.
    async fn alive(&self) {
        let dead = self.state().dead;
        if dead {
            self.note(|| "    ! the process dies".to_owned());
            self.0.died.notify_one();
            std::future::pending::<()>().await;
        }
    }

    /// Returns when the process dies.
    pub async fn death(&self) {
        while !self.state().dead {
            self.0.died.notified().await;
        }
    }
}
