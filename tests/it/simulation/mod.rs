//! The whole gateway in virtual time: handlers, actors, a disk that forgets, a `WhatsApp` that lies, and crashes.

mod client;
mod crm;
pub mod disk;
mod fate;
mod files;
pub mod life;
pub mod receiver;
pub mod referee;
mod rest;
mod run;
pub mod time;
pub mod whatsapp;

use std::collections::BTreeMap;

use run::Story;
use serde_json::json;

/// Seeds that the ordinary test command tries.
const SEEDS: u64 = 100;

/// What happens in some seed of many.
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
    "AccountDisconnected",
    "AccountPaused",
    "AccountResumed",
    "BundlesCalledIn",
    "ChatAssigned",
    "ChatRenamed",
    "DeliveriesRecovered",
    "DeliveryDiscarded",
    "DeliveryParked",
    "DeliveryResent",
    "FileFetched",
    "InboundDisabled",
    "InboundStrictChanged",
    "InboundUrlGenerated",
    "KeyRevoked",
    "MessageFailed",
    "MessageReceived",
    "OwnerNotified",
    "PacingChanged",
    "SendDeferred",
    "SendUncertain",
    "WebhookErrorsReset",
];

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
        if std::env::var_os("TIDINGS_SIMULATION_SHOW").is_some() {
            println!("seed {seed}");
        }
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
        for what in HAPPENS {
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

/// Found by a seed: what the first commit of a life held back was never let go, because the disk had been faster than
/// the task that lets go.
#[test]
fn an_answer_leaves_although_the_disk_was_faster_than_the_start() {
    let machine = life::Machine::new(1);
    machine.fate.be_kind();
    let waiting = machine.live(1, None, async |life| {
        let owner = json!({"full_name": "Ada Owner", "email": "ada@acme.example", "language": "en"});
        let body = json!({"name": "Acme", "owner": owner, "credits": 10});
        let created = life.post("/admin/v1/workspaces", life::ADMIN_KEY, &body).await.body;
        let key = created["api_key"].as_str().unwrap().to_owned();
        let account = json!({"phone": "+12025550190", "full_name": "Sales", "email": "sales@acme.example"});
        life.post("/api/v1/accounts", &key, &account).await;
        let inbound = created["inbound_url"].as_str().unwrap().replace("http://tidings.example", "");
        for text in ["first", "second"] {
            let message = json!({"action": "send", "phone": "+12025550101", "text": text});
            assert_eq!(life.post(&inbound, "", &message).await.status, 200);
        }
        // The first is sent, the second waits for its gap.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        key
    });
    let key = waiting.unwrap();
    machine.time.end_life(10_000);
    let answered = machine.live(2, None, async |life| {
        let credits = life.get("/api/v1/credits", &key);
        // Before any receipt can come and set things going again.
        tokio::time::timeout(std::time::Duration::from_millis(100), credits).await.map(|reply| reply.status)
    });
    assert_eq!(answered, Some(Ok(200)));
}

/// Found by a seed: what was due in a gateway about to stop was woken again and again, and nothing was ever sent.
#[test]
fn a_gateway_that_stops_wakes_nobody_for_nothing() {
    let (stopped, answer) = std::sync::mpsc::channel();
    let story = move || {
        let machine = life::Machine::new(1);
        machine.fate.be_kind();
        let waiting = machine.live(1, None, async |life| {
            let owner = json!({"full_name": "Ada Owner", "email": "ada@acme.example", "language": "en"});
            let body = json!({"name": "Acme", "owner": owner, "credits": 10});
            let created = life.post("/admin/v1/workspaces", life::ADMIN_KEY, &body).await.body;
            let key = created["api_key"].as_str().unwrap();
            let inbound = created["inbound_url"].as_str().unwrap().replace("http://tidings.example", "");
            for phone in ["+12025550190", "+12025550191"] {
                let account = json!({"phone": phone, "full_name": "Sales", "email": "sales@acme.example"});
                life.post("/api/v1/accounts", key, &account).await;
            }
            // One account's try takes 20 s; the other account has one more to send after its gap.
            for (sender, phone) in [(0, "+12025550143"), (1, "+12025550101"), (1, "+12025550102")] {
                let sender = format!("+1202555019{sender}");
                let message = json!({"action": "send", "phone": phone, "text": "hi", "whatsapp account phone": sender});
                assert_eq!(life.post(&inbound, "", &message).await.status, 200);
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            life.gateway.stop().await
        });
        stopped.send(waiting).unwrap();
    };
    std::thread::spawn(story);
    // Virtual time stands still while somebody is busy, so only real time can tell.
    let waiting = answer.recv_timeout(std::time::Duration::from_mins(1));
    assert_eq!(waiting, Ok(Some(1)), "it never stops");
}
