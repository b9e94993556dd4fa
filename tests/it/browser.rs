//! Runs a real browser beside a demo: a foreign web page tries everything that a page can do. Guards against a page
//! that acts with the rights of a program on this machine.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use crate::harness::process::{Environment, free_port};
use crate::harness::{Http, Process, Request, SOON, wait_until};

const BROWSER: &str = "chromium";
/// Flags that keep the browser from contacting any other host.
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
];
/// Foreign host names that resolve to this machine. The second plays a DNS rebinding: it pointed elsewhere when the
/// page was loaded.
const NAMES: &str = "--host-resolver-rules=MAP evil.example 127.0.0.1, MAP rebound.example 127.0.0.1";

const PAGE: &str = r#"<!doctype html><title>Win a prize</title><iframe name="frame"></iframe>
<form target="frame" method="post" enctype="text/plain" action="http://127.0.0.1:PORT/sim/v1/receive">
<input name='{"account":"+12025550100","from":"+12025550101","text":"by a form","x":"' value='"}'></form>
<img src="http://127.0.0.1:PORT/sim/v1/echo/browser?by=an_image">
<script>
const body = '{"account":"+12025550100","from":"+12025550101","text":"by a script"}';
const ask = (url, options) => fetch(url, {mode: "no-cors", ...options}).catch(() => null);
(async () => {
  for (const host of ["127.0.0.1", "localhost", "rebound.example"]) {
    const at = `http://${host}:PORT`;
    await ask(`${at}/livez`);
    await ask(`${at}/sim/v1/receive`, {method: "POST", headers: {"content-type": "text/plain"}, body});
    await ask(`${at}/sim/v1/echo/browser`, {method: "POST", body});
    await ask(`${at}/sim/v1/echo/browser`);
  }
  const frame = document.querySelector("iframe");
  frame.onload = () => fetch("/done");
  document.querySelector("form").submit();
})();
</script>"#;

/// Kills the browser when dropped.
struct Browser(Child);

impl Browser {
    fn open(url: &str, dir: &Path) -> Self {
        let profile = format!("--user-data-dir={}", dir.join("profile").display());
        let mut command = Command::new(BROWSER);
        command
            .args(FLAGS)
            .args([NAMES, &profile, url])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self(command.env("HOME", dir).spawn().unwrap())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Serves the page on a free port, and sends the path of each request through the channel.
fn somebody_else(page: String) -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (asked, paths) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(stream);
            let mut line = String::new();
            let _ = lines.read_line(&mut line);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length:";
            let _ = write!(lines.get_mut(), "{head} {}\r\n\r\n{page}", page.len());
            let _ = asked.send(line.split(' ').nth(1).unwrap_or_default().to_owned());
        }
    });
    (port, paths)
}

fn demo(dir: &Path) -> (Process, Http) {
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let process = Process::start(&["demo", "--listen", &listen], &Environment::new(), dir);
    let http = Http::new(port);
    wait_until("the demo is ready", SOON, || {
        http.send(&Request::get("/readyz")).ok().filter(|answer| answer.status == 200)
    });
    (process, http)
}

#[test]
fn a_page_of_somebody_else_does_nothing_to_the_demo() {
    if Command::new(BROWSER).arg("--version").output().is_err() {
        println!("not run: there is no {BROWSER} on this machine");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (_demo, http) = demo(dir.path());
    let heard = || http.ask(&Request::get("/sim/v1/updates?after=0")).json()["data"].clone();
    let echoed = || http.ask(&Request::get("/sim/v1/echo/browser/requests")).json()["data"].clone();
    let before = heard();
    let (port, paths) = somebody_else(PAGE.replace("PORT", &http.port().to_string()));

    let _browser = Browser::open(&format!("http://evil.example:{port}/"), dir.path());
    while paths.recv_timeout(SOON).expect("the page has tried everything") != "/done" {}

    let figures = http.ask(&Request::get("/metrics")).text();
    let alive = r#"tidings_http_requests_total{route="/livez",method="GET",status="200"}"#;
    let reached = figures.lines().find_map(|line| line.strip_prefix(alive)).map(str::trim);
    // One of the four requests is the demo's own check that it answers.
    assert_eq!(reached, Some("4"), "the page has reached the demo by each name: {figures}");
    assert_eq!((heard(), echoed()), (before, serde_json::json!([])));
}
