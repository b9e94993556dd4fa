//! The simulated `WhatsApp` from outside, within a gateway and as its own process: contacts write, connections break.

use serde_json::{Value, json};

use crate::harness::client::message;
use crate::harness::{ACCOUNT_PHONE, Request, SOON, Server, Setup, Simulator, SimulatorProcess, wait_until};

const CONTACT: &str = "+12025550101";
const GROUP: &str = "120363025550101@g.us";
const CLOCK_RATE: u32 = 60;

/// Runs the same test against a simulator in its own process and against one inside a gateway.
fn with_both(story: impl Fn(&Simulator)) {
    story(&SimulatorProcess::start(CLOCK_RATE).client());
    story(&Setup::new().clock_rate(CLOCK_RATE).start().simulator());
}

/// Sends a message as a gateway does; returns the outcome, or the status of an answer without one.
fn send(simulator: &Simulator, nth: u64, to: &str) -> String {
    let body = json!({"id": format!("3EB0{nth:016X}"), "from": ACCOUNT_PHONE, "to": to, "text": "hi"});
    let answer = simulator.ask(&Request::post("/sim/v1/send").json(&body));
    if answer.status == 200 { answer.json()["outcome"].as_str().unwrap().to_owned() } else { answer.status.to_string() }
}

/// Waits for at least `count` updates numbered above `after`, and returns them.
fn updates(simulator: &Simulator, after: u64, count: usize) -> Vec<Value> {
    let mut seen = Vec::new();
    let mut place = after;
    while seen.len() < count {
        let more = simulator.updates(place);
        assert!(!more.is_empty(), "{count} updates are awaited after {after}: {seen:?}");
        place = more.last().unwrap()["sequence"].as_u64().unwrap();
        seen.extend(more);
    }
    seen
}

#[test]
fn what_contacts_and_groups_write_is_reported_with_all_that_is_known_of_it() {
    with_both(|simulator| {
        let ids = [
            simulator.receive("1 202 555 0100", "12025550101", "hello"),
            simulator.hear(
                "receive",
                &json!({"account": ACCOUNT_PHONE, "jid": GROUP, "from": CONTACT, "name": "Sales",
                "text": "to all", "file_name": "list.pdf"}),
            ),
        ];

        let seen = updates(simulator, 0, 2);

        let known = |row: &Value| {
            let fields = ["account", "kind", "chat", "chat_name", "sender", "text"];
            fields.map(|field| row[field].as_str().unwrap_or_else(|| panic!("no {field}: {row}")).to_owned())
        };
        assert_eq!(known(&seen[0]), [ACCOUNT_PHONE, "message", CONTACT, "Mary Major", CONTACT, "hello"]);
        assert_eq!(known(&seen[1]), [ACCOUNT_PHONE, "message", GROUP, "Sales", CONTACT, "to all"]);
        assert_eq!((&seen[0]["file"], &seen[1]["file"]["name"]), (&Value::Null, &json!("list.pdf")));
        assert_eq!(ids, [&seen[0], &seen[1]].map(|row| row["wire_id"].as_str().unwrap().to_owned()));
        assert_ne!(ids[0], ids[1]);
    });
}

#[test]
fn what_is_typed_on_the_phone_itself_is_reported_as_our_own() {
    with_both(|simulator| {
        let id = simulator.typed(ACCOUNT_PHONE, CONTACT, "on my way");

        let seen = &updates(simulator, 0, 1)[0];

        assert_eq!((&seen["from_me"], &seen["sender"], &seen["chat"]), (&json!(true), &json!(""), &json!(CONTACT)));
        assert_eq!((&seen["wire_id"], &seen["text"]), (&json!(id), &json!("on my way")));
        assert_eq!(simulator.phone(CONTACT), [Value::Null; 0]);
    });
}

#[test]
fn a_disconnected_account_sends_nothing_and_hears_all_when_it_is_back() {
    with_both(|simulator| {
        simulator.set_connected(ACCOUNT_PHONE, false);
        assert_eq!(send(simulator, 1, CONTACT), "not_connected");
        let missed = ["one", "two"].map(|text| simulator.receive(ACCOUNT_PHONE, CONTACT, text));
        let seen = updates(simulator, 0, 1);
        assert_eq!((seen.len(), &seen[0]["connected"]), (1, &json!(false)));
        assert_eq!((simulator.texts(CONTACT).len(), simulator.stats()), (0, (0, 0)));

        simulator.set_connected(ACCOUNT_PHONE, true);

        let seen = updates(simulator, seen[0]["sequence"].as_u64().unwrap(), 3);
        assert_eq!(seen[0]["connected"], true);
        assert_eq!([&seen[1]["wire_id"], &seen[2]["wire_id"]], [&json!(missed[0]), &json!(missed[1])]);
        assert_eq!(send(simulator, 1, CONTACT), "sent");
        assert_eq!(simulator.texts(CONTACT), ["hi"]);
    });
}

