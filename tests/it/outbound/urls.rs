//! URLs to which no report can be sent: the owner's request is refused at once, and nothing changes.

use serde_json::{Value, json};

use super::owner::{Owner, events};
use crate::harness::{Server, Setup};

fn owner(setup: Setup) -> (Server, Owner) {
    let server = setup.start();
    let owner = Owner::of(server.workspace());
    (server, owner)
}

fn asked(owner: &Owner, url: &str) -> Value {
    let answer = owner.workspace.ask(&owner.workspace.api("PATCH", "/outbound").json(&json!({"url": url})));
    assert_eq!(answer.status, 400, "{url}: {answer:?}");
    answer.json()
}

/// Otherwise such a URL would fail only at its tries, and a password in it would stand in the log of events.
#[test]
fn what_could_never_be_called_is_refused_and_nothing_is_kept() {
    let (server, owner) = owner(Setup::new());
    let before = owner.shown();
    let own = format!("http://127.0.0.1:{}", server.port);
    let networks = "allow_networks";
    for (url, message, hint) in [
        ("http://ada:Secret-1@127.0.0.1:9/h".to_owned(), "user name or a password", "/outbound/secret"),
        ("https://ada@crm.example/h".to_owned(), "user name or a password", "/outbound/secret"),
        ("https://crm.example/a\tb".to_owned(), "control characters", ""),
        ("https://crm.\nexample/".to_owned(), "control characters", ""),
        ("https://crm.example/\u{85}b".to_owned(), "control characters", ""),
        ("crm.example/h".to_owned(), "absolute http or https URL", "https://crm.example"),
        ("http://10.0.0.5/h".to_owned(), "publicly reachable", networks),
        ("http://2130706433/h".to_owned(), "publicly reachable", networks),
        ("http://0x7f.1:22/h".to_owned(), "publicly reachable", networks),
        ("http://[::ffff:10.0.0.5]/h".to_owned(), "publicly reachable", networks),
        ("http://crm.localhost/h".to_owned(), "publicly reachable", networks),
        ("http://169.254.169.254/latest/".to_owned(), "publicly reachable", networks),
        ("https://crm.example:9000/h".to_owned(), "port", networks),
        ("http://93.184.216.34:22/h".to_owned(), "port", networks),
        (format!("{own}{}", owner.workspace.inbound), "this server", "CRM"),
        (format!("{own}/sim/v1/receive"), "this server", "CRM"),
        (format!("{own}/sim/v1/echo/../receive"), "this server", "CRM"),
    ] {
        let told = asked(&owner, &url);
        let error = &told["error"];
        assert_eq!((&error["code"], &error["param"]), (&json!("invalid_value"), &json!("url")), "{url}: {told}");
        assert!(told["message"].as_str().unwrap().contains(message), "{url}: {told}");
        assert!(error["hint"].as_str().unwrap_or_default().contains(hint), "{url}: {told}");
    }
    assert_eq!(owner.shown(), before);
    assert_eq!(events(&server, "WebhookConfigured"), [Value::Null; 0]);
    assert!(!server.process().output().contains("Secret-1"));
    // A host name is checked only at the try. The simulator's echo is allowed, although this server serves it.
    for url in
        ["https://crm.invalid/h".to_owned(), format!("{own}/sim/v1/echo/crm"), "  https://crm.example/h \n".to_owned()]
    {
        assert_eq!(owner.set(&json!({"url": url}))["url"], url.trim());
    }
}

#[test]
fn what_the_operator_has_opened_is_taken_on_every_port() {
    let (server, owner) = owner(Setup::new().set("TIDINGS_GUARD__ALLOW_NETWORKS", "127.0.0.0/8,10.0.0.0/8"));
    for url in ["http://10.0.0.5:9000/h", "http://127.0.0.2:1/h", "http://localhost:1/h", "https://crm.example:9000/h"]
    {
        assert_eq!(owner.set(&json!({"url": url}))["url"], url);
    }
    for (url, message) in [
        ("http://192.168.0.1/h".to_owned(), "publicly reachable"),
        ("http://[fd00:ec2::254]/h".to_owned(), "publicly reachable"),
        (format!("http://127.0.0.1:{}/in/in_x", server.port), "this server"),
    ] {
        let told = asked(&owner, &url);
        assert!(told["message"].as_str().unwrap().contains(message), "{url}: {told}");
    }
}
