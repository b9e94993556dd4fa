//! Reports through the whole gateway: signatures on what arrives, addresses that may not be called, proxies.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use super::owner::Owner;
use super::receiver::{Arrived, Receiver, status};
use crate::files::check::secure;
use crate::harness::process::run;
use crate::harness::{ACCOUNT_PHONE, SOON, Server, Setup, wait_until};

const PHONE: &str = "+12025550101";
const PROXIES: [&str; 6] = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// Starts a gateway that may call loopback addresses, and an owner with one account.
fn owner(setup: Setup) -> (Server, Owner) {
    let server = setup.set("TIDINGS_GUARD__ALLOW_NETWORKS", "127.0.0.0/8").start();
    let owner = Owner::of(server.workspace());
    (server, owner)
}

/// Lets a contact write, and returns the report as the receiver got it.
fn told(server: &Server, receiver: &Receiver, text: &str) -> Arrived {
    server.simulator().receive(ACCOUNT_PHONE, PHONE, text);
    wait_until("it is told", SOON, || receiver.arrived().into_iter().find(|report| report.texts() == [text]))
}

fn verifies(key: &str, headers: &HeaderMap, body: &str) -> bool {
    Webhook::new(key).unwrap().verify(body.as_bytes(), headers).is_ok()
}

fn text(view: &Value, field: &str) -> String {
    view[field].as_str().unwrap_or_else(|| panic!("no {field}: {view}")).to_owned()
}

#[test]
fn what_arrives_verifies_by_the_key_and_after_a_rotation_by_both() {
    let receiver = Receiver::start(|_| status(204));
    let (server, owner) = owner(Setup::new());
    owner.set(&json!({"url": receiver.url("/hook")}));
    let secret = || owner.workspace.ask(&owner.workspace.api("GET", "/outbound/secret")).success();
    let first = text(&secret(), "secret");

    let before = told(&server, &receiver, "one key");
    assert!(verifies(&first, &before.headers, &before.body));
    assert!(!verifies(&first, &before.headers, &before.body.replace("one", "two")));
    assert_eq!(before.headers["webhook-signature"].to_str().unwrap().split(' ').count(), 1);
    assert_eq!(before.headers["content-type"], "application/json");
    assert!(before.headers["user-agent"].to_str().unwrap().starts_with("Tidings/"), "{before:?}");

    let second = text(&owner.post("/rotate-secret"), "secret");
    assert_ne!(first, second);
    assert_eq!(text(&secret(), "secret"), second);
    let both = told(&server, &receiver, "two keys");
    assert!(verifies(&first, &both.headers, &both.body) && verifies(&second, &both.headers, &both.body));
    assert!(!verifies(&second, &before.headers, &before.body));

    let third = text(&owner.post("/rotate-secret"), "secret");
    let last = told(&server, &receiver, "three keys");
    for key in [&first, &second, &third] {
        assert!(verifies(key, &last.headers, &last.body), "each key signs for its own day");
    }
}

/// Simultaneous rotations: no key that was returned is lost, and no earlier key ends too soon.
#[test]
fn keys_that_are_replaced_at_once_all_sign_and_a_sixth_waits() {
    let receiver = Receiver::start(|_| status(204));
    let (server, owner) = owner(Setup::new());
    owner.set(&json!({"url": receiver.url("/hook")}));
    let first = text(&owner.workspace.ask(&owner.workspace.api("GET", "/outbound/secret")).success(), "secret");
    let rotate = || owner.workspace.ask(&owner.workspace.api("POST", "/outbound/rotate-secret").json(&json!({})));
    let answers: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..6).map(|_| scope.spawn(rotate)).collect();
        running.into_iter().map(|running| running.join().unwrap()).collect()
    });
    let report = told(&server, &receiver, "all keys");
    let (taken, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((taken.len(), refused.len()), (4, 2), "{answers:?}");
    let keys = taken.iter().map(|answer| text(&answer.json(), "secret"));
    for key in keys.chain([first]) {
        assert!(verifies(&key, &report.headers, &report.body));
    }
    assert_eq!(report.headers["webhook-signature"].to_str().unwrap().split(' ').count(), 5);
    for answer in refused {
        let told = answer.json();
        assert_eq!((answer.status, &told["error"]["code"]), (409, &json!("too_many_signing_keys")), "{told}");
        assert!(text(&told["error"], "hint").starts_with("The oldest ends at 2"), "{told}");
    }
}

/// Many tests at once must not push real tries out of the list or flood the receiver.
#[test]
fn tests_are_posted_one_at_a_time_six_a_minute_and_push_out_no_real_try() {
    let under_way = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (now, highest) = (Arc::clone(&under_way), Arc::clone(&most));
    let receiver = Receiver::start(move |_| {
        highest.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        now.fetch_sub(1, Ordering::SeqCst);
        status(200)
    });
    let (server, owner) = owner(Setup::new());
    owner.set(&json!({"url": receiver.url("/hook")}));
    let real = told(&server, &receiver, "real").delivery().to_owned();
    owner.wait_until_told();
    let test = || owner.workspace.ask(&owner.workspace.api("POST", "/outbound/test").json(&json!({})));
    let answers: Vec<_> = std::thread::scope(|scope| {
        let two = || [test(), test()];
        let running: Vec<_> = (0..40).map(|_| scope.spawn(two)).collect();
        running.into_iter().flat_map(|running| running.join().unwrap()).collect()
    });
    let (posted, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert!((1..=6).contains(&posted.len()), "{}", posted.len());
    assert_eq!((most.load(Ordering::SeqCst), receiver.arrived().len()), (1, posted.len() + 1));
    for answer in refused {
        assert_eq!(answer.status, 429, "{answer:?}");
        let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&seconds), "{answer:?}");
        assert_eq!(answer.json()["error"]["code"], "too_many_requests");
    }
    let tries = owner.workspace.newest("/outbound/tries");
    assert!(tries.iter().any(|tried| tried["delivery_id"] == real && tried["test"].is_null()), "{tries:?}");
    assert_eq!(tries.iter().filter(|tried| tried["test"] == true).count(), posted.len());
}

