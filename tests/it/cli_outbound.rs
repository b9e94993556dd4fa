//! Tests each `tidings outbound` command against a running gateway: the receiver's settings, tries, and owed reports.

use serde_json::{Value, json};

use crate::harness::process::{Environment, Finished};
use crate::harness::{Process, Request, SOON, Server, Setup, Workspace, wait_until};

const USAGE: Option<i32> = Some(2);
const FAILED: Option<i32> = Some(1);
const NOT_FOUND: Option<i32> = Some(3);
const NOT_ALLOWED: Option<i32> = Some(4);
const PHONE: &str = "+12025550101";
const CLOCK_RATE: u32 = 60;

/// A workspace with one account, its owner's command line, and one of the simulator's receivers.
struct Owner {
    workspace: Workspace,
    server: Server,
}

impl Owner {
    fn new() -> Self {
        let server = Setup::new().clock_rate(CLOCK_RATE).start();
        Self { workspace: server.workspace(), server }
    }

    /// An owner whose reports go to the receiver.
    fn reporting() -> Self {
        let owner = Self::new();
        owner.object(&format!("set --to {}", owner.receiver()));
        owner
    }

    fn receiver(&self) -> String {
        format!("http://127.0.0.1:{}/sim/v1/echo/crm", self.server.port)
    }

    fn run(&self, line: &str) -> Finished {
        let words = ["outbound"].into_iter().chain(line.split(' ')).chain(["--api-key", &self.workspace.api_key]);
        self.server.command(&words.collect::<Vec<_>>())
    }

    fn told(&self, line: &str) -> String {
        let finished = self.run(line);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        finished.stdout
    }

    fn object(&self, line: &str) -> Value {
        let told = self.told(&format!("{line} --json"));
        serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told}"))
    }

    /// Waits until the webhook satisfies the condition, and returns it.
    fn until(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        wait_until(what, SOON, || Some(self.object("show")).filter(&is_so))
    }

    fn receiver_answers(&self, status: u16) {
        let settings = Request::new("PUT", "/sim/v1/echo/crm/settings").json(&json!({"status": status}));
        self.server.http().ask(&settings).success();
    }

    /// Waits for at least `count` requests at the receiver, and returns them, the newest first.
    fn received(&self, count: usize) -> Vec<Value> {
        wait_until("reports arrive", SOON, || {
            let kept = self.server.http().ask(&Request::get("/sim/v1/echo/crm/requests")).success();
            kept["data"].as_array().filter(|kept| kept.len() >= count).cloned()
        })
    }
}

#[test]
fn the_first_url_switches_it_on_and_what_is_said_is_reported() {
    let owner = Owner::new();
    assert_eq!(owner.object("show")["url"], Value::Null);
    let set = owner.object(&format!("set --to {}", owner.receiver()));
    assert_eq!((&set["url"], &set["enabled"]), (&json!(owner.receiver()), &json!(true)));

    owner.workspace.send(PHONE, "hi");

    let received = owner.received(1);
    assert!(received[0]["body"].as_str().unwrap().contains("\"text\":\"hi\""), "{received:?}");
    let shown = owner.until("nothing is owed", |shown| shown["owed"] == 0);
    assert_eq!(shown["errors_in_a_row"], 0);
    let told = owner.told("show");
    assert!(told.starts_with("URL") && told.contains("Errors in a row  0"), "{told}");
    assert_eq!(owner.object("set --no-url")["url"], Value::Null);
}

#[test]
fn a_test_shows_what_came_back_and_fails_with_its_receiver() {
    let owner = Owner::reporting();
    let tried = owner.object("test");
    assert_eq!((&tried["response"]["status"], &tried["error"]), (&json!(200), &Value::Null));

    owner.receiver_answers(500);
    let failed = owner.run("test");
    assert_eq!(failed.code, FAILED, "{failed:?}");
    assert!(failed.stdout.contains("500") && failed.stderr.contains("report_http_error"), "{failed:?}");
    let shown = owner.object("show");
    assert_eq!((&shown["errors_in_a_row"], &shown["owed"]), (&json!(0), &json!(0)));
}

