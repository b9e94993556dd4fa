//! A line of an export as it is read back: checked, and taken apart into what was stored.

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use super::line::{Beside, GENESIS, Line, LineHash, Shared};
use crate::event::{Decoder, Event};
use crate::founding::LogId;
use crate::ids::{Position, WorkspaceId};
use crate::personal::Digest;
use crate::personal::tray::{self, Why};
use crate::record::{Cause, Idempotency, Trigger};
use crate::sealing::{self, SALT_BYTES, Texts};
use crate::time::Timestamp;
use crate::who::Who;

/// The longest line, in bytes.
pub const LINE_BYTES_MAX: usize = 4 << 20;
/// What stands before the log's id in `source`.
const SOURCE: &str = "tidings:";
/// What stands before an event's name in `type`.
const TYPE: &str = "tidings.";
/// Digits of the fraction of a second that are not the record's own.
const PLACE_DIGITS: usize = 6;

/// A line that was checked by itself: its hash fits, and it is what an export says of such an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    pub log: LogId,
    pub position: Position,
    /// The hash of the line before; `None` for the first of a log.
    pub before: Option<LineHash>,
    pub hash: LineHash,
    pub shared: Shared,
    /// The event with its texts, as far as they stand beside it.
    pub event: Event,
    /// What binds its texts, if it has any.
    pub commitment: Option<Digest>,
    pub beside: Beside,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    #[error("not a line of an export: {0}")]
    NoLine(String),
    #[error("changed: its hash does not fit")]
    Hash,
    #[error("changed: the texts beside it are not those that were sealed")]
    Texts,
    #[error("not written as an export writes it")]
    OtherWriting,
    #[error("unknown event type {0}: it was written by a newer tidings")]
    UnknownType(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members<'a> {
    specversion: String,
    id: String,
    time: String,
    source: String,
    subject: String,
    r#type: String,
    datacontenttype: String,
    predecessorhash: String,
    hash: String,
    #[serde(rename = "signature")]
    _signature: (),
    #[serde(borrow)]
    data: &'a RawValue,
    personal: Option<String>,
    personalsalt: Option<String>,
    personalerased: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    record: OfRecord,
    #[serde(rename = "streams")]
    _streams: Vec<String>,
    event: Value,
    personal: Option<Digest>,
    #[serde(default)]
    sealed: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfRecord {
    first: Position,
    last: Position,
    workspace: u64,
    by: Who,
    command: String,
    idempotency: Option<Idempotency>,
    because: Option<Position>,
}

fn no_line(what: impl fmt::Display) -> LineFault {
    LineFault::NoLine(what.to_string())
}

/// Reads a line without its line feed, and checks it by itself.
pub fn read(line: &str) -> Result<Exported, LineFault> {
    if line.len() > LINE_BYTES_MAX {
        return Err(no_line(format!("longer than {LINE_BYTES_MAX} bytes")));
    }
    let members: Members<'_> = serde_json::from_str(line).map_err(no_line)?;
    if sum(&members).to_string() != members.hash {
        return Err(LineFault::Hash);
    }
    let read = take_apart(&members)?;
    let mut written = String::with_capacity(line.len() + 1);
    let again = Line::new(&read.shared, read.position, &read.event, read.commitment, read.beside.clone());
    again.write(read.log, read.before, &mut written);
    // A member out of place, a blank, a second spelling of a number: nothing that an export writes.
    if written.strip_suffix('\n') == Some(line) { Ok(read) } else { Err(LineFault::OtherWriting) }
}

/// The hash of the members as they stand there.
fn sum(members: &Members<'_>) -> LineHash {
    let Members { specversion, id, predecessorhash, time, source, subject, r#type, datacontenttype, data, .. } =
        members;
    let prefix = super::line::HASH_PREFIX;
    let head = [prefix, specversion, id, predecessorhash, time, source, subject, r#type, datacontenttype, "-", "-", ""];
    LineHash(crate::vault::sha256(&[head.join("\n").as_bytes(), data.get().as_bytes()]))
}

fn take_apart(members: &Members<'_>) -> Result<Exported, LineFault> {
    let log =
        members.source.strip_prefix(SOURCE).and_then(|id| id.parse().ok()).ok_or_else(|| no_line("its source"))?;
    let position: Position = members.id.parse().map_err(|_| no_line("its id is no position"))?;
    let hash = members.hash.parse().map_err(|_| no_line("its hash"))?;
    let before = match members.predecessorhash.as_str() {
        GENESIS => None,
        hash => Some(hash.parse().map_err(|_| no_line("its predecessorhash"))?),
    };
    let Data { record, event, personal: commitment, sealed, .. } =
        serde_json::from_str(members.data.get()).map_err(|error| no_line(format!("its data: {error}")))?;
    let shared = shared(record, &members.time)?;
    if !(shared.first..=shared.last).contains(&position) || shared.first == 0 {
        return Err(no_line("its id is not within its record"));
    }
    let beside = beside(members, commitment)?;
    let event = event_of(&members.r#type, event, &sealed, &beside)?;
    Ok(Exported { log, position, before, hash, shared, event, commitment, beside })
}

fn shared(record: OfRecord, time: &str) -> Result<Shared, LineFault> {
    let OfRecord { first, last, workspace, by, command, idempotency, because } = record;
    let trigger = match (idempotency, because) {
        (None, None) => Trigger::Outside,
        (Some(idempotency), None) => Trigger::Keyed(idempotency),
        (None, Some(position)) => Trigger::Event(position),
        (Some(_), Some(_)) => return Err(no_line("its record has two causes")),
    };
    let command = command.parse().map_err(|_| no_line("its command is no number"))?;
    let log = WorkspaceId::LOG;
    let workspace = WorkspaceId::new(workspace).or_else(|| (workspace == log.number()).then_some(log));
    let workspace = workspace.ok_or_else(|| no_line("no workspace can have this number"))?;
    let recorded_at = moment(time).ok_or_else(|| no_line("its time"))?;
    Ok(Shared { first, last, recorded_at, workspace, cause: Cause { command, by, trigger } })
}

/// Returns the record's time, without the digits that say the place in the record.
fn moment(time: &str) -> Option<Timestamp> {
    let digits = time.strip_suffix('Z')?;
    let milliseconds = digits.get(..digits.len().checked_sub(PLACE_DIGITS)?)?;
    format!("{milliseconds}Z").parse().ok()
}

fn beside(members: &Members<'_>, commitment: Option<Digest>) -> Result<Beside, LineFault> {
    let Members { personal, personalsalt, personalerased, .. } = members;
    match (commitment, personal, personalsalt, personalerased) {
        (None, None, None, None) => Ok(Beside::Nothing),
        (Some(_), None, None, Some(true)) => Ok(Beside::Erased),
        (Some(commitment), Some(json), Some(salt), None) => {
            let salt = crate::hex::read::<SALT_BYTES>(salt).map_err(|_| LineFault::Texts)?;
            let texts = Texts { salt, json: json.clone() };
            if texts.commitment() == commitment { Ok(Beside::These(texts)) } else { Err(LineFault::Texts) }
        }
        _ => Err(LineFault::Texts),
    }
}

fn event_of(kind: &str, mut event: Value, sealed: &[String], beside: &Beside) -> Result<Event, LineFault> {
    let unknown = || LineFault::UnknownType(kind.to_owned());
    let (name, version) = kind.strip_prefix(TYPE).and_then(|kind| kind.rsplit_once('.')).ok_or_else(unknown)?;
    let number = version.parse().ok().and_then(|version| Event::numbered(name, version)).ok_or_else(unknown)?;
    for name in sealed {
        // A text that is absent is null too: only those that are named are to be read.
        let place = name.split('.').try_fold(&mut event, |value, field| value.get_mut(field));
        *place.ok_or_else(|| no_line(format!("its data has no {name}")))? = Value::String(String::new());
    }
    let texts = match beside {
        Beside::Nothing => tray::Texts::These(Vec::new().into_iter()),
        Beside::Erased => tray::Texts::Unreadable(Why::Erased),
        Beside::These(texts) => tray::Texts::These(texts.values().ok_or(LineFault::Texts)?.into_iter()),
    };
    let (read, all_used) = tray::reading(texts, || Event::decode_payload(number, &Json(event)));
    let event = read.ok_or_else(unknown)?.map_err(|error| no_line(format!("its event: {error}")))?;
    let says_the_same = match beside {
        Beside::These(texts) => sealing::json(&event).as_deref() == Some(texts.json.as_str()),
        Beside::Nothing | Beside::Erased => true,
    };
    if all_used && says_the_same { Ok(event) } else { Err(LineFault::Texts) }
}

struct Json(Value);

impl Decoder for Json {
    type Error = serde_json::Error;

    fn decode<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.0)
    }
}
