//! The secrets of a log, sealed under a seed of its vault: a copy of the store alone gives none of them away, and neither
//! do values that were replaced, which the store does not forget.

use std::sync::Arc;

use crate::log::{NOTE_BYTES_MAX, ReadError, WriteError};
use crate::sealing::whole;
use crate::secrets::Secrets;
use crate::vault::{Owner, Vault};

/// Seals what it gives to another store, and opens what it gets from there.
pub struct SealedSecrets<S> {
    store: Arc<S>,
    vault: Arc<dyn Vault>,
}

impl<S: Secrets> SealedSecrets<S> {
    pub fn new(store: Arc<S>, vault: Arc<dyn Vault>) -> Self {
        Self { store, vault }
    }
}

impl<S: Secrets> Secrets for SealedSecrets<S> {
    fn keep(&self, name: &[u8], secret: &[u8]) -> Result<(), WriteError> {
        if secret.len() > NOTE_BYTES_MAX - whole::OVERHEAD_BYTES {
            return Err(WriteError::NoteTooLong(secret.len()));
        }
        let unwritable = |error| WriteError::Unknown(std::io::Error::other(error));
        let sealed = whole::seal(self.vault.as_ref(), Owner::Secrets, name, secret.to_vec()).map_err(unwritable)?;
        let destroyed = || WriteError::Unknown(std::io::Error::other("the key of the log's secrets is destroyed"));
        self.store.keep(name, &sealed.ok_or_else(destroyed)?)
    }

    fn read(&self, name: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(sealed) = self.store.read(name)? else { return Ok(None) };
        whole::open(self.vault.as_ref(), Owner::Secrets, name, &sealed)
    }

    fn list(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, ReadError> {
        self.store.list(prefix, from, limit)
    }

    fn remove(&self, name: &[u8]) -> Result<(), WriteError> {
        self.store.remove(name)
    }
}
