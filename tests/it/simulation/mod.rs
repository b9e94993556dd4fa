//! The whole gateway in virtual time: handlers, actors, a disk that forgets, a `WhatsApp` that loses and repeats
//! updates, and crashes.

mod archive;
mod checks;
mod client;
mod crm;
pub mod disk;
mod ever_written;
mod every_position;
mod export;
mod fate;
mod files;
mod found;
mod leaks;
mod letters;
pub mod life;
mod mail;
mod memories;
mod plan;
mod rebuild;
pub mod receiver;
pub mod referee;
mod rest;
mod run;
mod runner;
mod shrink;
pub mod time;
mod travel;
mod vault;
pub mod whatsapp;

use run::{SEEDS_AT_EVERY_POSITION, Story};
use runner::{guarded, tell_all};
use shrink::shrink;

/// The number of seeds that the ordinary test command tries.
const SEEDS: u64 = 1_000;

/// Set in the child process that repeats the stories for a comparison.
const CHILD: &str = "TIDINGS_SIMULATION_CHILD";

/// Events that must happen in some seed of many.
const HAPPENS: &[&str] = &[
    "accepted",
    "crashes",
    "dry runs",
    "expired",
    "refused",
    "replayed",
    "settled",
    "blown fuses",
    "gone receivers",
    "overlapping failures",
    "several in one bundle",
    "counted as sent",
    "refused after it was taken",
    "AccountDisconnected",
    "AccountPaused",
    "AccountResumed",
    "FlushRequested",
    "ChatAssigned",
    "ChatRenamed",
    "ChatAddressLearnt",
    "DeliveriesRecovered",
    "DeliveryDiscarded",
    "DeliveryParked",
    "DeliveryResent",
    "FetchFailed",
    "FileFetched",
    "fetched again",
    "files fetched once more",
    "InboundDisabled",
    "InboundStrictChanged",
    "InboundUrlGenerated",
    "KeyRevoked",
    "MessageAccepted",
    "MessageFailed",
    "MessageReceived",
    "OwnerNotified",
    "PacingChanged",
    "SendDeferred",
    "SendUncertain",
    "OwnerToldOfParked",
    "SingleDeliveryDiscarded",
    "successes that reset nothing",
    "WebhookErrorsReset",
    "burst bundles",
    "compared answers",
    "followed events",
    "imported events",
    "imported without their texts",
    "letters taken",
    "test reports",
    "ChatErased",
    "ChatKeyDestroyed",
    "dropped reports",
    "dry erasures",
    "erased while queued",
    "mended blocks",
    "rebuilt in flight",
];

/// The faults that must happen in some seed of many.
const FAULTS: &[&str] = &[
    "a copy of the vault is torn",
    "a file breaks off",
    "a file is gone by now",
    "a file's server is busy",
    "a file's server names a wait",
    "a contact's other spelling",
    "a hidden number",
    "another spelling in an answer",
    "refused after it was taken",
    "taken before it is sent",
    "a mail server hangs",
    "a mail server refuses",
    "a mail server's yes is lost",
    "a rate limit",
    "a read fails",
    "a receiver answers at length",
    "a receiver asks for patience",
    "a receiver fails",
    "a receiver hangs",
    "a request is lost",
    "a server error",
    "a sync fails",
    "a write fails",
    "a write of the vault fails",
    "an account is stopped",
    "an answer is lost",
    "an update comes twice or late",
    "an update is lost",
    "no connection",
    "nothing is ready in the vault",
    "the vault is slow",
    "we lack the means to fetch",
];

/// States that must have been looked at as of their positions, in the seeds in which that is done at all.
const TRAVELLED: &[&str] = &["states after a disabled webhook", "states after a refund", "states after an erasure"];

/// The seeds to try: `TIDINGS_SIMULATION_SEEDS` (default: [`SEEDS`]) of them, starting at `TIDINGS_SIMULATION_FROM`.
fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("TIDINGS_SIMULATION_FROM").unwrap_or(0);
    first..first + number("TIDINGS_SIMULATION_SEEDS").unwrap_or(SEEDS)
}

#[test]
fn no_seed_breaks_an_invariant() {
    let totals = match tell_all(&seeds()) {
        Ok(totals) => totals,
        Err((seed, broken)) => {
            println!("simulation: seed {seed}: {}", broken.rule);
            println!("alone: cargo xtask simulate --seeds 1 --from {seed} --imports-every 1");
            println!("{}", shrink(seed, broken));
            panic!("seed {seed} breaks an invariant");
        }
    };
    println!("simulation: {totals}");
    if seeds().start == 0 && seeds().end >= SEEDS_AT_EVERY_POSITION {
        for what in TRAVELLED {
            assert!(totals.of(what) > 0, "no {what}: {totals}");
        }
        let (looked_at, had) = (totals.of("states of the past"), totals.of("states that actors had"));
        assert!(had > looked_at / 2, "only {had} of {looked_at} states are compared with what actors had");
    }
    if totals.seeds >= SEEDS {
        for what in HAPPENS {
            assert!(totals.counts.get(what).is_some_and(|count| *count > 0), "no {what} in any seed: {totals}");
        }
        for fault in FAULTS {
            assert!(totals.faults.get(fault).is_some_and(|count| *count > 0), "{fault} never: {totals}");
        }
    }
}

#[test]
fn another_process_tells_the_same_stories() {
    let tell = |seed: u64| format!("told: {seed} {}", Story::of(seed).tell().unwrap().digest);
    let own: Vec<String> = (10..16).map(tell).collect();
    if std::env::var_os(CHILD).is_some() {
        println!("{}", own.join("\n"));
        return;
    }
    let mut other = std::process::Command::new(std::env::current_exe().unwrap());
    other.args(["simulation::another_process_tells_the_same_stories", "--exact", "--nocapture"]).env(CHILD, "1");
    let output = String::from_utf8(other.output().unwrap().stdout).unwrap();
    let told: Vec<&str> = output.lines().filter_map(|line| line.find("told: ").map(|at| &line[at..])).collect();
    assert_eq!(told, own);
}

#[test]
fn the_same_seed_tells_the_same_story() {
    let tell = |seed| Story::of(seed).tell().unwrap().digest;
    let alone: Vec<String> = (1..5).map(tell).collect();
    // The same with other stories running in parallel.
    let beside = std::thread::scope(|scope| {
        let tellers: Vec<_> = (1..5).map(|seed| scope.spawn(move || tell(seed))).collect();
        tellers.into_iter().map(|teller| teller.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(alone, beside);
    assert_ne!(alone[0], alone[1]);
}
