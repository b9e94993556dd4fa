//! Encodes and decodes records and events; the only file that names bincode.
#![doc = include_str!("../../docs/records.md")]

mod sealed;
mod sizes;

use bincode::Options;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::event::{Decoder, Encoder, Event, TypeNumber};
use crate::ids::{ChatId, Position, WorkspaceId};
use crate::log::{ReadError, StoredRecord};
use crate::personal::Digest;
use crate::personal::tray::{self, Mode, Why};
use crate::record::{Cause, Record};
use crate::sealing::{SALT_BYTES, SealedPart, Unsealed};
use crate::time::Timestamp;
use crate::vault::{Owner, Vault};

pub use sealed::{Resealing, Sealed};
pub use sizes::{event_bytes, fits};
pub(crate) use sizes::{stored_event_bytes, stored_header_bytes};

/// The first byte of every record.
pub const RECORD_FORMAT: u8 = 1;
/// The largest payload, and the largest value of the index.
pub const PAYLOAD_BYTES_MAX: u64 = 1 << 20;
/// The most events in one commit.
pub const EVENTS_PER_RECORD_MAX: u32 = 1_000;
/// The largest commit: one message of a replicated log must hold it.
pub const RECORD_BYTES_MAX: u64 = 512 << 10;
/// The payloads of most events fit.
const PAYLOAD_BYTES: usize = 256;
/// The flag of an event that has a sealed part.
const SEALED: u8 = 1;

/// Why bytes could not be encoded or decoded.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The bytes end too early or do not fit the type.
    #[error("malformed bytes")]
    Malformed(#[from] bincode::Error),
    /// The bytes end in the middle of an event.
    #[error("truncated event")]
    Truncated,
    /// This version does not know the event type.
    #[error("unknown event type {0} version {1}: it was written by a newer tidings")]
    UnknownType(u16, u8),
    /// This version does not know the format of the record.
    #[error("unknown record format {0}: it was written by a newer tidings")]
    UnknownFormat(u8),
    /// The sealed part of an event is not what was sealed.
    #[error("the sealed part of an event has changed")]
    Sealed,
    /// Something beside the bytes could not be read: the key of an event's owner, or what is stored already.
    #[error(transparent)]
    Read(Box<ReadError>),
    /// An event concerns another workspace than its record.
    #[error("an event of another workspace")]
    OtherWorkspace,
    /// No workspace can have the number that a record names.
    #[error("no workspace can have number {0}")]
    NoWorkspace(u64),
    /// A limit of the format is exceeded.
    #[error("beyond the limits of the format")]
    TooLarge,
}

