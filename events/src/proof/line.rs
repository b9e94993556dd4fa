//! An event as one line of JSON: what an export holds, and what third parties check.
//!
//! A line is a `CloudEvent` 1.0 with the hash of `EventSourcingDB`, version 2, which that product's client libraries
//! verify. It follows from the stored record alone and is as frozen as the bytes: `data` has no personal text but the
//! commitment that binds the texts, so that an erasure changes no hash. The texts themselves stand beside it.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use serde_json::json;

use crate::codec::{self, Opening, Sealed};
use crate::event::Event;
use crate::founding::LogId;
use crate::hex::NotHex;
use crate::ids::{Position, WorkspaceId};
use crate::log::{ReadError, StoredRecord};
use crate::personal::Digest;
use crate::record::{Cause, Record};
use crate::sealing::{self, Texts};
use crate::time::Timestamp;
use crate::vault::sha256;

/// The beginning of every hash.
pub const HASH_PREFIX: &str = "esdb:hash:v2:";
/// The data of most events fits.
const DATA_BYTES: usize = 768;
/// The predecessor of the first line.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The hash of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineHash(pub Digest);

impl LineHash {
    /// Returns the hash of the line as a leaf of the tree: what is hashed there is its text.
    pub fn leaf(&self) -> Digest {
        super::tree::leaf(self.to_string().as_bytes())
    }
}

impl fmt::Display for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{HASH_PREFIX}{}", self.0)
    }
}

impl FromStr for LineHash {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Self, NotHex> {
        text.strip_prefix(HASH_PREFIX).unwrap_or_default().parse().map(Self)
    }
}

/// Returns what a line names as its predecessor.
pub(super) fn predecessor(hash: Option<LineHash>) -> String {
    hash.map_or_else(|| GENESIS.to_owned(), |hash| hash.to_string())
}

/// A line without its place in the chain of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub position: Position,
    pub workspace: WorkspaceId,
    time: String,
    subject: String,
    kind: String,
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
    data: String,
}

impl OfRecord {
    fn of(shared: &Shared) -> Self {
        let Shared { first, last, workspace, recorded_at, cause } = shared;
        let (workspace, Cause { by, command, .. }) = (workspace.number(), cause);
        let (idempotency, because) = (json!(cause.idempotency()), json!(cause.because()));
        // Numbers that may exceed 2^53 are texts: others' JSON has no larger ones.
        let whose = format!(r#"{{"record":{{"first":{first},"last":{last},"workspace":{workspace},"by":"{by}","#);
        let why = format!(r#""command":"{command}","idempotency":{idempotency},"because":{because}}},"streams":["#);
        let data = whose + &why;
        Self { time: recorded_at.to_string().trim_end_matches('Z').to_owned(), data }
    }

    /// The time with nine digits, as one library hashes the text as it stands and the other without zeros at its end:
    /// the last six give the place in the record and end with 1.
    fn time(&self, place: u64) -> String {
        format!("{}{:06}Z", self.time, place.saturating_mul(10).saturating_add(1))
    }

    fn data(&self, event: &Event, personal: Option<Digest>) -> String {
        let mut data = String::with_capacity(DATA_BYTES);
        data.push_str(&self.data);
        for (nth, stream) in event.streams().into_iter().flatten().enumerate() {
            let comma = if nth == 0 { "" } else { "," };
            let _ = write!(data, "{comma}\"{stream}\"");
        }
        let _ = write!(data, "],\"event\":{},\"personal\":", sealing::impersonal_json(event));
        match personal {
            None => data.push_str("null}"),
            Some(commitment) => {
                let names = sealing::names(event).unwrap_or_default();
                let _ = write!(data, "\"{commitment}\",\"sealed\":{names}}}");
            }
        }
        ascii(data)
    }
}

fn subject(event: &Event) -> String {
    let first = event.streams().into_iter().flatten().next();
    first.map_or_else(|| "/".to_owned(), |stream| format!("/{stream}"))
}

/// JSON in ASCII, with the escapes of Python's `json`: one library renders `data` anew before it hashes it.
fn ascii(json: String) -> String {
    if json.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
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
            subject: subject(event),
            kind: format!("tidings.{}.{}", event.name(), event.type_number().1),
            data: of_record.data(event, commitment),
            beside,
        }
    }

    /// Returns the hash of the line in its place.
    pub fn hash(&self, log: LogId, before: Option<LineHash>) -> LineHash {
        let Self { position, time, subject, kind, data, .. } = self;
        let head = format!(
            "{HASH_PREFIX}\n1.0\n{position}\n{}\n{time}\ntidings:{log}\n{subject}\n{kind}\napplication/json\n-\n-\n",
            predecessor(before)
        );
        LineHash(sha256(&[head.as_bytes(), data.as_bytes()]))
    }

    /// Appends the line with its line feed; returns its hash.
    pub fn write(&self, log: LogId, before: Option<LineHash>, out: &mut String) -> LineHash {
        let hash = self.hash(log, before);
        let Self { position, time, subject, kind, data, beside, .. } = self;
        let _ = write!(
            out,
            r#"{{"specversion":"1.0","id":"{position}","time":"{time}","source":"tidings:{log}","subject":"{subject}","#
        );
        let _ = write!(
            out,
            r#""type":"{kind}","datacontenttype":"application/json","predecessorhash":"{}","hash":"{hash}","#,
            predecessor(before)
        );
        let _ = write!(out, r#""signature":null,"data":{data}"#);
        match beside {
            Beside::Nothing => {}
            Beside::Erased => out.push_str(r#","personalerased":true"#),
            Beside::These(Texts { salt, json }) => {
                let _ = write!(out, r#","personal":{},"personalsalt":""#, json!(json));
                let _ = salt.iter().try_for_each(|byte| write!(out, "{byte:02x}"));
                out.push('"');
            }
        }
        out.push_str("}\n");
        hash
    }
}
