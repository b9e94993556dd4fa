//! How many bytes a commit takes, before it is sealed and written.

use serde::Serialize;

use super::{CodecError, EVENTS_PER_RECORD_MAX, RECORD_BYTES_MAX, is_of, value_bytes};
use crate::event::{Encoder, Event};
use crate::ids::WorkspaceId;
use crate::personal::tray::{self, Mode};
use crate::record::Cause;
use crate::sealing::{self, Unsealed};

/// The most bytes of a record besides its cause and its events.
const HEADER_BYTES: u64 = 1 + 9 + 9 + 9 + 3;
/// The most bytes of an event besides its payload and the texts that are sealed: length, type, version, flags.
const ENVELOPE_BYTES: u64 = 5 + 3 + 1 + 1;
/// The most bytes of a sealed part besides its texts: owner, commitment, length, salt, tag.
const SEALED_BYTES: u64 = 5 + 32 + 5 + (sealing::SALT_BYTES + sealing::TAG_BYTES) as u64;
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
