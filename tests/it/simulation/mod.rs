//! The whole gateway in virtual time: handlers, actors, a disk that forgets, a `WhatsApp` that lies, and crashes.

mod client;
pub mod disk;
mod fate;
pub mod life;
mod referee;
mod run;
pub mod time;
pub mod whatsapp;

use std::collections::BTreeMap;

use run::Story;

/// Seeds that the ordinary test command tries.
const SEEDS: u64 = 100;

/// How many seeds: `TIDINGS_SIMULATION_SEEDS`, or [`SEEDS`]; from `TIDINGS_SIMULATION_FROM` on.
fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("TIDINGS_SIMULATION_FROM").unwrap_or(0);
    first..first + number("TIDINGS_SIMULATION_SEEDS").unwrap_or(SEEDS)
}

#[test]
fn no_seed_breaks_an_invariant() {
    let mut totals: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in seeds() {
        match Story::of(seed).tell() {
            Ok(summary) => {
                for (what, count) in summary.counts() {
                    *totals.entry(what).or_default() += count;
                }
            }
            Err(violation) => panic!("simulation: seed {seed}: {violation}"),
        }
    }
    println!("simulation: {} seeds: {totals:?}", seeds().count());
    if seeds().count() >= 50 {
        for what in ["accepted", "crashes", "failed", "uncertain", "settled", "deferred", "replayed", "refused"] {
            assert!(totals.get(what).is_some_and(|count| *count > 0), "no {what} in any seed: {totals:?}");
        }
    }
}

#[test]
fn the_same_seed_tells_the_same_story() {
    for seed in [1, 2, 3] {
        let (first, second) = (Story::of(seed).tell().unwrap(), Story::of(seed).tell().unwrap());
        let differing = first.trace.iter().zip(&second.trace).find(|(first, second)| first != second);
        assert_eq!(differing, None, "seed {seed}");
        assert_eq!(first.trace.len(), second.trace.len(), "seed {seed}");
    }
    assert!(Story::of(1).tell().unwrap().trace != Story::of(2).tell().unwrap().trace);
}
