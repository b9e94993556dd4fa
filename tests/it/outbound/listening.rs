//! Listening to reports on the gateway's machine: nothing is set, nothing is owed to who has gone, and the real receiver
//! loses nothing.

use serde_json::{Value, json};

use super::owner::{Owner, events};
use super::receiver::{Receiver, status};
use crate::harness::client::Workspace;
use crate::harness::described::check_report;
use crate::harness::{ACCOUNT_PHONE, Answer, Follower, Process, Request, SOON, Server, Setup, wait_until};

const PHONE: &str = "+12025550101";
const NO_URL: &str = "no URL is set";

pub(super) fn setup() -> Setup {
    Setup::new().set("TIDINGS_GUARD__ALLOW_NETWORKS", "127.0.0.0/8")
}

pub(super) fn owner(setup: Setup) -> (Server, Owner) {
    let server = setup.start();
    let owner = Owner::of(server.workspace());
    (server, owner)
}

/// Starts `tidings listen` with these flags, and waits until it says these words.
fn listen(server: &Server, owner: &Owner, flags: &str, name: &str, words: &str) -> Process {
    let flags = flags.split(' ').filter(|flag| !flag.is_empty());
    let args: Vec<&str> = ["listen", "--api-key", &owner.workspace.api_key].into_iter().chain(flags).collect();
    let process = server.beside(&args, name);
    wait_until("it says what it receives", SOON, || process.output().contains(words).then_some(()));
    process
}

/// Lets a contact write.
pub(super) fn hear(server: &Server, text: &str) {
    server.simulator().receive(ACCOUNT_PHONE, PHONE, text);
}

/// Waits for the line that tells of this text, and returns it.
fn line(listener: &Process, text: &str) -> String {
    let quoted = format!("\"{text}\"");
    wait_until(&format!("{text} is told"), SOON, || {
        listener.output().lines().find(|line| line.contains(&quoted)).map(str::to_owned)
    })
}

/// Waits until the receiver has this text.
pub(super) fn arrived(receiver: &Receiver, text: &str) {
    wait_until(&format!("{text} arrives"), SOON, || {
        receiver.arrived().iter().any(|report| report.texts() == [text]).then_some(())
    });
}

pub(super) fn texts(receiver: &Receiver) -> Vec<String> {
    receiver.arrived().iter().flat_map(super::receiver::Arrived::texts).collect()
}

/// Listens as a program of one's own does.
pub(super) fn open(server: &Server, workspace: &Workspace, query: &str) -> Follower {
    Follower::open_without_ids(&server.http(), &workspace.api("GET", &format!("/outbound/listen{query}")))
}

pub(super) fn answer(workspace: &Workspace, report: &Value, body: &Value) -> Answer {
    let path = format!("/outbound/listen/{}", report["number"]);
    workspace.ask(&workspace.api("POST", &path).json(body))
}

pub(super) fn untouched(owner: &Owner, url: Option<&str>) {
    let shown = owner.shown();
    assert_eq!((&shown["url"], &shown["enabled"]), (&json!(url), &json!(url.is_some())), "{shown}");
    assert_eq!((&shown["owed"], &shown["errors_in_a_row"]), (&json!(0), &json!(0)), "{shown}");
}

#[test]
fn without_a_url_whoever_listens_is_the_receiver_and_nothing_is_owed_once_it_has_gone() {
    let (server, owner) = owner(setup());
    let mut listener = listen(&server, &owner, "", "one", NO_URL);
    hear(&server, "first");
    assert!(line(&listener, "first").contains("  200  valid    received "), "{}", listener.output());
    owner.workspace.send(PHONE, "second");
    assert!(line(&listener, "second").contains("  200  valid    sent "));
    untouched(&owner, None);
    let tries = owner.tries();
    assert!(
        tries.iter().all(|tried| tried["url"] == "tidings:listen" && tried["response"]["status"] == 200),
        "{tries:?}"
    );
    assert_eq!(owner.post("/test")["response"]["status"], 200);

    listener.kill9();
    wait_until("its end is noticed", SOON, || (!events(&server, "ListeningEnded").is_empty()).then_some(()));
    hear(&server, "to nobody");
    untouched(&owner, None);
    let again = listen(&server, &owner, "", "two", NO_URL);
    hear(&server, "third");
    line(&again, "third");
    assert!(!again.output().contains("to nobody") && !again.output().contains("first"), "{}", again.output());
    assert!(events(&server, "WebhookConfigured").is_empty() && events(&server, "WebhookEnabled").is_empty());
}

