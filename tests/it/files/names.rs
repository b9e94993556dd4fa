//! The name that a file has on the recipient's phone, whatever its sender calls it; and `tidings file check`.

use serde_json::{Value, json};

use super::PNG;
use super::sent::{got, setup, shown, tenant, with_file, with_gaps};
use super::site::{Reply, site};
use crate::harness::SOON;

const PHONE: &str = "+12025550101";

#[test]
fn a_name_is_a_base_name_without_hidden_marks() {
    let longest = format!("{}.png", "ü".repeat(125) + "x");
    let names = [
        ("offer.png", "offer.png"),
        ("../x", "x"),
        ("..\\..\\x.png", "x.png"),
        ("/etc/passwd", "passwd"),
        ("invoice\u{202e}gnp.exe", "invoicegnp.exe"),
        ("\u{200f}a\u{feff}.png", "a.png"),
        ("offer.png . ", "offer.png"),
        (&*longest, &*longest),
    ];
    assert_eq!(longest.len(), 255);
    let site = site(|_| Reply::file(PNG));
    let server = with_gaps(setup(), [0, 0]).start();
    let workspace = tenant(&server, 100);
    for (given, kept) in names {
        let id = workspace.post(&with_file(PHONE, given, &site.url("/a"), given)).message_id();
        let message = workspace.wait_for_state(&id, "sent", SOON);
        assert_eq!(message.view["file"]["name"], kept, "{given:?}");
    }
    let expected = names.map(|(given, kept)| (given.to_owned(), shown(kept, PNG)));
    assert_eq!(got(&server.simulator(), PHONE), expected);
}

#[test]
fn a_name_that_is_none_is_refused_and_costs_nothing() {
    let server = setup().start();
    let workspace = tenant(&server, 1);
    let long = [format!("{}.png", "a".repeat(252)), "ü".repeat(128)];
    for name in ["a\u{0}.png", "a\r\nb.png", "a\u{7f}", "a\u{9b}b", "..", "a/", "...", &long[0], &long[1]] {
        let answer = workspace.post(&with_file(PHONE, "", "https://files.example/a.png", name));
        let error = &answer.json()["error"];
        assert_eq!((answer.status, &error["code"]), (400, &json!("invalid_value")), "{name:?}");
        assert_eq!(error["param"], "file_name", "{name:?}");
    }
    // This name has no visible character, so it counts as missing.
    let answer = workspace.post(&with_file(PHONE, "", "https://files.example/a.png", "\u{202e}"));
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &json!("file_name_missing")));
    assert_eq!(workspace.credits(), 1);
}

#[test]
fn the_command_line_tells_whether_a_file_can_be_had() {
    let site = site(|path| if path == "/a.png" { Reply::file(PNG) } else { Reply::file(b"<html>") });
    let server = setup().start();
    let workspace = tenant(&server, 1);
    let check = |url: &str, more: &[&str]| {
        server.command(&[&["file", "check", url, "--api-key", &workspace.api_key], more].concat())
    };

    let fine = check(&site.url("/a.png"), &["--json"]);
    assert_eq!(fine.code, Some(0), "{fine:?}");
    let view: Value = serde_json::from_str(&fine.stdout).unwrap();
    assert_eq!((&view["ok"], &view["size"], &view["type"]), (&json!(true), &json!(PNG.len()), &json!("image/png")));
    assert_eq!(fine.stderr, "");

    let page = check(&site.url("/offer.pdf"), &[]);
    assert_eq!(page.code, Some(1), "{page:?}");
    assert!(page.stdout.contains("not_a_direct_link") && page.stdout.contains("web page"), "{page:?}");
    assert!(page.stderr.contains("a message with this file would fail"), "{page:?}");

    let own = check(&format!("http://127.0.0.1:{}/livez", server.port), &["--json"]);
    assert_eq!(own.code, Some(1), "{own:?}");
    let view: Value = serde_json::from_str(&own.stdout).unwrap();
    assert_eq!((&view["ok"], &view["code"]), (&json!(false), &json!("file_address_forbidden")));
    assert_eq!((site.requests().len(), workspace.credits()), (2, 1));
}
