//! How many bytes a commit takes, before it is sealed and written.

use serde::Serialize;

use super::{CodecError, EVENTS_PER_RECORD_MAX, Header, RECORD_BYTES_MAX, is_of, owner_number, value_bytes};
use crate::event::{Encoder, Event};
use crate::ids::{Position, WorkspaceId};
use crate::personal::tray::{self, Mode};
use crate::record::Cause;
use crate::sealing::{self, Unsealed};
use crate::time::Timestamp;

/// The most bytes of a record besides its cause and its events.
const HEADER_BYTES: u64 = 1 + 9 + 9 + 9 + 3;
/// The most bytes of an event besides its payload and the texts that are sealed: length, type, version, flags.
const ENVELOPE_BYTES: u64 = 5 + 3 + 1 + 1;
/// The most bytes of a sealed part besides its texts: owner, commitment, length, salt, tag.
const SEALED_BYTES: u64 = 5 + 32 + 5 + (sealing::SALT_BYTES + sealing::TAG_BYTES) as u64;
const COMMITMENT_BYTES: u64 = 32;
/// More bytes than the names of an event's personal texts take.
const NAMES_BYTES: u64 = 512;

/// Checks that a cause and its events fit into a record. Call this before the commit gets its position: a record that
/// cannot be written ends the writer.
pub fn fits(workspace: WorkspaceId, cause: &Cause, events: &[Event]) -> Result<(), CodecError> {
    if !events.iter().all(|event| is_of(workspace, event)) {
        return Err(CodecError::OtherWorkspace);
    }
    let count = u32::try_from(events.len()).map_err(|_| CodecError::TooLarge)?;
    if count > EVENTS_PER_RECORD_MAX {
        return Err(CodecError::TooLarge);
    }
    let header = HEADER_BYTES.saturating_add(value_bytes(cause).ok_or(CodecError::TooLarge)?);
    let mut rough = Roughly(header);
    events.iter().try_for_each(|event| event.encode_payload(&mut rough))?;
    if rough.0 <= RECORD_BYTES_MAX {
        return Ok(());
    }
    let mut measure = Measure(header);
    events.iter().try_for_each(|event| event.encode_payload(&mut measure))?;
    if measure.0 > RECORD_BYTES_MAX { Err(CodecError::TooLarge) } else { Ok(()) }
}

/// Returns the most bytes that an event takes in a record.
pub fn event_bytes(event: &Event) -> Result<u64, CodecError> {
    let mut measure = Measure(0);
    event.encode_payload(&mut measure).map(|()| measure.0)
}

/// Returns how many bytes the beginning of a stored record takes.
pub(crate) fn stored_header_bytes(
    (first, last): (Position, Position),
    recorded_at: Timestamp,
    workspace: WorkspaceId,
    cause: &Cause,
) -> Option<u64> {
    let events = u32::try_from(last.checked_sub(first)?.checked_add(1)?).ok()?;
    let header = Header { first, recorded_at, workspace: workspace.number(), cause: cause.clone(), events };
    value_bytes(&header)?.checked_add(1)
}

/// Returns how many bytes an event takes in a stored record. Its texts take `json` bytes; 0 if they are erased, `None` if
/// there are none.
pub(crate) fn stored_event_bytes(event: &Event, json: Option<u64>) -> Option<u64> {
    let mut payload = Payload(0);
    event.encode_payload(&mut payload).ok()?;
    let Payload(payload) = payload;
    let envelope = value_bytes(&(payload, event.type_number().0))?.checked_add(2 + payload)?;
    let Some(json) = json else { return Some(envelope) };
    let sealed = if json == 0 { 0 } else { json.checked_add((sealing::SALT_BYTES + sealing::TAG_BYTES) as u64)? };
    let owner = value_bytes(&owner_number(event.owner()))?;
    envelope.checked_add(owner + COMMITMENT_BYTES + value_bytes(&sealed)?)?.checked_add(sealed)
}

/// Counts the bytes of a payload, without the texts that are sealed.
struct Payload(u64);

impl Encoder for Payload {
    type Error = CodecError;

    fn encode<T: Serialize>(&mut self, payload: &T) -> Result<(), CodecError> {
        self.0 = tray::writing(Mode::Apart, || value_bytes(payload)).ok_or(CodecError::TooLarge)?;
        Ok(())
    }
}

/// Counts more bytes than any events take, fast: JSON makes six of a byte at most, and names are short.
struct Roughly(u64);

impl Encoder for Roughly {
    type Error = CodecError;

    fn encode<T: Serialize>(&mut self, payload: &T) -> Result<(), CodecError> {
        let whole = value_bytes(payload).ok_or(CodecError::TooLarge)?.saturating_mul(6);
        self.0 = self.0.saturating_add(ENVELOPE_BYTES + SEALED_BYTES + NAMES_BYTES).saturating_add(whole);
        Ok(())
    }
}

/// Counts the bytes of events, with their texts in JSON, without writing any.
struct Measure(u64);

impl Encoder for Measure {
    type Error = CodecError;

    fn encode<T: Serialize>(&mut self, payload: &T) -> Result<(), CodecError> {
        let readable = tray::writing(Mode::Apart, || value_bytes(payload)).ok_or(CodecError::TooLarge)?;
        let sealed = Unsealed::of(payload).map_or(0, |texts| SEALED_BYTES + texts.json_bytes() as u64);
        self.0 = self.0.saturating_add(ENVELOPE_BYTES).saturating_add(readable).saturating_add(sealed);
        Ok(())
    }
}
