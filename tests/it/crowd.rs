//! Many hostile connections: readers that never read, endless idle connections, bytes that are no requests. Guards
//! against unbounded memory, descriptors or log lines.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::mpsc;

use serde_json::json;

use crate::harness::client::message;
use crate::harness::shell::{Shelled, memory_kib, stays};
use crate::harness::{ADMIN_KEY, Http, Request, SOON, Server, Setup, poll, wait_until};

const READERS: usize = 150;
const REQUESTS_EACH: usize = 3_000;
const MEMORY_MAX_KIB: u64 = 200 << 10;
const PHONE: &str = "+12025550101";

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream
}

/// Writes as much as the socket accepts, and returns the rest.
fn push<'a>(stream: &mut TcpStream, mut rest: &'a [u8]) -> &'a [u8] {
    while !rest.is_empty() {
        match stream.write(rest) {
            Ok(length) => rest = &rest[length..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(_) => return &[],
        }
    }
    rest
}

#[test]
fn readers_that_never_read_fill_no_memory() {
    let server = Server::start();
    let pid = server.process().pid();
    assert_eq!(server.http().ask(&Request::get("/openapi.json")).status, 200);
    let idle = memory_kib(pid, "VmRSS:");
    let requests = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(REQUESTS_EACH);
    let mut readers: Vec<_> = (0..READERS).map(|_| (connect(server.port), requests.as_slice())).collect();
    for (stream, _) in &readers {
        stream.set_nonblocking(true).unwrap();
    }
    wait_until("nothing more is taken", SOON, || {
        let mut left = || {
            for (stream, rest) in &mut readers {
                *rest = push(stream, rest);
            }
            let left: usize = readers.iter().map(|(_, rest)| rest.len()).sum();
            (left, memory_kib(pid, "VmHWM:"))
        };
        stays(&mut left).then_some(())
    });
    let peak = memory_kib(pid, "VmHWM:");
    println!("{READERS} readers that never read: {} MiB when idle, {} MiB at the peak", idle >> 10, peak >> 10);
    assert_eq!(server.http().ask(&Request::get("/livez")).status, 200, "others are served");
    assert!(peak - idle <= MEMORY_MAX_KIB, "{peak} KiB at the peak, {idle} KiB when idle");
}

#[test]
fn pipelined_requests_are_answered_in_their_order_to_whoever_reads() {
    let server = Server::start();
    let mut stream = connect(server.port);
    let mut sent = Vec::new();
    for path in ["/livez", "/nowhere", "/openapi.json", "/api/v1/credits"].into_iter().cycle().take(400) {
        write!(sent, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    }
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    let writing = std::thread::spawn(move || stream.write_all(&sent).map(|()| stream));
    for status in [200, 404, 200, 401].into_iter().cycle().take(400) {
        assert_eq!(answer(&mut answers).0, status);
    }
    writing.join().unwrap().unwrap();
}

/// Reads the next answer and returns its status and body.
fn answer(answers: &mut impl BufRead) -> (u16, Vec<u8>) {
    let mut line = String::new();
    answers.read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).unwrap_or_else(|| panic!("no status line: {line:?}")).parse().unwrap();
    let mut length = 0;
    while line != "\r\n" {
        line.clear();
        answers.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    answers.read_exact(&mut body).unwrap();
    (status, body)
}

#[test]
fn connections_beyond_the_limit_wait_until_another_one_is_closed() {
    let server = Setup::new().set("TIDINGS_HTTP__CONNECTIONS_MAX", "8").start();
    let mut held: Vec<TcpStream> = (0..40).map(|_| connect(server.port)).collect();
    let mut waiting = connect(server.port);
    waiting.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    waiting.set_nonblocking(true).unwrap();
    assert!(stays(|| waiting.peek(&mut [0]).is_ok()), "it is not served at once");
    held.clear();
    let answered = poll(SOON, || waiting.peek(&mut [0]).is_ok().then_some(()));
    assert!(answered.is_some(), "it is served when there is room");
}

/// Accepts reports, and sends a signal through the channel for each.
fn receiver() -> (u16, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (came, reports) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(stream);
            let mut line = String::new();
            lines.read_line(&mut line).unwrap();
            let _ = lines.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = came.send(());
        }
    });
    (port, reports)
}

