//! Remembers the log's last durable head in a file beside the store, because a store that lost its end cannot notice
//! that.
//!
//! Two slots are written in turn, so that one of them is whole however a write ends. A stale slot proves less, but
//! never something wrong.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::ids::Position;
use crate::personal::Digest;

const NAME: &str = "witness";
const PLACE_BYTES: u64 = 512;
const BYTES: usize = 8 + 8 + 32;
const SUM_BYTES: usize = 32;

/// The position and hash at the end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LastHead {
    /// Position of the last event.
    pub(crate) position: Position,
    /// Hash of the record that holds it.
    pub(crate) hash: Digest,
}

pub(crate) struct HeadFile {
    file: File,
    written: AtomicU64,
}

impl HeadFile {
    /// True if the file in the store's folder says that the log has records. Changes nothing.
    pub(crate) fn has_records(folder: &Path) -> bool {
        let Ok(file) = File::open(folder.join(NAME)) else { return false };
        [0, 1].into_iter().filter_map(|place| read(&file, place)).any(|(_, seen)| seen.position > 0)
    }

    /// Opens or creates the file in the store's folder; returns the last head in it that can still be read.
    pub(crate) fn open(folder: &Path) -> io::Result<(Self, Option<LastHead>)> {
        let path = folder.join(NAME);
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        let last = [0, 1].into_iter().filter_map(|place| read(&file, place)).max_by_key(|(number, _)| *number);
        let written = AtomicU64::new(last.map_or(0, |(number, _)| number));
        Ok((Self { file, written }, last.map(|(_, seen)| seen)))
    }

    /// Writes a head that is durable.
    pub(crate) fn see(&self, seen: LastHead) -> io::Result<()> {
        let number = self.written.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let mut bytes = Vec::with_capacity(BYTES + SUM_BYTES);
        bytes.extend_from_slice(&number.to_le_bytes());
        bytes.extend_from_slice(&seen.position.to_le_bytes());
        bytes.extend_from_slice(&seen.hash.0);
        let sum = blake3::hash(&bytes);
        bytes.extend_from_slice(sum.as_bytes());
        self.file.write_all_at(&bytes, number % 2 * PLACE_BYTES)
    }

    /// Syncs the file, so that it survives a power cut.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// Reads a slot and its number; `None` if it is damaged or was never written.
fn read(file: &File, place: u64) -> Option<(u64, LastHead)> {
    let mut bytes = [0; BYTES + SUM_BYTES];
    file.read_exact_at(&mut bytes, place * PLACE_BYTES).ok()?;
    let (said, sum) = bytes.split_at(BYTES);
    if blake3::hash(said).as_bytes() != sum {
        return None;
    }
    let (number, rest) = said.split_first_chunk::<8>()?;
    let (position, hash) = rest.split_first_chunk::<8>()?;
    let seen = LastHead { position: u64::from_le_bytes(*position), hash: Digest(*hash.first_chunk::<32>()?) };
    Some((u64::from_le_bytes(*number), seen))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seen(position: Position) -> LastHead {
        LastHead { position, hash: Digest([7; 32]) }
    }

    fn written(positions: &[Position]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let (head_file, before) = HeadFile::open(folder.path()).unwrap();
        assert_eq!(before, None);
        for position in positions {
            head_file.see(seen(*position)).unwrap();
        }
        folder
    }

    fn found(folder: &tempfile::TempDir) -> Option<LastHead> {
        HeadFile::open(folder.path()).unwrap().1
    }

    #[test]
    fn the_last_end_is_remembered() {
        assert_eq!(found(&written(&[])), None);
        assert_eq!(found(&written(&[3])), Some(seen(3)));
        assert_eq!(found(&written(&[3, 5, 9])), Some(seen(9)));
    }

    #[test]
    fn of_a_broken_write_the_one_before_it_stays() {
        for at in 512..592 {
            let folder = written(&[3, 5, 9]);
            let path = folder.path().join(NAME);
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[at] ^= 1;
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(found(&folder), Some(seen(5)), "{at}");
        }
    }
}
