//! Queries of the event log: every filter, alone and with others, from a running gateway as from its data.

use serde_json::{Value, json};

use crate::harness::client::message;
use crate::harness::{ADMIN_KEY, Answer, Request, SOON, Server, Workspace, wait_until};

const PHONE: &str = "+12025550101";
/// It is not on `WhatsApp`: messages to it fail.
const NOBODY: &str = "+12025550140";

/// A gateway with two workspaces, of which the first has sent, and reported, and been refunded.
struct Lived {
    server: Server,
    acme: Workspace,
    globex: Workspace,
    sent: String,
    failed: String,
}

impl Lived {
    fn start() -> Self {
        let server = Server::start();
        let (acme, globex) = (server.create_workspace("Acme", 20), server.create_workspace("Globex", 20));
        acme.connect_account("+12025550100");
        globex.connect_account("+12025550110");
        let url = format!("http://127.0.0.1:{}/sim/v1/echo/acme", server.port);
        acme.ask(&acme.api("PATCH", "/outbound").json(&json!({"url": url}))).success();
        let sent = acme.post_with_key(&message(PHONE, "Your order has shipped"), "order-1").message_id();
        let failed = acme.post_with_key(&message(NOBODY, "Hello"), "order-2").message_id();
        let other = globex.post_with_key(&message(PHONE, "Hello"), "order-1").message_id();
        acme.wait_for_state(&sent, "read", SOON);
        acme.wait_for_state(&failed, "failed", SOON);
        globex.wait_for_state(&other, "read", SOON);
        let lived = Self { server, acme, globex, sent, failed };
        wait_until("it was reported", SOON, || {
            lived.types(&format!("?message={}", lived.sent)).contains(&"DeliverySucceeded".to_owned()).then_some(())
        });
        lived
    }

    fn ask(&self, path: &str) -> Answer {
        self.server.http().ask(&Request::get(format!("/admin/v1{path}")).bearer(ADMIN_KEY))
    }

    fn rows(&self, query: &str) -> Vec<Value> {
        self.ask(&format!("/events{query}")).success()["data"].as_array().unwrap().clone()
    }

    fn types(&self, query: &str) -> Vec<String> {
        self.rows(query).iter().map(|row| row["type"].as_str().unwrap().to_owned()).collect()
    }
}

fn position(row: &Value) -> u64 {
    row["position"].as_u64().unwrap()
}

#[test]
fn all_events_of_a_message_are_found_over_all_streams() {
    let lived = Lived::start();
    let types = lived.types(&format!("?message={}", lived.sent));
    let once = ["MessageQueued", "CreditCharged", "SendStarted", "MessageSent", "BundleOpened", "BundleFlushed"];
    let once = once.into_iter().chain(["DeliveryStarted", "DeliverySucceeded", "MessageDelivered", "MessageRead"]);
    for name in once {
        assert_eq!(types.iter().filter(|found| *found == name).count(), 1, "{name}: {types:?}");
    }
    assert_eq!(types.len(), 10, "{types:?}");
    let bare = lived.sent.trim_start_matches("wa_backend:");
    assert_eq!(lived.types(&format!("?message={bare}")), types);
    let refunded = lived.types(&format!("?message={}&order=desc", lived.failed));
    assert_eq!(refunded, ["CreditRefunded", "MessageFailed", "SendStarted", "CreditCharged", "MessageQueued"]);
    let some = format!("?message={}&type=CreditRefunded&stream=workspace/{}", lived.failed, lived.acme.id);
    assert_eq!(lived.types(&some), ["CreditRefunded"]);
    assert_eq!(lived.types("?message=wa_backend:3EB00000000000000000"), [""; 0]);
}

#[test]
fn a_page_of_filtered_events_leads_to_the_next_one() {
    let lived = Lived::start();
    let whole = lived.rows(&format!("?workspace={}&limit=500", lived.acme.id));
    assert!(whole.iter().all(|row| row["workspace"] == lived.acme.id), "{whole:?}");
    for order in ["asc", "desc"] {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let query = format!("/events?workspace={}&limit=3&order={order}&after={after}", lived.acme.id);
            let page = lived.ask(query.trim_end_matches("&after=")).success();
            all.extend(page["data"].as_array().unwrap().clone());
            let Some(next) = page["page"]["next"].as_str() else { break };
            next.clone_into(&mut after);
        }
        if order == "desc" {
            all.reverse();
        }
        assert_eq!(all, whole, "{order}");
    }
}

