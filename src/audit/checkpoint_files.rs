//! Signed checkpoints as files, in the data directory and in a second folder: whoever keeps one where the log is not can
//! tell later whether anything before it was changed. Beside each stands the signed head of the same moment.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use events::checkpoint_key::VerifierKey;
use events::ids::Position;
use events::proof::note::NOTE_BYTES_MAX;

use super::verification::Witness;
use crate::config::Config;

/// The folder within a data directory.
pub const FOLDER: &str = "checkpoints";
/// The folder within that one with the signed heads of the same moments.
const HEADS: &str = "records";
/// Ending of a file's name, after the number of events.
const ENDING: &str = ".note";
/// So many of the newest are kept; of those before, one a day.
const KEPT: usize = 100;
const DAY_S: u64 = 24 * 60 * 60;

/// The folders with checkpoints.
#[derive(Debug, Clone, Default)]
pub struct CheckpointFiles {
    folders: Vec<PathBuf>,
}

impl CheckpointFiles {
    /// Those that this configuration names.
    pub fn of(config: &Config) -> Self {
        Self::new(&config.data_dir, config.audit.checkpoint_dir.as_deref())
    }

    /// The second folder may be on another disk or host.
    pub fn new(data_dir: &Path, second: Option<&Path>) -> Self {
        let own = data_dir.join(FOLDER);
        Self { folders: [Some(own), second.map(Path::to_owned)].into_iter().flatten().collect() }
    }

    /// Writes a checkpoint and the head of the same moment into each folder; returns the folders where that failed, with
    /// the reasons. Each is whole or not there at all.
    pub fn write(&self, size: Position, checkpoint: &str, head: &str) -> Vec<(PathBuf, io::Error)> {
        let failed = self.folders.iter().filter_map(|folder| {
            let written = write(&folder.join(HEADS), size, head).and_then(|()| write(folder, size, checkpoint));
            written.and_then(|()| prune(folder)).err().map(|error| (folder.clone(), error))
        });
        failed.collect()
    }

    /// Reads all checkpoints, each once, though it may be in both folders. A folder that is not there has none.
    pub fn read(&self) -> io::Result<BTreeSet<Kept>> {
        let mut notes = BTreeSet::new();
        for folder in &self.folders {
            let unread = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", folder.display()));
            notes.extend(read(folder).map_err(unread)?);
        }
        Ok(notes)
    }

    /// Reads the checkpoints that one of these keys has signed.
    pub fn signed_by(&self, keys: &[VerifierKey]) -> io::Result<KeptCheckpoints> {
        let notes = self.read()?;
        let open = |kept: &Kept| Witness::open(&kept.checkpoint, kept.head.as_deref(), keys).ok();
        let witnesses: Vec<_> = notes.iter().filter_map(open).collect();
        Ok(KeptCheckpoints { others: notes.len().saturating_sub(witnesses.len()), witnesses })
    }
}

/// The checkpoints that a gateway has kept.
#[derive(Debug)]
pub struct KeptCheckpoints {
    /// Those that one of the keys has signed, with the heads beside them.
    pub witnesses: Vec<Witness>,
    /// Number of the others, signed by keys that nobody asked for.
    pub others: usize,
}

/// The notes of a moment, as somebody kept them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    pub checkpoint: String,
    /// The signed head; `None` if only the checkpoint was kept.
    pub head: Option<String>,
}

