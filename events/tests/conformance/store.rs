//! The stores under test.

use std::path::Path;
use std::sync::Arc;

use events::log::{Batch, Head, Log, StoredNote, StoredRecord};
use events::secrets::Secrets;
use events::store::memory_log::MemoryLog;
use events::store::sled_log::{OpenError, SledLog};
use events::vault::{MemoryVault, Vault};
use tempfile::TempDir;

use crate::hand::Hand;

/// How often to try to open a log that has just been closed.
const ATTEMPTS: u32 = 100_000;

/// A log of one kind, to be tested.
pub struct Store {
    kind: Kind,
    log: Arc<dyn Log>,
    secrets: Arc<dyn Secrets>,
    vault: Arc<dyn Vault>,
    folder: Option<TempDir>,
}

/// Reports in which store a test failed.
struct Kind(&'static str);

impl Drop for Kind {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("in the store: {}", self.0);
        }
    }
}

impl Store {
    /// Creates one store of each kind.
    pub fn each() -> [Self; 2] {
        [Self::memory(), Self::sled()]
    }

    pub fn memory() -> Self {
        Self::of("memory", Arc::new(MemoryLog::default()), None)
    }

    pub fn sled() -> Self {
        Self::opened(tempfile::tempdir().unwrap())
    }

    /// Opens the store in this folder.
    pub fn opened(folder: TempDir) -> Self {
        Self::of("sled", open(folder.path()), Some(folder))
    }

    fn of<S: Log + Secrets>(kind: &'static str, store: Arc<S>, folder: Option<TempDir>) -> Self {
        let secrets = Arc::clone(&store) as Arc<dyn Secrets>;
        Self { kind: Kind(kind), log: store, secrets, vault: Arc::new(MemoryVault::endless()), folder }
    }

    pub fn log(&self) -> &dyn Log {
        self.log.as_ref()
    }

    /// Returns the vault, which outlives the store.
    pub fn vault(&self) -> &Arc<dyn Vault> {
        &self.vault
    }

    pub fn secrets(&self) -> &dyn Secrets {
        self.secrets.as_ref()
    }

    pub fn shared(&self) -> Arc<dyn Log> {
        Arc::clone(&self.log)
    }

    /// Returns the directory of a log on disk.
    pub fn folder(&self) -> &Path {
        self.folder.as_ref().unwrap().path()
    }

    /// Simulates the end of the process and a new start. Nothing else may hold the log.
    pub fn reopened(self) -> Self {
        let Self { kind, log, secrets, vault, folder } = self;
        let Some(folder) = folder else { return Self { kind, log, secrets, vault, folder } };
        drop(secrets);
        assert_eq!(Arc::strong_count(&log), 1, "the log is still held");
        drop(log);
        Self { kind, vault, ..Self::opened(folder) }
    }

    /// Closes a log on disk and returns its directory.
    pub fn closed(self) -> TempDir {
        drop((self.log, self.secrets));
        self.folder.unwrap()
    }

    /// Returns a hand that continues the log.
    pub fn hand(&self) -> Hand {
        Hand::after(self.log.head(), &self.vault)
    }

    /// Writes and syncs.
    pub fn put(&self, batch: &Batch) {
        self.log.write(batch).unwrap();
        self.log.sync().unwrap();
    }

    /// Writes and syncs notes.
    pub fn note(&self, notes: &[(&[u8], Option<&[u8]>)]) {
        let notes = notes.iter().map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec))).collect();
        self.put(&Batch { after: self.log.head().position, notes, ..Batch::default() });
    }

    /// Returns everything in the log.
    pub fn contents(&self) -> (Head, Vec<StoredRecord>, Vec<StoredNote>) {
        let records = self.log.read(1).map(Result::unwrap).collect();
        (self.log.head(), records, self.log.notes(b"", b"", usize::MAX).unwrap())
    }
}

/// Closing ends on a thread of sled's own, so the lock may be held for a moment longer.
fn open(folder: &Path) -> Arc<SledLog> {
    for _ in 0..ATTEMPTS {
        match SledLog::open(folder, 8) {
            Err(OpenError::InUse) => std::thread::yield_now(),
            opened => return Arc::new(opened.unwrap()),
        }
    }
    panic!("the log stays in use");
}