impl CodecError {
    /// Returns the error of a reader that found the bytes in the record at this position.
    pub fn at(self, position: Position) -> ReadError {
        match self {
            Self::Read(error) => *error,
            error => ReadError::Damaged { position, what: error.to_string() },
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Header {
    first: Position,
    recorded_at: Timestamp,
    /// 0 for the log itself, which has no id otherwise.
    workspace: u64,
    cause: Cause,
    events: u32,
}

fn options() -> impl Options + Copy {
    bincode::DefaultOptions::new().with_varint_encoding().with_limit(PAYLOAD_BYTES_MAX).allow_trailing_bytes()
}

/// Encodes one value of the index.
pub fn encode_value<T: Serialize>(value: &T) -> Result<Vec<u8>, CodecError> {
    Ok(options().serialize(value)?)
}

/// Returns how many bytes a value takes; `None` if it is too long.
pub(crate) fn value_bytes<T: Serialize>(value: &T) -> Option<u64> {
    options().serialized_size(value).ok()
}

/// Decodes one value of the index.
pub fn decode_value<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    Ok(options().reject_trailing_bytes().deserialize(bytes)?)
}

/// Encodes an actor's state without a size limit: it may be large, but never comes from outside.
pub fn encode_state<T: Serialize>(state: &T) -> Result<Vec<u8>, CodecError> {
    Ok(options().with_no_limit().serialize(state)?)
}

/// Decodes an actor's state that [`encode_state`] made; if it was stored, the caller has compared its digest.
pub fn decode_state<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    Ok(options().with_limit(bytes.len() as u64).reject_trailing_bytes().deserialize(bytes)?)
}

/// True if all that an event concerns, and the owner of its texts, is of this workspace.
pub(crate) fn is_of(workspace: WorkspaceId, event: &Event) -> bool {
    event.owner().workspace() == workspace
        && event.streams().into_iter().flatten().all(|stream| stream.workspace() == workspace)
}

/// Appends a record's bytes; seals the personal texts of its events.
pub fn encode_record(record: &Record, vault: &dyn Vault, out: &mut Vec<u8>) -> Result<(), CodecError> {
    encode_resealed(record, &[], vault, out)
}

/// Like [`encode_record`], with texts that were sealed before; `before` has an entry for each event, or none at all.
pub fn encode_resealed(
    record: &Record,
    before: &[Option<Resealing>],
    vault: &dyn Vault,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    let events = u32::try_from(record.events.len()).map_err(|_| CodecError::TooLarge)?;
    if events == 0 || events > EVENTS_PER_RECORD_MAX {
        return Err(CodecError::TooLarge);
    }
    let header = Header {
        first: record.first,
        recorded_at: record.recorded_at,
        workspace: record.workspace.number(),
        cause: record.cause.clone(),
        events,
    };
    out.push(RECORD_FORMAT);
    options().serialize_into(&mut *out, &header)?;
    let mut payload = Vec::with_capacity(PAYLOAD_BYTES);
    let mut before = before.iter().copied();
    record.events.iter().try_for_each(|event| enclose(event, before.next().flatten(), vault, &mut payload, out))
}

/// What becomes of the sealed parts of a record that is decoded.
#[derive(Clone, Copy)]
pub enum Opening<'a> {
    /// They are opened with the keys of this vault; what is erased stays erased.
    With(&'a dyn Vault),
    /// They stay shut, for readers that need no text.
    Shut,
    /// They are erased: the vault with their seeds is lost.
    Lost,
}

/// Decodes a stored record; reports damage with the record's position.
pub fn decode(stored: &StoredRecord, opening: Opening<'_>) -> Result<Record, ReadError> {
    decode_record(&stored.bytes, opening).map_err(|error| error.at(stored.first))
}

/// Decodes a record; every byte must be accounted for.
pub fn decode_record(bytes: &[u8], opening: Opening<'_>) -> Result<Record, CodecError> {
    let (header, mut rest) = header(bytes)?;
    let workspace = workspace_of(header.workspace)?;
    let opening = match opening {
        Opening::With(vault) if header.first <= vault.erased_up_to() => Opening::Lost,
        other => other,
    };
    let mut events = Vec::with_capacity(header.events as usize);
    for _ in 0..header.events {
        let (event, after) = decode_event(rest, workspace, opening)?;
        if !is_of(workspace, &event) {
            return Err(CodecError::OtherWorkspace);
        }
        events.push(event);
        rest = after;
    }
    if !rest.is_empty() {
        return Err(CodecError::Truncated);
    }
    let Header { first, recorded_at, cause, .. } = header;
    Ok(Record { first, recorded_at, workspace, cause, events })
}

/// Returns the workspace of a record by its number.
fn workspace_of(number: u64) -> Result<WorkspaceId, CodecError> {
    let log = WorkspaceId::LOG;
    WorkspaceId::new(number).or_else(|| (number == log.number()).then_some(log)).ok_or(CodecError::NoWorkspace(number))
}

/// Decodes a record's header, and returns it with the bytes that follow.
fn header(bytes: &[u8]) -> Result<(Header, &[u8]), CodecError> {
    let (format, mut rest) = bytes.split_first().ok_or(CodecError::Truncated)?;
    if *format != RECORD_FORMAT {
        return Err(CodecError::UnknownFormat(*format));
    }
    let header: Header = options().deserialize_from(&mut rest)?;
    let fits = (1..=EVENTS_PER_RECORD_MAX).contains(&header.events);
    if fits { Ok((header, rest)) } else { Err(CodecError::TooLarge) }
}

/// Where a record stands, and when it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub first: Position,
    pub last: Position,
    pub recorded_at: Timestamp,
}

