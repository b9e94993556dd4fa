//! An event as one line of JSON: what an export holds, and what third parties check.
//!
//! A line is a `CloudEvent` 1.0 with the hash of `EventSourcingDB`, version 2, which that product's client libraries
//! verify. It follows from the stored record alone and is as frozen as the bytes: `data` has no personal text but the
//! commitment that binds the texts, so that an erasure changes no hash. The texts themselves stand beside it.

mod push;

use std::fmt::{self, Write as _};
use std::str::FromStr;

use serde::Serialize;

use crate::codec::{self, Opening, Sealed};
use crate::event::Event;
use crate::founding::LogId;
use crate::hex::{self, NotHex};
use crate::ids::{Position, StreamId, WorkspaceId};
use crate::log::{ReadError, StoredRecord};
use crate::personal::Digest;
use crate::record::{Cause, Record};
use crate::sealing::{self, SALT_BYTES, Texts};
use crate::time::Timestamp;
use crate::vault::sha256;

/// The beginning of every hash.
pub const HASH_PREFIX: &str = "esdb:hash:v2:";
/// Most lines have no more than this in their times, the names of their streams, what stands before their data where
/// they are hashed, and their data.
const TIME_BYTES: usize = 32;
const STREAMS_BYTES: usize = 96;
const SUBJECT_BYTES: usize = 32;
const HEAD_BYTES: usize = 320;
const DATA_BYTES: usize = 1_024;
/// The predecessor of the first line.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The hash of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineHash(pub Digest);

impl LineHash {
    /// Returns the hash of the line as a leaf of the tree: what is hashed there is its text.
    pub fn leaf(&self) -> Digest {
        super::tree::leaf(&self.text())
    }

    /// Returns what is written of it, which is ASCII.
    fn text(&self) -> [u8; HASH_PREFIX.len() + 64] {
        let mut text = [0; HASH_PREFIX.len() + 64];
        let (prefix, digits) = text.split_at_mut(HASH_PREFIX.len());
        prefix.copy_from_slice(HASH_PREFIX.as_bytes());
        digits.copy_from_slice(&self.0.digits());
        text
    }
}

impl fmt::Display for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ascii_str(&self.text()))
    }
}

impl FromStr for LineHash {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Self, NotHex> {
        text.strip_prefix(HASH_PREFIX).unwrap_or_default().parse().map(Self)
    }
}

/// A line without its place in the chain of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub position: Position,
    pub workspace: WorkspaceId,
    time: String,
    /// The first of the event's streams.
    subject: Option<StreamId>,
    /// The name and version of the event's type.
    kind: (&'static str, u8),
    /// JSON in ASCII.
    data: String,
    beside: Beside,
}

/// What stands beside the hashed part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beside {
    /// The event has no personal texts.
    Nothing,
    These(Texts),
    /// Its texts are erased, or were not to be read.
    Erased,
}

/// What the events of a record share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    pub first: Position,
    pub last: Position,
    pub recorded_at: Timestamp,
    pub workspace: WorkspaceId,
    pub cause: Cause,
}

impl Shared {
    pub fn of(record: &Record) -> Self {
        let Record { first, recorded_at, workspace, ref cause, .. } = *record;
        Self { first, last: record.last(), recorded_at, workspace, cause: cause.clone() }
    }
}

/// Returns a record's lines. Texts stand in them as far as `opening` opens them; the hashes do not depend on it.
pub fn lines(stored: &StoredRecord, opening: Opening<'_>) -> Result<Vec<Line>, ReadError> {
    lines_of(&codec::decode(stored, Opening::Shut)?, stored, opening)
}

/// Like [`lines`], of a record that is decoded already.
pub fn lines_of(record: &Record, stored: &StoredRecord, opening: Opening<'_>) -> Result<Vec<Line>, ReadError> {
    let parts = codec::sealed_parts(&stored.bytes).map_err(|error| error.at(stored.first))?;
    let shared = Shared::of(record);
    let of_record = OfRecord::of(&shared);
    let lines = record.positioned().zip(&parts).map(|((position, event), part)| {
        let beside = beside(part.as_ref(), record.first, opening).map_err(|error| error.at(stored.first))?;
        let commitment = part.as_ref().map(|sealed| sealed.part.commitment);
        Ok(Line::within(&of_record, &shared, position, event, commitment, beside))
    });
    lines.collect()
}