#[test]
fn an_idempotency_key_finds_what_its_requests_caused_as_long_as_the_log_lives() {
    let lived = Lived::start();
    let of = |query: &str| lived.rows(query).iter().map(|row| row["data"]["message"].clone()).collect::<Vec<_>>();
    let mine = of(&format!("?idempotency_key=order-1&workspace={}&type=MessageQueued", lived.acme.id));
    assert_eq!(mine, [lived.sent.as_str()]);
    let charged = of(&format!("?idempotency_key=%22order-2%22&workspace={}&type=CreditCharged", lived.acme.id));
    assert_eq!(charged, [lived.failed.as_str()]);
    let everybody = lived.rows("?idempotency_key=order-1&type=MessageQueued");
    let workspaces: Vec<u64> = everybody.iter().map(|row| row["workspace"].as_u64().unwrap()).collect();
    assert_eq!(workspaces, [lived.acme.id, lived.globex.id]);
    // Of a commit that the range cuts in two, the half within it.
    let queued = position(&everybody[0]);
    let cut = format!("?idempotency_key=order-1&workspace={}&from={queued}&to={queued}", lived.acme.id);
    assert_eq!(lived.types(&cut), ["MessageQueued"]);
    assert_eq!(lived.types("?idempotency_key=order-3"), [""; 0]);
    assert_eq!(lived.types("?idempotency_key=order-1&workspace=4711"), [""; 0]);
}

#[test]
fn times_name_a_part_of_the_log_as_positions_do() {
    let lived = Lived::start();
    let all = lived.rows("?limit=500");
    let at = all[all.len() / 2]["recorded_at"].as_str().unwrap();
    let later: Vec<_> = all.iter().filter(|row| row["recorded_at"].as_str().unwrap() >= at).cloned().collect();
    let earlier: Vec<_> = all.iter().filter(|row| row["recorded_at"].as_str().unwrap() <= at).cloned().collect();
    assert_eq!(lived.rows(&format!("?limit=500&from={at}")), later);
    assert_eq!(lived.rows(&format!("?limit=500&to={at}")), earlier);
    let other_zone = at.replace('Z', "%2B00:00");
    assert_eq!(lived.rows(&format!("?limit=500&from={other_zone}")), later);
    let to = position(earlier.last().unwrap());
    assert_eq!(lived.rows(&format!("?limit=500&from={at}&to={to}")).len(), later.len() + earlier.len() - all.len());
    for nothing in ["?to=1999-01-01T00:00:00Z", "?from=2999-01-01T00:00:00Z", "?from=900000000", "?from=9&to=3"] {
        assert_eq!(lived.types(nothing), [""; 0], "{nothing}");
    }
}

#[test]
fn a_stream_is_listed_by_its_path_too() {
    let lived = Lived::start();
    let account = lived.acme.account("+12025550100")["id"].to_string();
    let listed = lived.ask(&format!("/streams/account/{account}?type=MessageSent&limit=1")).success();
    assert_eq!(
        listed["data"].as_array().unwrap().clone(),
        lived.rows(&format!("?stream=account/{account}&type=MessageSent&limit=1"))
    );
    let webhook = lived.ask(&format!("/streams/webhook/{}01", lived.acme.id)).success();
    assert_eq!(webhook["data"][0]["type"], "WebhookConfigured");
    for unknown in ["/streams/account/47110001", "/streams/door/1001", "/streams/chat/x"] {
        let answer = lived.ask(unknown);
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!("stream_not_found")), "{unknown}");
    }
    let other = lived.ask(&format!("/streams/account/{account}?stream=workspace/1001"));
    assert_eq!((other.status, &other.json()["error"]["param"]), (400, &json!("stream")));
}