/// Reads where a record stands without decoding its events.
pub fn span(bytes: &[u8]) -> Result<Span, CodecError> {
    let (Header { first, recorded_at, events, .. }, _) = header(bytes)?;
    Ok(Span { first, last: first.saturating_add(u64::from(events) - 1), recorded_at })
}

/// Returns for each event of a record its sealed part, if it has one.
pub fn sealed_parts(bytes: &[u8]) -> Result<Vec<Option<Sealed>>, CodecError> {
    let (Header { workspace, events, .. }, mut rest) = header(bytes)?;
    let workspace = workspace_of(workspace)?;
    let mut parts = Vec::with_capacity(events as usize);
    for _ in 0..events {
        let (Envelope { number, sealed, .. }, after) = envelope(rest)?;
        let named = |(owner, part)| owner_of(workspace, owner).map(|owner| Sealed { owner, number, part });
        parts.push(sealed.map(named).transpose()?);
        rest = after;
    }
    Ok(parts)
}

/// Appends one event in its envelope.
pub fn encode_event(event: &Event, vault: &dyn Vault, out: &mut Vec<u8>) -> Result<(), CodecError> {
    enclose(event, None, vault, &mut Vec::with_capacity(PAYLOAD_BYTES), out)
}

/// Appends one event in its envelope; the space for its payload is lent.
fn enclose(
    event: &Event,
    before: Option<Resealing>,
    vault: &dyn Vault,
    payload: &mut Vec<u8>,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    let (number, version) = event.type_number();
    payload.clear();
    event.encode_payload(&mut Payload(&mut *payload))?;
    let sealed = match before {
        Some(Resealing::Erased(commitment)) => Some(SealedPart { commitment, bytes: Vec::new() }),
        Some(Resealing::Salt(salt)) => seal(event, Some(salt), vault)?,
        None => seal(event, None, vault)?,
    };
    options().serialize_into(&mut *out, &(payload.len() as u64, number))?;
    out.extend_from_slice(&[version, if sealed.is_some() { SEALED } else { 0 }]);
    out.extend_from_slice(payload);
    if let Some(SealedPart { commitment, bytes }) = sealed {
        options().serialize_into(&mut *out, &owner_number(event.owner()))?;
        out.extend_from_slice(&commitment.0);
        options().serialize_into(&mut *out, &(bytes.len() as u64))?;
        out.extend_from_slice(&bytes);
    }
    Ok(())
}

/// Seals the personal texts of an event, with a new salt unless one is given; `None` if it has none.
fn seal(event: &Event, salt: Option<[u8; SALT_BYTES]>, vault: &dyn Vault) -> Result<Option<SealedPart>, CodecError> {
    let mut personal = Gathered(None);
    event.encode_payload(&mut personal)?;
    let Some(texts) = personal.0 else { return Ok(None) };
    let key = vault.key(event.owner()).map_err(|error| CodecError::Read(Box::new(error)))?;
    let salt = salt.unwrap_or_else(|| vault.unique());
    Ok(Some(texts.seal(salt, event.type_number(), key.as_ref())))
}

/// The number under which a sealed part names its owner within the workspace.
const fn owner_number(owner: Owner) -> u64 {
    if let Owner::Chat(chat) = owner { chat.nth_of_workspace() } else { 0 }
}

/// Returns the owner that a sealed part names.
fn owner_of(workspace: WorkspaceId, number: u64) -> Result<Owner, CodecError> {
    let chat = || ChatId::nth(workspace, number).map(Owner::Chat);
    if number == 0 { Ok(Owner::Workspace(workspace)) } else { chat().ok_or(CodecError::Sealed) }
}

/// An event as it is stored.
struct Envelope<'a> {
    number: TypeNumber,
    payload: &'a [u8],
    sealed: Option<(u64, SealedPart)>,
}

