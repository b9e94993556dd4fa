//! The operator's view of the actors: which there are, what waits in one, and a rebuild from its records.

use serde_json::{Value, json};

use crate::harness::{ACCOUNT_PHONE, ADMIN_KEY, Answer, Http, Request, SOON, Server, Setup, Workspace, wait_until};

const PHONE: &str = "+12025550101";
/// Its answers come after 20 s.
const SLOW: &str = "+12025550143";
const ACCOUNT: &str = "account/10010001";
const KINDS: [&str; 4] = ["workspace", "account", "chat", "webhook"];

fn get(http: &Http, path: &str) -> Answer {
    http.ask(&Request::get(format!("/admin/v1/actors{path}")).bearer(ADMIN_KEY))
}

fn rebuild(http: &Http, stream: &str, body: &Value) -> Answer {
    http.ask(&Request::post(format!("/admin/v1/actors/{stream}/rebuild")).bearer(ADMIN_KEY).json(body))
}

/// Rebuilds an actor in which nothing may differ.
fn rebuilt(http: &Http, stream: &str) -> Value {
    let view = rebuild(http, stream, &json!({"reason": "a test"})).success();
    assert_eq!(
        (&view["same"], &view["differing"], &view["differences"]),
        (&json!(true), &json!(0), &json!([])),
        "{view}"
    );
    assert_eq!((&view["stream"], &view["reason"]), (&json!(stream), &json!("a test")));
    view
}

fn streams(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|row| row["stream"].as_str().unwrap().to_owned()).collect()
}

fn row(http: &Http, stream: &str) -> Value {
    let rows = get(http, "?limit=500").success();
    rows["data"].as_array().unwrap().iter().find(|row| row["stream"] == stream).cloned().expect("it is listed")
}

/// Two workspaces, the first with two chats, and reports of what is said.
fn lived_in(server: &Server) -> Workspace {
    let workspace = server.workspace();
    let url = format!("http://127.0.0.1:{}/sim/v1/echo/crm", server.port);
    workspace.ask(&workspace.api("PATCH", "/outbound").json(&json!({"url": url}))).success();
    let ids = [PHONE, "+12025550102"].map(|phone| workspace.send(phone, "hi"));
    for id in &ids {
        workspace.wait_for_state(id, "read", SOON);
    }
    server.create_workspace("Globex", 3);
    workspace
}

const ALL: [&str; 6] =
    ["workspace/1001", "workspace/1002", ACCOUNT, "chat/100100000001", "chat/100100000002", "webhook/100101"];

#[test]
fn every_actor_is_listed_once_by_kind_and_number_whatever_the_page() {
    let server = Server::start();
    let _workspace = lived_in(&server);
    let http = server.http();
    let all = get(&http, "").success();
    assert_eq!((streams(&all), &all["page"]), (ALL.map(str::to_owned).to_vec(), &json!({"next": null, "prev": null})));
    let (mut forth, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(&http, &format!("?limit=2{cursor}")).success();
        assert!(forth.is_empty() || page["page"]["prev"].is_string(), "{page}");
        forth.extend(streams(&page));
        let Some(next) = page["page"]["next"].as_str() else { break };
        cursor = format!("&after={next}");
    }
    assert_eq!(forth, ALL);
    let (mut back, mut cursor) = (Vec::new(), "&before=webhook/100101".to_owned());
    loop {
        let page = get(&http, &format!("?limit=2{cursor}")).success();
        back.splice(0..0, streams(&page));
        let Some(prev) = page["page"]["prev"].as_str() else { break };
        cursor = format!("&before={prev}");
    }
    assert_eq!(back, ALL[..5]);
    let between = get(&http, "?after=workspace/1001&before=chat/100100000002").success();
    assert_eq!(streams(&between), ALL[1..4]);
    for kind in KINDS {
        let page = get(&http, &format!("?kind={kind}")).success();
        let wanted: Vec<_> = ALL.into_iter().filter(|stream| stream.starts_with(kind)).collect();
        assert_eq!(streams(&page), wanted);
        assert!(page["data"].as_array().unwrap().iter().all(|row| row["kind"] == kind), "{page}");
    }
}

