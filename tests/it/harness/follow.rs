//! Reads server-sent events as a browser does: lines in, events out.

use std::io::{self, BufRead, BufReader, Read};
use std::net::TcpStream;
use std::time::Instant;

use serde_json::Value;

use super::{Http, Request, SOON};

/// A client that follows an open stream.
pub struct Follower {
    lines: BufReader<Chunks>,
    /// The last id that came, with or without an event.
    pub last_id: Option<u64>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct StreamEvent {
    pub id: u64,
    pub event: String,
    pub data: Value,
}

impl Follower {
    /// Opens a stream, which must succeed, and reads its first block.
    pub fn open(http: &Http, request: &Request) -> Self {
        let mut follower = Self::open_any(http, request);
        assert_eq!(follower.block().unwrap().as_deref().map(<[_]>::len), Some(2), "the time to wait, and a place");
        follower
    }

    /// Opens a stream whose events have no ids.
    pub fn open_without_ids(http: &Http, request: &Request) -> Self {
        let mut follower = Self { last_id: Some(0), ..Self::open_any(http, request) };
        assert_eq!(follower.block().unwrap().as_deref().map(<[_]>::len), Some(1), "a comment");
        follower
    }

    fn open_any(http: &Http, request: &Request) -> Self {
        let (answer, stream) = http.open(request).unwrap_or_else(|error| panic!("{}: {error}", request.path));
        assert!(answer.status == 200 && answer.is_endless(), "{answer:?}");
        assert_eq!(answer.header("Cache-Control"), Some("no-store"), "{answer:?}");
        let chunks = Chunks { stream, left: 0, ended: false };
        Self { lines: BufReader::new(chunks), last_id: None }
    }

    /// Reads the next event; `None` if the stream has ended or broken.
    pub fn next(&mut self) -> Option<StreamEvent> {
        let begun = Instant::now();
        loop {
            let block = self.block().ok()??;
            let value = |name: &str| block.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
            let Some(data) = value("data") else {
                assert!(begun.elapsed() < SOON, "nothing has been told for {SOON:?}");
                continue;
            };
            let data = serde_json::from_str(&data).unwrap_or_else(|error| panic!("{error}: {data}"));
            let (Some(id), Some(event)) = (self.last_id, value("event")) else { panic!("{block:?}") };
            return Some(StreamEvent { id, event, data });
        }
    }

    /// Reads the next `count` events.
    pub fn take(&mut self, count: usize) -> Vec<StreamEvent> {
        (0..count).map(|at| self.next().unwrap_or_else(|| panic!("the stream ended after {at} of {count}"))).collect()
    }

    /// Reads events up to and including the first of this type.
    pub fn until(&mut self, event: &str) -> Vec<StreamEvent> {
        let mut told = Vec::new();
        while told.last().is_none_or(|told: &StreamEvent| told.event != event) {
            told.push(self.next().unwrap_or_else(|| panic!("the stream ended before {event}: {told:?}")));
        }
        told
    }

    /// Reads the fields up to the next empty line; comments have an empty name. `None` at the end of the stream.
    fn block(&mut self) -> io::Result<Option<Vec<(String, String)>>> {
        let mut fields = Vec::new();
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line)? == 0 {
                assert!(fields.is_empty(), "half an event: {fields:?}");
                return Ok(None);
            }
            let line = line.trim_end_matches('\n');
            let Some((name, value)) = line.split_once(':') else {
                assert_eq!(line, "", "a line without a field");
                return Ok(Some(fields));
            };
            let value = value.strip_prefix(' ').unwrap_or(value);
            if name == "id" {
                self.last_id = Some(value.parse().unwrap());
            }
            fields.push((name.to_owned(), value.to_owned()));
        }
    }
}

/// Reads a chunked body.
struct Chunks {
    stream: BufReader<TcpStream>,
    left: usize,
    ended: bool,
}

impl Chunks {
    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    fn begin(&mut self) -> io::Result<()> {
        let size = self.line()?;
        self.left = usize::from_str_radix(&size, 16).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        if self.left == 0 {
            self.ended = true;
            self.line()?;
        }
        Ok(())
    }
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !self.ended {
            self.begin()?;
        }
        let room = self.left.min(buffer.len());
        let read = if room == 0 { 0 } else { self.stream.read(&mut buffer[..room])? };
        if room > 0 && read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read;
        if read > 0 && self.left == 0 {
            self.line()?;
        }
        Ok(read)
    }
}