/// Decodes one event of a workspace, and returns it with the bytes that follow.
pub fn decode_event<'a>(
    bytes: &'a [u8],
    workspace: WorkspaceId,
    opening: Opening<'_>,
) -> Result<(Event, &'a [u8]), CodecError> {
    let (Envelope { number, payload, sealed }, rest) = envelope(bytes)?;
    if !Event::knows(number) {
        return Err(CodecError::UnknownType(number.0, number.1));
    }
    let (owner, texts) = match (sealed, opening) {
        (None, _) => (None, tray::Texts::These(Vec::new().into_iter())),
        (Some((owner, _)), Opening::Shut) => (Some(owner), tray::Texts::Unreadable(Why::Sealed)),
        (Some((owner, _)), Opening::Lost) => (Some(owner), tray::Texts::Unreadable(Why::Erased)),
        (Some((owner, part)), Opening::With(vault)) => {
            (Some(owner), open(&Sealed { owner: owner_of(workspace, owner)?, number, part }, vault)?)
        }
    };
    let decode = || Event::decode_payload(number, &Payload(payload));
    let (event, all_used) = tray::reading(texts, decode);
    let event = event.ok_or(CodecError::UnknownType(number.0, number.1))??;
    if !all_used || owner.is_some_and(|owner| owner != owner_number(event.owner())) {
        return Err(CodecError::Sealed);
    }
    Ok((event, rest))
}

/// Opens a sealed part with its owner's key.
fn open(sealed: &Sealed, vault: &dyn Vault) -> Result<tray::Texts, CodecError> {
    let Some(texts) = sealed.texts(vault)? else { return Ok(tray::Texts::Unreadable(Why::Erased)) };
    let texts = texts.values().ok_or(CodecError::Sealed)?;
    Ok(tray::Texts::These(texts.into_iter()))
}

/// Takes an event's envelope apart, and returns it with the bytes that follow.
fn envelope(bytes: &[u8]) -> Result<(Envelope<'_>, &[u8]), CodecError> {
    let mut rest = bytes;
    let (length, number): (u64, u16) = options().deserialize_from(&mut rest)?;
    let ([version, flags], rest) = rest.split_first_chunk::<2>().ok_or(CodecError::Truncated)?;
    let (payload, rest) = piece(rest, length)?;
    let number = (number, *version);
    match *flags {
        0 => Ok((Envelope { number, payload, sealed: None }, rest)),
        SEALED => {
            let (part, rest) = sealed_part(rest)?;
            Ok((Envelope { number, payload, sealed: Some(part) }, rest))
        }
        _ => Err(CodecError::UnknownType(number.0, number.1)),
    }
}

fn sealed_part(bytes: &[u8]) -> Result<((u64, SealedPart), &[u8]), CodecError> {
    let mut rest = bytes;
    let owner: u64 = options().deserialize_from(&mut rest)?;
    let (commitment, mut rest) = rest.split_first_chunk::<32>().ok_or(CodecError::Truncated)?;
    let length: u64 = options().deserialize_from(&mut rest)?;
    let (sealed, rest) = piece(rest, length)?;
    Ok(((owner, SealedPart { commitment: Digest(*commitment), bytes: sealed.to_vec() }), rest))
}

fn piece(bytes: &[u8], length: u64) -> Result<(&[u8], &[u8]), CodecError> {
    let length = usize::try_from(length).map_err(|_| CodecError::TooLarge)?;
    bytes.split_at_checked(length).ok_or(CodecError::Truncated)
}

/// Gathers the personal texts of a payload.
struct Gathered(Option<Unsealed>);

impl Encoder for Gathered {
    type Error = CodecError;

    fn encode<T: Serialize>(&mut self, payload: &T) -> Result<(), CodecError> {
        self.0 = Unsealed::of(payload);
        Ok(())
    }
}

struct Payload<B>(B);

impl Encoder for Payload<&mut Vec<u8>> {
    type Error = CodecError;

    fn encode<T: Serialize>(&mut self, payload: &T) -> Result<(), CodecError> {
        tray::writing(Mode::Apart, || Ok(options().serialize_into(&mut *self.0, payload)?))
    }
}

impl Decoder for Payload<&[u8]> {
    type Error = CodecError;

    fn decode<T: DeserializeOwned>(&self) -> Result<T, CodecError> {
        decode_value(self.0)
    }
}
