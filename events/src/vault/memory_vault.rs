//! The vault in memory, for tests, simulations and benches. Nothing survives the process.

use std::fmt;

use super::block::Sealing;
use super::copies::{Copies, Side};
use super::endless::EndlessVault;
use super::memory_media::{Fate, MemoryMedia, Power, Unsynced};
use super::paired::{Opened, PairedVault};
use super::randomness::{Randomness, UniqueValues};
use super::seal_key::{Cipher, SealKey};
use super::{Owner, Vault, VaultError};
use crate::ids::{Position, WorkspaceId};
use crate::log::ReadError;

/// The log that a vault in memory belongs to, and the bytes of its master key.
const LOG: [u8; 16] = [1; 16];
const MASTER: [u8; 32] = [2; 32];

/// The two files of a vault in memory, which outlive it. Clones are the same files.
#[derive(Clone)]
pub struct MemoryDisk {
    a: MemoryMedia,
    b: MemoryMedia,
    power: Power,
    randomness: Randomness,
}

impl MemoryDisk {
    /// Makes two empty files. The seed decides on all random bytes of the vaults in them, so that a run can be repeated.
    pub fn new(seed: u64) -> Self {
        let power = Power::default();
        let [a, b] = Side::BOTH.map(|_| MemoryMedia::new(power.clone()));
        Self { a, b, power, randomness: Randomness::series(seed) }
    }

    /// Returns one of the files.
    pub const fn file(&self, side: Side) -> &MemoryMedia {
        match side {
            Side::A => &self.a,
            Side::B => &self.b,
        }
    }

    /// Lets every write and sync fail after this many more of them, until the next crash. `None`: never.
    pub fn fail_after(&self, steps: Option<u64>) {
        self.power.set(steps);
    }

    /// Crashes: what was not synced is kept, lost or torn as `choose` says for each change of each file. No vault that
    /// was open may be used after that.
    pub fn crash(&self, mut choose: impl FnMut(Side, &Unsynced) -> Fate) {
        for side in Side::BOTH {
            self.file(side).crash(|change| choose(side, change));
        }
        self.power.set(None);
    }

    fn copies(&self) -> Copies<MemoryMedia> {
        Copies { a: self.a.clone(), b: self.b.clone() }
    }
}

/// A vault in memory.
pub struct MemoryVault(Kind);

enum Kind {
    Paired(Box<PairedVault<MemoryMedia>>),
    Endless(EndlessVault),
}

impl MemoryVault {
    /// Makes a vault that behaves as the one in files, but nobody else can reach its disk.
    #[expect(clippy::expect_used, reason = "an empty disk in memory fails only if it is told to")]
    pub fn new(seed: u64) -> Self {
        Self::create(&MemoryDisk::new(seed)).expect("a new disk in memory does not fail")
    }

    /// Makes a vault without seeds on a simulated disk.
    pub fn create(disk: &MemoryDisk) -> Result<Self, VaultError> {
        PairedVault::prepare(&disk.copies(), &sealing(), &disk.randomness)?;
        Self::open(disk).map(|opened| opened.vault)
    }

    /// Opens the vault on a simulated disk, and mends it as the one in files is mended.
    pub fn open(disk: &MemoryDisk) -> Result<Opened<Self>, VaultError> {
        let Opened { vault, mended } = PairedVault::open_copies(disk.copies(), sealing(), disk.randomness.clone())?;
        Ok(Opened { vault: Self(Kind::Paired(Box::new(vault))), mended })
    }

    /// Makes a vault that has a seed for everyone, so that nothing needs to be extended.
    pub fn endless() -> Self {
        Self::derived(Cipher::ChaCha20Poly1305)
    }

    /// Makes an endless vault whose keys leave texts as they are, to measure what sealing costs. Their digests are as
    /// usual.
    pub fn transparent() -> Self {
        Self::derived(Cipher::Transparent)
    }

    fn derived(cipher: Cipher) -> Self {
        Self(Kind::Endless(EndlessVault::new(cipher, MASTER, UniqueValues::of_key(MASTER))))
    }

    fn vault(&self) -> &dyn Vault {
        match &self.0 {
            Kind::Paired(vault) => vault.as_ref(),
            Kind::Endless(vault) => vault,
        }
    }
}

fn sealing() -> Sealing {
    Sealing { key: SealKey::of_master(MASTER), log: LOG }
}

impl fmt::Debug for MemoryVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryVault")
    }
}

impl Vault for MemoryVault {
    fn key(&self, owner: Owner) -> Result<Option<SealKey>, ReadError> {
        self.vault().key(owner)
    }

    fn check(&self, owner: Owner) -> Result<(), ReadError> {
        self.vault().check(owner)
    }

    fn room(&self, workspace: WorkspaceId) -> Option<u64> {
        self.vault().room(workspace)
    }

    fn extend(&self, wanted: &[(WorkspaceId, u64)]) -> Result<(), VaultError> {
        self.vault().extend(wanted)
    }

    fn destroy(&self, owner: Owner) -> Result<(), VaultError> {
        self.vault().destroy(owner)
    }

    fn renew(&self, owner: Owner) -> Result<(), VaultError> {
        self.vault().renew(owner)
    }

    fn erased_up_to(&self) -> Position {
        self.vault().erased_up_to()
    }

    fn unique(&self) -> [u8; 16] {
        self.vault().unique()
    }
}
