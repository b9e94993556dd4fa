//! Tests `tidings trigger`, which makes the simulated `WhatsApp` act from the command line.

use serde_json::{Value, json};

use crate::harness::process::{Environment, Finished, run};
use crate::harness::{ACCOUNT_PHONE, Request, SOON, Server, Setup, Simulator, SimulatorProcess, wait_until};

const CONTACT: &str = "+12025550101";
const CLOCK_RATE: u32 = 60;

fn trigger(server: &Server, line: &[&str]) -> Value {
    let finished = server.command(&[&["trigger", "--json"], line].concat());
    assert_eq!(finished.code, Some(0), "{finished:?}");
    serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}: {finished:?}"))
}

/// Waits for at least `count` updates from the simulator, and returns them.
fn updates(simulator: &Simulator, count: usize) -> Vec<Value> {
    wait_until("the simulator has something to tell", SOON, || {
        let updates = simulator.updates(0);
        (updates.len() >= count).then_some(updates)
    })
}

#[test]
fn a_contact_writes_and_the_owner_types_on_the_phone() {
    let server = Setup::new().clock_rate(CLOCK_RATE).start();
    let heard = trigger(&server, &["message", "--from", "+12025550102", "--text", "Is it open?"]);
    let typed = trigger(&server, &["sent", "--to", CONTACT, "--text", "on my way"]);

    let seen = updates(&server.simulator(), 2);

    assert_eq!((&seen[0]["wire_id"], &seen[1]["wire_id"]), (&heard["message_id"], &typed["message_id"]));
    let told = |row: &Value| ["account", "chat", "text"].map(|field| row[field].as_str().unwrap().to_owned());
    assert_eq!(told(&seen[0]), [ACCOUNT_PHONE, "+12025550102", "Is it open?"]);
    assert_eq!(told(&seen[1]), [ACCOUNT_PHONE, CONTACT, "on my way"]);
    assert_eq!((&seen[0]["from_me"], &seen[1]["from_me"]), (&json!(false), &json!(true)));
}

#[test]
fn a_receipt_tells_of_a_message_of_which_nobody_knew_whether_it_was_sent() {
    let server = Setup::new().clock_rate(CLOCK_RATE).start();
    let workspace = server.workspace();
    let id = workspace.send("+12025550144", "did it arrive?");
    workspace.wait_for_state(&id, "uncertain", SOON);

    let told = trigger(&server, &["receipt", &id, "--account", ACCOUNT_PHONE, "--status", "delivered"]);

    assert_eq!((&told["message_id"], &told["status"]), (&json!(id), &json!("delivered")));
    workspace.wait_for_state(&id, "delivered", SOON);
    let unknown = server.command(&["trigger", "receipt", "wa_backend:3EB00000000000000001"]);
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(unknown.stderr.contains("the id of a message that was sent"), "{unknown:?}");
}

#[test]
fn an_account_is_cut_off_and_connected_again() {
    let server = Server::start();
    let workspace = server.workspace();
    let state = |wanted: &str| {
        wait_until("the account's state", SOON, || (workspace.account(ACCOUNT_PHONE)["state"] == wanted).then_some(()));
    };
    assert_eq!(trigger(&server, &["disconnect", "--account", ACCOUNT_PHONE])["connected"], false);
    state("disconnected");
    assert_eq!(trigger(&server, &["connect", "--account", "1 202 555 0100"])["connected"], true);
    state("connected");
}

#[test]
fn a_receiver_fails_and_is_healthy_again() {
    let server = Server::start();
    let answered = || server.http().ask(&Request::post("/sim/v1/echo/crm").json(&json!({}))).status;
    let told = trigger(&server, &["failing-receiver", "crm", "--status", "503", "--retry-after", "7"]);
    assert_eq!(told, json!({"status": 503, "delay_ms": 0, "retry_after": 7}));
    assert_eq!(answered(), 503);
    assert_eq!(trigger(&server, &["healthy-receiver", "crm"])["status"], 200);
    assert_eq!(answered(), 200);
}

#[test]
fn a_simulator_of_its_own_is_named_by_its_url() {
    let simulator = SimulatorProcess::start(CLOCK_RATE);
    let url = format!("http://127.0.0.1:{}", simulator.port);
    let environment = vec![("TIDINGS_URL".to_owned(), url)];
    let finished = run(&["trigger", "message"], &environment, tempfile::tempdir().unwrap().path());
    let seen = updates(&simulator.client(), 1);
    let wire_id = seen[0]["wire_id"].as_str().unwrap();
    assert_eq!((finished.code, finished.stdout), (Some(0), format!("Message  {wire_id}\n")));
    assert_eq!((&seen[0]["chat"], &seen[0]["text"]), (&json!(CONTACT), &json!("Hello")));
}

#[test]
fn what_cannot_be_triggered_is_refused_with_a_way_out() {
    let refused = |server: &Server, line: &[&str]| -> Finished { server.command(&[&["trigger"], line].concat()) };
    let server = Server::start();
    let finished = refused(&server, &["message", "--account", "Mary"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains("`account`"), "{finished:?}");
    let finished = refused(&server, &["failing-receiver", "crm", "--status", "199"]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    let without = Setup::new().set("TIDINGS_SIMULATOR__ENABLED", "false").start();
    let finished = refused(&without, &["message"]);
    assert_eq!(finished.code, Some(3), "{finished:?}");
    assert!(finished.stderr.contains("simulator.enabled"), "{finished:?}");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{nobody}");
    let finished =
        run(&["trigger", "connect", "--url", &url], &Environment::new(), tempfile::tempdir().unwrap().path());
    assert_eq!(finished.code, Some(5), "{finished:?}");
}
