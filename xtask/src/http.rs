//! A client for one HTTP/1.1 server: one connection, kept open; no TLS, no redirects.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(30);
const HEAD_LINE_BYTES_MAX: u64 = 65_536;
const BODY_BYTES_MAX: u64 = 64 * 1_048_576;

/// An answer, read to its end.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    /// `Retry-After` in seconds, if it is there and a number.
    pub retry_after_s: Option<u64>,
    keep: bool,
}

impl Answer {
    /// The body as JSON; null if it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Status and the beginning of the body, for an error message.
    pub fn abridged(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        format!("{} {}", self.status, text.chars().take(300).collect::<String>())
    }
}

/// A connection, opened when first needed and again when the server has closed it.
pub struct Client {
    address: SocketAddr,
    connection: Option<BufReader<TcpStream>>,
}

impl Client {
    /// A client of the server at this address; connects later.
    pub const fn new(address: SocketAddr) -> Self {
        Self { address, connection: None }
    }

    /// GET, with extra headers.
    pub fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> io::Result<Answer> {
        self.send("GET", path, headers, b"")
    }

    /// POST of a JSON body, with extra headers.
    pub fn post(&mut self, path: &str, headers: &[(&str, &str)], body: &serde_json::Value) -> io::Result<Answer> {
        self.send("POST", path, headers, body.to_string().as_bytes())
    }

    /// Any method, with extra headers; a body that is empty is left out.
    pub fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Answer> {
        let request = request(method, path, self.address, headers, body);
        // A server may close an idle connection at any time; what is asked here does nothing more when it is repeated.
        if let Some(kept) = self.connection.take()
            && let Ok(answer) = self.exchange(kept, &request)
        {
            return Ok(answer);
        }
        let fresh = self.connect()?;
        self.exchange(fresh, &request)
    }

    fn connect(&self) -> io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect_timeout(&self.address, TIMEOUT)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        Ok(BufReader::new(stream))
    }

    fn exchange(&mut self, mut connection: BufReader<TcpStream>, request: &[u8]) -> io::Result<Answer> {
        connection.get_mut().write_all(request)?;
        let answer = read_answer(&mut connection)?;
        if answer.keep {
            self.connection = Some(connection);
        }
        Ok(answer)
    }
}

fn request(method: &str, path: &str, host: SocketAddr, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\n", body.len());
    if !body.is_empty() {
        head.push_str("Content-Type: application/json\r\n");
    }
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str("\r\n");
    let mut request = head.into_bytes();
    request.extend_from_slice(body);
    request
}

fn read_answer(reader: &mut impl BufRead) -> io::Result<Answer> {
    let first = read_line(reader)?;
    let status = first.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or_else(|| broken("status line"))?;
    let head = Head::read(reader)?;
    let mut body = Vec::new();
    let mut keep = !head.close;
    match (head.chunked, head.length) {
        (true, _) => read_chunks(reader, &mut body)?,
        (false, Some(length)) => read_exactly(reader, length, &mut body)?,
        (false, None) if status == 204 || status == 304 => {}
        (false, None) => {
            keep = false;
            reader.take(BODY_BYTES_MAX).read_to_end(&mut body)?;
        }
    }
    Ok(Answer { status, body, retry_after_s: head.retry_after_s, keep })
}

#[derive(Default)]
struct Head {
    length: Option<u64>,
    chunked: bool,
    close: bool,
    retry_after_s: Option<u64>,
}

impl Head {
    fn read(reader: &mut impl BufRead) -> io::Result<Self> {
        let mut head = Self::default();
        loop {
            let line = read_line(reader)?;
            if line.is_empty() {
                return Ok(head);
            }
            let (name, value) = line.split_once(':').ok_or_else(|| broken("header line"))?;
            let value = value.trim().to_ascii_lowercase();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => head.length = Some(value.parse().map_err(|_| broken("content length"))?),
                "transfer-encoding" => head.chunked = value.contains("chunked"),
                "retry-after" => head.retry_after_s = value.parse().ok(),
                "connection" => head.close = value.contains("close"),
                _ => {}
            }
        }
    }
}

fn read_chunks(reader: &mut impl BufRead, body: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let line = read_line(reader)?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let length = u64::from_str_radix(digits, 16).map_err(|_| broken("chunk length"))?;
        if length == 0 {
            break;
        }
        read_exactly(reader, length, body)?;
        if !read_line(reader)?.is_empty() {
            return Err(broken("chunk end"));
        }
    }
    while !read_line(reader)?.is_empty() {}
    Ok(())
}

fn read_exactly(reader: &mut impl BufRead, length: u64, body: &mut Vec<u8>) -> io::Result<()> {
    if length > BODY_BYTES_MAX {
        return Err(broken("body length"));
    }
    let read = reader.take(length).read_to_end(body)?;
    if u64::try_from(read) == Ok(length) { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.take(HEAD_LINE_BYTES_MAX).read_line(&mut line)?;
    match line.strip_suffix('\n') {
        Some(text) => Ok(text.strip_suffix('\r').unwrap_or(text).to_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn broken(part: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("broken {part} in the answer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut bytes: &[u8]) -> io::Result<(Answer, Vec<u8>)> {
        let answer = read_answer(&mut bytes)?;
        Ok((answer, bytes.to_vec()))
    }

    fn answer(status: u16, body: &str, keep: bool) -> Answer {
        Answer { status, body: body.as_bytes().to_vec(), retry_after_s: None, keep }
    }

    #[test]
    fn a_body_with_a_length_leaves_the_next_answer_alone() {
        let (got, rest) = read(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhiHTTP").unwrap();
        assert_eq!(got, answer(200, "hi", true));
        assert_eq!(rest, b"HTTP");
    }

    #[test]
    fn a_chunked_body_is_put_together() {
        let bytes = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\n\r\nHTTP";
        let (got, rest) = read(bytes).unwrap();
        assert_eq!(got, answer(201, "abc0123456789", true));
        assert_eq!(rest, b"HTTP");
    }

    #[test]
    fn without_a_length_the_body_ends_with_the_connection() {
        assert_eq!(read(b"HTTP/1.1 200 OK\r\n\r\nall").unwrap().0, answer(200, "all", false));
        assert_eq!(read(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().0, answer(204, "", true));
        let closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(read(closing).unwrap().0, answer(200, "", false));
    }

    #[test]
    fn a_number_of_seconds_to_wait_is_read() {
        let busy = b"HTTP/1.1 503 Busy\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(read(busy).unwrap().0.retry_after_s, Some(30));
    }

    #[test]
    fn an_answer_that_breaks_off_is_an_error() {
        let whole = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";
        for length in 0..whole.len() {
            assert!(read(&whole[..length]).is_err(), "{length}");
        }
        assert!(read(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n").is_err());
    }
}
