//! What seeds have found: each a test of its own, so that it stays found.

use std::time::Duration;

use serde_json::json;

use super::life::{ADMIN_KEY, Life, Machine};

/// A workspace with an account: its key, and the path of its inbound URL.
async fn begin(life: &Life) -> (String, String) {
    let owner = json!({"full_name": "Ada Owner", "email": "ada@acme.example", "language": "en"});
    let body = json!({"name": "Acme", "owner": owner, "credits": 10});
    let created = life.post("/admin/v1/workspaces", ADMIN_KEY, &body).await.body;
    let key = created["api_key"].as_str().unwrap().to_owned();
    let account = json!({"phone": "+12025550190", "full_name": "Sales", "email": "sales@acme.example"});
    life.post("/api/v1/accounts", &key, &account).await;
    (key, created["inbound_url"].as_str().unwrap().replace("http://tidings.example", ""))
}

/// An actor whose events could not be read was not woken again before somebody asked for it.
#[test]
fn what_is_due_happens_although_the_disk_did_not_read_for_a_while() {
    let machine = Machine::new(1);
    machine.fate.be_kind();
    let begun = machine.live(1, None, async |life| {
        let (_, inbound) = begin(&life).await;
        for text in ["first", "second"] {
            let message = json!({"action": "send", "phone": "+12025550101", "text": text});
            assert_eq!(life.post(&inbound, "", &message).await.status, 200);
        }
    });
    assert_eq!(begun, Some(()));
    let lived = machine.live(2, None, async |_life| {
        machine.disk.break_reads(true);
        tokio::time::sleep(Duration::from_secs(5)).await;
        machine.disk.break_reads(false);
        tokio::time::sleep(Duration::from_mins(1)).await;
    });
    assert_eq!(lived, Some(()));
    assert_eq!(machine.whatsapp.messages_on("+12025550101").len(), 2);
}

/// Found by a seed: what the first commit of a life held back was never let go, because the disk had been faster than
/// the task that lets go.
#[test]
fn an_answer_leaves_although_the_disk_was_faster_than_the_start() {
    let machine = Machine::new(1);
    machine.fate.be_kind();
    let waiting = machine.live(1, None, async |life| {
        let owner = json!({"full_name": "Ada Owner", "email": "ada@acme.example", "language": "en"});
        let body = json!({"name": "Acme", "owner": owner, "credits": 10});
        let created = life.post("/admin/v1/workspaces", ADMIN_KEY, &body).await.body;
        let key = created["api_key"].as_str().unwrap().to_owned();
        let account = json!({"phone": "+12025550190", "full_name": "Sales", "email": "sales@acme.example"});
        life.post("/api/v1/accounts", &key, &account).await;
        let inbound = created["inbound_url"].as_str().unwrap().replace("http://tidings.example", "");
        for text in ["first", "second"] {
            let message = json!({"action": "send", "phone": "+12025550101", "text": text});
            assert_eq!(life.post(&inbound, "", &message).await.status, 200);
        }
        // The first is sent, the second waits for its gap.
        tokio::time::sleep(Duration::from_millis(100)).await;
        key
    });
    let key = waiting.unwrap();
    machine.time.end_life(10_000);
    let answered = machine.live(2, None, async |life| {
        let credits = life.get("/api/v1/credits", &key);
        // Before any receipt can come and set things going again.
        tokio::time::timeout(Duration::from_millis(100), credits).await.map(|reply| reply.status)
    });
    assert_eq!(answered, Some(Ok(200)));
}

/// Found by a seed: what was due in a gateway about to stop was woken again and again, and nothing was ever sent.
#[test]
fn a_gateway_that_stops_wakes_nobody_for_nothing() {
    let (stopped, answer) = std::sync::mpsc::channel();
    let story = move || {
        let machine = Machine::new(1);
        machine.fate.be_kind();
        let waiting = machine.live(1, None, async |life| {
            let owner = json!({"full_name": "Ada Owner", "email": "ada@acme.example", "language": "en"});
            let body = json!({"name": "Acme", "owner": owner, "credits": 10});
            let created = life.post("/admin/v1/workspaces", ADMIN_KEY, &body).await.body;
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
            tokio::time::sleep(Duration::from_millis(100)).await;
            life.gateway.stop().await
        });
        stopped.send(waiting).unwrap();
    };
    std::thread::spawn(story);
    // Virtual time stands still while somebody is busy, so only real time can tell.
    let waiting = answer.recv_timeout(Duration::from_mins(1));
    assert_eq!(waiting, Ok(Some(1)), "it never stops");
}