#[test]
fn who_sleeps_is_listed_too_and_is_not_woken_by_being_looked_at() {
    let server = Setup::new().set("TIDINGS_LIMITS__ACTOR_IDLE_S", "1").start();
    let _workspace = lived_in(&server);
    let http = server.http();
    wait_until("all sleep", SOON, || streams(&get(&http, "?awake=true").success()).is_empty().then_some(()));
    let asleep = get(&http, "?awake=false").success();
    assert_eq!(streams(&asleep), ALL);
    for row in asleep["data"].as_array().unwrap() {
        let idle = ["waiting", "outstanding", "in_flight", "inbox"].iter().all(|name| row[*name] == 0);
        assert!(idle && row["awake"] == false && row["next_due"].is_null() && row["revision"] != 0, "{row}");
    }
    for stream in ALL {
        let shown = get(&http, &format!("/{stream}")).success();
        assert_eq!((&shown["state_from"], &shown["awake"]), (&json!("log"), &json!(false)), "{stream}");
        assert_eq!(rebuilt(&http, stream)["awake"], json!(false));
    }
    assert_eq!(streams(&get(&http, "?awake=true").success()), [""; 0], "a look has woken it");
    assert_eq!(streams(&get(&http, "?awake=false&limit=1&after=workspace/1002&kind=account").success()), [ACCOUNT]);
}

#[test]
fn an_actor_shows_the_state_that_its_stream_has_and_its_last_events() {
    let server = Server::start();
    let _workspace = lived_in(&server);
    let http = server.http();
    for stream in ALL {
        let shown = get(&http, &format!("/{stream}")).success();
        let state = Request::get(format!("/admin/v1/streams/{stream}/state")).bearer(ADMIN_KEY);
        let state = http.ask(&state).success();
        assert_eq!((&shown["state"], &shown["revision"]), (&state["state"], &state["revision"]), "{stream}");
        assert_eq!((&shown["stream"], &shown["due"]), (&json!(stream), &json!([])));
        let events = Request::get(format!("/admin/v1/events?stream={stream}&order=desc&limit=10")).bearer(ADMIN_KEY);
        assert_eq!(shown["events"], http.ask(&events).success()["data"], "{stream}");
        rebuilt(&http, stream);
    }
    let account = get(&http, &format!("/{ACCOUNT}")).success();
    assert_eq!((&account["state_from"], &account["awake"]), (&json!("memory"), &json!(true)));
}

#[test]
fn what_is_due_of_a_queued_message_is_told_and_why() {
    let server = Server::start();
    let workspace = server.workspace();
    let http = server.http();
    // The first one leaves at once, the second one waits for the gap.
    for text in ["one", "two", "three"] {
        workspace.send(PHONE, text);
    }
    let shown = wait_until("the second one waits", SOON, || {
        let shown = get(&http, &format!("/{ACCOUNT}")).success();
        (shown["due"][0]["what"] == "send the next message").then_some(shown)
    });
    let due = &shown["due"][0];
    assert_eq!((&due["at"], &due["held"]), (&shown["next_due"], &json!(false)), "{shown}");
    assert!(due["at"].is_string() && due["why"].as_str().unwrap().contains("gap"), "{due}");

    let account = workspace.account(ACCOUNT_PHONE)["id"].to_string();
    workspace.ask(&workspace.api("POST", &format!("/accounts/{account}/pause")).json(&json!({}))).success();
    let held = json!({"action": "send", "phone": PHONE, "text": "held", "whatsapp account phone": ACCOUNT_PHONE});
    let held = workspace.post(&held).message_id();
    let shown = wait_until("nothing is under way", SOON, || {
        let shown = get(&http, &format!("/{ACCOUNT}")).success();
        (shown["in_flight"] == 0).then_some(shown)
    });
    let due = &shown["due"];
    assert_eq!(
        (due.as_array().unwrap().len(), &due[0]["held"], &due[0]["at"]),
        (1, &json!(true), &Value::Null),
        "{due}"
    );
    assert!(due[0]["why"].as_str().unwrap().contains("paused"), "{due}");
    assert!(row(&http, ACCOUNT)["waiting"].as_u64() >= Some(1));
    rebuilt(&http, ACCOUNT);
    workspace.ask(&workspace.api("POST", &format!("/accounts/{account}/resume")).json(&json!({}))).success();
    workspace.wait_for_state(&held, "sent", SOON);
}

