//! Seals a closed vault under another master key, in two steps. Between them its caller makes the new key the one that
//! is in use, in whatever way it keeps keys.
//!
//! Whenever this is interrupted, the vault can be opened with the key that is in use: opening undoes the first step or
//! finishes the second.

use std::path::Path;

use super::file_vault::{FileVault, create_new, sealing, sync_folder, take_new};
use super::master_key::MasterKey;
use super::{Opened, VaultError};

/// Writes all seeds anew beside the vault, under the new key, and makes them durable. Returns what had to be mended
/// before.
pub fn prepare(folder: &Path, log: [u8; 16], old: &MasterKey, new: &MasterKey) -> Result<Vec<String>, VaultError> {
    let Opened { vault, mended } = FileVault::open(folder, log, old)?;
    vault.write_to(&create_new(folder)?, &sealing(log, new))?;
    sync_folder(folder)?;
    Ok(mended)
}

/// Puts the files that were prepared in the place of the vault's. Only to be called when the new key is in use, and if
/// the vault was not opened since it was prepared. [`VaultError::Missing`] if nothing was prepared: the old key is
/// still the right one.
pub fn finish(folder: &Path) -> Result<(), VaultError> {
    if take_new(folder)? { Ok(()) } else { Err(VaultError::Missing) }
}