fn beside(sealed: Option<&Sealed>, first: Position, opening: Opening<'_>) -> Result<Beside, codec::CodecError> {
    let Some(sealed) = sealed else { return Ok(Beside::Nothing) };
    let texts = match opening {
        Opening::With(vault) if first > vault.erased_up_to() => sealed.texts(vault)?,
        _ => None,
    };
    Ok(texts.map_or(Beside::Erased, Beside::These))
}

/// What the lines of a record have in common, written once.
struct OfRecord {
    /// The record's time without the digits that say the place in it.
    time: String,
    /// The beginning of `data`.
    data: Vec<u8>,
}

impl OfRecord {
    fn of(shared: &Shared) -> Self {
        let Shared { first, last, workspace, recorded_at, cause } = shared;
        let mut time = String::with_capacity(TIME_BYTES);
        let _ = write!(time, "{recorded_at}");
        time.truncate(time.trim_end_matches('Z').len());
        let mut data = String::with_capacity(DATA_BYTES);
        for (name, number) in [(r#"{"record":{"first":"#, first), (r#","last":"#, last)] {
            data.push_str(name);
            push::number(&mut data, *number);
        }
        data.push_str(r#","workspace":"#);
        push::number(&mut data, workspace.number());
        // Numbers that may exceed 2^53 are texts: others' JSON has no larger ones.
        let _ = write!(data, r#","by":"{}","command":""#, cause.by);
        push::number(&mut data, cause.command);
        let mut data = data.into_bytes();
        for (name, value) in
            [(r#"","idempotency":"#, json(&cause.idempotency())), (r#","because":"#, json(&cause.because()))]
        {
            data.extend_from_slice(name.as_bytes());
            data.extend(value);
        }
        data.extend_from_slice(br#"},"streams":["#);
        Self { time, data }
    }

    /// The time with nine digits, as one library hashes the text as it stands and the other without zeros at its end:
    /// the last six give the place in the record and end with 1.
    fn time(&self, place: u64) -> String {
        let mut time = String::with_capacity(TIME_BYTES);
        time.push_str(&self.time);
        let _ = write!(time, "{:06}Z", place.saturating_mul(10).saturating_add(1));
        time
    }

    fn data(&self, event: &Event, personal: Option<Digest>) -> String {
        let mut streams = String::with_capacity(STREAMS_BYTES);
        for stream in event.streams().into_iter().flatten() {
            streams.push_str(if streams.is_empty() { "\"" } else { ",\"" });
            push::stream(&mut streams, stream);
            streams.push('"');
        }
        let mut data = Vec::with_capacity(DATA_BYTES);
        for part in [self.data.as_slice(), streams.as_bytes(), br#"],"event":"#] {
            data.extend_from_slice(part);
        }
        sealing::write_impersonal_json(event, &mut data);
        data.extend_from_slice(br#","personal":"#);
        match personal {
            None => data.extend_from_slice(b"null}"),
            Some(commitment) => {
                data.push(b'"');
                data.extend_from_slice(&commitment.digits());
                data.extend_from_slice(br#"","sealed":"#);
                data.extend(sealing::names(event).unwrap_or_default());
                data.push(b'}');
            }
        }
        ascii(String::from_utf8(data).unwrap_or_default())
    }
}

/// A value as JSON.
fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

/// Returns bytes that are ASCII as text.
fn ascii_str(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// JSON in ASCII, with the escapes of Python's `json`: one library renders `data` anew before it hashes it.
fn ascii(json: String) -> String {
    // Each byte is looked at, since that is faster than to stop at the first that must be escaped.
    if json.bytes().fold(true, |are, byte| are & (b' '..=b'~').contains(&byte)) {
        return json;
    }
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if (' '..='~').contains(&c) {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

impl Line {
    /// Returns the line of an event at a position of its record.
    pub(super) fn new(
        shared: &Shared,
        position: Position,
        event: &Event,
        commitment: Option<Digest>,
        beside: Beside,
    ) -> Self {
        Self::within(&OfRecord::of(shared), shared, position, event, commitment, beside)
    }

    fn within(
        of_record: &OfRecord,
        shared: &Shared,
        position: Position,
        event: &Event,
        commitment: Option<Digest>,
        beside: Beside,
    ) -> Self {
        Self {
            position,
            workspace: shared.workspace,
            time: of_record.time(position.saturating_sub(shared.first)),
            subject: event.streams().into_iter().flatten().next(),
            kind: (event.name(), event.type_number().1),
            data: of_record.data(event, commitment),
            beside,
        }
    }

    /// Returns the hash of the line in its place.
    pub fn hash(&self, log: LogId, before: Option<LineHash>) -> LineHash {
        let (mut position, mut version, log) = (itoa::Buffer::new(), itoa::Buffer::new(), log.digits());
        let (position, version) = (position.format(self.position), version.format(self.kind.1));
        let before = before.map(|before| before.text());
        let before = before.as_ref().map_or(GENESIS, |before| ascii_str(before));
        let (log, subject, kind) = (ascii_str(&log), self.subject(), self.kind.0);
        let hashed_in_order = [
            HASH_PREFIX,
            "\n1.0\n",
            position,
            "\n",
            before,
            "\n",
            &self.time,
            "\ntidings:",
            log,
            "\n",
            &subject,
            "\ntidings.",
            kind,
            ".",
            version,
            "\napplication/json\n-\n-\n",
        ];
        let mut hashed = String::with_capacity(HEAD_BYTES);
        for part in hashed_in_order {
            hashed.push_str(part);
        }
        LineHash(sha256(&[hashed.as_bytes(), self.data.as_bytes()]))
    }

    fn subject(&self) -> String {
        let mut subject = String::with_capacity(SUBJECT_BYTES);
        subject.push('/');
        if let Some(stream) = self.subject {
            push::stream(&mut subject, stream);
        }
        subject
    }

    /// Appends the line with its line feed; returns its hash.
    pub fn write(&self, log: LogId, before: Option<LineHash>, out: &mut String) -> LineHash {
        let hash = self.hash(log, before);
        let Self { position, time, kind: (kind, version), data, beside, .. } = self;
        let (mut position_text, mut version_text, log) = (itoa::Buffer::new(), itoa::Buffer::new(), log.digits());
        let (position, version) = (position_text.format(*position), version_text.format(*version));
        let (before, hash_text) = (before.map(|before| before.text()), hash.text());
        let before = before.as_ref().map_or(GENESIS, |before| ascii_str(before));
        let (log, subject) = (ascii_str(&log), self.subject());
        let members = [
            r#"{"specversion":"1.0","id":""#,
            position,
            r#"","time":""#,
            time,
            r#"","source":"tidings:"#,
            log,
            r#"","subject":""#,
            &subject,
            r#"","type":"tidings."#,
            kind,
            ".",
            version,
            r#"","datacontenttype":"application/json","predecessorhash":""#,
            before,
            r#"","hash":""#,
            ascii_str(&hash_text),
            r#"","signature":null,"data":"#,
            data,
        ];
        for part in members {
            out.push_str(part);
        }
        match beside {
            Beside::Nothing => {}
            Beside::Erased => out.push_str(r#","personalerased":true"#),
            Beside::These(Texts { salt, json }) => {
                out.push_str(r#","personal":"#);
                out.push_str(&String::from_utf8(self::json(json)).unwrap_or_default());
                out.push_str(r#","personalsalt":""#);
                let mut digits = [0; 2 * SALT_BYTES];
                hex::write(salt, &mut digits);
                out.push_str(ascii_str(&digits));
                out.push('"');
            }
        }
        out.push_str("}\n");
        hash
    }
}
