//! Signed checkpoints as files, in the data directory and in a second folder: whoever keeps one where the log is not can
//! tell later whether anything before it was changed. The data directory also has the signed head of each moment.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use events::checkpoint_key::VerifierKey;
use events::founding::LogId;
use events::ids::Position;
use events::proof::checkpoint::Checkpoint;
use events::proof::note::{NOTE_BYTES_MAX, NoteError};

use super::kept_checkpoint::KeptCheckpoint;
use crate::config::Config;

/// The folder within a data directory.
pub const FOLDER: &str = "checkpoints";
/// The folder within a data directory with the signed heads of the same moments.
const HEADS: &str = "record_heads";
/// Ending of a file's name, after the number of events.
const ENDING: &str = ".note";
/// So many of the newest are kept; of those before, one a day.
const KEPT: usize = 100;
const DAY_S: u64 = 24 * 60 * 60;

/// The folders with checkpoints.
#[derive(Debug, Clone, Default)]
pub struct CheckpointFiles {
    own: PathBuf,
    heads: PathBuf,
    second: Option<PathBuf>,
}

impl CheckpointFiles {
    /// Those that this configuration names.
    pub fn of(config: &Config) -> Self {
        Self::new(&config.data_dir, config.audit.checkpoint_dir.as_deref())
    }

    /// The second folder may be on another disk or host.
    pub fn new(data_dir: &Path, second: Option<&Path>) -> Self {
        Self { own: data_dir.join(FOLDER), heads: data_dir.join(HEADS), second: second.map(Path::to_owned) }
    }

    /// Writes a checkpoint into each folder, and the head of the same moment into its own; returns the folders where that
    /// failed, with the reasons. Each file is whole or not there at all.
    pub fn write(&self, size: Position, checkpoint: &str, head: &str) -> Vec<(PathBuf, io::Error)> {
        let files = [(Some(&self.heads), head), (Some(&self.own), checkpoint), (self.second.as_ref(), checkpoint)];
        let failed = files.into_iter().filter_map(|(folder, note)| {
            let folder = folder?;
            let written = write(folder, size, note).and_then(|()| prune(folder));
            written.err().map(|error| (folder.clone(), error))
        });
        failed.collect()
    }

    /// Reads all checkpoints, each once, with its head if it has one. Who puts one into a second folder wants the log to be
    /// compared with that, and not with what lies beside the log, so it has none. A folder that is not there has none either.
    pub fn read(&self) -> io::Result<Vec<CheckpointNotes>> {
        let unread =
            |folder: &Path, error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", folder.display()));
        let notes = |folder: &Path| read(folder).map_err(|error| unread(folder, error));
        let mut heads = notes(&self.heads)?;
        let mut kept = BTreeMap::new();
        for (size, checkpoint) in notes(&self.own)? {
            kept.insert(checkpoint, heads.remove(&size));
        }
        if let Some(second) = &self.second {
            kept.extend(notes(second)?.into_values().map(|checkpoint| (checkpoint, None)));
        }
        Ok(kept.into_iter().map(|(checkpoint, head)| CheckpointNotes { checkpoint, head }).collect())
    }

    /// Reads the checkpoints of a log, and tells those that one of these keys has signed from the others.
    pub fn signed_by(&self, keys: &[VerifierKey], log: LogId) -> io::Result<SignedCheckpoints> {
        let mut signed = SignedCheckpoints::default();
        for CheckpointNotes { checkpoint, head } in self.read()? {
            match KeptCheckpoint::open(&checkpoint, head.as_deref(), keys) {
                Ok(kept) => signed.kept.push(kept),
                Err(NoteError::OtherKey) => {
                    signed.others += 1;
                    let of_log = Checkpoint::unverified(&checkpoint).ok().filter(|other| other.log == log);
                    signed.stranger = signed.stranger.or(of_log.map(|other| other.size));
                }
                Err(_) => signed.damaged += 1,
            }
        }
        Ok(signed)
    }
}

/// The checkpoints that a gateway has kept.
#[derive(Debug, Default)]
pub struct SignedCheckpoints {
    /// Those that one of the keys has signed, with the heads beside them.
    pub kept: Vec<KeptCheckpoint>,
    /// Number of those that other keys have signed.
    pub others: usize,
    /// The size of one of those that names this log.
    pub stranger: Option<Position>,
    /// Number of files that are no checkpoints any more.
    pub damaged: usize,
}

/// The notes of a moment, as they were kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointNotes {
    pub checkpoint: String,
    /// The signed head; `None` if only the checkpoint was kept, or the head is not to be used.
    pub head: Option<String>,
}

