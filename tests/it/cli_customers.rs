//! Tests the commands for operators and customers: output, refusals, and that no secret leaks.

use serde_json::Value;

use crate::harness::process::{Environment, Finished, free_port, run};
use crate::harness::{ACCOUNT_PHONE, ADMIN_KEY, Server};

const NOT_FOUND: Option<i32> = Some(3);
const NOT_ALLOWED: Option<i32> = Some(4);
const UNREACHABLE: Option<i32> = Some(5);

/// A workspace created on the command line, with the credentials that its owner got.
struct Customer {
    server: Server,
    id: String,
    key: String,
    inbound_url: String,
}

impl Customer {
    fn new(credits: &str) -> Self {
        let server = Server::start();
        let words = ["workspace", "create", "--name", "Acme", "--owner-name", "Ada Doe", "--owner-email"];
        let created = server.command(&[&words[..], &["ada@acme.example", "--credits", credits, "--json"]].concat());
        let view = object(&created);
        let text = |name: &str| view[name].as_str().unwrap_or_else(|| panic!("no {name}: {view}")).to_owned();
        let (key, inbound_url) = (text("api_key"), text("inbound_url"));
        Self { id: view["workspace_id"].to_string(), key, inbound_url, server }
    }

    fn run(&self, words: &[&str]) -> Finished {
        self.server.command(&[words, &["--api-key", &self.key]].concat())
    }

    fn connect(&self) -> Finished {
        let words = ["account", "connect", "--phone", ACCOUNT_PHONE, "--full-name", "Acme Sales", "--email"];
        self.run(&[&words[..], &["sales@acme.example"]].concat())
    }
}

fn stdout(finished: &Finished) -> &str {
    assert_eq!(finished.code, Some(0), "{finished:?}");
    &finished.stdout
}

fn object(finished: &Finished) -> Value {
    let text = stdout(finished);
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {finished:?}"))
}

#[test]
fn a_workspace_is_created_and_its_inbound_url_takes_messages() {
    let customer = Customer::new("10");
    assert_eq!(customer.connect().code, Some(0));

    let (_, path) = customer.inbound_url.split_once("/in/").unwrap();
    let body = crate::harness::client::message("+12025550101", "Hello");
    let answer = customer.server.http().ask(&crate::harness::Request::post(format!("/in/{path}")).json(&body));
    answer.message_id();

    assert_eq!(stdout(&customer.run(&["credits", "balance"])), "Credits  9\n");
    let ledger = customer.run(&["credits", "ledger"]);
    let lines: Vec<&str> = stdout(&ledger).lines().collect();
    assert!(lines[0].starts_with("AT") && lines[1].contains("charged") && lines[2].contains("granted"), "{ledger:?}");
    assert_eq!(lines.len(), 3, "{ledger:?}");
}

#[test]
fn people_are_told_that_the_key_is_shown_only_now() {
    let server = Server::start();
    let words =
        ["workspace", "create", "--name", "Acme", "--owner-name", "Ada Doe", "--owner-email", "ada@acme.example"];
    let created = server.command(&words);
    let labels: Vec<&str> = stdout(&created).lines().filter_map(|line| line.split("  ").next()).collect();
    assert_eq!(labels, ["Workspace", "API key", "Inbound URL"]);
    assert!(created.stderr.contains("only now"), "{created:?}");
}

#[test]
fn credits_are_granted_by_the_operator_and_by_nobody_else() {
    let customer = Customer::new("1");
    let grant = ["credits", "grant", &customer.id, "5", "--reason", "monthly quota"];

    assert_eq!(stdout(&customer.server.command(&grant)), "Credits  6\n");
    let by_key = customer.server.command(&[&grant[..], &["--admin-key", &customer.key]].concat());
    assert_eq!(by_key.code, NOT_ALLOWED, "{by_key:?}");
    let unknown = customer.server.command(&["credits", "grant", "9999", "5", "--reason", "quota"]);
    assert_eq!(unknown.code, NOT_FOUND, "{unknown:?}");
    assert!(unknown.stderr.contains("workspace_not_found"), "{unknown:?}");
    assert_eq!(stdout(&customer.run(&["credits", "balance"])), "Credits  6\n");
}

