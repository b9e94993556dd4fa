//! The file with the master key: one that the operator names, or one of our own in the data directory.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::vault::MasterKey;

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file cannot be read or written.
    #[error("the master key in {} cannot be read or written", path.display())]
    Io { path: PathBuf, source: io::Error },
    /// The file is not there, but the vault is.
    #[error("there is no master key in {}; put back the one under which the vault was made", path.display())]
    Missing { path: PathBuf },
    /// The file holds something else.
    #[error("{} holds no master key: 64 hexadecimal digits", path.display())]
    NoKey { path: PathBuf },
}

/// Returns the place of the master key of a data directory if the operator names no file.
pub fn own(directory: &Path) -> PathBuf {
    directory.join("secrets").join("master_key")
}

/// Reads the master key from a file.
pub fn read(path: &Path) -> Result<MasterKey, MasterKeyError> {
    match fs::read_to_string(path) {
        Ok(text) => text.parse().map_err(|_| MasterKeyError::NoKey { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(MasterKeyError::Missing { path: path.to_owned() }),
        Err(error) => Err(failed(path)(error)),
    }
}

/// Makes a master key and writes it to a file that only its owner can read. Durable when this returns.
pub(super) fn make(path: &Path) -> Result<MasterKey, MasterKeyError> {
    let key = random(path)?;
    replace(path, &key)?;
    Ok(key)
}

/// Makes a master key for this file, without writing it.
pub(super) fn random(path: &Path) -> Result<MasterKey, MasterKeyError> {
    MasterKey::random().map_err(failed(path))
}

/// Writes a master key in place of an earlier one, whole or not at all. Durable when this returns.
pub(super) fn replace(path: &Path, key: &MasterKey) -> Result<(), MasterKeyError> {
    write(path, key).map_err(failed(path))
}

fn write(path: &Path, key: &MasterKey) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut made = path.as_os_str().to_owned();
    made.push(".new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&made)?;
    writeln!(file, "{}", key.to_text())?;
    file.sync_all()?;
    fs::rename(&made, path)?;
    File::open(folder)?.sync_all()?;
    match folder.parent().filter(|above| !above.as_os_str().is_empty()) {
        Some(above) => File::open(above)?.sync_all(),
        None => Ok(()),
    }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> MasterKeyError + '_ {
    |source| MasterKeyError::Io { path: path.to_owned(), source }
}
