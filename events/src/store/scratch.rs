//! Copies a store elsewhere. The store writes whenever it is opened, so a process that only reads opens a copy: the
//! original stays unchanged, and may even be read-only.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::data_dir::VAULT;
use super::{closing_checksums, disk_space, identity, stale_files};
use crate::log::ReadError;

const STORE: &str = "log";
const DATA: &str = "db";
/// The file with a closed store's checksums; they do not apply to a copy that is opened.
const SUMS: &str = "seal";
/// Progress is reported after this many bytes.
const CHUNK_BYTES: u64 = 16 << 20;

/// Why a store could not be copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Another process has the store open.
    #[error("the data directory is in use by another process")]
    InUse,
    /// The copy would not fit.
    #[error("a copy of the log takes {needed} bytes, and {} has {free} free", folder.display())]
    Room {
        /// The folder that the copy was to go to.
        folder: PathBuf,
        /// Bytes that the copy takes.
        needed: u64,
        /// Bytes that are free there.
        free: u64,
    },
    /// The store cannot be read.
    #[error("cannot read {}", path.display())]
    From {
        /// The file or folder that cannot be read.
        path: PathBuf,
        source: io::Error,
    },
    /// The copy cannot be written.
    #[error("cannot write {}", path.display())]
    To {
        /// The file or folder that cannot be written.
        path: PathBuf,
        source: io::Error,
    },
    /// The store has changed since it was closed.
    #[error(transparent)]
    Damaged(ReadError),
}

/// Returns whether another process has the store of a data directory open; false also if we may not know.
pub fn is_in_use(directory: &Path) -> bool {
    let data = File::open(directory.join(STORE).join(DATA));
    data.is_ok_and(|data| matches!(data.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Copies the store of a data directory that nobody has open, with what belongs to it, into an empty folder, which then
/// is a data directory itself, the master key excepted. Calls `told` with the bytes copied so far and the total.
pub fn copy(directory: &Path, to: &Path, mut told: impl FnMut(u64, u64)) -> Result<(), CopyError> {
    let from = directory.join(STORE);
    let data = from.join(DATA);
    let lock = File::open(&data).map_err(|error| reading(&data, error))?;
    if let Err(TryLockError::WouldBlock) = lock.try_lock_shared() {
        return Err(CopyError::InUse);
    }
    let changed = closing_checksums::changed(&from).map_err(|error| reading(&from, error))?;
    if let Some(what) = changed {
        return Err(CopyError::Damaged(ReadError::Damaged { position: 0, what }));
    }
    let files = all_files(directory).map_err(|error| reading(directory, error))?;
    let all = files.iter().map(|(_, bytes)| bytes).sum();
    fits(&from, to, all)?;
    let mut done = 0;
    for (name, _) in &files {
        one(&directory.join(name), &to.join(name), |bytes| {
            done += bytes;
            told(done, all);
        })?;
    }
    Ok(())
}

/// Lists the files of a data directory that belong to its log, with their sizes.
fn all_files(directory: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
    let mut found = Vec::new();
    for folder in [STORE, VAULT] {
        match files(&directory.join(folder)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder == VAULT => {}
            files => found.extend(files?.into_iter().map(|(name, bytes)| (Path::new(folder).join(name), bytes))),
        }
    }
    match fs::metadata(directory.join(identity::NAME)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        metadata => found.push((identity::NAME.into(), metadata?.len())),
    }
    Ok(found)
}

/// Lists the files of a folder, relative to it, with their sizes.
fn files(folder: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(folder.join(&inner))? {
            let entry = entry?;
            let (name, metadata) = (inner.join(entry.file_name()), entry.metadata()?);
            if metadata.is_dir() {
                folders.push(name);
            } else if metadata.is_file() && name != Path::new(SUMS) && !stale_files::is_one(&entry.file_name()) {
                found.push((name, metadata.len()));
            }
        }
    }
    Ok(found)
}

/// Checks that there is space for the copy, and for opening it.
fn fits(from: &Path, to: &Path, bytes: u64) -> Result<(), CopyError> {
    let opening = disk_space::needed(from).map_err(|error| reading(from, error))?;
    let free = disk_space::free(to).map_err(|error| writing(to, error))?;
    let needed = bytes.saturating_add(opening);
    if free < needed { Err(CopyError::Room { folder: to.to_owned(), needed, free }) } else { Ok(()) }
}

fn one(from: &Path, to: &Path, mut told: impl FnMut(u64)) -> Result<(), CopyError> {
    let read = File::open(from).map_err(|error| reading(from, error))?;
    if let Some(folder) = to.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| writing(folder, error))?;
    }
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    let mut written = written.map_err(|error| writing(to, error))?;
    loop {
        match io::copy(&mut (&read).take(CHUNK_BYTES), &mut written).map_err(|error| writing(to, error))? {
            0 => return Ok(()),
            bytes => told(bytes),
        }
    }
}

fn reading(path: &Path, source: io::Error) -> CopyError {
    CopyError::From { path: path.to_owned(), source }
}

fn writing(path: &Path, source: io::Error) -> CopyError {
    CopyError::To { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, tempfile::TempDir) {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let log = from.path().join(STORE);
        fs::create_dir_all(log.join("blobs")).unwrap();
        for name in ["db", "conf", "snap.01", "snap.02.generating", "blobs/1", "witness"] {
            fs::write(log.join(name), name).unwrap();
        }
        closing_checksums::write(&log).unwrap();
        fs::create_dir(from.path().join(VAULT)).unwrap();
        fs::write(from.path().join(VAULT).join("a"), "seeds").unwrap();
        fs::write(from.path().join(identity::NAME), "{}").unwrap();
        (from, to)
    }

    #[test]
    fn all_that_the_store_needs_is_copied_and_told() {
        let (from, to) = store();
        let mut last = (0, 1);
        copy(from.path(), to.path(), |done, all| last = (done, all)).unwrap();
        let mut names: Vec<PathBuf> = files(to.path()).unwrap().into_iter().map(|(name, _)| name).collect();
        names.sort();
        let wanted = ["log/blobs/1", "log/conf", "log/db", "log/snap.01", "log/witness", "tidings.json", "vault/a"];
        assert_eq!(names, wanted.map(PathBuf::from));
        assert_eq!(last, (7 + 4 + 2 + 7 + 7 + 2 + 5, 34));
        assert_eq!(fs::read(to.path().join("log/db")).unwrap(), b"db");
    }

    #[test]
    fn a_store_that_somebody_has_or_that_is_not_there_is_not_copied() {
        let (from, to) = store();
        let holder = File::open(from.path().join("log/db")).unwrap();
        holder.lock().unwrap();
        assert!(matches!(copy(from.path(), to.path(), |_, _| {}), Err(CopyError::InUse)));
        drop(holder);
        fs::remove_file(from.path().join("log/db")).unwrap();
        assert!(matches!(copy(from.path(), to.path(), |_, _| {}), Err(CopyError::From { .. })));
        assert_eq!(fs::read_dir(to.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_copy_that_does_not_fit_is_not_begun() {
        let (from, to) = store();
        assert!(matches!(fits(&from.path().join(STORE), to.path(), u64::MAX), Err(CopyError::Room { .. })));
    }
}
