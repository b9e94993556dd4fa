//! Makes a data directory out of an export.

use std::path::Path;
use std::sync::Arc;

use super::data_dir::{DataDirError, VAULT};
use super::identity::{self, Identity};
use super::lifecycle::Closed;
use super::master_key_file;
use super::sled_log::SledLog;
use crate::founding::LogCreated;
use crate::log::Log;
use crate::rebuild::Rebuild;
use crate::vault::{FileVault, Vault};

/// Begins a data directory for the log that this event founded. The directory must be empty; whatever fails later, it is
/// of no use unless all records were taken. The handle tells when the store has let go of its files afterwards.
pub fn begin(
    directory: &Path,
    created: &LogCreated,
    cache_mb: u64,
    master_key_file: Option<&Path>,
) -> Result<(Closed, Rebuild), DataDirError> {
    let log = Arc::new(SledLog::open(directory, cache_mb)?);
    let LogCreated { log: id, format, created_at, .. } = *created;
    identity::write(directory, &Identity { format, log: id, created_at })?;
    let master = match master_key_file {
        Some(path) => master_key_file::read(path)?,
        None => master_key_file::make(&master_key_file::own(directory))?,
    };
    let vault = Arc::new(FileVault::create(&directory.join(VAULT), id.0, &master)?);
    let closed = log.closed();
    Ok((closed, Rebuild::into(log as Arc<dyn Log>, vault as Arc<dyn Vault>)))
}
