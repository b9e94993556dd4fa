//! Who holds a data directory, as it says itself.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};

/// Who holds a data directory, as it says itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Holder {
    /// Its process.
    pub pid: u32,
    /// Where it listens.
    pub url: String,
}

impl Holder {
    fn path(directory: &Path) -> PathBuf {
        directory.join("process.json")
    }

    /// Says in the data directory who has it.
    pub fn write(&self, directory: &Path) -> io::Result<()> {
        fs::write(Self::path(directory), serde_json::to_vec(self)?)
    }

    /// Who has the data directory, or had it last.
    pub fn read(directory: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(Self::path(directory)).ok()?).ok()
    }

    /// Says that nobody has it any more.
    pub fn remove(directory: &Path) {
        let _ = fs::remove_file(Self::path(directory));
    }
}
