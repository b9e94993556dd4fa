//! Encodes and decodes records and events; the only file that names bincode.
//!
//! A record is a header and its events. Every event has its own envelope: payload length (u32), type number (u16) and
//! version (u16), all little-endian, then the payload. bincode stores no field names, so a released struct is never
//! changed: a new meaning gets a new version, and `decode_payload` turns the old one into today's event.

use bincode::Options;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::event::{Decoder, Encoder, Event};
use crate::ids::{Position, WorkspaceId};
use crate::log::{ReadError, StoredRecord};
use crate::record::{Cause, Record};
use crate::time::Timestamp;

/// The largest payload: a text of 65,536 characters takes 256 KiB at most.
pub const PAYLOAD_BYTES_MAX: u64 = 1 << 20;
/// The most events in one commit.
pub const EVENTS_PER_RECORD_MAX: u32 = 1_000;
/// The largest commit: the store counts a record's parts of 4 KiB in 16 bits, which would allow four times as much.
pub const RECORD_BYTES_MAX: u64 = 64 << 20;
/// Bytes of an event besides its payload.
const ENVELOPE_BYTES: u64 = 8;

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
    #[error("unknown event type {0} version {1}")]
    UnknownType(u16, u16),
    /// A limit of the format is exceeded.
    #[error("beyond the limits of the format")]
    TooLarge,
}

#[derive(Serialize, Deserialize)]
struct Header {
    first: Position,
    recorded_at: Timestamp,
    workspace: WorkspaceId,
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

/// Decodes one value of the index.
pub fn decode_value<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    Ok(options().reject_trailing_bytes().deserialize(bytes)?)
}

/// Encodes an actor's state without a size limit: it may be large, but never comes from outside.
pub(crate) fn encode_state<T: Serialize>(state: &T) -> Result<Vec<u8>, CodecError> {
    Ok(options().with_no_limit().serialize(state)?)
}

/// Decodes an actor's state, whose digest the caller has already compared.
pub(crate) fn decode_state<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    Ok(options().with_limit(bytes.len() as u64).reject_trailing_bytes().deserialize(bytes)?)
}

/// Checks that a cause and its events fit into a record. Call this before the commit gets its position: a record that
/// cannot be written ends the writer.
pub fn fits(cause: &Cause, events: &[Event]) -> Result<(), CodecError> {
    let count = u32::try_from(events.len()).map_err(|_| CodecError::TooLarge)?;
    if count > EVENTS_PER_RECORD_MAX {
        return Err(CodecError::TooLarge);
    }
    let mut measure = Measure(options().serialized_size(cause)?);
    events.iter().try_for_each(|event| event.encode_payload(&mut measure))?;
    let bytes = measure.0.saturating_add(ENVELOPE_BYTES.saturating_mul(u64::from(count)));
    if bytes > RECORD_BYTES_MAX { Err(CodecError::TooLarge) } else { Ok(()) }
}

/// Appends a record's bytes.
pub fn encode_record(record: &Record, out: &mut Vec<u8>) -> Result<(), CodecError> {
    let events = u32::try_from(record.events.len()).map_err(|_| CodecError::TooLarge)?;
    if events == 0 || events > EVENTS_PER_RECORD_MAX {
        return Err(CodecError::TooLarge);
    }
    let header = Header {
        first: record.first,
        recorded_at: record.recorded_at,
        workspace: record.workspace,
        cause: record.cause.clone(),
        events,
    };
    options().serialize_into(&mut *out, &header)?;
    record.events.iter().try_for_each(|event| encode_event(event, out))
}

/// Decodes a stored record; reports damage with the record's position.
pub fn decode(stored: &StoredRecord) -> Result<Record, ReadError> {
    decode_record(&stored.bytes).map_err(|error| ReadError::Damaged { position: stored.first, what: error.to_string() })
}

/// Decodes a record; every byte must be accounted for.
pub fn decode_record(bytes: &[u8]) -> Result<Record, CodecError> {
    let mut rest = bytes;
    let header: Header = options().deserialize_from(&mut rest)?;
    if header.events == 0 || header.events > EVENTS_PER_RECORD_MAX {
        return Err(CodecError::TooLarge);
    }
    let mut events = Vec::with_capacity(header.events as usize);
    for _ in 0..header.events {
        let (event, after) = decode_event(rest)?;
        events.push(event);
        rest = after;
    }
    if !rest.is_empty() {
        return Err(CodecError::Truncated);
    }
    let Header { first, recorded_at, workspace, cause, .. } = header;
    Ok(Record { first, recorded_at, workspace, cause, events })
}

/// Appends one event in its envelope.
pub fn encode_event(event: &Event, out: &mut Vec<u8>) -> Result<(), CodecError> {
    let (number, version) = event.type_number();
    let envelope = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&version.to_le_bytes());
    let payload = out.len();
    event.encode_payload(&mut Payload(&mut *out))?;
    let length = u32::try_from(out.len() - payload).map_err(|_| CodecError::TooLarge)?;
    if let Some(slot) = out.get_mut(envelope..envelope + 4) {
        slot.copy_from_slice(&length.to_le_bytes());
    }
    Ok(())
}

/// Decodes one event, and returns it with the bytes that follow.
pub fn decode_event(bytes: &[u8]) -> Result<(Event, &[u8]), CodecError> {
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or(CodecError::Truncated)?;
    let (number, rest) = rest.split_first_chunk::<2>().ok_or(CodecError::Truncated)?;
    let (version, rest) = rest.split_first_chunk::<2>().ok_or(CodecError::Truncated)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| CodecError::TooLarge)?;
    let (payload, rest) = rest.split_at_checked(length).ok_or(CodecError::Truncated)?;
    let number = (u16::from_le_bytes(*number), u16::from_le_bytes(*version));
    let event = Event::decode_payload(number, &Payload(payload));
    Ok((event.ok_or(CodecError::UnknownType(number.0, number.1))??, rest))
}

/// Counts bytes without writing any.
struct Measure(u64);

impl Encoder for Measure {
    type Error = CodecError;

    fn encode<T: Serialize>(&mut self, payload: &T) -> Result<(), CodecError> {
        self.0 = self.0.saturating_add(options().serialized_size(payload)?);
        Ok(())
    }
}

struct Payload<B>(B);

impl Encoder for Payload<&mut Vec<u8>> {
    type Error = CodecError;

    fn encode<T: Serialize>(&mut self, payload: &T) -> Result<(), CodecError> {
        Ok(options().serialize_into(&mut *self.0, payload)?)
    }
}

impl Decoder for Payload<&[u8]> {
    type Error = CodecError;

    fn decode<T: DeserializeOwned>(&self) -> Result<T, CodecError> {
        decode_value(self.0)
    }
}
