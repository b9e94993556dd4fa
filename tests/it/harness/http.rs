//! A small blocking HTTP/1.1 client over `TcpStream`. It never retries a request: a lost answer stays lost.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::described;

const TIME_LIMIT: Duration = Duration::from_secs(30);
/// Servers close idle connections after 5 s or more; a connection that was idle for longer than this is not reused.
const IDLE_MAX: Duration = Duration::from_secs(3);
const SHOWN_MAX: usize = 4_000;

/// A client of one server on loopback, with its idle connections. Threads may share it.
pub struct Http {
    address: SocketAddr,
    idle: Mutex<Vec<(BufReader<TcpStream>, Instant)>>,
}

#[derive(Debug, Clone)]
pub struct Request {
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(String, String)>,
    body: Vec<u8>,
}

pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: Vec::new() }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    pub fn post(path: impl Into<String>) -> Self {
        Self::new("POST", path)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn bearer(self, key: &str) -> Self {
        self.header("Authorization", &format!("Bearer {key}"))
    }

    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("Content-Type", content_type)
    }

    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }
}

impl Http {
    pub fn new(port: u16) -> Self {
        Self { address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), idle: Mutex::default() }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Sends a request and reads the whole answer.
    pub fn send(&self, request: &Request) -> io::Result<Answer> {
        let mut stream = self.connection()?;
        let written = self.write(stream.get_mut(), request);
        // A server that refuses a large body may answer and close before it has read everything.
        let (answer, reusable) =
            read_answer(&mut stream, request.method != "HEAD").map_err(|error| written.err().unwrap_or(error))?;
        if reusable {
            self.idle.lock().unwrap().push((stream, Instant::now()));
        }
        described::check(request, &answer);
        Ok(answer)
    }

    /// Sends a request and reads the head of an endless answer; the caller reads the rest from the returned stream.
    pub fn open(&self, request: &Request) -> io::Result<(Answer, BufReader<TcpStream>)> {
        let mut stream = self.connection()?;
        self.write(stream.get_mut(), request)?;
        let mut answer = read_head(&mut stream)?;
        if !answer.is_endless() {
            read_body(&mut stream, &mut answer)?;
        }
        described::check(request, &answer);
        Ok((answer, stream))
    }

    /// Like [`Http::send`], but a lost answer fails the test.
    pub fn ask(&self, request: &Request) -> Answer {
        self.send(request).unwrap_or_else(|error| panic!("{} {}: {error}", request.method, request.path))
    }

    fn connection(&self) -> io::Result<BufReader<TcpStream>> {
        while let Some((stream, since)) = self.idle.lock().unwrap().pop() {
            if since.elapsed() < IDLE_MAX && is_open(stream.get_ref())? {
                return Ok(stream);
            }
        }
        let stream = TcpStream::connect_timeout(&self.address, TIME_LIMIT)?;
        stream.set_read_timeout(Some(TIME_LIMIT))?;
        stream.set_write_timeout(Some(TIME_LIMIT))?;
        stream.set_nodelay(true)?;
        Ok(BufReader::new(stream))
    }

    fn write(&self, stream: &mut TcpStream, request: &Request) -> io::Result<()> {
        let mut bytes = Vec::new();
        write!(bytes, "{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.path, self.address)?;
        for (name, value) in &request.headers {
            write!(bytes, "{name}: {value}\r\n")?;
        }
        write!(bytes, "Content-Length: {}\r\n\r\n", request.body.len())?;
        bytes.extend_from_slice(&request.body);
        stream.write_all(&bytes)
    }
}

impl Answer {
    /// Returns the first header of this name; case does not matter.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// True if the answer is an event stream, which does not end.
    pub fn is_endless(&self) -> bool {
        self.header("Content-Type") == Some("text/event-stream")
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// Returns the body as JSON; fails the test unless the status is a success.
    pub fn success(&self) -> Value {
        assert!((200..300).contains(&self.status), "wanted a success: {self:?}");
        self.json()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {} {:?} ", self.status, self.headers)?;
        self.text().chars().take(SHOWN_MAX).try_for_each(|c| write!(f, "{c}"))
    }
}

fn is_open(stream: &TcpStream) -> io::Result<bool> {
    stream.set_nonblocking(true)?;
    let waits = matches!(stream.peek(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
    stream.set_nonblocking(false)?;
    Ok(waits)
}

fn read_answer(stream: &mut BufReader<TcpStream>, has_body: bool) -> io::Result<(Answer, bool)> {
    let mut answer = read_head(stream)?;
    let ends_itself = !has_body || (!answer.is_endless() && read_body(stream, &mut answer)?);
    let closes = answer.header("Connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    Ok((answer, ends_itself && !closes))
}

fn read_head(stream: &mut BufReader<TcpStream>) -> io::Result<Answer> {
    let status_line = read_line(stream)?;
    let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| broken("status line"))?;
    let mut answer = Answer { status, headers: Vec::new(), body: Vec::new() };
    loop {
        let line = read_line(stream)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| broken("header"))?;
        answer.headers.push((name.to_owned(), value.trim().to_owned()));
    }
    Ok(answer)
}

/// Reads the body. Returns `false` if it ended only because the connection was closed.
fn read_body(stream: &mut BufReader<TcpStream>, answer: &mut Answer) -> io::Result<bool> {
    if answer.header("Transfer-Encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        answer.body = read_chunks(stream)?;
    } else if let Some(length) = answer.header("Content-Length") {
        answer.body = read_exactly(stream, length.parse().map_err(|_| broken("content length"))?)?;
    } else if answer.status != 204 && answer.status != 304 {
        stream.read_to_end(&mut answer.body)?;
        return Ok(false);
    }
    Ok(true)
}

fn read_chunks(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(stream)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| broken("chunk size"))?;
        if size == 0 {
            while !read_line(stream)?.is_empty() {}
            return Ok(body);
        }
        body.extend(read_exactly(stream, size)?);
        read_line(stream)?;
    }
}

fn read_exactly(stream: &mut BufReader<TcpStream>, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn read_line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(line)
}

fn broken(part: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("no valid {part} in the answer"))
}
