//! Runs many stories on all cores, each on one thread, and returns their totals or the first broken rule.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::time::Instant;

use super::run::{Broken, Story, Summary};

/// After this many stories a long run prints its progress.
const WORD_EVERY: u64 = 1_000;
/// A story that takes longer than this is considered endless.
const NEVER: Duration = Duration::from_mins(3);
const SECONDS_A_DAY: u64 = 86_400;

/// The totals of many stories.
#[derive(Debug, Default)]
pub struct Totals {
    pub seeds: u64,
    pub counts: BTreeMap<&'static str, u64>,
    pub faults: BTreeMap<&'static str, u64>,
    took: Duration,
}

impl Totals {
    fn add(&mut self, summary: &Summary) {
        self.seeds += 1;
        summary.counts().for_each(|(what, count)| *self.counts.entry(what).or_default() += count);
        summary.faults.iter().for_each(|(what, count)| *self.faults.entry(what).or_default() += count);
    }

    pub fn of(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or_default()
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let days = self.of("virtual seconds") / SECONDS_A_DAY;
        let (crashes, events) = (self.of("crashes"), self.of("events"));
        let (seeds, took) = (self.seeds, self.took.as_secs());
        writeln!(f, "{seeds} seeds in {took} s: {days} virtual days, {crashes} crashes, {events} events")?;
        writeln!(f, "faults: {:?}", self.faults)?;
        write!(f, "happened: {:?}", self.counts)
    }
}

thread_local! {
    static IN_STORY: Cell<bool> = const { Cell::new(false) };
    static PANICKED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs a part of a story. Any panic in it breaks a rule, even one that the gateway catches.
pub fn guarded(tell: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if IN_STORY.get() {
                PANICKED.set(Some(panic.to_string()));
            } else {
                usual(panic);
            }
        }));
    });
    IN_STORY.set(true);
    let told = catch_unwind(AssertUnwindSafe(tell));
    IN_STORY.set(false);
    match (PANICKED.take(), told) {
        (Some(panic), _) => Err(panic),
        (None, told) => told.unwrap_or_else(|_| Err("panicked without a word".to_owned())),
    }
}

/// Runs the stories of all seeds. The error is the lowest seed that broke a rule.
pub fn tell_all(seeds: &Range<u64>) -> Result<Totals, (u64, Box<Broken>)> {
    let began = Instant::now();
    let next = AtomicU64::new(seeds.start);
    let totals = Mutex::new(Totals::default());
    let broken: Mutex<BTreeMap<u64, Box<Broken>>> = Mutex::default();
    let threads = available_parallelism().map_or(1, Into::into);
    let under_way: Vec<Mutex<Option<(u64, Instant)>>> = (0..threads).map(|_| Mutex::default()).collect();
    std::thread::scope(|scope| {
        let tellers: Vec<_> = under_way
            .iter()
            .map(|mine| {
                scope.spawn(|| {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= seeds.end {
                            return;
                        }
                        *lock(mine) = Some((seed, Instant::now()));
                        match Story::of(seed).tell() {
                            Ok(summary) => one_more(&totals, &summary, seeds, began),
                            Err(rule) => {
                                next.store(seeds.end, Ordering::Relaxed);
                                lock(&broken).insert(seed, rule);
                            }
                        }
                        *lock(mine) = None;
                    }
                })
            })
            .collect();
        while tellers.iter().any(|teller| !teller.is_finished()) {
            for one in &under_way {
                stop_if_endless(*lock(one));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    match lock(&broken).pop_first() {
        Some(broken) => Err(broken),
        None => Ok(Totals { took: began.elapsed(), ..totals.into_inner().unwrap_or_else(PoisonError::into_inner) }),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn one_more(totals: &Mutex<Totals>, summary: &Summary, seeds: &Range<u64>, began: Instant) {
    let mut totals = lock(totals);
    totals.add(summary);
    let told = totals.seeds;
    if told.is_multiple_of(WORD_EVERY) && told < seeds.end - seeds.start {
        println!("{told} seeds in {} s", began.elapsed().as_secs());
    }
}

/// Virtual time stands still while a task is busy, so only real time can show a hang.
fn stop_if_endless(under_way: Option<(u64, Instant)>) {
    if let Some((seed, began)) = under_way
        && began.elapsed() > NEVER
    {
        println!("simulation: seed {seed}: it never ends");
        std::process::exit(1);
    }
}
