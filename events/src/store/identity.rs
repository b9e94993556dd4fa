//! The file that says whose log a data directory holds, and in which format.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::founding::{FORMAT, LogId};
use crate::time::Timestamp;

/// The file's name in the data directory.
pub const NAME: &str = "tidings.json";

/// What the file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The format of everything in the directory.
    pub format: u16,
    pub log: LogId,
    pub created_at: Timestamp,
}

/// The part that every version can read.
#[derive(Deserialize)]
struct FormatOnly {
    format: u16,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("{NAME} cannot be read or written")]
    Io(#[from] io::Error),
    /// The file is not what was written.
    #[error("{NAME} is damaged")]
    Damaged,
    /// The directory has a format that this version does not read.
    #[error("this data directory has format {0}; this version of tidings reads format {FORMAT} only")]
    Format(u16),
}

/// Reads the file of a data directory; `None` if there is none.
pub fn read(directory: &Path) -> Result<Option<Identity>, IdentityError> {
    let bytes = match fs::read(directory.join(NAME)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes?,
    };
    let FormatOnly { format } = serde_json::from_slice(&bytes).map_err(|_| IdentityError::Damaged)?;
    if format != FORMAT {
        return Err(IdentityError::Format(format));
    }
    serde_json::from_slice(&bytes).map(Some).map_err(|_| IdentityError::Damaged)
}

/// Writes the file, whole or not at all. Durable when this returns.
pub(super) fn write(directory: &Path, identity: &Identity) -> Result<(), IdentityError> {
    let made = directory.join("tidings.json.new");
    let mut file = File::create(&made)?;
    let text = serde_json::to_string_pretty(identity).map_err(|_| IdentityError::Damaged)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    fs::rename(made, directory.join(NAME))?;
    Ok(File::open(directory)?.sync_all()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity { format: FORMAT, log: LogId([7; 16]), created_at: Timestamp::from_ms(0) }
    }

    #[test]
    fn a_directory_is_recognised() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), None);
        write(folder.path(), &identity()).unwrap();
        assert_eq!(read(folder.path()).unwrap(), Some(identity()));
    }

    #[test]
    fn another_format_is_named_whatever_else_the_file_says() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(NAME), r#"{"format": 7, "shards": []}"#).unwrap();
        assert!(matches!(read(folder.path()), Err(IdentityError::Format(7))));
        for damaged in ["", "{}", "[]", r#"{"format": 1}"#, r#"{"format": 1, "log": "7", "created_at": 0}"#] {
            fs::write(folder.path().join(NAME), damaged).unwrap();
            assert!(matches!(read(folder.path()), Err(IdentityError::Damaged)), "{damaged}");
        }
    }
}
