//! The gaps between messages, over hours of virtual time.

use std::collections::BTreeMap;
use std::time::Duration;

use events::ids::{AccountId, MessageId};
use serde_json::{Value, json};

use crate::simulation::life::{ADMIN_KEY, Life, Machine};
use crate::simulation::referee::Referee;

const ACCOUNTS: [&str; 3] = ["+12025550190", "+12025550191", "+12025550192"];
const GAP_MS_MIN: u64 = 1_500;
/// Time is kept in whole milliseconds: a timer may fire one millisecond late, and the clock that is read may lag by
/// one too.
const GAP_MS_MAX: u64 = 2_502;
const HOUR_MS: i64 = 3_600_000;

/// Creates a workspace with this many credits and all accounts; returns the path of its inbound webhook.
async fn workspace(life: &Life, credits: usize) -> String {
    let owner = json!({"full_name": "Ada Owner", "email": "ada@acme.example", "language": "en"});
    let body = json!({"name": "Acme", "owner": owner, "credits": credits});
    let created = life.post("/admin/v1/workspaces", ADMIN_KEY, &body).await.body;
    let key = created["api_key"].as_str().unwrap();
    for phone in ACCOUNTS {
        let body = json!({"phone": phone, "full_name": "Sales", "email": "sales@acme.example"});
        assert_eq!(life.post("/api/v1/accounts", key, &body).await.status, 201);
    }
    created["inbound_url"].as_str().unwrap().replace("http://tidings.example", "")
}

fn message(nth: usize) -> Value {
    let (account, phone) = (ACCOUNTS[nth % 3], format!("+1202555{:04}", 1_000 + nth % 997));
    json!({"action": "send", "phone": phone, "text": format!("text {nth}"), "whatsapp account phone": account})
}

/// Sends `count` messages and lets `hours` pass. Sets the clock back by one more hour after each hour in
/// `set_back_after`.
fn send(count: usize, hours: u64, set_back_after: &[u64]) -> (Machine, Referee) {
    let machine = Machine::new(1);
    machine.fate.be_kind();
    let done = machine.live(1, None, async |life| {
        let inbound = workspace(&life, count).await;
        for nth in 0..count {
            assert_eq!(life.post(&inbound, "", &message(nth)).await.status, 200);
            // The index stores together what is queued within 4 ms; all of it at one moment would be read again and again.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for hour in 0..hours {
            tokio::time::sleep(Duration::from_hours(1)).await;
            if set_back_after.contains(&hour) {
                let hours_back = set_back_after.iter().filter(|earlier| **earlier <= hour).count();
                machine.time.set_wall_off(-HOUR_MS * i64::try_from(hours_back).unwrap());
            }
        }
    });
    assert!(done.is_some(), "it must not crash");
    let mut referee = Referee::default();
    referee.catch_up(&machine.disk).unwrap();
    assert_eq!(referee.outstanding(), 0, "all must have been sent");
    (machine, referee)
}

/// Returns the gaps of each account in real time, from the end of a try to the start of the next; also checks the
/// order.
fn gaps(machine: &Machine, referee: &Referee) -> Vec<u64> {
    let mut last: BTreeMap<AccountId, (MessageId, u64)> = BTreeMap::new();
    let mut gaps = Vec::new();
    for tried in machine.whatsapp.tries() {
        let told = &referee.messages[&tried.message];
        let ended_ms = tried.ended_ms.expect("every try ends");
        if let Some((earlier, earlier_ended_ms)) = last.insert(told.account, (tried.message, ended_ms)) {
            assert!(referee.messages[&earlier].queued_at < told.queued_at, "order is kept");
            gaps.push(tried.began_ms - earlier_ended_ms);
        }
    }
    gaps
}

#[test]
fn ten_thousand_messages_keep_every_gap_and_their_order() {
    let (machine, referee) = send(10_000, 3, &[]);
    let gaps = gaps(&machine, &referee);
    assert_eq!(gaps.len(), 10_000 - ACCOUNTS.len());
    let mut tenths = [0_u32; 10];
    for gap in gaps {
        assert!((GAP_MS_MIN..=GAP_MS_MAX).contains(&gap), "a gap of {gap} ms");
        tenths[usize::try_from((gap - GAP_MS_MIN) / 101).unwrap().min(9)] += 1;
    }
    // About a thousand in each tenth; the bounds are five standard deviations of a fair draw to either side.
    assert!(tenths.iter().all(|count| (850..=1_150).contains(count)), "{tenths:?}");
}

#[test]
fn a_clock_set_back_an_hour_neither_stalls_nor_rushes() {
    let (machine, referee) = send(12_000, 4, &[0, 1]);
    for gap in gaps(&machine, &referee) {
        assert!((GAP_MS_MIN..=GAP_MS_MAX).contains(&gap), "a gap of {gap} ms");
    }
}

#[test]
fn an_idle_account_sends_at_once() {
    let machine = Machine::new(2);
    machine.fate.be_kind();
    let sent = machine.live(2, None, async |life| {
        let inbound = workspace(&life, 10).await;
        let mut began = Vec::new();
        for nth in [0, 3, 6] {
            tokio::time::sleep(Duration::from_secs(10)).await;
            began.push(machine.time.passed_ms());
            life.post(&inbound, "", &message(nth)).await;
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
        began
    });
    let tried: Vec<u64> = machine.whatsapp.tries().iter().map(|tried| tried.began_ms).collect();
    assert_eq!(Some(tried), sent);
}
