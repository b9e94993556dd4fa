//! Tests what messages with files cost, what arrives, and that a file that cannot be fetched is refunded once.

use serde_json::{Value, json};

use super::sent::{Gated, got, refunds, setup, shown, story, tenant, with_file};
use super::site::{Reply, Site, site};
use super::{PNG, TWO_MIB};
use crate::harness::client::message;
use crate::harness::process::free_port;
use crate::harness::{Request, SOON, Server, SimulatorProcess};

const PHONE: &str = "+12025550101";
const PDF: &[u8] = b"%PDF-1.7\n%\xe2\xe3 an offer";
/// Short enough for the test to wait for, long enough for a busy machine.
const DEADLINE_MS: &str = "4000";

#[test]
fn a_text_costs_one_a_file_costs_one_and_both_cost_two() {
    let site = site(|_| Reply::file(PNG));
    let server = setup().start();
    let workspace = tenant(&server, 10);
    for (body, left) in [
        (message(PHONE, "hello"), "9"),
        (with_file(PHONE, "", &site.url("/a"), "a.png"), "8"),
        (with_file(PHONE, "look", &site.url("/b"), "b.png"), "6"),
    ] {
        let answer = workspace.post(&body);
        assert_eq!(answer.header("X-Credits-Remaining"), Some(left), "{answer:?}");
        workspace.wait_for_state(&answer.message_id(), "sent", SOON);
    }
    let expected = [("hello", Value::Null), ("", shown("a.png", PNG)), ("look", shown("b.png", PNG))];
    assert_eq!(got(&server.simulator(), PHONE), expected.map(|(text, file)| (text.to_owned(), file)));
    assert_eq!((workspace.credits(), refunds(&workspace)), (6, vec![]));
}

#[test]
fn a_message_shows_its_file_and_tells_when_it_came() {
    let gated = Gated::new();
    let server = setup().start();
    let workspace = tenant(&server, 2);
    let answer = workspace.ask(&workspace.api("POST", "/messages").json(&with_file(
        PHONE,
        "the offer",
        &gated.site.url("/secret-place"),
        "offer.bin",
    )));
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.json()["file"], json!({"name": "offer.bin", "size": null, "type": null}));
    gated.give(Reply::file(PDF));
    let id = answer.json()["message_id"].as_str().unwrap().to_owned();

    let sent = workspace.wait_for_state(&id, "sent", SOON);

    let file = json!({"name": "offer.bin", "size": PDF.len(), "type": "application/pdf"});
    assert_eq!((&sent.view["file"], &sent.view["text"]), (&file, &json!("the offer")));
    let story = story(&workspace, &id);
    let place = |wanted: &str| story.iter().position(|moment| moment == wanted).unwrap_or_else(|| panic!("{story:?}"));
    let places = ["MessageQueued", "FileFetched", "SendStarted", "MessageSent"].map(place);
    assert!(places.is_sorted(), "{story:?}");
    assert_eq!(gated.site.requests().len(), 1);
}

#[test]
fn two_mib_arrive_whole_and_one_byte_more_does_not() {
    let site = site(|path| Reply::file(&vec![b'a'; if path == "/full" { TWO_MIB } else { TWO_MIB + 1 }]));
    let apart = SimulatorProcess::start(1);
    for remote in [false, true] {
        let server = if remote { setup().simulated_by(&apart) } else { setup() }.start();
        let workspace = tenant(&server, 4);
        let [full, more] = ["/full", "/more"].map(|path| with_file(PHONE, path, &site.url(path), "a.txt"));
        let [full, more] = [full, more].map(|body| workspace.post(&body).message_id());
        workspace.wait_for_state(&full, "sent", SOON);
        assert_eq!(workspace.wait_for_state(&more, "failed", SOON).failure.as_deref(), Some("file_too_large"));
        assert_eq!((workspace.credits(), refunds(&workspace)), (2, vec![more]));
        let phones = if remote { apart.client() } else { server.simulator() };
        assert_eq!(got(&phones, PHONE), [("/full".to_owned(), shown("a.txt", &vec![b'a'; TWO_MIB]))]);
    }
}

fn answer(headers: &str, body: &[u8]) -> Reply {
    Reply::Bytes([b"HTTP/1.1 200 OK\r\n", headers.as_bytes(), b"\r\n", body].concat())
}

/// Answers each path with something that is not the file.
fn instead(path: &str) -> Reply {
    let endless = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    match path {
        "/page" => Reply::file(b"<!DOCTYPE html><title>Sign in</title>"),
        "/error" => Reply::status(500),
        "/endless" => Reply::Endless(endless, vec![b'a'; 65_536]),
        "/slow" => Reply::Slow(endless, std::time::Duration::from_secs(1)),
        "/silent" => Reply::Silence,
        "/broken" => answer("Content-Length: 100\r\n", PNG),
        "/two-lengths" => answer("Content-Length: 3\r\nContent-Length: 4\r\n", b"abcd"),
        "/empty" => Reply::file(b""),
        "/packed" => answer("Content-Encoding: gzip\r\n", b"\x1f\x8b\x08"),
        "/loop" => Reply::redirect("/loop"),
        "/inwards" => Reply::redirect("http://169.254.169.254/latest/meta-data/"),
        _ => Reply::status(404),
    }
}