fn read(folder: &Path) -> io::Result<Vec<Kept>> {
    let mut notes = Vec::new();
    for found in listed(folder)? {
        let path = path(folder, found.size);
        match fs::read_to_string(&path) {
            Ok(checkpoint) => notes.push(Kept { checkpoint, head: head_beside(&path) }),
            // Removed meanwhile, because there are newer ones.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(notes)
}

/// Returns the signed head that was kept beside a checkpoint; `None` if it cannot be read.
pub fn head_beside(checkpoint: &Path) -> Option<String> {
    let path = checkpoint.parent()?.join(HEADS).join(checkpoint.file_name()?);
    let mut note = String::new();
    File::open(path).ok()?.take(NOTE_BYTES_MAX as u64).read_to_string(&mut note).ok()?;
    Some(note)
}

fn path(folder: &Path, size: Position) -> PathBuf {
    folder.join(format!("{size}{ENDING}"))
}

fn write(folder: &Path, size: Position, note: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let (path, unfinished) = (path(folder, size), folder.join(format!("{size}{ENDING}.new")));
    let mut file = File::create(&unfinished)?;
    file.write_all(note.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, &path)?;
    File::open(folder)?.sync_all()
}

/// A checkpoint's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found {
    size: Position,
    /// The day on which it was written, counted from 1970.
    day: u64,
}

fn listed(folder: &Path) -> io::Result<Vec<Found>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let size = name.to_str().and_then(|name| name.strip_suffix(ENDING)).and_then(|size| size.parse().ok());
        if let Some(size) = size {
            let written = entry.metadata()?.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let seconds = written.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
            found.push(Found { size, day: seconds / DAY_S });
        }
    }
    Ok(found)
}

/// Removes the files that are no longer kept.
fn prune(folder: &Path) -> io::Result<()> {
    for size in spare(listed(folder)?) {
        for folder in [folder, &folder.join(HEADS)] {
            match fs::remove_file(path(folder, size)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Returns the checkpoints that are not kept: neither among the newest nor the first of a day.
fn spare(mut found: Vec<Found>) -> Vec<Position> {
    found.sort_unstable_by_key(|found| found.size);
    let older = found.len().saturating_sub(KEPT);
    let mut days = BTreeSet::new();
    found.into_iter().take(older).filter(|found| !days.insert(found.day)).map(|found| found.size).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_and_before_them_one_a_day() {
        let found = |(size, day)| Found { size, day };
        assert_eq!(spare((1..=100).map(|size| found((size, 1))).collect()), Vec::<Position>::new());
        let old = [(1, 1), (2, 1), (3, 2), (4, 2), (5, 2), (6, 4)].map(found);
        let new = (100..200).map(|size| found((size, 9)));
        assert_eq!(spare(old.into_iter().chain(new).collect()), [2, 4, 5]);
    }

    #[test]
    fn a_checkpoint_is_in_both_folders_and_a_folder_that_fails_is_named() {
        let own = tempfile::tempdir().unwrap();
        let second = own.path().join("elsewhere");
        let files = CheckpointFiles::new(own.path(), Some(&second));
        assert!(files.write(7, "seven", "head 7").is_empty() && files.write(12, "twelve", "head 12").is_empty());
        let kept = |checkpoint: &str, head: Option<&str>| Kept {
            checkpoint: checkpoint.to_owned(),
            head: head.map(str::to_owned),
        };
        for folder in [&own.path().join(FOLDER), &second] {
            fs::remove_file(folder.join(HEADS).join("12.note")).unwrap();
            let mut notes = read(folder).unwrap();
            notes.sort_unstable();
            assert_eq!(notes, [kept("seven", Some("head 7")), kept("twelve", None)]);
        }
        fs::write(second.join("9.note"), "nine").unwrap();
        let all = [kept("nine", None), kept("seven", Some("head 7")), kept("twelve", None)];
        assert_eq!(files.read().unwrap(), all.into());
        fs::remove_dir_all(&second).unwrap();
        fs::write(&second, "no folder").unwrap();
        let failed = files.write(13, "thirteen", "head 13");
        assert_eq!(failed.iter().map(|(folder, _)| folder).collect::<Vec<_>>(), [&second]);
        assert_eq!(read(&own.path().join(FOLDER)).unwrap().len(), 3);
        assert!(files.read().unwrap_err().to_string().contains("elsewhere"), "nobody knows which folder it is");
        assert_eq!(read(&own.path().join("nothing")).unwrap(), Vec::<Kept>::new());
    }
}
