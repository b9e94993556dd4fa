//! The bare scan: the least that reading records back can cost with these libraries. It reads a sled whose values of
//! up to 4 KiB hold only records, one after the other; no index, no chain.

use std::error::Error;
use std::path::Path;

use events::codec::{Opening, decode, decode_record};
use events::event::Event;
use events::ids::StreamId;
use events::log::{Log, StoredRecord};

/// A value is closed when the next record would make it larger than this.
const VALUE_BYTES_MAX: usize = 4_096;
/// Bytes of a record's length, which precedes the record.
const LENGTH_BYTES: usize = 4;

type Failed = Box<dyn Error + Send + Sync>;

/// A sled that holds only records.
pub struct Bare(sled::Db);

impl Bare {
    /// Copies the records of a log that hold an event of the stream, or all records.
    pub fn copy(directory: &Path, cache_mb: u64, log: &dyn Log, stream: Option<StreamId>) -> Result<Self, Failed> {
        let db = sled::Config::new().path(directory.join("bare")).cache_capacity(cache_mb << 20).open()?;
        let (mut value, mut first) = (Vec::with_capacity(VALUE_BYTES_MAX), 0_u64);
        for stored in log.read(1) {
            let stored = stored?;
            if !holds(&stored, stream)? {
                continue;
            }
            if !value.is_empty() && value.len() + LENGTH_BYTES + stored.bytes.len() > VALUE_BYTES_MAX {
                db.insert(first.to_be_bytes(), std::mem::take(&mut value))?;
            }
            if value.is_empty() {
                first = stored.first;
            }
            value.extend(u32::try_from(stored.bytes.len())?.to_be_bytes());
            value.extend(&stored.bytes);
        }
        db.insert(first.to_be_bytes(), value)?;
        db.flush()?;
        Ok(Self(db))
    }

    /// Decodes all records, opening their texts or not, and folds the events of the stream, or all events; returns their
    /// number.
    pub fn scan(
        &self,
        stream: Option<StreamId>,
        opening: Opening<'_>,
        mut fold: impl FnMut(&Event),
    ) -> Result<u64, Failed> {
        let mut events = 0;
        for item in self.0.iter() {
            let (_, value) = item?;
            let mut rest: &[u8] = &value;
            while let Some((length, after)) = rest.split_first_chunk::<LENGTH_BYTES>() {
                let length = usize::try_from(u32::from_be_bytes(*length))?;
                let (bytes, after) = after.split_at_checked(length).ok_or("a record is cut short")?;
                let record = decode_record(bytes, opening)?;
                for event in record.events.iter().filter(|event| stream.is_none_or(|stream| event.concerns(stream))) {
                    fold(event);
                    events += 1;
                }
                rest = after;
            }
        }
        Ok(events)
    }
}

fn holds(stored: &StoredRecord, stream: Option<StreamId>) -> Result<bool, Failed> {
    let Some(stream) = stream else { return Ok(true) };
    Ok(decode(stored, Opening::Shut)?.events.iter().any(|event| event.concerns(stream)))
}