// Idle connections take every descriptor that they can get; outgoing connections have descriptors reserved for them.
#[test]
fn a_flood_of_connections_leaves_descriptors_to_what_goes_out() {
    let networks = [
        ("TIDINGS_GUARD__ALLOW_NETWORKS", "127.0.0.0/8"),
        ("TIDINGS_PACING__GAP_MS_MAX", "0"),
        ("TIDINGS_PACING__GAP_MS_MIN", "0"),
    ];
    let gateway = Shelled::start("ulimit -n 64; $SERVE", &networks, Stdio::null());
    gateway.becomes(200);
    let (port, reports) = receiver();
    let workspace = gateway.workspace(10);
    let url = format!("http://127.0.0.1:{port}/reports");
    workspace.ask(&workspace.api("PATCH", "/outbound").json(&json!({"url": url}))).success();
    let mut crm = connect(gateway.port);
    crm.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answers = BufReader::new(crm.try_clone().unwrap());
    assert_eq!(answer(&mut answers).0, 200);
    let _flood: Vec<TcpStream> = (0..200).map(|_| connect(gateway.port)).collect();
    for nth in 0..5 {
        let body = message(PHONE, &format!("text {nth}")).to_string();
        let head = format!("POST {} HTTP/1.1\r\nHost: x\r\n", workspace.inbound);
        write!(crm, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        assert_eq!(answer(&mut answers).0, 200);
        reports.recv_timeout(SOON).expect("a report goes out");
    }
}

#[test]
fn with_too_few_descriptors_the_gateway_says_how_many_it_needs() {
    for limit in [20, 22, 30, 40] {
        let words = tempfile::NamedTempFile::new().unwrap();
        let mut gateway = Shelled::start(&format!("ulimit -n {limit}; $SERVE"), &[], words.reopen().unwrap().into());
        assert_eq!(gateway.exit_code(), Some(1), "{limit}");
        let said = std::fs::read_to_string(words.path()).unwrap();
        assert!(
            said.contains(&format!("{limit} open files are allowed, and ")) && said.contains("ulimit -n "),
            "{said}"
        );
    }
}

/// Sends these bytes and returns everything that is answered until the connection closes.
fn answered_to(port: u16, bytes: &[u8]) -> String {
    let mut stream = connect(port);
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

// Scanners send such bytes by the thousand.
#[test]
fn what_is_no_request_is_counted_and_answered_in_our_shape_and_not_logged() {
    let server = Server::start();
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nCookie: {}\r\n\r\n", "c".repeat(200_000));
    let cases: [(&[u8], &str, &str); 4] = [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "400", "malformed_request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400", "malformed_request"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400", "malformed_request"),
        (long.as_bytes(), "431", "headers_too_large"),
    ];
    for (bytes, status, code) in cases {
        let answer = answered_to(server.port, bytes);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")) && head.contains("x-request-id: req_"), "{answer}");
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!((body["status"].to_string().as_str(), &body["error"]["code"]), (status, &json!(code)));
        assert!(head.contains(body["error"]["request_id"].as_str().unwrap()));
    }
    let figures = Http::new(server.port).ask(&Request::get("/metrics").bearer(ADMIN_KEY)).text();
    assert!(figures.contains("tidings_http_malformed_total{status=\"400\"} 3"), "{figures}");
    assert!(figures.contains("tidings_http_malformed_total{status=\"431\"} 1"), "{figures}");
    let said = server.process().output();
    assert!(!said.contains("ERROR") && !said.contains("stream error"), "{said}");
}
