//! A CRM on a loopback port that keeps all requests in the order of their connections and survives the gateway.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use actors::runtime::clock::wall_now;
use events::time::Timestamp;
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::Value;

use crate::harness::described::check_report;

/// The path that marks the beginning of another life of the gateway.
const ANOTHER_LIFE: &str = "/another-life";

/// A running CRM. It lives as long as the test program.
pub struct Receiver {
    address: SocketAddr,
    arrived: Arc<Mutex<BTreeMap<usize, Arrived>>>,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
    /// The time when its connection came.
    pub at: Timestamp,
    /// The life of the gateway that sent it, counted from 0.
    pub life: usize,
    /// The number of its connection.
    pub nth: usize,
}

impl Arrived {
    /// The header `webhook-id`.
    pub fn delivery(&self) -> &str {
        self.headers["webhook-id"].to_str().unwrap()
    }

    pub fn json(&self) -> Value {
        let body = serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        check_report(&body);
        body
    }

    pub fn chat(&self) -> String {
        self.json()["chat"]["chat_id"].as_str().unwrap().to_owned()
    }

    /// The texts that it reports, in order.
    pub fn texts(&self) -> Vec<String> {
        self.messages().iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
    }

    /// The ids of the messages that it reports, in order.
    pub fn ids(&self) -> Vec<String> {
        self.messages().iter().map(|message| message["message_id"].as_str().unwrap().to_owned()).collect()
    }

    fn messages(&self) -> Vec<Value> {
        let body = self.json();
        body["messages"].as_array().cloned().unwrap_or_else(|| vec![body["message"].clone()])
    }
}

impl Receiver {
    /// Starts a receiver that answers this way. Each request has its own thread, so an answer may take its time.
    pub fn start(answer: impl Fn(&Arrived) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let receiver = Self { address: listener.local_addr().unwrap(), arrived: Arc::default() };
        let (arrived, answer) = (Arc::clone(&receiver.arrived), Arc::new(answer));
        thread::spawn(move || {
            // Connections are accepted in the order in which they were made, so their numbers tell which came first.
            for (nth, stream) in listener.incoming().flatten().enumerate() {
                let (arrived, answer, at) = (Arc::clone(&arrived), Arc::clone(&answer), wall_now());
                thread::spawn(move || {
                    let Some((stream, request)) = read(stream, at, nth) else { return };
                    arrived.lock().unwrap().insert(nth, request.clone());
                    let bytes = if request.path == ANOTHER_LIFE { status(200) } else { answer(&request) };
                    // The sender may have been killed meanwhile.
                    let _ = stream.into_inner().write_all(&bytes);
                });
            }
        });
        receiver
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Marks the beginning of another life. When this returns, every earlier connection has been accepted.
    pub fn another_life(&self) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        write!(stream, "GET {ANOTHER_LIFE} HTTP/1.1\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }

    /// Returns all requests so far, in the order of their connections.
    pub fn arrived(&self) -> Vec<Arrived> {
        let mut life = 0;
        let mut reports = Vec::new();
        for request in self.arrived.lock().unwrap().values() {
            if request.path == ANOTHER_LIFE {
                life += 1;
            } else {
                reports.push(Arrived { life, ..request.clone() });
            }
        }
        reports
    }
}

/// An answer with this status.
pub fn status(status: u16) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").into_bytes()
}

/// Reads a whole request; `None` if the sender dies meanwhile.
fn read(stream: TcpStream, at: Timestamp, nth: usize) -> Option<(BufReader<TcpStream>, Arrived)> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = HeaderMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        if line == "\r\n" {
            break;
        }
        let (name, value) = line.trim_end().split_once(": ")?;
        headers.append(name.parse::<HeaderName>().ok()?, value.parse().ok()?);
    }
    let length = headers.get("content-length").map_or(0, |length| length.to_str().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).unwrap();
    Some((stream, Arrived { path, headers, body, at, life: 0, nth }))
}