#[test]
fn the_last_tries_are_listed_shown_and_saved_in_every_format() {
    let owner = Owner::reporting();
    let none = owner.run("tries");
    assert!(none.stdout.is_empty() && none.stderr.contains("Nothing was tried yet"), "{none:?}");
    owner.receiver_answers(503);
    let ids: Vec<Value> = (0..2).map(|_| owner.run("test --json")).map(|run| first_of(&run)["id"].clone()).collect();

    let listed = owner.told("tries");
    assert!(listed.starts_with("ID") && listed.lines().count() == 3 && listed.contains("503"), "{listed}");
    assert_eq!(owner.told("tries --limit 1").lines().count(), 2);
    let tried = owner.object(&format!("try {}", ids[0].as_str().unwrap()));
    assert_eq!((&tried["id"], &tried["response"]["status"]), (&ids[0], &json!(503)));
    assert!(owner.told(&format!("try {}", ids[0].as_str().unwrap())).contains("webhook-signature"));
    for (format, begin) in [("json", "["), ("csv", "\u{feff}id,"), ("txt", "")] {
        let saved = owner.told(&format!("log --format {format}"));
        assert!(saved.starts_with(begin) && saved.contains("report_http_error"), "{format}: {saved}");
    }
    assert_eq!(owner.run("try try_0").code, NOT_FOUND);
}

#[test]
fn what_is_owed_is_listed_and_one_of_it_is_given_up() {
    let owner = Owner::reporting();
    let none = owner.run("deliveries");
    assert!(none.stdout.is_empty() && none.stderr.contains("Nothing is owed or parked"), "{none:?}");
    owner.receiver_answers(500);
    owner.workspace.send(PHONE, "hi");
    owner.until("it failed", |shown| shown["errors_in_a_row"] != 0 && shown["owed"] == 1);

    let listed = owner.told("deliveries --state owed");
    assert!(listed.starts_with("DELIVERY") && listed.lines().count() == 2, "{listed}");
    assert_eq!(owner.run("deliveries --state parked").stdout, "");
    let delivery = listed.lines().nth(1).and_then(|line| line.split_whitespace().next()).unwrap().to_owned();
    assert!(owner.told(&format!("discard {delivery} --reason known")).contains(&delivery));
    owner.until("nothing is owed", |shown| shown["owed"] == 0);
    let again = owner.run(&format!("discard {delivery}"));
    assert!(again.code == FAILED && again.stderr.contains("neither owed nor parked"), "{again:?}");
    assert_eq!(owner.run("discard dlv_0000000000000001").code, NOT_FOUND);
}

/// Parses the first line of standard output, a JSON object even where the command failed.
fn first_of(finished: &Finished) -> Value {
    let line = finished.stdout.lines().next().unwrap_or_default();
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {finished:?}"))
}

#[test]
fn what_is_owed_while_it_is_off_is_sent_or_given_up_as_told() {
    let owner = Owner::reporting();
    let off = owner.object("disable --reason maintenance");
    assert_eq!(off["enabled"], false);
    owner.workspace.send(PHONE, "kept");
    owner.until("a report is owed", |shown| shown["owed"] == 1);
    assert_eq!(owner.object("enable --backlog send")["enabled"], true);
    assert!(owner.received(1)[0]["body"].as_str().unwrap().contains("kept"));

    owner.object("disable");
    owner.workspace.send(PHONE, "given up");
    owner.until("a report is owed", |shown| shown["owed"] == 1);
    assert_eq!(owner.object("enable --backlog discard --reason stale")["owed"], 0);
    owner.object("test");
    assert_eq!(owner.received(2).len(), 2, "the first report and the test");
}

#[test]
fn errors_are_forgotten_and_the_next_try_is_made_at_once() {
    let owner = Owner::reporting();
    owner.receiver_answers(500);
    owner.workspace.send(PHONE, "hi");
    owner.until("a try fails", |shown| shown["errors_in_a_row"].as_u64().is_some_and(|errors| errors > 0));
    owner.receiver_answers(200);
    assert_eq!(owner.object("reset-errors")["errors_in_a_row"], 0);
    owner.until("the report arrives", |shown| shown["owed"] == 0);
}

#[test]
fn what_is_gathered_is_reported_when_it_is_flushed() {
    let owner = Owner::reporting();
    assert_eq!(owner.object("set --aggregation 24h")["aggregation"], "24h");
    owner.workspace.send(PHONE, "gathered");
    owner.until("a window is open", |shown| shown["open_windows"] == 1);
    assert_eq!(owner.object("flush")["flushed"], 1);
    assert!(owner.received(1)[0]["body"].as_str().unwrap().contains("\"aggregation\""));
    assert_eq!(owner.told("recover"), "Tried again  0\n");
    assert_eq!(owner.run("recover --since yesterday").code, FAILED);
}

