//! Tests the catalogue of error codes: complete, frozen, shown as a page and by a command, and matched by real
//! answers.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tidings::codes::{self, Code};

use crate::harness::client::message;
use crate::harness::{Answer, Request, Server, Setup};

/// Set this variable to rewrite the golden page, after you have looked at its changes.
const BLESS: &str = "TIDINGS_TEST_BLESS";
const GOLDEN: &str = "tests/it/golden/errors.html";

/// The calls in the sources whose first argument is a code.
const CALLS: [&str; 2] = ["Refusal::new(", "Self::new("];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Collects every code that the sources in a folder refuse with.
fn refused_with(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            refused_with(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.extend(codes_in(&fs::read_to_string(path).unwrap()));
        }
    }
}

fn codes_in(source: &str) -> Vec<String> {
    let calls = CALLS.iter().flat_map(|call| source.match_indices(call).map(|(at, _)| at + call.len()));
    let literals = calls.filter_map(|at| source[at..].trim_start().strip_prefix('"')?.split_once('"'));
    literals.map(|(code, _)| code.to_owned()).collect()
}

/// The catalogue also gives each of these codes a status.
#[test]
fn no_refusal_has_a_code_that_the_catalogue_lacks() {
    let mut found = BTreeSet::new();
    for folder in ["src/http", "src/service"] {
        refused_with(&root().join(folder), &mut found);
    }
    assert!(found.len() > 40, "{found:?}");
    for code in found {
        assert!(codes::find(&code).and_then(Code::status).is_some(), "{code}");
    }
    assert_eq!(codes_in("Refusal::new(\n  \"a_b\", x)"), ["a_b"]);
}

#[test]
fn no_message_fails_with_a_code_that_the_catalogue_lacks() {
    let rules = fs::read_to_string(root().join("actors/src/account/decide.rs")).unwrap();
    let literals = rules.split('"').skip(1).step_by(2);
    let failures: Vec<&str> = literals.filter(|text| text.contains('_') && !text.contains(' ')).collect();
    assert!(failures.len() > 5, "{failures:?}");
    for failure in failures {
        assert!(codes::find(failure).is_some_and(|code| code.fails_messages || code.status().is_none()), "{failure}");
    }
}

#[test]
fn the_page_is_the_one_that_was_looked_at() {
    let page = Server::start().http().ask(&Request::get("/docs/errors"));
    assert_eq!((page.status, page.header("Content-Type")), (200, Some("text/html; charset=utf-8")));
    if std::env::var_os(BLESS).is_some() {
        fs::write(root().join(GOLDEN), page.text()).unwrap();
    }
    let looked_at = fs::read_to_string(root().join(GOLDEN)).unwrap();
    for (now, then) in page.text().split("<section").zip(looked_at.split("<section")) {
        assert_eq!(now, then, "changed on purpose? look at it, then run this once with {BLESS}=1");
    }
    assert_eq!(page.text().len(), looked_at.len());
}

#[test]
fn pages_run_nothing_that_is_not_a_file_of_ours() {
    let server = Server::start();
    for path in ["/docs", "/docs/errors", "/docs/style.css", "/docs/start.js", "/docs/swagger-ui-bundle.js"] {
        let answer = server.http().ask(&Request::get(path));
        let policy = answer.header("Content-Security-Policy").unwrap_or_default();
        assert_eq!(answer.status, 200, "{path}");
        assert!(policy.starts_with("default-src 'self';") && !policy.contains("script-src"), "{path}: {policy}");
        assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"), "{path}");
    }
    let unknown = server.http().ask(&Request::get("/docs/swagger-ui.css.map"));
    assert_eq!((unknown.status, &unknown.json()["error"]["code"]), (404, &json!("not_found")));
}

#[test]
fn a_browser_that_opens_a_secret_url_gets_a_page_that_leaks_nothing() {
    let server = Server::start();
    let workspace = server.create_workspace("Acme", 1);
    for path in [&*workspace.inbound, "/in/in_0"] {
        let page = server.http().ask(&Request::get(path).header("Accept", "text/html,*/*;q=0.8"));
        assert_eq!((page.status, page.header("Allow")), (405, Some("POST")), "{page:?}");
        assert!(page.text().contains("This address is for programs") && !page.text().contains("in_"), "{page:?}");
        assert_eq!(page.header("Referrer-Policy"), Some("no-referrer"), "{page:?}");
        assert!(page.header("X-Request-Id").is_some(), "{page:?}");
    }
    let other = server.http().ask(&Request::new("DELETE", "/livez").header("Accept", "text/html"));
    assert_eq!((other.status, other.header("Content-Type")), (405, Some("application/json")), "{other:?}");
}

/// The body of a refusal without the fields that differ between requests.
fn shape(answer: &Answer) -> String {
    let mut body = answer.json();
    for key in ["hint", "link", "request_id"] {
        body["error"][key] = Value::Null;
    }
    body.to_string()
}

#[test]
fn a_refusal_looks_as_its_example_does() {
    let server = Server::start();
    let workspace = server.create_workspace("Acme", 1);
    let http = server.http();
    let answers = [
        ("unauthorized", http.ask(&Request::get("/api/v1/credits"))),
        ("not_found", http.ask(&Request::get("/nothing"))),
        ("method_not_allowed", http.ask(&Request::get(&*workspace.inbound))),
        ("webhook_not_found", http.ask(&Request::post("/in/in_0").json(&json!({})))),
        ("not_an_object", workspace.post(&json!([]))),
        ("missing_field", workspace.post(&json!({"action": "send", "phone": "+12025550101"}))),
        ("recipient_missing", workspace.post(&json!({"action": "send", "text": "hi"}))),
        ("no_connected_account", workspace.post(&message("+12025550101", "hi"))),
    ];
    for (code, answer) in answers {
        let mut example = codes::find(code).unwrap().example();
        for key in ["hint", "link", "request_id"] {
            example["error"][key] = Value::Null;
        }
        assert_eq!(shape(&answer), example.to_string());
        let link = format!("http://127.0.0.1:{}/docs/errors#{code}", server.port);
        assert_eq!(answer.json()["error"]["link"], link, "{answer:?}");
    }
}

#[test]
fn strict_errors_lack_our_own_key() {
    let server = Setup::new().set("TIDINGS_COMPAT__STRICT_ERRORS", "true").start();
    let answer = server.http().ask(&Request::post("/in/in_0").json(&json!({})));
    assert_eq!(answer.text(), r#"{"status":404,"data":{},"message":"Webhook not found"}"#);
}

#[test]
fn the_command_explains_what_the_page_explains() {
    let server = Server::start();
    for code in codes::all() {
        let explained = server.command(&["explain", code.name, "--json"]);
        assert_eq!((explained.code, explained.stderr.as_str()), (Some(0), ""), "{explained:?}");
        assert_eq!(serde_json::from_str::<Value>(&explained.stdout).unwrap(), code.view());
    }
    let unknown = server.command(&["explain", "insuficient_credits"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(3), ""), "{unknown:?}");
    assert!(unknown.stderr.contains("did you mean insufficient_credits?"), "{unknown:?}");
    assert_eq!(server.command(&["explain"]).stdout.lines().count(), codes::all().count());
}
