//! The keys under which phone numbers, JIDs, titles and idempotency keys become digests: whoever holds the log, but not
//! its vault, can try a guess against none of them.

use std::sync::{Arc, Mutex, PoisonError};

use super::keys::{IndexKey, SetKey};
use crate::characters;
use crate::ids::{AccountId, WorkspaceId};
use crate::log::ReadError;
use crate::personal::{Digest, Personal, ShortDigest};
use crate::recent_cache::RecentCache;
use crate::record::Idempotency;
use crate::vault::{Owner, SealKey, Vault};

/// Workspaces of one half of the cache.
const HALF: usize = 1_024;

/// The keys of all workspaces' look-ups.
pub(super) struct LookupKeys {
    vault: Arc<dyn Vault>,
    cache: Mutex<RecentCache<WorkspaceId, WorkspaceKeys, HALF>>,
}

/// The keys for look-ups of one workspace; without them nothing is found.
#[derive(Clone)]
pub(crate) struct WorkspaceKeys {
    workspace: WorkspaceId,
    own: Option<SealKey>,
    /// Phone numbers of accounts are looked up over all workspaces.
    phones: Option<SealKey>,
}

impl LookupKeys {
    pub(super) fn new(vault: Arc<dyn Vault>) -> Self {
        Self { vault, cache: Mutex::default() }
    }

    /// Returns the keys of a workspace; may read the vault.
    pub(super) fn of(&self, workspace: WorkspaceId) -> Result<WorkspaceKeys, ReadError> {
        let known = self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(&workspace);
        if let Some(keys) = known {
            return Ok(keys);
        }
        let phones = self.vault.key(Owner::Phones)?;
        // What concerns the log itself is found by no text.
        let own = if workspace == WorkspaceId::LOG { None } else { self.vault.key(Owner::Lookups(workspace))? };
        let keys = WorkspaceKeys { workspace, own, phones };
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).insert(workspace, keys.clone());
        Ok(keys)
    }
}

impl WorkspaceKeys {
    /// The key of an account's chat with a recipient in canonical spelling.
    pub(super) fn peer(&self, account: AccountId, canonical: &str) -> Option<IndexKey> {
        self.digest(b'p', canonical).map(|digest| IndexKey::Peer(account, digest))
    }

    /// The key of a title as it is compared: composed, and without invisible characters at both ends.
    pub(super) fn title(&self, name: &str) -> Option<SetKey> {
        self.digest(b't', &characters::title(name)).map(|digest| SetKey::Title(self.workspace, digest))
    }

    /// The key of an account's phone number, in any workspace.
    pub(super) fn phone(&self, phone: &Personal) -> Option<SetKey> {
        let phone = phone.readable()?;
        self.phones.as_ref().map(|key| SetKey::Phone(key.digest(phone.as_bytes()).short()))
    }

    /// Turns a client's idempotency key, and a digest of its request, into what is stored of them.
    pub(super) fn idempotency(&self, key: &str, body: &Digest) -> Option<Idempotency> {
        let own = self.own.as_ref()?;
        let body = own.digest(&[b"b".as_slice(), &body.0].concat());
        Some(Idempotency { key: self.idempotency_digest(key)?, body })
    }

    /// The digest of a client's idempotency key.
    pub(super) fn idempotency_digest(&self, key: &str) -> Option<ShortDigest> {
        self.digest(b'i', key)
    }

    /// The first byte keeps equal texts of two kinds apart.
    fn digest(&self, kind: u8, text: &str) -> Option<ShortDigest> {
        let own = self.own.as_ref()?;
        let mut bytes = Vec::with_capacity(text.len() + 1);
        bytes.push(kind);
        bytes.extend_from_slice(text.as_bytes());
        Some(own.digest(&bytes).short())
    }
}
