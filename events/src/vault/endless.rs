//! A vault that has a seed for everyone and keeps none: it derives them. For tests and benches that are not about the
//! vault.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::place::Seed;
use super::randomness::UniqueValues;
use super::seal_key::{Cipher, SealKey};
use super::{Owner, Vault, VaultError};
use crate::ids::{ChatId, WorkspaceId};
use crate::log::ReadError;

/// Remembers only whose seed was changed.
pub(super) struct EndlessVault {
    cipher: Cipher,
    /// What the seeds are derived from.
    root: [u8; 32],
    changes: Mutex<HashMap<Owner, Change>>,
    unique: UniqueValues,
}

#[derive(Clone, Copy, Default)]
struct Change {
    is_destroyed: bool,
    renewals: u64,
}

impl EndlessVault {
    pub(super) fn new(cipher: Cipher, root: [u8; 32], unique: UniqueValues) -> Self {
        Self { cipher, root, changes: Mutex::default(), unique }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Owner, Change>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seed(&self, owner: Owner, renewals: u64) -> Seed {
        let (kind, number) = owner.kind_and_number();
        let mut hasher = blake3::Hasher::new_keyed(&self.root);
        hasher.update(&[kind]).update(&number.to_le_bytes()).update(&renewals.to_le_bytes());
        hasher.finalize().as_bytes().first_chunk().copied().unwrap_or_default()
    }
}

impl Vault for EndlessVault {
    fn key(&self, owner: Owner) -> Result<Option<SealKey>, ReadError> {
        let change = self.lock().get(&owner).copied().unwrap_or_default();
        let key = || SealKey::derive(self.cipher, &self.seed(owner, change.renewals), owner);
        Ok((!change.is_destroyed).then(key))
    }

    fn check(&self, _: Owner) -> Result<(), ReadError> {
        Ok(())
    }

    fn room(&self, workspace: WorkspaceId) -> Option<u64> {
        Some(if workspace == WorkspaceId::LOG { 0 } else { ChatId::NTH_MAX })
    }

    fn extend(&self, _: &[(WorkspaceId, u64)]) -> Result<(), VaultError> {
        Ok(())
    }

    fn destroy(&self, owner: Owner) -> Result<(), VaultError> {
        self.lock().entry(owner).or_default().is_destroyed = true;
        Ok(())
    }

    fn renew(&self, owner: Owner) -> Result<(), VaultError> {
        let mut changes = self.lock();
        let change = changes.entry(owner).or_default();
        *change = Change { is_destroyed: false, renewals: change.renewals.saturating_add(1) };
        Ok(())
    }

    fn unique(&self) -> [u8; 16] {
        self.unique.next()
    }
}
