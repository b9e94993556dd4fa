//! Requests whose bodies are still coming while the chat that they are about is erased.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::traces::{assert_gone, files};
use super::{PHONE, TITLE, busy_workspace, chat_of, erase, message, start};
use crate::harness::{Server, Setup, Workspace};

/// A request to the inbound webhook whose body is sent but for its last byte.
struct Underway {
    stream: BufReader<TcpStream>,
    last: u8,
}

impl Underway {
    /// Returns when the gateway waits for the body.
    fn begin(server: &Server, workspace: &Workspace, header: &str, body: &Value) -> Self {
        let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", server.port)).unwrap());
        let body = body.to_string();
        let (length, path) = (body.len(), &workspace.inbound);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\nX-Of: C4naryText\r\n{header}\
             Expect: 100-continue\r\nConnection: close\r\n\r\n"
        );
        stream.get_mut().write_all(head.as_bytes()).unwrap();
        for expected in ["HTTP/1.1 100 Continue\r\n", "\r\n"] {
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            assert_eq!(line, expected);
        }
        let (last, first) = body.as_bytes().split_last().unwrap();
        stream.get_mut().write_all(first).unwrap();
        Self { stream, last: *last }
    }

    /// Sends the rest, and returns the answer.
    fn end(mut self) -> String {
        self.stream.get_mut().write_all(&[self.last]).unwrap();
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

#[test]
fn a_dry_run_and_a_refused_request_that_are_under_way_while_a_chat_is_erased_leave_nothing() {
    let mut server = start(Setup::new());
    let workspace = busy_workspace(&server);
    let id = workspace.send(PHONE, "C4naryText");
    workspace.wait_for_state(&id, "sent", crate::harness::SOON);
    let chat = chat_of(&workspace, PHONE);
    workspace.ask(&workspace.api("PATCH", &format!("/chats/{chat}")).json(&json!({"name": TITLE}))).success();
    let begin = |header: &str, body: Value| Underway::begin(&server, &workspace, header, &body);
    let dry = begin("Dry-Run: true\r\n", message(PHONE, "C4naryText dry"));
    // The refusal quotes what the contact is called by.
    let by_title = json!({"action": "send", "chat_name": TITLE, "text": "C4naryText refused"});
    let refused = begin("", by_title);
    let misspelt = begin("", json!({"action": "send", "phone": PHONE, "text": ["C4naryText"]}));

    assert_eq!(erase(&workspace, &chat).status, 200);
    let answers = [dry.end(), refused.end(), misspelt.end()];
    for (answer, status) in answers.iter().zip(["200", "404", "400"]) {
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }

    let kept = workspace.newest("/inbound/attempts");
    let statuses: Vec<&Value> = kept.iter().map(|row| &row["status"]).collect();
    assert_eq!(statuses, [400, 404, 200], "that they came is kept: {kept:?}");
    assert_eq!(kept[0]["request"]["headers"], json!({}), "{kept:?}");
    // What comes later is kept whole again.
    workspace.post(&json!({"action": "send", "text": "of nobody"}));
    let newest = workspace.newest("/inbound/attempts").remove(0);
    assert!(newest["request"]["body"].as_str().unwrap().contains("of nobody"), "{newest}");
    assert_gone("the attempts", workspace.ask(&workspace.api("GET", "/inbound/log.csv")).text().as_bytes());
    assert_eq!(server.sigterm(), Some(0));
    assert_gone("log lines", server.process().output().as_bytes());
    for (path, bytes) in files(&server.data_dir()) {
        assert_gone(&path.display().to_string(), &bytes);
    }
}
