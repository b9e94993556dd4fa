//! The file in which a gateway records that it uses a data directory.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};

/// The process that uses a data directory, as it recorded itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// The address where it listens.
    pub url: String,
}

impl Holder {
    fn path(directory: &Path) -> PathBuf {
        directory.join("process.json")
    }

    /// Records in the data directory that this process uses it.
    pub fn write(&self, directory: &Path) -> io::Result<()> {
        fs::write(Self::path(directory), serde_json::to_vec(self)?)
    }

    /// Returns the process that uses the data directory, or used it last.
    pub fn read(directory: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(Self::path(directory)).ok()?).ok()
    }

    /// Removes the record.
    pub fn remove(directory: &Path) {
        let _ = fs::remove_file(Self::path(directory));
    }
}