fn read(folder: &Path) -> io::Result<BTreeMap<Position, String>> {
    let mut notes = BTreeMap::new();
    for Found { size, .. } in listed(folder)? {
        // Some may be removed meanwhile, because there are newer ones.
        notes.extend(note(&path(folder, size))?.map(|note| (size, note)));
    }
    Ok(notes)
}

/// Reads a note; `None` if it is not there. What is no file of a note's length is read as no note, and never waited for.
fn note(path: &Path) -> io::Result<Option<String>> {
    let is_there = |found: io::Result<_>| match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    };
    let Some(metadata) = is_there(fs::metadata(path))? else { return Ok(None) };
    if !metadata.is_file() || metadata.len() > NOTE_BYTES_MAX as u64 {
        return Ok(Some(String::new()));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(NOTE_BYTES_MAX as u64).read_to_end(&mut bytes)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

fn path(folder: &Path, size: Position) -> PathBuf {
    folder.join(format!("{size}{ENDING}"))
}

/// Writes a note, unless it is there. Another one of the same moment is never replaced: it shows that the log is an older
/// copy that was put back and went on, and others may have seen it.
fn write(folder: &Path, size: Position, note: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    match self::note(&path(folder, size))? {
        Some(found) if found == note => return Ok(()),
        Some(_) => {
            let words = format!("another one of {size} events is there: the log is an older copy that was put back");
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, words));
        }
        None => {}
    }
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
        match fs::remove_file(path(folder, size)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
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
    use events::checkpoint_key::CheckpointKey;
    use events::personal::Digest;

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
        let data_dir = tempfile::tempdir().unwrap();
        let second = data_dir.path().join("elsewhere");
        let (alone, both) = (CheckpointFiles::new(data_dir.path(), None), Some(second.as_path()));
        let both = CheckpointFiles::new(data_dir.path(), both);
        assert!(alone.write(7, "seven", "head 7").is_empty() && both.write(12, "twelve", "head 12").is_empty());
        let kept = |checkpoint: &str, head: Option<&str>| CheckpointNotes {
            checkpoint: checkpoint.to_owned(),
            head: head.map(str::to_owned),
        };
        assert_eq!(alone.read().unwrap(), [kept("seven", Some("head 7")), kept("twelve", Some("head 12"))]);
        fs::write(second.join("9.note"), "nine").unwrap();
        let all = [kept("nine", None), kept("seven", Some("head 7")), kept("twelve", None)];
        assert_eq!(both.read().unwrap(), all, "who keeps one elsewhere does not believe a head");
        fs::remove_file(data_dir.path().join(HEADS).join("7.note")).unwrap();
        assert_eq!(alone.read().unwrap(), [kept("seven", None), kept("twelve", Some("head 12"))]);
        let failed = alone.write(12, "another twelve", "head 12");
        assert!(failed[0].1.to_string().contains("put back"), "{failed:?}");
        assert_eq!(alone.read().unwrap()[1], kept("twelve", Some("head 12")), "what proves it stays");
        fs::create_dir(data_dir.path().join(FOLDER).join("20.note")).unwrap();
        fs::write(data_dir.path().join(FOLDER).join("21.note"), [255; 9]).unwrap();
        fs::write(data_dir.path().join(FOLDER).join("22.note"), "x".repeat(NOTE_BYTES_MAX + 1)).unwrap();
        let log = LogId([7; 16]);
        let [own, other] = [1, 2].map(|seed| CheckpointKey::of_seed([seed; 32]).unwrap());
        let stranger = Checkpoint { log, generation: 0, size: 23, root: Digest([0; 32]) }.signed(&[&other]);
        fs::write(data_dir.path().join(FOLDER).join("23.note"), stranger).unwrap();
        // The folder and the long file are read as the same nothing.
        let signed = alone.signed_by(&[own.verifier(log)], log).unwrap();
        assert_eq!((signed.damaged, signed.others, signed.stranger), (4, 1, Some(23)));
        fs::remove_dir_all(&second).unwrap();
        fs::write(&second, "no folder").unwrap();
        let failed = both.write(13, "thirteen", "head 13");
        assert_eq!(failed.iter().map(|(folder, _)| folder).collect::<Vec<_>>(), [&second]);
        assert!(alone.read().unwrap().contains(&kept("thirteen", Some("head 13"))));
        assert!(both.read().unwrap_err().to_string().contains("elsewhere"), "nobody knows which folder it is");
        assert_eq!(CheckpointFiles::new(&data_dir.path().join("nothing"), None).read().unwrap(), []);
    }
}
