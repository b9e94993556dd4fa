//! Tests `tidings listen`: it receives reports, verifies their signatures, prints and forwards them.

use std::io::{Read, Write};

use actors::runtime::clock::wall_now;
use events::time::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tidings::outbound::{KeyRing, Request as Report};

use crate::harness::process::{Environment, run};
use crate::harness::{Http, Process, Request, SOON, Server, wait_until};

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A `tidings listen` process on a free port.
struct Receiver {
    process: Process,
    http: Http,
    _dir: TempDir,
}

impl Receiver {
    fn start(flags: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let environment = vec![("TIDINGS_WEBHOOK_SECRET".to_owned(), KEY.to_owned())];
        let args = [&["listen", "--listen", "127.0.0.1:0"], flags].concat();
        let process = Process::start(&args, &environment, dir.path());
        let port = wait_until("the receiver says where it is", SOON, || {
            let output = process.output();
            let (_, rest) = output.split_once("http://127.0.0.1:")?;
            rest.split_once('/').and_then(|(port, _)| port.parse().ok())
        });
        Self { process, http: Http::new(port), _dir: dir }
    }

    /// Posts a report and returns the status of the answer.
    fn post(&self, id: &str, at: Timestamp, body: &Value) -> u16 {
        self.http.ask(&forged(id, at, body, body)).status
    }

    /// Returns the lines about requests as soon as there are at least `count`.
    fn told(&self, count: usize) -> Vec<String> {
        wait_until("all requests are told", SOON, || {
            let output = self.process.output();
            let told = output.lines().filter(|line| line.contains("webhook_id") || line.starts_with("  "));
            let told: Vec<String> = told.map(str::to_owned).collect();
            (told.len() >= count).then_some(told)
        })
    }
}

/// A report whose body is `sent` but whose signature belongs to `body`.
fn forged(id: &str, at: Timestamp, body: &Value, sent: &Value) -> Request {
    let headers = headers(id, at, body);
    let headers = headers.iter().filter(|(name, _)| name != "content-type");
    headers.fold(Request::post("/hook?a=1").json(sent), |request, (name, value)| request.header(name, value))
}

fn headers(id: &str, at: Timestamp, body: &Value) -> Vec<(String, String)> {
    let keys = KeyRing::new(KEY.parse().unwrap());
    Report::signed(String::new(), id, at, body.to_string().into_bytes(), &keys).headers
}

fn report(text: &str) -> Value {
    json!({"chat": {"full_name": "Mary Major"}, "message": {"direction": "received", "text": text}})
}

#[test]
fn each_report_is_told_in_one_line_with_what_its_signature_is_worth() {
    let receiver = Receiver::start(&["--answer", "204"]);
    let now = wall_now();
    assert_eq!(receiver.post("dlv_1", now, &report("first")), 204);
    assert_eq!(receiver.post("dlv_1", now, &report("first")), 204);
    assert_eq!(receiver.post("dlv_2", Timestamp::from_ms(now.ms() - 600_000), &report("late")), 204);
    assert_eq!(receiver.http.ask(&forged("dlv_3", now, &report("real"), &report("forged"))).status, 204);
    assert_eq!(receiver.http.ask(&Request::post("/").body("text/plain", "hello")).status, 204);

    let told = receiver.told(5);

    for (line, words) in told.iter().zip([
        ["  204  valid    received  Mary Major  ", "\"first\"", "  dlv_1"],
        ["  204  valid    received  Mary Major  ", "\"first\"", "  dlv_1  duplicate"],
        ["  204  stale    received  Mary Major  ", "\"late\"", "  dlv_2"],
        ["  204  invalid  received  Mary Major  ", "\"forged\"", "  dlv_3"],
        ["  204  missing  -         -  ", "\"hello\"", "  -"],
    ]) {
        let [begin, middle, end] = words;
        assert!(line.contains(begin) && line.contains(middle) && line.ends_with(end), "{line}");
    }
    assert!(!receiver.process.output().contains(KEY));
}

#[test]
fn machines_get_an_object_for_each_report() {
    let receiver = Receiver::start(&["--json"]);
    assert_eq!(receiver.post("dlv_1", wall_now(), &report("hi")), 200);
    let told: Value = serde_json::from_str(&receiver.told(1)[0]).unwrap();
    assert_eq!((&told["webhook_id"], &told["signature"]), (&json!("dlv_1"), &json!("valid")));
    assert_eq!((&told["path"], &told["duplicate"], &told["status"]), (&json!("/hook?a=1"), &json!(false), &json!(200)));
    assert_eq!((&told["body"], &told["headers"]["webhook-id"]), (&report("hi"), &json!("dlv_1")));
}

#[test]
fn what_is_passed_on_is_unchanged_and_the_answer_is_taken_back() {
    let server = Server::start();
    let settings = json!({"status": 503, "retry_after": 7});
    server.http().ask(&Request::new("PUT", "/sim/v1/echo/crm/settings").json(&settings)).success();
    let receiver = Receiver::start(&["--forward-to", &format!("http://127.0.0.1:{}/sim/v1/echo/crm", server.port)]);
    let (now, body) = (wall_now(), report("hé"));

    let answer = receiver.http.ask(&forged("dlv_1", now, &body, &body));

    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("7")));
    let kept = server.http().ask(&Request::get("/sim/v1/echo/crm/requests")).success()["data"][0].take();
    assert_eq!(kept["body"], json!(body.to_string()));
    for (name, value) in headers("dlv_1", now, &body) {
        assert_eq!(kept["headers"][&name], json!(value), "{name}");
    }
    assert!(receiver.told(1)[0].contains("  503  valid"));
}

#[test]
fn where_nobody_takes_it_on_the_answer_is_502_and_says_so() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let receiver = Receiver::start(&["--forward-to", &format!("http://{nobody}/")]);
    assert_eq!(receiver.post("dlv_1", wall_now(), &report("hi")), 502);
    let told = &receiver.told(1)[0];
    assert!(told.contains("  502  ") && told.ends_with("  dlv_1  connection refused"), "{told}");
}

#[test]
fn an_answer_with_a_status_that_does_not_exist_is_502_too() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let receiver = Receiver::start(&["--forward-to", &format!("http://{}/", server.local_addr().unwrap())]);
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = server.accept().unwrap();
        stream.read_exact(&mut [0; 64]).unwrap();
        stream.write_all(b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n").unwrap();
        stream
    });
    assert_eq!(receiver.post("dlv_1", wall_now(), &report("hi")), 502);
    let told = &receiver.told(1)[0];
    assert!(told.ends_with("  dlv_1  its status is 999, and none from 200 to 599"), "{told}");
    drop(answering.join().unwrap());
}

#[test]
fn what_is_no_key_and_no_free_address_are_told_at_once() {
    let alone = |args: &[&str]| run(args, &Environment::new(), tempfile::tempdir().unwrap().path());
    let finished = alone(&["listen", "--listen", "127.0.0.1:0", "--secret", "whsec_short"]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("signing key") && !finished.stderr.contains("short"), "{finished:?}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let finished = alone(&["listen", "--listen", &taken.local_addr().unwrap().to_string()]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains("--listen"), "{finished:?}");
}