#[test]
fn with_a_url_it_gets_copies_and_its_answers_count_for_nothing() {
    let receiver = Receiver::start(|_| status(204));
    let (server, owner) = owner(setup());
    let url = receiver.url("/hook");
    owner.set(&json!({"url": url}));
    let listener =
        listen(&server, &owner, "--answer 500", "one", &format!("the reports go to {url}, whose answers count"));

    hear(&server, "hello");
    arrived(&receiver, "hello");
    assert!(line(&listener, "hello").contains("  copy  valid    received "), "{}", listener.output());
    owner.wait_until_told();
    untouched(&owner, Some(&url));
    assert_eq!(owner.tries()[0]["response"]["status"], 204);
}

#[test]
fn instead_of_a_url_it_receives_and_the_url_gets_what_comes_later() {
    let receiver = Receiver::start(|_| status(204));
    let (server, owner) = owner(setup());
    let url = receiver.url("/hook");
    owner.set(&json!({"url": url}));
    let mut listener = listen(&server, &owner, "--instead", "one", &format!("in place of {url}"));

    hear(&server, "for the listener");
    assert!(line(&listener, "for the listener").contains("  200  valid "), "{}", listener.output());
    assert_eq!(listener.sigterm(), Some(0));
    hear(&server, "for the receiver");
    arrived(&receiver, "for the receiver");
    assert_eq!(texts(&receiver), ["for the receiver"]);
    untouched(&owner, Some(&url));
}

#[test]
fn what_a_listener_has_not_answered_when_it_goes_reaches_the_url_in_the_same_try() {
    let receiver = Receiver::start(|_| status(204));
    let (server, owner) = owner(setup());
    let url = receiver.url("/hook");
    owner.set(&json!({"url": url}));
    let mut listener = open(&server, &owner.workspace, "?instead=true");
    let standing = listener.next().unwrap();
    assert_eq!(
        (&*standing.event, &standing.data["receives"], &standing.data["url"]),
        ("standing", &json!("reports"), &json!(url))
    );

    hear(&server, "unanswered");
    let report = listener.next().unwrap();
    assert_eq!((&*report.event, &report.data["counts"]), ("report", &json!(true)));
    assert!(report.data["body"].as_str().unwrap().contains("unanswered"), "{report:?}");
    drop(listener);
    arrived(&receiver, "unanswered");
    owner.wait_until_told();
    untouched(&owner, Some(&url));
    assert_eq!(events(&server, "DeliveryFailed"), [Value::Null; 0]);
    assert_eq!(answer(&owner.workspace, &report.data, &json!({"status": 200})).status, 404);
}

#[test]
fn whatever_a_listener_answers_in_place_of_the_url_the_webhook_stays_on_and_goes_on_once_it_has_gone() {
    let receiver = Receiver::start(|_| status(204));
    let (server, owner) = owner(setup());
    let url = receiver.url("/hook");
    owner.set(&json!({"url": url}));
    let mut listener = listen(&server, &owner, "--instead --answer 410", "one", &format!("in place of {url}"));
    hear(&server, "refused here");
    assert!(line(&listener, "refused here").contains("  410  "), "{}", listener.output());
    wait_until("it counts", SOON, || (owner.shown()["errors_in_a_row"] == 1).then_some(()));
    assert_eq!(owner.shown()["enabled"], true);
    listener.kill9();
    arrived(&receiver, "refused here");
    owner.wait_until_told();
    untouched(&owner, Some(&url));
    assert_eq!(owner.workspace.rows("/outbox"), [Value::Null; 0]);
}

#[test]
fn whoever_does_not_answer_in_time_gives_way_to_the_url() {
    let receiver = Receiver::start(|_| status(204));
    let (server, owner) = owner(setup().set("TIDINGS_OUTBOUND__TIMEOUT_S", "1"));
    owner.set(&json!({"url": receiver.url("/hook")}));
    let mut asleep = open(&server, &owner.workspace, "?instead=true");
    assert_eq!(asleep.next().unwrap().data["receives"], "reports");
    hear(&server, "unheard");
    arrived(&receiver, "unheard");
    assert_eq!(asleep.until("standing").pop().unwrap().data["receives"], "copies");
    assert_eq!(events(&server, "DeliveryFailed"), [Value::Null; 0]);
}

