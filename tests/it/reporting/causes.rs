//! Each event names who caused it, and the event that it followed from.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Desk, URL, pass, story};
use crate::simulation::life::ADMIN_KEY;

/// Returns all events by position.
async fn events(desk: &Desk) -> BTreeMap<u64, Value> {
    let found = desk.life.get("/admin/v1/events?limit=500", ADMIN_KEY).await;
    let events = found.body["data"].as_array().unwrap().clone();
    events.into_iter().map(|event| (event["position"].as_u64().unwrap(), event)).collect()
}

/// Returns the events of one type, each with who caused it and the event that it followed from.
fn causes<'a>(events: &'a BTreeMap<u64, Value>, name: &str) -> Vec<(&'a Value, &'a str, Option<&'a Value>)> {
    let found = events.values().filter(|event| event["type"] == name).map(|event| {
        let cause = &event["cause"];
        let before = cause["because"].as_u64().map(|position| &events[&position]);
        (event, cause["by"].as_str().unwrap(), before)
    });
    found.collect()
}

#[test]
fn the_way_of_a_message_can_be_followed_back_to_its_request() {
    story(async |machine, life| {
        let desk = Desk::open(&machine, life, json!({"url": URL})).await;
        for phone in ["+12025550101", "+12025550102", "+12025550103"] {
            desk.sends(phone, "Hello").await;
        }
        pass(Duration::from_mins(1)).await;
        let events = events(&desk).await;

        let queued = causes(&events, "MessageQueued");
        assert_eq!(queued.len(), 3);
        for (event, by, before) in queued {
            assert_eq!((by, before), ("inbound", None), "{event}");
            let command = event["cause"]["command"].as_str().and_then(|command| command.parse::<u64>().ok());
            assert!(command.is_some_and(|command| command > 0), "{event}");
        }
        let started = causes(&events, "SendStarted");
        assert_eq!(started.len(), 3);
        for (event, by, before) in started {
            let before = before.unwrap();
            assert_eq!((by, &before["data"]["message"]), ("system", &event["data"]["message"]), "{event} {before}");
            assert_eq!(
                (&before["cause"]["by"], &event["cause"]["command"]),
                (&json!("inbound"), &json!("0")),
                "{before}"
            );
        }
        let sent = causes(&events, "MessageSent");
        assert_eq!(sent.len(), 3);
        for (event, by, before) in sent {
            let before = before.unwrap();
            assert_eq!((by, &before["type"]), ("transport", &json!("SendStarted")), "{event} {before}");
            assert_eq!(before["data"]["message"], event["data"]["message"]);
        }
        for (event, by, before) in causes(&events, "MessageDelivered") {
            assert_eq!((by, before), ("transport", None), "nobody here has asked for it: {event}");
        }
        let taken = causes(&events, "DeliverySucceeded");
        assert_eq!(taken.len(), 3);
        for (event, by, before) in taken {
            let before = before.unwrap();
            assert_eq!((by, &before["type"]), ("receiver", &json!("DeliveryStarted")), "{event} {before}");
        }
    });
}

#[test]
fn a_letter_is_the_mail_servers_answer_to_what_was_switched_off() {
    story(async |machine, life| {
        let desk = Desk::open(&machine, life, json!({"url": URL})).await;
        machine.receiver.answer(410, Duration::ZERO);
        desk.says("+12025550101", "Hello");
        pass(Duration::from_mins(1)).await;
        let events = events(&desk).await;

        let [(disabled, by, Some(before))] = causes(&events, "WebhookDisabled")[..] else { panic!("{events:?}") };
        assert_eq!((by, &before["type"]), ("receiver", &json!("DeliveryStarted")), "{disabled}");
        assert_eq!(disabled["data"]["by"], "system", "who decided");
        let [(notified, by, Some(before))] = causes(&events, "OwnerNotified")[..] else { panic!("{events:?}") };
        assert_eq!((by, &before["type"]), ("mail", &json!("WebhookDisabled")), "{notified}");
    });
}

#[test]
fn what_a_key_does_bears_its_number() {
    story(async |machine, life| {
        let desk = Desk::open(&machine, life, json!({"url": URL})).await;
        let second = desk.post("/api/v1/keys", json!({"name": "till"})).await;
        let second = second["key"].as_str().unwrap_or_else(|| panic!("{second}"));
        let changed = desk.life.patch("/api/v1/outbound", second, &json!({"enabled": false})).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        let events = events(&desk).await;
        let by = |name| causes(&events, name).iter().map(|(event, by, _)| (event["data"]["by"].clone(), *by)).collect();
        let [made, disabled]: [Vec<(Value, &str)>; 2] = [by("KeyCreated"), by("WebhookDisabled")];
        assert_eq!(made, [(json!("operator"), "operator"), (json!("key/1"), "key/1")]);
        assert_eq!(disabled, [(json!("key/2"), "key/2")]);
    });
}
