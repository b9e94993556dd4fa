//! Stores values longer than a note: the value's key holds a head, and the parts are stored beside it.
//!
//! Both are written in one batch. No ordinary value begins with the mark byte: each begins with a number, a length or
//! a flag, and the codec encodes none of these with that first byte; what is sealed begins with its format.

use std::collections::HashMap;

use crate::log::{Log, NOTE_BYTES_MAX, Note, ReadError};
use crate::notes::Space;
use crate::personal::Digest;

/// First byte of the head of a long value.
const MARK: u8 = 0xff;
/// The most attempts to read a value that is replaced during the read.
const READINGS: u32 = 16;
/// Notes per read.
const AT_ONCE: usize = 256;

/// The number of parts of each stored long value.
#[derive(Default)]
pub(super) struct Long(HashMap<Vec<u8>, u16>);

impl Long {
    /// Reads which long values are stored.
    pub(super) fn read(log: &dyn Log) -> Result<Self, ReadError> {
        let mut all = Self::default();
        let mut start = Space::LongValues.key(&[]);
        loop {
            let found = log.notes(Space::LongValues.prefix(), &start, AT_ONCE)?;
            for (key, _) in &found {
                if let Some((place, part)) = Space::LongValues.rest(key).and_then(<[u8]>::split_last_chunk::<2>) {
                    let parts = all.0.entry(place.to_vec()).or_default();
                    *parts = u16::from_be_bytes(*part).saturating_add(1).max(*parts);
                }
            }
            let Some((last, _)) = found.last().filter(|_| found.len() == AT_ONCE) else { return Ok(all) };
            start.clone_from(last);
            start.push(0);
        }
    }

    /// Appends the notes that store or remove a value; removes the surplus parts of a longer old value.
    pub(super) fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>, notes: &mut Vec<Note>) -> Result<(), TooLong> {
        let is_long = value.as_ref().is_some_and(|value| value.len() > NOTE_BYTES_MAX);
        if !is_long && self.0.is_empty() {
            notes.push((key, value));
            return Ok(());
        }
        let before = self.0.remove(&key).unwrap_or_default();
        let mut parts = 0;
        match value {
            Some(value) if is_long => {
                parts = u16::try_from(value.len().div_ceil(NOTE_BYTES_MAX)).map_err(|_| TooLong)?;
                let chunks = (0..parts).zip(value.chunks(NOTE_BYTES_MAX));
                notes.extend(chunks.map(|(part, chunk)| (part_key(&key, part), Some(chunk.to_vec()))));
                let head = [&[MARK], parts.to_be_bytes().as_slice(), &Digest::of(&value).0].concat();
                notes.push((key.clone(), Some(head)));
            }
            short => notes.push((key.clone(), short)),
        }
        notes.extend((parts..before).map(|part| (part_key(&key, part), None)));
        if parts > 0 {
            self.0.insert(key, parts);
        }
        Ok(())
    }
}

/// The value has more parts than can be counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct TooLong;

/// Reads the value of a key.
pub(super) fn value(log: &dyn Log, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
    for _ in 0..READINGS {
        let Some(stored) = log.note(key)? else { return Ok(None) };
        let Some((parts, digest)) = head(&stored) else { return Ok(Some(stored)) };
        let mut whole = Vec::with_capacity(usize::from(parts) * NOTE_BYTES_MAX);
        for part in 0..parts {
            whole.extend(log.note(&part_key(key, part))?.unwrap_or_default());
        }
        if Digest::of(&whole) == digest {
            return Ok(Some(whole));
        }
    }
    Err(ReadError::Damaged { position: 0, what: "a value of the index is not whole".to_owned() })
}

fn head(stored: &[u8]) -> Option<(u16, Digest)> {
    let (parts, rest) = stored.strip_prefix(&[MARK])?.split_first_chunk::<2>()?;
    Some((u16::from_be_bytes(*parts), Digest(*rest.first_chunk()?)))
}

fn part_key(key: &[u8], part: u16) -> Vec<u8> {
    Space::LongValues.key(&[key, &part.to_be_bytes()])
}