#[test]
fn what_was_owed_before_somebody_listened_in_place_of_the_url_stays_owed_to_the_url() {
    let receiver = Receiver::start(|_| status(204));
    let (server, owner) = owner(setup());
    let url = receiver.url("/hook");
    owner.set(&json!({"url": url, "enabled": false}));
    hear(&server, "before");
    wait_until("it is owed", SOON, || (owner.shown()["owed"] == 1).then_some(()));
    let listener = listen(&server, &owner, "--instead", "one", "the webhook is switched off");
    owner.set(&json!({"enabled": true}));
    arrived(&receiver, "before");
    hear(&server, "after");
    line(&listener, "after");
    assert_eq!(texts(&receiver), ["before"]);
}

#[test]
fn a_chat_is_new_to_listeners_once() {
    let (server, owner) = owner(setup());
    let mut listener = open(&server, &owner.workspace, "");
    for is_new in [true, false] {
        hear(&server, "hello");
        let report = listener.until("report").pop().unwrap().data;
        let body: Value = serde_json::from_str(report["body"].as_str().unwrap()).unwrap();
        check_report(&body);
        assert_eq!(body["chat"]["is_new_chat"], is_new);
        answer(&owner.workspace, &report, &json!({"status": 200})).success();
    }
}

#[test]
fn an_answer_is_what_a_receiver_would_have_answered() {
    let (server, owner) = owner(setup());
    let mut listener = open(&server, &owner.workspace, "");
    assert_eq!(
        listener.next().unwrap().data,
        json!({"receives": "reports", "another": false, "url": null, "missed": 0, "next_try_at": null})
    );
    hear(&server, "busy");
    let report = listener.next().unwrap().data;
    let mine = |status: u16| json!({"status": status, "headers": {"Retry-After": "2"}, "body": "later"});
    for status in [199, 600, 0] {
        assert_eq!(answer(&owner.workspace, &report, &mine(status)).status, 400, "{status}");
    }
    let other = server.create_workspace("Other", 1);
    assert_eq!(answer(&other, &report, &mine(200)).status, 404, "of another workspace");
    answer(&owner.workspace, &report, &mine(503)).success();
    assert_eq!(answer(&owner.workspace, &report, &mine(200)).status, 404, "answered already");

    let tried = owner.tried();
    assert!(tried["error"].as_str().unwrap().starts_with("report_http_error: "), "{tried}");
    assert_eq!(
        (&tried["response"]["headers"]["retry-after"], &tried["response"]["body"]),
        (&json!("2"), &json!("later"))
    );
    let again = listener.until("report").pop().unwrap().data;
    assert_eq!((&again["headers"]["webhook-id"], &again["body"]), (&report["headers"]["webhook-id"], &report["body"]));
    answer(&owner.workspace, &again, &json!({"status": 204})).success();
    wait_until("it is taken", SOON, || (owner.tries().len() == 2).then_some(()));
    untouched(&owner, None);
}

#[test]
fn of_two_listeners_the_first_answers_until_it_goes() {
    let (server, owner) = owner(setup());
    let mut first = listen(&server, &owner, "", "first", NO_URL);
    let second = listen(&server, &owner, "", "second", "another listener answers");
    hear(&server, "one");
    assert!(line(&first, "one").contains("  200  valid ") && line(&second, "one").contains("  copy  valid "));
    first.kill9();
    wait_until("the second one follows", SOON, || second.output().contains(NO_URL).then_some(()));
    hear(&server, "two");
    assert!(line(&second, "two").contains("  200  valid "), "{}", second.output());
    untouched(&owner, None);
}

#[test]
fn a_listener_that_fails_too_often_gets_no_more_and_the_owner_no_mail() {
    let (server, owner) = owner(setup().set("TIDINGS_OUTBOUND__RETRY_S", "0"));
    let listener = listen(&server, &owner, "--answer 500", "one", NO_URL);
    hear(&server, "refused");
    wait_until("it is told", SOON, || listener.output().contains("Receiving nothing more").then_some(()));
    untouched(&owner, None);
    assert_eq!(owner.workspace.rows("/outbox"), [Value::Null; 0]);
    let again = listen(&server, &owner, "", "two", "Receiving copies");
    drop(listener);
    wait_until("it answers now", SOON, || again.output().contains(NO_URL).then_some(()));
    hear(&server, "accepted");
    assert!(line(&again, "accepted").contains("  200  valid "), "{}", again.output());
}