#[test]
fn a_rebuild_leaves_a_try_in_flight_alone_and_loses_nothing_that_waits() {
    let server = Setup::new().clock_rate(10).start();
    let workspace = server.workspace();
    let http = server.http();
    let slow = workspace.send(SLOW, "slow");
    let tried = || (row(&http, ACCOUNT)["in_flight"] == 1).then_some(());
    wait_until("the try is in flight", SOON, tried);
    let shown = get(&http, &format!("/{ACCOUNT}")).success();
    let due = &shown["due"][0];
    assert_eq!(due["in_flight"], json!(true), "{shown}");
    assert_eq!(due["what"], json!(format!("hand message {slow} to the transport, try 1")));
    let behind = workspace.send(PHONE, "behind it");
    for stream in [ACCOUNT, "workspace/1001", ACCOUNT] {
        assert_eq!(rebuilt(&http, stream)["awake"], json!(true));
    }
    for id in [&slow, &behind] {
        workspace.wait_for_state(id, "sent", SOON);
    }
    assert_eq!(server.simulator().stats(), (2, 0), "sends, duplicates");
    assert_eq!(server.simulator().texts(SLOW), ["slow"]);
}

#[test]
fn a_rebuild_records_nothing() {
    let server = Server::start();
    let _workspace = lived_in(&server);
    let http = server.http();
    let events = || {
        let newest = Request::get("/admin/v1/events?order=desc&limit=1").bearer(ADMIN_KEY);
        http.ask(&newest).success()["data"][0]["position"].clone()
    };
    let before = events();
    for stream in ALL {
        rebuilt(&http, stream);
    }
    assert_eq!(events(), before);
}

#[test]
fn what_is_no_actor_is_refused_by_name() {
    let server = Server::start();
    let http = server.http();
    server.create_workspace("Acme", 1);
    for stream in
        ["workspace/1002", "account/10010001", "account/1001", "chats/1", "log/0", "workspace/x", "webhook/100101"]
    {
        let answers = [get(&http, &format!("/{stream}")), rebuild(&http, stream, &json!({"reason": "a test"}))];
        for answer in answers {
            let code = answer.json()["error"]["code"].clone();
            assert_eq!((answer.status, code), (404, json!("stream_not_found")), "{stream}: {answer:?}");
        }
    }
    for (query, param) in [
        ("kind=accounts", "kind"),
        ("kind=log", "kind"),
        ("awake=perhaps", "awake"),
        ("after=10010001", "after"),
        ("before=chats/1", "before"),
        ("limit=501", "limit"),
        ("limit=0", "limit"),
    ] {
        let answer = get(&http, &format!("?{query}"));
        assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!(param)), "{query}: {answer:?}");
    }
    let hint = get(&http, "?kind=accounts").json()["error"]["hint"].clone();
    assert_eq!(hint, "workspace, account, chat, webhook");
    for (body, param) in [
        (json!({}), "reason"),
        (json!({"reason": " "}), "reason"),
        (json!({"reason": 7}), "reason"),
        (json!({"reason": "x\ny"}), "reason"),
        (json!({"reason": "x", "why": "y"}), "why"),
    ] {
        let answer = rebuild(&http, "workspace/1001", &body);
        assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!(param)), "{body}: {answer:?}");
    }
}