#[test]
fn what_cannot_be_searched_for_is_refused_with_the_parameter() {
    let lived = Lived::start();
    for (query, param) in [
        ("from=yesterday", "from"),
        ("to=2026-13-01T00:00:00Z", "to"),
        ("stream=door/1", "stream"),
        ("type=MessageSend", "type"),
        ("workspace=acme", "workspace"),
        ("message=4711", "message"),
        ("order=up", "order"),
        ("limit=501", "limit"),
        ("after=x", "after"),
    ] {
        let answer = lived.ask(&format!("/events?{query}"));
        assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!(param)), "{query}: {answer:?}");
    }
    let unknown = lived.ask("/events?type=MessageSend").json();
    assert!(unknown["error"]["hint"].as_str().unwrap().contains("MessageSent"), "{unknown}");
    for line in ["events ls --type MessageSend", "events ls --from yesterday", "events ls --message 4711"] {
        let finished = lived.server.command(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(finished.code, Some(2), "{line}: {finished:?}");
    }
}

#[test]
fn every_filter_finds_the_same_beside_a_running_gateway_and_after_it() {
    let mut lived = Lived::start();
    let at = lived.rows("?limit=500")[20]["recorded_at"].as_str().unwrap().to_owned();
    let (acme, sent) = (lived.acme.id, lived.sent.clone());
    let lines = [
        format!("events ls --from {at}"),
        format!("events ls --to {at} --order desc --limit 3"),
        format!("events ls --message {sent}"),
        format!("events ls --message {sent} --type DeliverySucceeded"),
        format!("events ls --workspace {acme} --type CreditRefunded"),
        format!("events ls --stream workspace/{acme} --from 3 --to {at}"),
        "events ls --idempotency-key order-1".to_owned(),
        format!("--json events ls --idempotency-key order-1 --workspace {acme} --order desc"),
        format!("events tail -n 2 --workspace {acme} --type CreditCharged"),
        format!("events tail --from 5 --message {sent}"),
        "events show 3".to_owned(),
    ];
    let all = |server: &Server| {
        lines.each_ref().map(|line| {
            let finished = server.command(&line.split(' ').collect::<Vec<_>>());
            assert_eq!((finished.code, finished.stdout.is_empty()), (Some(0), false), "{line}: {finished:?}");
            finished.stdout
        })
    };
    let beside = all(&lived.server);
    assert_eq!(lived.server.sigterm(), Some(0));
    assert_eq!(beside, all(&lived.server));
    let nothing = lived.server.command(&["events", "ls", "--to", "1999-01-01T00:00:00Z"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(0), ""), "{nothing:?}");
}

/// Lists some events, and returns their positions and what stderr says.
fn listed(server: &Server, line: &str) -> (Vec<u64>, String) {
    let finished = server.command(&[&["--json"][..], &line.split(' ').collect::<Vec<_>>()].concat());
    assert_eq!(finished.code, Some(0), "{line}: {finished:?}");
    let rows = finished.stdout.lines().map(|row| position(&serde_json::from_str(row).unwrap()));
    (rows.collect(), finished.stderr)
}

#[test]
fn a_list_that_is_cut_says_so_and_how_it_goes_on() {
    let mut lived = Lived::start();
    let all: Vec<u64> = lived.rows("?limit=500").iter().map(position).collect();
    for running in [true, false] {
        if !running {
            assert_eq!(lived.server.sigterm(), Some(0));
        }
        let people = lived.server.command(&["events", "ls", "--limit", "3"]);
        assert_eq!(people.stderr, "Shown: 3. There are more: --from 4\n", "{people:?}");
        let more = |option: String| json!({"more": {"shown": 3, "option": option}}).to_string() + "\n";
        let last = *all.last().unwrap();
        let (rows, stderr) = listed(&lived.server, "events ls --limit 3 --order desc");
        assert_eq!((rows, stderr), (vec![last, last - 1, last - 2], more(format!("--to {}", last - 3))));
        let (mut rows, mut stderr) = listed(&lived.server, "events ls --limit 3 --type CreditCharged");
        assert_eq!((rows.len(), stderr.as_str()), (3, ""), "three messages were charged");
        (rows, stderr) = listed(&lived.server, "events ls --limit 3");
        assert_eq!((&rows[..], stderr), (&all[..3], more("--from 4".to_owned())));
        let whole = format!("events ls --limit {} --to {last}", all.len());
        assert_eq!(listed(&lived.server, &whole), (all.clone(), String::new()));
    }
}
