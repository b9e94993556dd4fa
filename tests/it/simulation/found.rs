//! Defects that seeds have found, each with its own test, so that it does not come back.

mod erasing;

use std::time::Duration;

use serde_json::json;

use super::Story;
use super::life::{ADMIN_KEY, Life, Machine};

/// Creates a workspace with an account; returns its key and the path of its inbound webhook.
pub async fn begin(life: &Life) -> (String, String) {
    let owner = json!({"full_name": "Ada Owner", "email": "ada@acme.example", "language": "en"});
    let body = json!({"name": "Acme", "owner": owner, "credits": 10});
    let created = life.post("/admin/v1/workspaces", ADMIN_KEY, &body).await.body;
    let key = created["api_key"].as_str().unwrap().to_owned();
    let account = json!({"phone": "+12025550190", "full_name": "Sales", "email": "sales@acme.example"});
    life.post("/api/v1/accounts", &key, &account).await;
    (key, created["inbound_url"].as_str().unwrap().replace("http://tidings.example", ""))
}

/// Guards against an actor that is not woken when its events cannot be read for a while, until a request comes for
/// it.
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

/// Guards against an outcome that gets lost when a look-up fails at that moment, so that the message is tried again.
#[test]
fn an_outcome_is_kept_until_it_can_be_recorded() {
    let machine = Machine::new(1);
    machine.fate.be_kind();
    let lived = machine.live(1, None, async |life| {
        let (_, inbound) = begin(&life).await;
        // The answer takes 20 s.
        let message = json!({"action": "send", "phone": "+12025550143", "text": "hi"});
        assert_eq!(life.post(&inbound, "", &message).await.status, 200);
        tokio::time::sleep(Duration::from_secs(1)).await;
        machine.disk.break_reads(true);
        tokio::time::sleep(Duration::from_secs(25)).await;
        machine.disk.break_reads(false);
        tokio::time::sleep(Duration::from_mins(1)).await;
    });
    assert_eq!(lived, Some(()));
    assert_eq!(machine.whatsapp.tries().len(), 1);
    let sent = machine.disk.synced_after(0).iter().flat_map(|record| record.events.clone()).collect::<Vec<_>>();
    assert_eq!(sent.iter().filter(|event| event.name() == "MessageSent").count(), 1);
}

/// Guards against a report that is built from events that have a position but are not written yet, and so cannot be
/// read.
#[test]
fn a_report_can_be_read_while_its_next_event_is_being_written() {
    let machine = Machine::new(1);
    let lived = machine.live(1, None, async |life| {
        let (key, inbound) = begin(&life).await;
        life.patch("/api/v1/outbound", &key, &json!({"url": "https://crm.example/hook"})).await;
        let message = json!({"action": "send", "phone": "+12025550101", "text": "hi"});
        assert_eq!(life.post(&inbound, "", &message).await.status, 200);
        tokio::time::sleep(Duration::from_mins(10)).await;
        let post = machine.receiver.posts().first().unwrap().delivery.clone();
        let resend = format!("/api/v1/outbound/deliveries/{post}/resend");
        for _ in 0..30 {
            let (body, later) = (json!({}), tokio::time::sleep(Duration::from_millis(1)));
            let second = async {
                later.await;
                life.post(&resend, &key, &body).await.status
            };
            let (first, second) = tokio::join!(life.post(&resend, &key, &body), second);
            assert!([202, 409].contains(&first.status) && [202, 409].contains(&second), "{first:?}, {second}");
            tokio::time::sleep(Duration::from_mins(1)).await;
        }
    });
    assert_eq!(lived, Some(()));
}

/// Guards against a late letter about the latest stop whose Message-ID differs from that of the stop's own letter.
#[test]
fn two_letters_about_one_stop_are_one() {
    let mut machine = Machine::new(1);
    machine.mails = true;
    machine.fate.be_kind();
    machine.mail.lose(1);
    let lived = machine.live(1, None, async |life| {
        let (key, inbound) = begin(&life).await;
        let blocking = json!({"action": "send", "phone": "+12025550145", "text": "hi"});
        assert_eq!(life.post(&inbound, "", &blocking).await.status, 200);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let resumed = life.post("/api/v1/accounts/10010001/resume", &key, &json!({"reason": "again"})).await;
        assert_eq!(resumed.status, 200);
        assert_eq!(life.post(&inbound, "", &blocking).await.status, 200);
        tokio::time::sleep(Duration::from_mins(10)).await;
    });
    assert_eq!(lived, Some(()));
    let taken: Vec<_> = machine.mail.look(|taken| taken.iter().map(|letter| letter.answered).collect());
    assert_eq!(taken, [false, true], "one about each stop, and the first one's answer was lost");
}

/// Guards against two letters about one stop, when a late notice and the notice of that stop are sent at the same
/// moment.
#[test]
fn a_late_notice_and_the_next_one_send_one_letter() {
    let steps = [
        6, 9, 11, 13, 14, 18, 19, 21, 22, 23, 27, 32, 33, 56, 57, 58, 60, 62, 63, 65, 67, 68, 69, 70, 71, 72, 75, 76,
        77, 116, 179, 180, 225, 226, 228, 229, 230,
    ];
    let story = Story::of(6_345).only(&steps).without(&["a receiver answers at length", "an update is lost"]);
    story.tell().map(drop).unwrap();
}

/// Guards against a letter that is sent again: the mail server took it, but the disk could not record that, and a
/// late notice followed.
#[test]
fn a_letter_that_was_taken_while_the_disk_did_not_read_is_not_sent_again() {
    let steps = [1, 3, 4, 6, 7, 8, 9, 10, 13, 15, 16, 17, 20, 21, 22];
    Story::of(2_831).only(&steps).without(&[]).tell().map(drop).unwrap();
}

/// Guards against an answer that is never released: it waits for the first commit of a life, and the disk is faster
/// than the start of the task that releases answers.
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
        // The first message is sent, the second waits for its gap.
        tokio::time::sleep(Duration::from_millis(100)).await;
        key
    });
    let key = waiting.unwrap();
    machine.time.end_life(10_000);
    let answered = machine.live(2, None, async |life| {
        let credits = life.get("/api/v1/credits", &key);
        // Too soon for any receipt, which would wake the task as well.
        tokio::time::timeout(Duration::from_millis(100), credits).await.map(|reply| reply.status)
    });
    assert_eq!(answered, Some(Ok(200)));
}

/// Guards against a gateway that never stops, because it wakes an actor with due work again and again without any
/// progress.
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
            // One account's try takes 20 s; the other account has another message to send after its gap.
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
    // Virtual time stands still while a task is busy, so only real time can show a hang.
    let waiting = answer.recv_timeout(Duration::from_mins(1));
    assert_eq!(waiting, Ok(Some(1)), "it never stops");
}
