//! Reads an export line by line, in constant memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use events::proof::exported::LINE_BYTES_MAX;

use super::exit::{Exit, Failure};

/// Windows programs often write it at the beginning.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// An export that is open.
pub(super) struct ExportLines {
    input: BufReader<Box<dyn Read>>,
    name: String,
    /// Number of the last line, from 1.
    pub(super) number: u64,
    /// Bytes read so far.
    pub(super) read: u64,
    /// Bytes of the file; 0 if that is unknown.
    pub(super) bytes: u64,
}

impl ExportLines {
    /// Opens a file; `-` is standard input.
    pub(super) fn open(file: &Path) -> Result<Self, Failure> {
        let name = file.display().to_string();
        let (input, bytes): (Box<dyn Read>, u64) = if file.as_os_str() == "-" {
            (Box::new(io::stdin()), 0)
        } else {
            let opened = File::open(file).map_err(|error| unread(&name, &error))?;
            let bytes = opened.metadata().map_or(0, |metadata| metadata.len());
            (Box::new(opened), bytes)
        };
        Ok(Self { input: BufReader::with_capacity(1 << 16, input), name, number: 0, read: 0, bytes })
    }

    /// Returns the next line without its line feed; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<String>, Failure> {
        let mut line = Vec::new();
        let limit = LINE_BYTES_MAX as u64 + 1;
        let read = (&mut self.input).take(limit).read_until(b'\n', &mut line);
        let read = read.map_err(|error| unread(&self.name, &error))? as u64;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.read += read;
        if self.number == 1 && line.starts_with(BYTE_ORDER_MARK) {
            return Err(self.wrong("it begins with a byte order mark: some program has converted the file"));
        }
        if line.ends_with(b"\r\n") {
            return Err(self.wrong("it ends with CR LF: some program has converted the file"));
        }
        match line.pop() {
            Some(b'\n') => String::from_utf8(line).map(Some).map_err(|_| self.wrong("it is no UTF-8")),
            _ if read == limit => Err(self.wrong(&format!("longer than {LINE_BYTES_MAX} bytes"))),
            _ => Err(self.wrong("cut off: it has no line feed")),
        }
    }

    /// Returns the failure if something is wrong with the last line.
    pub(super) fn wrong(&self, what: &(impl ToString + ?Sized)) -> Failure {
        Failure::new(Exit::Integrity, format!("line {}: {}", self.number, what.to_string()))
    }
}

fn unread(name: &str, error: &io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("cannot read {name}: {error}"))
}
