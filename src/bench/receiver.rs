//! A receiver of reports on its own thread: accepts each at once, and records when it came. Knows nothing of the
//! sender.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, sleep};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
/// More than are ever opened at once: if the backlog is full, connecting takes a second longer.
const BACKLOG: u32 = 2_048;
const PAUSE: Duration = Duration::from_millis(5);
/// Precedes the number in a report's text.
const TEXT: &[u8] = b"\"text\":\"report ";

/// A report that was received.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// The number in its text.
    pub nth: usize,
    /// The time when it was complete.
    pub at: Instant,
    pub bytes: usize,
}

/// The receiver of reports.
pub struct Receiver {
    /// The address where it listens.
    pub address: SocketAddr,
    arrivals: Arc<Mutex<Vec<Arrival>>>,
}

impl Receiver {
    /// Listens on a free port until the process ends.
    pub fn start() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let entered = runtime.enter();
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        drop(entered);
        let arrivals: Arc<Mutex<Vec<Arrival>>> = Arc::default();
        let noted = Arc::clone(&arrivals);
        std::thread::spawn(move || {
            runtime.block_on(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(take(stream, Arc::clone(&noted)));
                }
            });
        });
        Ok(Self { address, arrivals })
    }

    /// Forgets the reports so far.
    pub fn clear(&self) {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Returns all reports so far.
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for this many reports, and returns all that came.
    pub async fn wait_for(&self, count: usize, within: Duration) -> io::Result<Vec<Arrival>> {
        let begun = Instant::now();
        loop {
            let arrivals = self.arrivals();
            let came = arrivals.len();
            if came >= count {
                return Ok(arrivals);
            }
            if begun.elapsed() > within {
                return Err(io::Error::other(format!("{came} of {count} reports came within {within:?}")));
            }
            sleep(PAUSE).await;
        }
    }
}

async fn take(mut stream: TcpStream, noted: Arc<Mutex<Vec<Arrival>>>) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(2_048);
    loop {
        while let Some((head, total)) = parse(&buffer) {
            let body = buffer.get(head..total).unwrap_or_default();
            let arrival = Arrival { nth: number(body), at: Instant::now(), bytes: body.len() };
            noted.lock().unwrap_or_else(PoisonError::into_inner).push(arrival);
            buffer.drain(..total);
            stream.write_all(ANSWER).await?;
        }
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
    }
}

/// Returns where the body begins and ends, once the request is complete.
fn parse(buffer: &[u8]) -> Option<(usize, usize)> {
    let end = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(buffer.get(..end)?);
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    let length =
        headers.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?.1.trim().parse::<usize>().ok()?;
    let total = end + 4 + length;
    (buffer.len() >= total).then_some((end + 4, total))
}

fn number(body: &[u8]) -> usize {
    let from = body.windows(TEXT.len()).position(|bytes| bytes == TEXT).map(|at| at + TEXT.len());
    let digits = from.and_then(|from| body.get(from..)).unwrap_or_default();
    let digits: String = digits.iter().map(|byte| char::from(*byte)).take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(usize::MAX)
}