#[test]
fn authorities_that_the_operator_names_are_believed_and_a_file_without_any_refuses_the_start() {
    let (port, certificate) = secure("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned());
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("authorities.pem");
    std::fs::write(&file, certificate).unwrap();
    let path = file.to_str().unwrap();
    let (server, owner) = owner(Setup::new().set("TIDINGS_TLS__EXTRA_CA_FILE", path));
    owner.set(&json!({"url": format!("https://127.0.0.1:{port}/hook")}));
    let tried = owner.post("/test");
    assert_eq!((&tried["error"], &tried["response"]["status"]), (&Value::Null, &json!(200)), "{tried}");
    let check =
        owner.workspace.api("POST", "/files/check").json(&json!({"url": format!("https://127.0.0.1:{port}/a.txt")}));
    let checked = owner.workspace.ask(&check).success();
    assert_ne!(checked["code"], "file_tls_failed", "{checked}");
    drop(server);

    let words = ["it holds no certificate in PEM", "No such file or directory"];
    for (path, words) in [(path, words[0]), ("/nowhere/authorities.pem", words[1])] {
        std::fs::write(&file, "-----BEGIN PRIVATE KEY-----\nTWFyeQ==\n-----END PRIVATE KEY-----\n").unwrap();
        let environment = vec![("TIDINGS_TLS__EXTRA_CA_FILE".to_owned(), path.to_owned())];
        let ended = run(&["serve", "--listen", "127.0.0.1:0"], &environment, dir.path());
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains("extra_ca_file") && ended.stderr.contains(path), "{ended:?}");
        assert!(ended.stderr.contains(words), "{ended:?}");
    }
}

#[test]
fn where_no_report_may_go_the_last_try_says_why() {
    let (server, owner) = owner(Setup::new());
    let away = Receiver::start(|_| {
        b"HTTP/1.1 307 X\r\nLocation: http://169.254.169.254/latest/meta-data/\r\nContent-Length: 0\r\n\r\n".to_vec()
    });
    for (url, code, status) in [
        (away.url("/hook?key=k1"), "report_redirected: ", json!(307)),
        ("http://crm.invalid/hook?key=k1".to_owned(), "report_unreachable: ", Value::Null),
    ] {
        let before = owner.tries().len();
        owner.set(&json!({"url": url, "enabled": true}));
        server.simulator().receive(ACCOUNT_PHONE, PHONE, "hello");
        let tried = wait_until("it was tried", SOON, || (owner.tries().len() > before).then(|| owner.tried()));
        assert!(text(&tried, "error").starts_with(code), "{url}: {tried}");
        assert_eq!(tried["response"]["status"], status, "{url}: {tried}");
        assert_eq!(tried["url"], url.replace("?key=k1", "?***"));
        if status == 307 {
            let headers = json!({"location": "http://169.254.169.254/latest/meta-data/"});
            assert_eq!(tried["response"]["headers"], headers);
        }
        // Discard the owed reports, so that they do not go to the next address.
        owner.set(&json!({"enabled": false}));
        owner.set(&json!({"enabled": true, "backlog": "discard"}));
    }
    assert_eq!(away.arrived().len(), 1);
}

#[test]
fn a_proxy_of_the_environment_sees_nothing_of_a_report() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let (server, owner) = owner(PROXIES.into_iter().fold(Setup::new(), |setup, name| setup.set(name, &url)));
    let receiver = Receiver::start(|_| status(200));
    owner.set(&json!({"url": receiver.url("/hook")}));
    told(&server, &receiver, "hello");
    owner.wait_until_told();
    let (port, _) = secure("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned());
    owner.set(&json!({"url": format!("https://127.0.0.1:{port}/hook")}));
    let failed = owner.post("/test");
    assert!(text(&failed, "error").starts_with("report_tls_self_signed: "), "{failed}");
    assert_eq!(proxy.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

/// Returns the reports of a message with a file and of one after it, with these settings for attachments.
fn told_of_a_file(setup: Setup) -> Vec<Value> {
    let receiver = Receiver::start(|_| status(200));
    let (server, owner) = owner(setup);
    owner.set(&json!({"url": receiver.url("/hook")}));
    let body =
        json!({"account": ACCOUNT_PHONE, "from": PHONE, "name": "Mary Major", "text": "see", "file_name": "list.pdf"});
    server.simulator().hear("receive", &body);
    told(&server, &receiver, "seen?");
    receiver.arrived().iter().map(|report| report.json()["message"].clone()).collect()
}

#[test]
fn a_message_with_a_file_is_told_of_only_where_that_is_wanted() {
    let told = told_of_a_file(Setup::new());
    assert_eq!((told.len(), &told[0]["text"]), (1, &json!("seen?")));

    let told = told_of_a_file(Setup::new().set("TIDINGS_OUTBOUND__ATTACHMENTS", "include"));
    let (message, file) = (&told[0], &told[0]["attachments"][0]);
    assert_eq!((told.len(), &message["text"], &file["filename"]), (2, &json!("see"), &json!("list.pdf")), "{told:?}");
    assert!(told[1].get("attachments").is_none(), "{told:?}");
}
