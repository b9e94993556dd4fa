//! The vault of a story: its two files outlive each life and crash as the disk does, its disk may be slow or fail, and
//! it never has many seeds ready.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use events::ids::{ChatId, WorkspaceId};
use events::log::ReadError;
use events::personal::Digest;
use events::vault::memory_media::{Fate as Remains, Unsynced};
use events::vault::memory_vault::MemoryDisk;
use events::vault::{MemoryVault, Owner, SealKey, Vault, VaultError};

use super::fate::Fate;

const FAILS: &str = "a write of the vault fails";
/// This many of the vault's writes in ten thousand fail.
const MAKING_FAILS: u64 = 15;
const DESTROYING_FAILS: u64 = 300;
/// This many of the waits in ten thousand are long.
const SLOW: u64 = 200;
/// Steps of a write: each copy is written, then synced.
const STEPS: u64 = 4;
/// The vault makes seeds ahead for this many chats.
const AHEAD: u64 = 1_008;

/// The vault's files, and the vault as the current life has it open. Clones are the same.
#[derive(Clone)]
pub struct VaultDisk {
    files: MemoryDisk,
    open: Arc<Mutex<Arc<MemoryVault>>>,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    /// The chats whose keys somebody began to destroy.
    destroyed: BTreeSet<ChatId>,
    /// How many waits for a slow disk began, and whether one goes on.
    waits: u64,
    is_slow: bool,
    /// How many blocks were mended from the other copy, over all lives.
    mended: u64,
}

impl VaultDisk {
    pub fn new(seed: u64) -> Self {
        let files = MemoryDisk::new(seed);
        let vault = MemoryVault::create(&files).unwrap();
        // As a new data directory does.
        vault.extend(&[(WorkspaceId::LOG, 0)]).unwrap();
        Self { files, open: Arc::new(Mutex::new(Arc::new(vault))), shared: Arc::default() }
    }

    /// The vault itself, as it can be read now.
    pub fn vault(&self) -> Arc<MemoryVault> {
        Arc::clone(&lock(&self.open))
    }

    /// Keeps, loses or tears what was not synced, each write of each copy by itself, and opens what is left.
    pub fn crash(&self, fate: &Fate) -> Result<(), String> {
        self.files.crash(|_, change| match (fate.below(3), change) {
            (0, _) => Remains::Kept,
            (1, Unsynced::Write { bytes, .. }) => {
                fate.happened("a copy of the vault is torn");
                Remains::Torn(usize::try_from(fate.below(bytes.len() as u64 + 1)).unwrap())
            }
            _ => Remains::Lost,
        });
        let opened = MemoryVault::open(&self.files).map_err(|error| format!("the vault does not open: {error}"))?;
        let mut shared = self.shared();
        (shared.is_slow, shared.mended) = (false, shared.mended + opened.mended.len() as u64);
        drop(shared);
        *lock(&self.open) = Arc::new(opened.vault);
        Ok(())
    }

    /// The vault as a life uses it.
    pub fn mount(&self, fate: Fate, trouble: Trouble) -> LifeVault {
        LifeVault { vault: self.vault(), disk: self.clone(), fate, trouble, granted: Mutex::default() }
    }

    /// True if somebody began to destroy the key of this owner.
    pub fn is_destroyed(&self, owner: Owner) -> bool {
        matches!(owner, Owner::Chat(chat) if self.shared().destroyed.contains(&chat))
    }

    /// How many waits for a slow disk are over. Nothing was ready for some time if that changes, or [`Self::is_slow`].
    pub fn waits(&self) -> u64 {
        self.shared().waits
    }

    /// True while the disk keeps whoever makes seeds waiting.
    pub fn is_slow(&self) -> bool {
        self.shared().is_slow
    }

    /// Waits for the disk, sometimes longer than a request does.
    pub async fn wait(&self, fate: &Fate) {
        fate.port(3).await;
        if fate.rare_fault("the vault is slow", SLOW) {
            self.shared().is_slow = true;
            tokio::time::sleep(Duration::from_millis(1_000 + fate.below(5_000))).await;
            let mut shared = self.shared();
            (shared.is_slow, shared.waits) = (false, shared.waits + 1);
        }
    }

    /// How many blocks were mended from the other copy.
    pub fn mended(&self) -> u64 {
        self.shared().mended
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        lock(&self.shared)
    }
}

/// A value that only the same key gives.
pub fn fingerprint(key: &SealKey) -> Digest {
    key.digest(b"the same key")
}

/// What may go wrong with a vault.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trouble {
    /// Writes may fail.
    pub fails: bool,
    /// Few seeds are ready, and making them takes time.
    pub is_scarce: bool,
}

/// The vault in one life: if seeds are scarce, it counts them as ready only for what was asked for, so that what opens a
/// chat waits for the disk nearly each time.
pub struct LifeVault {
    vault: Arc<MemoryVault>,
    disk: VaultDisk,
    fate: Fate,
    trouble: Trouble,
    granted: Mutex<BTreeMap<WorkspaceId, u64>>,
}

impl LifeVault {
    /// Writes to the files. If that fails, the power may be gone.
    fn write(&self, times: u64, write: impl FnOnce() -> Result<(), VaultError>) -> Result<(), VaultError> {
        let fails = self.trouble.fails && self.fate.looming(FAILS, times);
        if fails {
            self.disk.files.fail_after(Some(self.fate.below(STEPS)));
        }
        let written = write();
        match &written {
            Err(VaultError::Io(_) | VaultError::Unwritten(_)) => {
                self.fate.happened(FAILS);
                if self.fate.below(2) == 0 {
                    self.fate.end();
                }
            }
            // There was nothing to write.
            Ok(()) if fails => self.disk.files.fail_after(None),
            _ => {}
        }
        written
    }
}

impl Vault for LifeVault {
    fn key(&self, owner: Owner) -> Result<Option<SealKey>, ReadError> {
        self.vault.key(owner)
    }

    fn room(&self, workspace: WorkspaceId) -> Option<u64> {
        if !self.trouble.is_scarce {
            return self.vault.room(workspace);
        }
        let granted = lock(&self.granted).get(&workspace).copied()?;
        Some(granted.min(self.vault.room(workspace)?))
    }

    fn extend(&self, wanted: &[(WorkspaceId, u64)]) -> Result<(), VaultError> {
        self.write(MAKING_FAILS, || self.vault.extend(wanted))?;
        for (workspace, chats) in wanted {
            let asked = chats.checked_sub(AHEAD).map_or(0, |asked| asked + self.fate.below(2));
            let mut granted = lock(&self.granted);
            let granted = granted.entry(*workspace).or_default();
            *granted = asked.max(*granted);
        }
        Ok(())
    }

    fn destroy(&self, owner: Owner) -> Result<(), VaultError> {
        if let Owner::Chat(chat) = owner {
            self.disk.shared().destroyed.insert(chat);
        }
        self.write(DESTROYING_FAILS, || self.vault.destroy(owner))
    }

    fn renew(&self, owner: Owner) -> Result<(), VaultError> {
        self.write(DESTROYING_FAILS, || self.vault.renew(owner))
    }

    fn unique(&self) -> [u8; 16] {
        self.vault.unique()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