#[test]
fn a_url_that_is_set_meanwhile_is_the_receiver() {
    let receiver = Receiver::start(|_| status(204));
    let (server, owner) = owner(setup());
    let listener = listen(&server, &owner, "", "one", NO_URL);
    let url = receiver.url("/hook");
    owner.set(&json!({"url": url}));
    wait_until("it says so", SOON, || listener.output().contains("Receiving copies: the reports go to").then_some(()));
    hear(&server, "hello");
    arrived(&receiver, "hello");
    assert!(line(&listener, "hello").contains("  copy  "), "{}", listener.output());
    owner.set(&json!({"enabled": false}));
    wait_until("it says so", SOON, || listener.output().contains("the webhook is switched off").then_some(()));
}

#[test]
fn after_a_crash_of_the_gateway_nothing_is_owed_and_the_listener_comes_back() {
    let (mut server, owner) = owner(setup());
    let mut silent = open(&server, &owner.workspace, "");
    silent.next().unwrap();
    hear(&server, "before");
    assert_eq!(silent.next().unwrap().event, "report");
    let listener = listen(&server, &owner, "", "one", "another listener answers");
    server.kill9();
    drop(silent);
    wait_until("it is noticed", SOON, || listener.output().contains("trying to reach it again").then_some(()));
    server.restart();
    wait_until("it is back", SOON, || listener.output().contains(NO_URL).then_some(()));
    hear(&server, "after");
    line(&listener, "after");
    untouched(&owner, None);
    assert!(!listener.output().contains("\"before\""), "{}", listener.output());
}

#[test]
fn a_stop_of_the_gateway_leaves_what_a_listener_holds_to_the_url_and_without_one_to_nobody() {
    for has_url in [true, false] {
        let receiver = Receiver::start(|_| status(204));
        let (mut server, owner) = owner(setup());
        let url = has_url.then(|| receiver.url("/hook"));
        owner.set(&json!({"url": url}));
        let mut silent = open(&server, &owner.workspace, if has_url { "?instead=true" } else { "" });
        silent.next().unwrap();
        hear(&server, "held");
        assert_eq!(silent.until("report").pop().unwrap().data["counts"], true);
        assert_eq!(server.sigterm(), Some(0));
        drop(silent);
        server.restart();
        if has_url {
            arrived(&receiver, "held");
        }
        owner.wait_until_told();
        untouched(&owner, url.as_deref());
        assert_eq!(texts(&receiver).len(), usize::from(has_url));
    }
}

#[test]
fn only_programs_on_this_machine_listen_and_only_with_the_key() {
    let (server, owner) = owner(setup());
    let listen = |request: Request| server.http().ask(&request);
    let get = || owner.workspace.api("GET", "/outbound/listen");
    assert_eq!(listen(Request::get("/api/v1/outbound/listen")).status, 401);
    for (name, value) in [("X-Forwarded-For", "192.0.2.7"), ("Origin", "https://evil.example")] {
        let refused = listen(get().header(name, value));
        assert_eq!((refused.status, &refused.json()["error"]["code"]), (403, &json!("other_machine")), "{name}");
        let answer =
            owner.workspace.api("POST", "/outbound/listen/1").header(name, value).json(&json!({"status": 200}));
        assert_eq!(listen(answer).status, 403, "{name}");
    }
    let odd = listen(owner.workspace.api("GET", "/outbound/listen?instead=perhaps"));
    assert_eq!((odd.status, &odd.json()["error"]["param"]), (400, &json!("instead")));

    let made = owner.workspace.ask(&owner.workspace.api("POST", "/keys").json(&json!({"name": "new"}))).success();
    let with_it = Request::get("/api/v1/outbound/listen").bearer(made["key"].as_str().unwrap());
    let mut follower = Follower::open_without_ids(&server.http(), &with_it);
    follower.next().unwrap();
    listen(owner.workspace.api("DELETE", &format!("/keys/{}", made["id"]))).success();
    assert_eq!(follower.next(), None, "a revoked key hears nothing more");
}
