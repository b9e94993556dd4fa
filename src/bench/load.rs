//! The load generator: many keep-alive connections on one thread; each posts again as soon as it has its response.
//! Knows only where to post.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::figures::{self, Spread};

const PHONES: usize = 1_000;
const READ_BYTES: usize = 4_096;
/// Connections are opened in groups of this many, below any listen backlog.
const OPENED_AT_ONCE: usize = 64;

/// The server to post to.
#[derive(Debug, Clone)]
pub struct Target {
    /// The server's address.
    pub address: SocketAddr,
    /// The inbound webhooks, used in turn.
    pub endpoints: Vec<Endpoint>,
}

/// One inbound webhook.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub path: String,
    /// The phone of the sending account, named in every message.
    pub account: String,
}

/// The result of one run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Responses with a status other than 200.
    pub refused: u64,
    /// Accepted messages per second.
    pub per_second: f64,
    /// How long each accepted request took.
    pub spread: Spread,
}

/// The measurements of one connection.
#[derive(Default)]
struct ConnectionFigures {
    latencies: Vec<Duration>,
    refused: u64,
}

/// Posts over this many connections for this time.
pub fn run(target: &Target, connections: usize, time: Duration) -> io::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(post(target, connections, time))
}

/// Like [`run`], on the current runtime.
pub async fn post(target: &Target, connections: usize, time: Duration) -> io::Result<Outcome> {
    let mut streams = Vec::with_capacity(connections);
    while streams.len() < connections {
        let mut opening = JoinSet::new();
        for _ in 0..OPENED_AT_ONCE.min(connections - streams.len()) {
            opening.spawn(TcpStream::connect(target.address));
        }
        while let Some(stream) = opening.join_next().await {
            let stream = stream??;
            stream.set_nodelay(true)?;
            streams.push(stream);
        }
    }
    let (target, turn) = (Arc::new(target.clone()), Arc::new(AtomicUsize::new(0)));
    let start = Instant::now();
    let end = start + time;
    let mut posting = JoinSet::new();
    for stream in streams {
        posting.spawn(post_over_one(stream, Arc::clone(&target), Arc::clone(&turn), end));
    }
    let mut all = ConnectionFigures::default();
    while let Some(seen) = posting.join_next().await {
        let seen = seen??;
        all.latencies.extend(seen.latencies);
        all.refused += seen.refused;
    }
    Ok(outcome(all, start.elapsed()))
}

/// Sends one request outside of the measurement; returns status and body of the response.
pub fn ask(address: SocketAddr, head: &str, body: &str) -> io::Result<(u16, String)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut stream = TcpStream::connect(address).await?;
        let length = body.len();
        let request = format!("{head}\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).await?;
        let mut buffer = Vec::new();
        let answer = read_answer(&mut stream, &mut buffer).await?;
        let body = buffer.get(answer.head..answer.total).unwrap_or_default();
        Ok((answer.status, String::from_utf8_lossy(body).into_owned()))
    })
}

async fn post_over_one(
    mut stream: TcpStream,
    target: Arc<Target>,
    turn: Arc<AtomicUsize>,
    end: Instant,
) -> io::Result<ConnectionFigures> {
    let mut seen = ConnectionFigures::default();
    let mut buffer = Vec::with_capacity(READ_BYTES);
    let mut started = Instant::now();
    // However short the time is, each connection posts once.
    loop {
        let request = request(&target, turn.fetch_add(1, Ordering::Relaxed));
        stream.write_all(request.as_bytes()).await?;
        let answer = read_answer(&mut stream, &mut buffer).await?;
        let answered = Instant::now();
        if answer.status == 200 {
            seen.latencies.push(answered - started);
        } else {
            seen.refused += 1;
        }
        buffer.drain(..answer.total);
        started = answered;
        if started >= end {
            return Ok(seen);
        }
    }
}

fn request(target: &Target, nth: usize) -> String {
    let phone = nth % PHONES;
    let endpoint = target.endpoints.get(nth % target.endpoints.len().max(1));
    let (path, account) = endpoint.map_or(("/", ""), |endpoint| (&*endpoint.path, &*endpoint.account));
    let body = format!(
        r#"{{"action":"send","phone":"+12025551{phone:03}","text":"Your order {nth} has shipped","whatsapp account phone":"{account}"}}"#
    );
    let (address, length) = (target.address, body.len());
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// A response's status, and where its body begins and ends in the buffer.
struct Answer {
    status: u16,
    head: usize,
    total: usize,
}

/// Reads until the buffer holds one whole response, which must have a `Content-Length`.
async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Answer> {
    loop {
        if let Some(answer) = parse(buffer)? {
            return Ok(answer);
        }
        buffer.reserve(READ_BYTES);
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn parse(buffer: &[u8]) -> io::Result<Option<Answer>> {
    let Some(end) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = String::from_utf8_lossy(buffer.get(..end).unwrap_or_default());
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    let length = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|(_, length)| length.trim().parse::<usize>().ok());
    let (Some(status), Some(length)) = (status, length) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("not understood: {head}")));
    };
    let total = end + 4 + length;
    Ok((buffer.len() >= total).then_some(Answer { status, head: end + 4, total }))
}

fn outcome(all: ConnectionFigures, took: Duration) -> Outcome {
    let spread = Spread::of(all.latencies);
    Outcome { refused: all.refused, per_second: figures::per_second(spread.count(), took), spread }
}