#[test]
fn a_delivery_is_posted_once_more() {
    let owner = Owner::reporting();
    owner.workspace.send(PHONE, "twice");
    let delivery = owner.received(1)[0]["headers"]["webhook-id"].as_str().unwrap().to_owned();
    owner.until("it is not owed", |shown| shown["owed"] == 0);

    assert_eq!(owner.object(&format!("resend {delivery}"))["delivery_id"], json!(delivery));

    let received = owner.received(2);
    assert_eq!((&received[0]["body"], &received[0]["headers"]["webhook-id"]), (&received[1]["body"], &json!(delivery)));
    for unknown in ["dlv_0123456789ABCDEF", "17"] {
        assert_eq!(owner.run(&format!("resend {unknown}")).code, NOT_FOUND, "{unknown}");
    }
}

#[test]
fn the_key_is_shown_and_replaced() {
    let owner = Owner::reporting();
    let before = owner.object("secret")["secret"].clone();
    assert!(before.as_str().unwrap().starts_with("whsec_"));
    let after = owner.object("rotate-secret");
    assert_ne!(after["secret"], before);
    assert!(after["previous_valid_until"].is_string(), "{after}");
    assert!(owner.told("secret").contains(after["secret"].as_str().unwrap()));
}

#[test]
fn a_receiver_that_is_gone_switches_it_off_and_the_owner_is_mailed() {
    let owner = Owner::reporting();
    assert!(owner.run("mails").stderr.contains("No e-mail"));
    owner.receiver_answers(410);
    owner.workspace.send(PHONE, "hi");
    owner.until("it is off", |shown| shown["enabled"] == false);
    let mails = wait_until("the owner is mailed", SOON, || Some(owner.told("mails")).filter(|told| !told.is_empty()));
    assert!(mails.starts_with("AT") && mails.contains("kept"), "{mails}");
}

#[test]
fn what_is_refused_says_so_by_its_exit_code() {
    let owner = Owner::new();
    let no_url = owner.run("test");
    assert_eq!(no_url.code, FAILED, "{no_url:?}");
    let no_address = owner.run("set --to crm.example");
    assert!(no_address.code == FAILED && no_address.stderr.contains("https://crm.example"), "{no_address:?}");
    assert_eq!(owner.run("set").code, USAGE);
    let stranger = owner.server.command(&["outbound", "show", "--api-key", "wsk_wrong"]);
    assert_eq!(stranger.code, NOT_ALLOWED, "{stranger:?}");
}

#[test]
fn a_listener_with_the_api_key_verifies_without_being_told_the_signing_key() {
    let server = Setup::new().set("TIDINGS_GUARD__ALLOW_NETWORKS", "127.0.0.0/8").start();
    let owner = Owner { workspace: server.workspace(), server };
    let environment: Environment = vec![
        ("TIDINGS_API_KEY".to_owned(), owner.workspace.api_key.clone()),
        ("TIDINGS_URL".to_owned(), format!("http://127.0.0.1:{}", owner.server.port)),
    ];
    let listener = Process::start(&["listen", "--listen", "127.0.0.1:0"], &environment, owner.server.dir());
    let address = wait_until("the listener says where it is", SOON, || {
        let output = listener.output();
        let (_, rest) = output.split_once("Receiving at ")?;
        rest.split_once(' ').map(|(address, _)| address.to_owned())
    });
    owner.object(&format!("set --to {address}"));
    owner.object("test");
    let output =
        wait_until("the test is told", SOON, || Some(listener.output()).filter(|told| told.contains("  200  ")));
    assert!(output.contains("  200  valid  ") && !output.contains("whsec_"), "{output}");
}

#[test]
fn a_listener_that_finds_no_gateway_listens_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let environment: Environment = vec![
        ("TIDINGS_API_KEY".to_owned(), "wsk_unused".to_owned()),
        ("TIDINGS_URL".to_owned(), "http://127.0.0.1:1".to_owned()),
    ];
    let listener = Process::start(&["listen", "--listen", "127.0.0.1:0"], &environment, dir.path());
    let output =
        wait_until("it listens", SOON, || Some(listener.output()).filter(|told| told.contains("Receiving at")));
    assert!(output.contains("Signatures are not verified") && !output.contains("wsk_unused"), "{output}");
}
