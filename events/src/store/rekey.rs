//! Exchanges the master key of a data directory that nobody has open. Whenever it is interrupted, the directory opens with
//! the key that is in use then.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::data_dir::{DataDirError, VAULT};
use super::sled_log::OpenError;
use super::{identity, master_key_file};
use crate::vault::rekey;

/// The exchange of a master key.
pub struct Rekeyed {
    /// The file with the new key.
    pub key_file: PathBuf,
    /// What was damaged in one copy of the vault and mended from the other, in words for people.
    pub mended: Vec<String>,
}

/// Seals all seeds under another master key. `named` is the file with the present key, if the operator names one. `to` is
/// the file with the new key, which is made if it is not there; without it, a new key takes the place of the present one.
pub fn rekey(directory: &Path, named: Option<&Path>, to: Option<&Path>) -> Result<Rekeyed, DataDirError> {
    let data = directory.join("log").join("db");
    if !data.exists() {
        return Err(DataDirError::NoLog(directory.to_owned()));
    }
    let identity = identity::read(directory)?.ok_or(DataDirError::Earlier)?;
    let lock = File::options().write(true).open(&data).map_err(OpenError::Store)?;
    lock.try_lock().map_err(|_| OpenError::InUse)?;
    let own = master_key_file::own(directory);
    let present = named.unwrap_or(&own);
    let (old, folder, log) = (master_key_file::read(present)?, directory.join(VAULT), identity.log.0);
    let Some(to) = to else {
        let new = master_key_file::random(present)?;
        let mended = rekey::prepare(&folder, log, &old, &new)?;
        master_key_file::replace(present, &new)?;
        rekey::finish(&folder)?;
        return Ok(Rekeyed { key_file: present.to_owned(), mended });
    };
    let new = if to.exists() { master_key_file::read(to)? } else { master_key_file::make(to)? };
    let mended = rekey::prepare(&folder, log, &old, &new)?;
    rekey::finish(&folder)?;
    Ok(Rekeyed { key_file: to.to_owned(), mended })
}
