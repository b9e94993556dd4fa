//! Prepares a store's files before it is opened, and seals them after it was closed, while nobody writes to them.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::{closing_checksums, disk_space, stale_files};

/// The file that is locked while the store is open.
const DATA: &str = "db";
/// How long to wait, in milliseconds, for the store to release its files after it was dropped; later it stays
/// unsealed.
const CLOSED_WITHIN_MS: u32 = 5_000;

/// Why a store must not be opened.
#[derive(Debug)]
pub(crate) enum Obstacle {
    /// The store is already open.
    InUse,
    /// The disk has too little space, or the files cannot be read or changed.
    Disk(io::Error),
    /// Something has changed since the store was closed.
    Damage(String),
}

impl From<io::Error> for Obstacle {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// Checks and cleans up the store in this folder before it is opened, if there is one.
pub(crate) fn prepare(folder: &Path) -> Result<(), Obstacle> {
    let Ok(file) = data(folder) else { return Ok(()) };
    file.try_lock().map_err(|_| Obstacle::InUse)?;
    disk_space::check(folder)?;
    if let Some(what) = closing_checksums::changed(folder)? {
        return Err(Obstacle::Damage(what));
    }
    closing_checksums::remove(folder)?;
    Ok(stale_files::remove(folder)?)
}

/// True if the store is open.
pub(crate) fn is_locked(folder: &Path) -> bool {
    data(folder).is_ok_and(|file| file.try_lock().is_err())
}

fn data(folder: &Path) -> io::Result<File> {
    File::options().write(true).open(folder.join(DATA))
}

/// Seals the store when it is dropped, which must come after everything that uses the store.
pub(crate) struct Closing {
    folder: PathBuf,
    token: Arc<()>,
}

/// Tells whether a log is closed.
pub struct Closed(Weak<()>);

impl Closed {
    pub fn is_closed(&self) -> bool {
        self.0.strong_count() == 0
    }
}

impl Closing {
    pub(crate) fn of(folder: PathBuf) -> Self {
        Self { folder, token: Arc::default() }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns a handle that tells when closing is over.
    pub(crate) fn closed(&self) -> Closed {
        Closed(Arc::downgrade(&self.token))
    }
}

impl Drop for Closing {
    /// Waits until the store has released its files, because its threads may write until then. A store that is not
    /// sealed is checked less, but not wrongly.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let Ok(file) = data(&self.folder) else { return };
        let is_closed = (0..CLOSED_WITHIN_MS).any(|waited| {
            std::thread::sleep(Duration::from_millis(u64::from(waited.min(1))));
            file.try_lock().is_ok()
        });
        if !is_closed {
            return;
        }
        if let Err(error) = closing_checksums::write(&self.folder) {
            tracing::warn!(%error, "the closed log is not sealed; damage may be found later than at the next start");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Number of times the test looks for a seal that comes too early.
    const TURNS: u32 = 20_000;

    #[test]
    fn a_store_is_sealed_when_its_threads_have_let_go_of_it_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let (path, seal) = (folder.path().join(DATA), folder.path().join("seal"));
        std::fs::write(&path, "before").unwrap();
        let threads = data(folder.path()).unwrap();
        threads.try_lock().unwrap();
        let closing = Closing::of(folder.path().to_path_buf());
        let closed = std::thread::spawn(move || drop(closing));
        for _ in 0..TURNS {
            std::thread::yield_now();
            assert!(!seal.exists(), "sealed while its threads may write");
        }
        std::fs::write(&path, "what a thread wrote last").unwrap();
        drop(threads);
        closed.join().unwrap();
        assert!(seal.exists());
        assert_eq!(closing_checksums::changed(folder.path()).unwrap(), None);
    }
}