/// Returns the URLs that give no file, with the failure code for each.
fn addresses(server: &Server, site: &Site) -> Vec<(String, &'static str)> {
    let own = format!("http://127.0.0.1:{}", server.port);
    let paths = [
        ("/page", "not_a_direct_link"),
        ("/none", "file_not_found"),
        ("/error", "file_http_error"),
        ("/endless", "file_too_large"),
        ("/broken", "file_incomplete"),
        ("/two-lengths", "file_answer_invalid"),
        ("/empty", "file_empty"),
        ("/packed", "file_compressed"),
        ("/loop", "file_redirect_loop"),
        ("/inwards", "file_address_forbidden"),
        ("/slow", "file_timeout"),
        ("/silent", "file_timeout"),
    ];
    let mut all: Vec<_> = paths.into_iter().map(|(path, code)| (site.url(path), code)).collect();
    all.extend([
        (format!("http://127.0.0.1:{}/", free_port()), "file_unreachable"),
        ("http://169.254.169.254/latest/meta-data/".to_owned(), "file_address_forbidden"),
        (format!("{own}/readyz"), "file_address_forbidden"),
        (format!("{own}/sim/v1/stats"), "file_address_forbidden"),
    ]);
    all
}

#[test]
fn what_cannot_be_had_fails_with_its_reason_and_is_refunded_once() {
    let site = site(instead);
    // Transient failures are tried three times; the fast clock shortens the waits in between.
    let server = setup().clock_rate(60).set("TIDINGS_LIMITS__FILE_DEADLINE_MS", DEADLINE_MS).start();
    let workspace = tenant(&server, 100);
    let sent: Vec<_> = addresses(&server, &site)
        .into_iter()
        .map(|(url, code)| {
            let id = workspace.post(&with_file(PHONE, "the offer", &url, "offer.pdf")).message_id();
            (id, url, code)
        })
        .collect();

    for (id, url, code) in &sent {
        let message = workspace.wait_for_state(id, "failed", SOON);
        assert_eq!(message.failure.as_deref(), Some(*code), "{url}");
        let words = message.view["failure"]["message"].as_str();
        assert!(words.is_some_and(|words| !words.is_empty() && words != "It could not be sent"), "{url}: {message:?}");
        let detail = message.view["failure"]["detail"].as_str();
        assert!(detail.is_some_and(|detail| !detail.is_empty()), "{url}: {message:?}");
        assert!(message.sent_at.is_none(), "{message:?}");
        assert_eq!(story(&workspace, id).iter().filter(|moment| *moment == "SendStarted").count(), 0, "{url}");
    }

    let (mut refunded, mut failed) = (refunds(&workspace), sent.into_iter().map(|(id, ..)| id).collect::<Vec<_>>());
    refunded.sort();
    failed.sort();
    assert_eq!(refunded, failed);
    assert_eq!(workspace.credits(), 100);
    assert_eq!(server.simulator().stats(), (0, 0));
    assert_eq!(got(&server.simulator(), PHONE), []);
}

#[test]
fn nothing_on_this_machine_can_be_had_unless_the_operator_opens_it() {
    let site = site(|_| Reply::file(PNG));
    let server = Server::start();
    let workspace = tenant(&server, 1);
    let id = workspace.post(&with_file(PHONE, "", &site.url("/a.png"), "a.png")).message_id();
    assert_eq!(workspace.wait_for_state(&id, "failed", SOON).failure.as_deref(), Some("file_address_forbidden"));
    assert_eq!((refunds(&workspace), site.requests().len()), (vec![id], 0));
}

#[test]
fn a_dry_run_fetches_nothing_and_neither_does_a_refusal() {
    let site = site(|_| Reply::file(PNG));
    let server = setup().start();
    let workspace = tenant(&server, 1);
    let both = with_file(PHONE, "look", &site.url("/refused"), "a.png");
    assert_eq!(workspace.post(&both).status, 402);
    let file = with_file(PHONE, "", &site.url("/dry"), "a.png");
    let dry = workspace.ask(&Request::post(&*workspace.inbound).header("Dry-Run", "true").json(&file)).success();
    assert_eq!((&dry["data"]["cost"], workspace.credits()), (&json!(1), 1));

    let id = workspace.post(&with_file(PHONE, "", &site.url("/sent"), "a.png")).message_id();
    workspace.wait_for_state(&id, "sent", SOON);

    let asked: Vec<_> = site.requests().iter().map(|head| head.lines().next().unwrap_or_default().to_owned()).collect();
    assert_eq!(asked, ["GET /sent HTTP/1.1"]);
    assert_eq!(workspace.credits(), 0);
}