#[test]
fn an_account_is_shown_by_its_id_and_by_its_phone() {
    let customer = Customer::new("1");
    let none = customer.run(&["account", "list"]);
    assert!(stdout(&none).is_empty() && none.stderr.contains("No account"), "{none:?}");

    customer.connect();
    let listed = object(&customer.run(&["account", "list", "--json"]));
    let id = listed["id"].to_string();
    for named in [&*id, ACCOUNT_PHONE, "+1 (202) 555-0100"] {
        assert_eq!(object(&customer.run(&["account", "show", named, "--json"])), listed, "{named}");
    }
    let unknown = customer.run(&["account", "show", "+12025550199"]);
    assert_eq!(unknown.code, NOT_FOUND, "{unknown:?}");
}

#[test]
fn a_refusal_names_its_code_to_people_and_to_machines() {
    let customer = Customer::new("1");
    customer.connect();
    let again = customer.connect();
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.stdout.is_empty() && again.stderr.contains("(account_exists)"), "{again:?}");
    assert!(again.stderr.contains("hint: It is account"), "{again:?}");
}

#[test]
fn without_a_key_a_wrong_key_and_without_a_gateway_the_code_tells_why() {
    let customer = Customer::new("1");
    let missing = customer.server.command(&["account", "list", "--json"]);
    assert_eq!(missing.code, NOT_ALLOWED, "{missing:?}");
    assert!(missing.stderr.contains("TIDINGS_API_KEY"), "{missing:?}");
    let wrong = customer.server.command(&["account", "list", "--api-key", "wsk_wrong"]);
    assert_eq!(wrong.code, NOT_ALLOWED, "{wrong:?}");
    assert!(!wrong.stderr.contains("wsk_wrong"), "{wrong:?}");

    let url = format!("http://127.0.0.1:{}", free_port());
    let nobody = customer.run(&["credits", "balance", "--url", &url]);
    assert_eq!(nobody.code, UNREACHABLE, "{nobody:?}");
    assert!(nobody.stderr.contains(&url), "{nobody:?}");
}

#[test]
fn no_help_text_shows_a_key_of_the_environment() {
    let dir = tempfile::tempdir().unwrap();
    let environment: Environment = [("TIDINGS_ADMIN_KEY", ADMIN_KEY), ("TIDINGS_API_KEY", "wsk_OfNobodyAtAll")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
    for line in ["workspace list --help", "credits ledger --help", "send --help", "help", "man", "completions bash"] {
        let told = run(&line.split(' ').collect::<Vec<_>>(), &environment, dir.path());
        let told = format!("{}{}", stdout(&told), told.stderr);
        assert!(!told.contains("adm_Test") && !told.contains("OfNobody"), "{line}: {told}");
    }
}

#[test]
fn one_event_is_shown_beside_a_running_server_and_after_it() {
    let mut customer = Customer::new("1");
    let beside = stdout(&customer.server.command(&["events", "show", "1", "--json"])).to_owned();
    let none = customer.server.command(&["events", "show", "4711"]);
    assert_eq!(none.code, NOT_FOUND, "{none:?}");

    assert_eq!(customer.server.sigterm(), Some(0));
    let after = customer.server.command(&["events", "show", "1", "--json"]);
    assert_eq!(stdout(&after), beside);
    assert_eq!(object(&after)["type"], "LogCreated");
}

#[test]
fn the_last_events_are_the_same_beside_a_running_server_and_after_it() {
    let mut customer = Customer::new("1");
    customer.connect();
    for amount in ["2", "3", "4"] {
        stdout(&customer.server.command(&["credits", "grant", &customer.id, amount, "--reason", "more"]));
    }
    let tail = |server: &Server| stdout(&server.command(&["events", "tail", "-n", "2", "--json"])).to_owned();
    let beside = tail(&customer.server);
    let amounts: Vec<Value> = beside.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(amounts.len(), 2, "{beside}");
    assert!(amounts.iter().all(|event| event["type"] == "CreditsGranted"), "{beside}");

    assert_eq!(customer.server.sigterm(), Some(0));
    assert_eq!(tail(&customer.server), beside);
    let followed = customer.server.command(&["events", "tail", "-f"]);
    assert_eq!(followed.code, UNREACHABLE, "{followed:?}");
}

#[test]
fn whoever_follows_the_log_sees_what_happens_next() {
    let customer = Customer::new("1");
    let follower = customer.server.beside(&["events", "tail", "-n", "0", "-f", "--json"], "tail");
    crate::harness::wait_until("the follower has asked", crate::harness::SOON, || {
        stdout(&customer.server.command(&["credits", "grant", &customer.id, "1", "--reason", "seen"]));
        follower.output().contains("CreditsGranted").then_some(())
    });
    assert!(!follower.output().contains("WorkspaceCreated"), "{}", follower.output());
}
