//! Tests `tidings demo` as a newcomer sees it: the lines to copy, the printed messages, and what survives a restart.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use serde_json::json;

use crate::harness::client::message;
use crate::harness::process::{Environment, free_port, run};
use crate::harness::{Http, Process, Request, SOON, wait_until};

const PHONE: &str = "+12025550101";
const TEXT: &str = "Your order has shipped";
const USAGE: Option<i32> = Some(2);

/// Starts the demo, waits until it prints its curl line, and returns the URL in that line.
fn demo(port: u16, dir: &Path) -> (Process, String) {
    let _ = fs::remove_file(dir.join("output.txt"));
    let args = format!("demo --listen 127.0.0.1:{port} --data-dir data");
    let process = Process::start(&args.split(' ').collect::<Vec<_>>(), &Environment::new(), dir);
    let url = wait_until("the demo prints a curl line", SOON, || {
        let output = process.output();
        let printed = output.split_once("curl ")?.1;
        let url = printed.split_once("http://")?.1;
        let end = url.find(|c: char| c.is_whitespace() || c == '\'' || c == '"')?;
        url.get(..end).map(str::to_owned)
    });
    (process, url)
}

#[test]
fn the_demos_curl_line_works() {
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();

    let (_demo, url) = demo(port, dir.path());

    let path = url.strip_prefix(&format!("127.0.0.1:{port}")).unwrap_or_else(|| panic!("not on its port: {url}"));
    let http = Http::new(port);
    wait_until("the demo is ready", SOON, || http.send(&Request::get("/readyz")).ok().filter(|a| a.status == 200));
    let answer = http.ask(&Request::post(path).json(&message(PHONE, TEXT)));
    answer.message_id();
}

#[test]
fn the_demo_reports_what_is_said_to_its_own_receiver_and_tells_so() {
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    let (demo, url) = demo(port, dir.path());
    let (_, path) = url.split_once('/').unwrap();
    let http = Http::new(port);
    let tells = |what: &str, words: &[&str]| {
        wait_until(what, SOON, || {
            let output = demo.output();
            output.lines().find(|line| words.iter().all(|word| line.contains(word))).map(drop)
        });
    };

    http.ask(&Request::post(format!("/{path}")).json(&message(PHONE, TEXT))).message_id();
    tells("the message is reported", &["  out ", "200", PHONE, "1 message reported in ", " ms, signed"]);
    let answer = json!({"account": "+12025550100", "from": PHONE, "text": "Hello, CRM"});
    http.ask(&Request::post("/sim/v1/receive").json(&answer)).success();
    let kept = wait_until("both are reported", SOON, || {
        let kept = http.ask(&Request::get("/sim/v1/echo/demo/requests")).success();
        kept["data"].as_array().filter(|kept| kept.len() == 2).cloned()
    });
    assert!(kept[0]["body"].as_str().unwrap().contains("Hello, CRM"), "{kept:?}");
    assert!(kept[0]["headers"]["webhook-signature"].as_str().unwrap().starts_with("v1,"), "{kept:?}");

    let gone = Request::new("PUT", "/sim/v1/echo/demo/settings").json(&json!({"status": 410}));
    http.ask(&gone).success();
    http.ask(&Request::post("/sim/v1/receive").json(&answer)).success();
    tells("the failure is told", &["  out ", "410", PHONE, "not reported: report_"]);
    tells("the webhook is off", &["  webhook ", "off: its receiver says that it is gone", "tidings outbound enable"]);
    tells("the owner is mailed", &["  mail ", "to owner@demo.example: ", "tidings outbound mails"]);
}

#[test]
fn the_owner_of_the_demo_needs_no_key_on_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    let (first, _) = demo(port, dir.path());
    let listener =
        Process::start(&["listen", "--listen", "127.0.0.1:0", "--data-dir", "data"], &Environment::new(), dir.path());
    let address = wait_until("the listener says where it is", SOON, || {
        let output = listener.output();
        let (_, rest) = output.split_once("Receiving at ")?;
        rest.split_once(' ').map(|(address, _)| address.to_owned())
    });
    let owner = |line: &str| {
        let words: Vec<&str> = line.split(' ').chain(["--data-dir", "data"]).collect();
        let finished = run(&words, &Environment::new(), dir.path());
        assert_eq!(finished.code, Some(0), "{finished:?}");
        finished.stdout
    };

    owner(&format!("outbound set --to {address}"));
    owner("outbound test");

    wait_until("the test is told", SOON, || listener.output().contains("  200  valid  ").then_some(()));
    let key = fs::read_to_string(dir.path().join("data/secrets/api_key")).unwrap();
    assert!(!first.output().contains(key.trim()), "{}", first.output());
    drop(first);
    let (_second, _) = demo(port, dir.path());
    assert!(owner("outbound show").contains(&address), "what the owner has set stays");
}

#[test]
fn the_demos_receiver_follows_when_its_port_is_another() {
    let dir = tempfile::tempdir().unwrap();
    let (first, _) = demo(free_port(), dir.path());
    drop(first);
    let port = free_port();
    let (second, _) = demo(port, dir.path());
    let wanted = format!("Reports       go to http://127.0.0.1:{port}/sim/v1/echo/demo, signed");
    wait_until("it says where reports go", SOON, || second.output().contains(&wanted).then_some(()));
}

#[test]
fn a_demo_whose_port_is_taken_takes_the_next_free_one_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let taken = free_port();
    let _listener = TcpListener::bind(("127.0.0.1", taken)).unwrap();

    let (demo, url) = demo(taken, dir.path());

    let port = url.split(['/', ':']).nth(1).and_then(|port| port.parse::<u16>().ok());
    assert!(port.is_some_and(|port| port > taken), "{url}");
    assert!(demo.output().contains(&taken.to_string()), "{}", demo.output());
}

#[test]
fn the_demo_stops_as_soon_as_nothing_is_under_way() {
    let dir = tempfile::tempdir().unwrap();
    let (mut demo, _) = demo(free_port(), dir.path());

    assert_eq!(demo.sigterm(), Some(0));

    let told = demo.output();
    assert!(told.contains("Stopped. Nothing is queued.") && !told.contains("still in use"), "{told}");
}

#[test]
fn reports_of_the_demo_stay_on_this_machine_whatever_its_public_address() {
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    fs::write(dir.path().join("d.toml"), "public_url = \"https://gateway.example\"\n").unwrap();
    let args = format!("demo --config d.toml --listen 127.0.0.1:{port} --data-dir data");
    let demo = Process::start(&args.split(' ').collect::<Vec<_>>(), &Environment::new(), dir.path());
    let wanted = format!("Reports       go to http://127.0.0.1:{port}/sim/v1/echo/demo, signed");
    wait_until("it says where reports go", SOON, || demo.output().contains(&wanted).then_some(()));
}

#[test]
fn the_demo_stays_on_this_machine() {
    let listen = format!("0.0.0.0:{}", free_port());
    let finished = run(&["demo", "--listen", &listen], &Environment::new(), tempfile::tempdir().unwrap().path());
    assert_eq!(finished.code, USAGE, "{finished:?}");
}
