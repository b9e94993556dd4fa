//! What the log holds of each message, as it looks in a trace: texts are sealed, so only the stored bytes can be found.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use events::codec::{Opening, decode};
use events::event::Event;
use events::log::Log;
use events::store::sled_log::SledLog;

const CACHE_MB: u64 = 16;
/// The length of a part of a record: shorter than one stored piece of the log, so that every piece contains a mark.
const PART_BYTES: usize = 1_024;
const MARK_BYTES: usize = 24;

/// Both ends of a part of a record as strace writes bytes with `-x`: a border between two stored pieces can cut only one
/// of them.
pub type Part = [String; 2];

/// Returns the parts of the record by which each message was queued.
pub fn parts(data_dir: &Path) -> Result<BTreeMap<String, Vec<Part>>> {
    let log = SledLog::open(data_dir, CACHE_MB)?;
    let mut found = BTreeMap::new();
    for stored in log.read(1) {
        let stored = stored?;
        for event in decode(&stored, Opening::Shut)?.events {
            if let Event::MessageQueued(queued) = event {
                found.insert(queued.message.to_string(), split(&stored.bytes));
            }
        }
    }
    Ok(found)
}

fn split(record: &[u8]) -> Vec<Part> {
    let parts = record.chunks(PART_BYTES).filter(|part| part.len() >= 2 * MARK_BYTES);
    let ends = parts.filter_map(|part| Some([part.first_chunk::<MARK_BYTES>()?, part.last_chunk::<MARK_BYTES>()?]));
    ends.map(|ends| ends.map(|end| in_hex(end))).collect()
}

fn in_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "\\x{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_record_has_a_mark_at_both_ends() {
        let record: Vec<u8> = (0..2_100_u32).map(|nth| u8::try_from(nth % 251).unwrap()).collect();
        let parts = split(&record);
        assert_eq!(parts.len(), 3);
        assert!(parts.iter().flatten().all(|mark| mark.len() == MARK_BYTES * 4));
        assert!(parts[0][0].starts_with("\\x00\\x01\\x02"), "{parts:?}");
        assert_eq!(split(&record[..2_050]).len(), 2, "what is left is too short to be told apart");
    }
}
