//! A CRM's receiver on a loopback port, which stores the reports. Also serves two files, one of which is gone.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The path of a file that exists.
pub const FILE: &str = "/a.png";
/// The path of a file that is gone.
pub const FILE_GONE: &str = "/gone.png";

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
const BODY_BYTES_MAX: u64 = 16 << 20;

/// A running receiver. Lives as long as this program.
#[derive(Clone)]
pub struct Receiver {
    address: SocketAddr,
    held: Arc<Deliveries>,
}

#[derive(Default)]
struct Deliveries {
    taken: Mutex<BTreeMap<String, Taken>>,
    refused: AtomicU64,
    failing: Mutex<Option<String>>,
    wrong: Mutex<Vec<String>>,
}

/// A delivery that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The path to which it was posted.
    pub path: String,
    pub messages: Vec<String>,
    /// The texts in it that contacts wrote.
    pub heard: Vec<String>,
    /// Number of times that it was received.
    pub times: u64,
    body: Vec<u8>,
}

struct Request {
    path: String,
    delivery: Option<String>,
    body: Vec<u8>,
}

impl Receiver {
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
        let receiver = Self { address: listener.local_addr()?, held: Arc::default() };
        let serving = receiver.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let receiver = serving.clone();
                // An error is ignored: the sender may have been killed, and then nobody waits for a response.
                thread::spawn(move || receiver.serve(stream));
            }
        });
        Ok(receiver)
    }

    /// Returns the URL of a path at this receiver.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers reports to this path with 503 from now on; `None` ends that.
    pub fn fail(&self, path: Option<&str>) {
        *self.held.failing.lock().unwrap_or_else(PoisonError::into_inner) = path.map(str::to_owned);
    }

    /// Returns the accepted deliveries by id, and the number of refused requests. Fails if the body of a delivery
    /// changed or a report was invalid.
    pub fn taken(&self) -> Result<(BTreeMap<String, Taken>, u64)> {
        let wrong = self.held.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(first) = wrong.first() {
            bail!("{} wrong reports, such as: {first}", wrong.len());
        }
        let taken = self.held.taken.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok((taken, self.held.refused.load(Ordering::Relaxed)))
    }

    /// Returns how many messages of contacts were reported.
    pub fn heard(&self) -> usize {
        self.held.taken.lock().unwrap_or_else(PoisonError::into_inner).values().map(|taken| taken.heard.len()).sum()
    }

    fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        let request = read(&mut stream)?;
        let (status, body) = match request.path.as_str() {
            FILE => (200, PNG),
            FILE_GONE => (404, &b""[..]),
            _ => (self.take(request), &b""[..]),
        };
        let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        stream.get_mut().write_all(&[head.as_bytes(), body].concat()).ok()
    }

    fn take(&self, request: Request) -> u16 {
        if self.held.failing.lock().unwrap_or_else(PoisonError::into_inner).as_ref() == Some(&request.path) {
            self.held.refused.fetch_add(1, Ordering::Relaxed);
            return 503;
        }
        if let Err(error) = self.keep(request) {
            self.held.wrong.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{error:#}"));
        }
        200
    }

    fn keep(&self, Request { path, delivery, body }: Request) -> Result<()> {
        let delivery = delivery.context("no webhook-id")?;
        let (messages, heard) = messages(&body).with_context(|| format!("{delivery} is no report"))?;
        let mut taken = self.held.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let kept =
            taken.entry(delivery).or_insert_with_key(|_| Taken { path, messages, heard, times: 0, body: body.clone() });
        kept.times += 1;
        anyhow::ensure!(kept.body == body, "another body: {}", String::from_utf8_lossy(&body));
        Ok(())
    }
}

/// Returns the ids of a report's messages, and the texts of those that contacts wrote.
fn messages(body: &[u8]) -> Result<(Vec<String>, Vec<String>)> {
    let body: Value = serde_json::from_slice(body)?;
    let one = body.get("message").map(std::slice::from_ref);
    let several = body.get("messages").and_then(Value::as_array).map(Vec::as_slice);
    let told = one.or(several).context("no message")?;
    let said = |message: &Value, key: &str| message.get(key).and_then(Value::as_str).map(str::to_owned);
    let heard = told.iter().filter(|message| said(message, "direction").as_deref() == Some("received"));
    let heard = heard.filter_map(|message| said(message, "text")).collect();
    let ids = told.iter().map(|message| said(message, "message_id").context("a message without an id"));
    Ok((ids.collect::<Result<_>>()?, heard))
}

fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut delivery, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "webhook-id" => delivery = Some(value.to_owned()),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = Vec::new();
    let read = stream.take(BODY_BYTES_MAX.min(length)).read_to_end(&mut body).ok()?;
    (u64::try_from(read) == Ok(length)).then_some(Request { path, delivery, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(receiver: &Receiver, path: &str, delivery: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(receiver.address).unwrap();
        let length = body.len();
        write!(stream, "POST {path} HTTP/1.1\r\nwebhook-id: {delivery}\r\ncontent-length: {length}\r\n\r\n{body}")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    }

    #[test]
    fn what_is_taken_twice_is_counted_and_must_be_the_same() {
        let receiver = Receiver::start().unwrap();
        let report = r#"{"messages":[{"message_id":"m1"},{"message_id":"m2"}]}"#;
        assert_eq!(post(&receiver, "/hook", "d1", report), "HTTP/1.1 200 X");
        assert_eq!(post(&receiver, "/hook", "d1", report), "HTTP/1.1 200 X");
        let taken = receiver.taken().unwrap().0;
        assert_eq!((taken["d1"].times, taken["d1"].messages.clone()), (2, vec!["m1".to_owned(), "m2".to_owned()]));
        post(&receiver, "/hook", "d1", r#"{"message":{"message_id":"m1"}}"#);
        assert!(receiver.taken().is_err());
    }

    #[test]
    fn a_failing_path_takes_nothing() {
        let receiver = Receiver::start().unwrap();
        receiver.fail(Some("/hook"));
        assert_eq!(post(&receiver, "/hook", "d1", r#"{"message":{"message_id":"m1"}}"#), "HTTP/1.1 503 X");
        assert_eq!(receiver.taken().unwrap(), (BTreeMap::new(), 1));
    }
}
