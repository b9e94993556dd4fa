//! Access to the simulator of a running gateway. Guards against a foreign page or machine that acts as if it were a
//! program on this machine.

use std::io::{Read, Write};
use std::net::{IpAddr, TcpStream, UdpSocket};

use serde_json::json;

use crate::harness::process::{Environment, run};
use crate::harness::shell::Shelled;
use crate::harness::{ADMIN_KEY, SOON, Server, SimulatorProcess};

const HEARD: &str = r#"{"account":"+12025550100","from":"+12025550101","text":"forged"}"#;

/// Posts a forged message of a contact with these headers, and returns the status of the answer.
fn receive(at: (IpAddr, u16), headers: &str) -> u16 {
    let mut stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let head = "POST /sim/v1/receive HTTP/1.1\r\nConnection: close\r\nContent-Type: text/plain\r\n";
    write!(stream, "{head}{headers}Content-Length: {}\r\n\r\n{HEARD}", HEARD.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap_or_else(|| panic!("{answer:?}")).parse().unwrap()
}

#[test]
fn a_foreign_page_and_a_rebound_name_do_nothing() {
    let loopback = IpAddr::from([127, 0, 0, 1]);
    let (server, simulator) = (Server::start(), SimulatorProcess::start(1));
    for (port, by_key) in [(server.port, 200), (simulator.port, 403)] {
        let from = |headers: &str| receive((loopback, port), headers);
        assert_eq!(from("Host: evil.example\r\n"), 403);
        assert_eq!(from("Host: localhost\r\nOrigin: http://evil.example\r\n"), 403);
        assert_eq!(from("Host: localhost\r\nOrigin: null\r\n"), 403);
        assert_eq!(from("Host: localhost\r\nSec-Fetch-Site: cross-site\r\n"), 403);
        assert_eq!(from("Host: localhost\r\nX-Forwarded-For: 127.0.0.1\r\n"), 403);
        assert_eq!(from(&format!("Host: evil.example\r\nAuthorization: Bearer {ADMIN_KEY}\r\n")), by_key);
        assert_eq!(from("Host: localhost\r\n"), 200);
    }
}

/// Returns an address by which other machines reach this one.
fn outer_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_loopback())
}

#[test]
fn another_machine_needs_the_operators_key_and_the_operator_is_told_of_the_open_door() {
    let Some(outer) = outer_address() else {
        println!("not run: this machine has no address but loopback");
        return;
    };
    let words = tempfile::NamedTempFile::new().unwrap();
    let everywhere = "$SERVE --listen 0.0.0.0:${TIDINGS_LISTEN##*:}";
    let gateway = Shelled::start(everywhere, &[], words.reopen().unwrap().into());
    gateway.becomes(200);
    let host = format!("Host: {outer}:{}\r\n", gateway.port);
    assert_eq!(receive((outer, gateway.port), &host), 403);
    assert_eq!(receive((outer, gateway.port), "Host: localhost\r\n"), 403);
    assert_eq!(receive((outer, gateway.port), &format!("{host}Authorization: Bearer {ADMIN_KEY}\r\n")), 200);
    let said = std::fs::read_to_string(words.path()).unwrap();
    assert!(said.contains("/sim/v1 takes requests of this machine"), "{said}");
}

#[test]
fn the_check_of_a_configuration_warns_of_an_open_simulator() {
    let dir = tempfile::tempdir().unwrap();
    let check = |listen: &str, enabled: &str| {
        let public_url = "https://tidings.example";
        let set =
            [("TIDINGS_LISTEN", listen), ("TIDINGS_SIMULATOR__ENABLED", enabled), ("TIDINGS_PUBLIC_URL", public_url)];
        let environment: Environment = set.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        (
            run(&["config", "check"], &environment, dir.path()),
            run(&["--json", "config", "check"], &environment, dir.path()),
        )
    };
    let (words, json) = check("0.0.0.0:8080", "true");
    assert!(words.code == Some(0) && words.stderr.contains("warning: the simulator is on"), "{words:?}");
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["warnings"].as_array().map(Vec::len), Some(1));
    for (listen, enabled) in [("127.0.0.1:8080", "true"), ("0.0.0.0:8080", "false")] {
        let (words, json) = check(listen, enabled);
        assert!(!words.stderr.contains("warning"), "{words:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json.stdout).unwrap()["warnings"], json!([]));
    }
}