#[test]
fn chaos_strikes_until_it_is_taken_back() {
    with_both(|simulator| {
        for (nth, chaos, outcome) in [
            (1, json!({"error": 1}), "server_error"),
            (2, json!({"not_registered": 1}), "failed"),
            (3, json!({"uncertain": 1.0}), "504"),
            (4, json!({"accepted": 1}), "accepted"),
            (5, json!({"refused_later": 1}), "accepted"),
            (6, json!({}), "sent"),
        ] {
            simulator.set_chaos(&chaos);
            assert_eq!(send(simulator, nth, CONTACT), outcome, "{chaos}");
        }
    });
}

#[test]
fn chaos_out_of_bounds_is_refused_by_name_and_changes_nothing() {
    with_both(|simulator| {
        let whole = json!({"error": 0.5, "not_registered": 0.0, "slow_ms": 7, "uncertain": 1.0, "accepted": 0.25,
            "refused_later": 0.125, "spelled": 1.0, "hidden": 0.0});
        simulator.set_chaos(&whole);

        for (field, value) in [
            ("error", json!(1.001)),
            ("not_registered", json!(-1)),
            ("uncertain", json!("often")),
            ("slow_ms", json!(600_001)),
        ] {
            let mut chaos = whole.clone();
            chaos[field] = value;
            let answer = simulator.ask(&Request::new("PUT", "/sim/v1/chaos").json(&chaos));
            assert_eq!((answer.status, &answer.json()["data"]), (400, &json!({})), "{chaos}");
            assert!(answer.json()["message"].as_str().unwrap().contains(field), "{answer:?}");
        }

        assert_eq!(simulator.ask(&Request::get("/sim/v1/chaos")).success(), whole);
    });
}

#[test]
fn what_is_not_understood_is_refused_in_the_one_shape() {
    with_both(|simulator| {
        for (request, status) in [
            (Request::post("/sim/v1/receive").json(&json!({"account": ACCOUNT_PHONE, "from": CONTACT})), 400),
            (Request::post("/sim/v1/sent").json(&json!({"account": "Mary", "to": CONTACT, "text": "hi"})), 400),
            (Request::post("/sim/v1/accounts/Mary/disconnect"), 400),
            (Request::get("/sim/v1/receive"), 405),
            (Request::new("DELETE", "/sim/v1/chaos"), 405),
            (Request::get("/sim/v1/nothing"), 404),
        ] {
            let answer = simulator.ask(&request);
            assert_eq!((answer.status, &answer.json()["status"]), (status, &json!(status)), "{request:?}");
            assert_eq!(answer.json()["data"], json!({}), "{request:?}");
        }
    });
}

#[test]
fn a_message_waits_at_the_gateway_while_its_account_is_disconnected() {
    let server = Setup::new().clock_rate(CLOCK_RATE).start();
    let workspace = server.workspace();
    server.simulator().set_connected(ACCOUNT_PHONE, false);
    let mut body = message(CONTACT, "patience");
    body["whatsapp account phone"] = ACCOUNT_PHONE.into();
    let waiting = workspace.post(&body).message_id();
    let before = workspace.credits();
    workspace.connect_account("+12025550109");
    body["whatsapp account phone"] = "+12025550109".into();
    body["phone"] = "+12025550102".into();
    let elsewhere = workspace.post(&body).message_id();
    workspace.wait_for_state(&elsewhere, "read", SOON);
    assert_eq!(server.simulator().texts(CONTACT), [""; 0]);
    assert!(!["sent", "failed", "uncertain"].contains(&&*workspace.message(&waiting).state));

    server.simulator().set_connected(ACCOUNT_PHONE, true);

    workspace.wait_for_state(&waiting, "read", SOON);
    assert_eq!(server.simulator().texts(CONTACT), ["patience"]);
    assert_eq!(workspace.credits(), before - 1);
}

#[test]
fn a_gateway_whose_answers_get_lost_at_random_sends_nothing_twice() {
    let server = Setup::new().clock_rate(CLOCK_RATE).start();
    let workspace = server.workspace();
    server.simulator().set_chaos(&json!({"uncertain": 0.5, "error": 0.2}));
    let texts = ["one", "two", "three", "four"];
    let ids = texts.map(|text| workspace.send(CONTACT, text));
    let settled = ["sent", "delivered", "read", "failed", "uncertain"];

    for id in &ids {
        wait_until("every message has come to an end", SOON, || {
            settled.contains(&&*workspace.message(id).state).then_some(())
        });
    }

    let mut on_phone = server.simulator().texts(CONTACT);
    let count = on_phone.len();
    on_phone.sort();
    on_phone.dedup();
    assert_eq!(on_phone.len(), count, "{on_phone:?}");
}

#[test]
fn a_phone_is_seen_alike_from_every_gateway_of_one_simulator() {
    let simulator = SimulatorProcess::start(CLOCK_RATE);
    let gateways: [Server; 2] =
        std::array::from_fn(|_| Setup::new().clock_rate(CLOCK_RATE).simulated_by(&simulator).start());
    for (gateway, text) in gateways.iter().zip(["from one", "from another"]) {
        let workspace = gateway.workspace();
        let id = workspace.send(CONTACT, text);
        workspace.wait_for_state(&id, "read", SOON);
    }
    assert_eq!(simulator.client().texts(CONTACT), ["from another", "from one"]);
}
