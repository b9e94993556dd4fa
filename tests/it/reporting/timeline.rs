//! A message's timeline shows how it was reported, for every message of a bundle.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Desk, URL, pass, story};

const CONTACT: &str = "+12025550101";

/// The messages of the only chat, the oldest first.
async fn messages(desk: &Desk) -> Vec<String> {
    let chats = desk.life.get("/api/v1/chats", &desk.key).await.body;
    let path = format!("/api/v1/chats/{}/messages", chats["data"][0]["chat_id"].as_str().unwrap());
    let shown = desk.life.get(&path, &desk.key).await.body;
    let ids = shown["data"].as_array().unwrap().iter().rev();
    ids.map(|message| message["message_id"].as_str().unwrap().to_owned()).collect()
}

async fn timeline(desk: &Desk, message: &str) -> Vec<Value> {
    let reply = desk.life.get(&format!("/api/v1/messages/{message}/timeline?limit=500"), &desk.key).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let moments = reply.body["data"].as_array().unwrap().clone();
    let positions: Vec<_> = moments.iter().map(|moment| moment["position"].as_u64().unwrap()).collect();
    assert!(positions.is_sorted_by(|a, b| a < b), "{positions:?}");
    moments
}

fn types(moments: &[Value]) -> Vec<&str> {
    moments.iter().map(|moment| moment["type"].as_str().unwrap()).collect()
}

// Guards against an event about many messages that only the first one's timeline shows.
#[test]
fn every_message_of_a_bundle_tells_of_its_report_and_of_the_tries() {
    story(async |machine, life| {
        let desk = Desk::open(&machine, life, json!({"url": URL, "aggregation": "1h"})).await;
        for text in ["one", "two", "three"] {
            desk.says(CONTACT, text);
            pass(Duration::from_mins(1)).await;
        }
        let ids = messages(&desk).await;
        assert_eq!(ids.len(), 3);
        for id in &ids {
            assert_eq!(types(&timeline(&desk, id).await), ["MessageReceived"], "nothing is reported yet");
        }
        machine.receiver.answer(500, Duration::ZERO);
        desk.post("/api/v1/outbound/flush", json!({})).await;
        pass(Duration::from_secs(2)).await;
        machine.receiver.answer(200, Duration::ZERO);
        pass(Duration::from_mins(1)).await;
        let reported = ["BundleFlushed", "DeliveryStarted", "DeliveryFailed", "DeliveryStarted", "DeliverySucceeded"];
        for id in &ids {
            let moments = timeline(&desk, id).await;
            assert_eq!(types(&moments)[..1], ["MessageReceived"]);
            assert_eq!(types(&moments)[1..], reported, "{id}");
        }
        // The next bundle does not appear in the timelines of this one's messages.
        desk.says(CONTACT, "four");
        pass(Duration::from_hours(2)).await;
        for id in &ids {
            assert_eq!(timeline(&desk, id).await.len(), 6, "{id}");
        }
        let last = messages(&desk).await.pop().unwrap();
        assert_eq!(
            types(&timeline(&desk, &last).await)[1..],
            ["BundleFlushed", "DeliveryStarted", "DeliverySucceeded"]
        );
    });
}

#[test]
fn a_message_that_is_owed_to_nobody_tells_of_no_report() {
    story(async |machine, life| {
        let desk = Desk::open(&machine, life, json!({"url": null})).await;
        desk.says(CONTACT, "one");
        pass(Duration::from_secs(5)).await;
        let ids = messages(&desk).await;
        assert_eq!(types(&timeline(&desk, &ids[0]).await), ["MessageReceived"]);
    });
}
