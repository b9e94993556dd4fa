//! What all tests of the vault use: vaults in a folder and in memory, owners, and a way to tell keys apart.

use std::fs;

use events::ids::{ChatId, WorkspaceId};
use events::log::ReadError;
use events::personal::Digest;
use events::vault::memory_vault::MemoryDisk;
use events::vault::{FileVault, MasterKey, MemoryVault, Opened, Owner, Side, Turn, Vault, VaultError};

pub(crate) const LOG: [u8; 16] = [7; 16];
pub(crate) const BLOCK: usize = 4_096;
/// Chats of the first, the first two and the first three blocks.
pub(crate) const CHATS: [u64; 3] = [248, 500, 752];

pub(crate) fn master() -> MasterKey {
    MasterKey::new([3; 32])
}

pub(crate) fn workspace() -> WorkspaceId {
    WorkspaceId::nth(0)
}

pub(crate) fn chat(nth: u64) -> Owner {
    Owner::Chat(ChatId::nth(workspace(), nth).unwrap())
}

/// The owners that every workspace has.
pub(crate) fn own(workspace: WorkspaceId) -> [Owner; 4] {
    let [a, b] = [Turn::A, Turn::B].map(|turn| Owner::Ring(workspace, turn));
    [Owner::Workspace(workspace), Owner::Lookups(workspace), a, b]
}

/// The workspace's own seeds, and the chats at the edges of its blocks.
pub(crate) fn owners(chats: u64) -> Vec<Owner> {
    let edges = [1, 2, 247, 248, 249, 250, 499, 500, 501, 752].into_iter().filter(|nth| *nth <= chats);
    own(workspace()).into_iter().chain(edges.map(chat)).collect()
}

/// Tells keys apart; `None` if the seed was destroyed.
pub(crate) fn mark(vault: &dyn Vault, owner: Owner) -> Option<Digest> {
    vault.key(owner).unwrap().map(|key| key.digest(b"x"))
}

pub(crate) fn marks(vault: &dyn Vault, owners: &[Owner]) -> Vec<Option<Digest>> {
    owners.iter().map(|owner| mark(vault, *owner)).collect()
}

/// Says what is wrong with a key that cannot be had.
pub(crate) fn damage(vault: &dyn Vault, owner: Owner) -> String {
    match vault.key(owner) {
        Err(ReadError::Damaged { position: 0, what }) => what,
        other => panic!("{other:?}"),
    }
}

/// Where a vault's files are.
pub(crate) enum Home {
    Folder(tempfile::TempDir),
    Memory(MemoryDisk),
}

impl Home {
    /// Returns a new home of each kind, with a vault that has no seeds.
    pub(crate) fn each() -> [(Self, Box<dyn Vault>); 2] {
        [Self::Folder(tempfile::tempdir().unwrap()), Self::Memory(MemoryDisk::new(1))].map(|home| {
            let vault: Box<dyn Vault> = match &home {
                Self::Folder(folder) => Box::new(FileVault::create(folder.path(), LOG, &master()).unwrap()),
                Self::Memory(disk) => Box::new(MemoryVault::create(disk).unwrap()),
            };
            (home, vault)
        })
    }

    /// Returns homes whose vaults have seeds for so many chats, and are closed.
    pub(crate) fn with(chats: u64) -> [Self; 2] {
        Self::each().map(|(home, vault)| {
            vault.extend(&[(workspace(), chats)]).unwrap();
            home
        })
    }

    pub(crate) fn open(&self) -> Result<(Box<dyn Vault>, Vec<String>), VaultError> {
        match self {
            Self::Folder(folder) => {
                let Opened { vault, mended } = FileVault::open(folder.path(), LOG, &master())?;
                Ok((Box::new(vault), mended))
            }
            Self::Memory(disk) => {
                let Opened { vault, mended } = MemoryVault::open(disk)?;
                Ok((Box::new(vault), mended))
            }
        }
    }

    /// Opens a vault of which nothing needs to be mended.
    pub(crate) fn reopen(&self) -> Box<dyn Vault> {
        let (vault, mended) = self.open().unwrap();
        assert_eq!(mended, [""; 0]);
        vault
    }

    pub(crate) fn bytes(&self, side: Side) -> Vec<u8> {
        match self {
            Self::Folder(folder) => fs::read(folder.path().join(side.name())).unwrap(),
            Self::Memory(disk) => disk.file(side).bytes(),
        }
    }

    pub(crate) fn set_bytes(&self, side: Side, bytes: Vec<u8>) {
        match self {
            Self::Folder(folder) => fs::write(folder.path().join(side.name()), bytes).unwrap(),
            Self::Memory(disk) => disk.file(side).set_bytes(bytes),
        }
    }

    pub(crate) fn set_both(&self, bytes: &[u8]) {
        self.set_bytes(Side::A, bytes.to_vec());
        self.set_bytes(Side::B, bytes.to_vec());
    }

    pub(crate) fn flip(&self, side: Side, at: usize) {
        let mut bytes = self.bytes(side);
        bytes[at] ^= 0x20;
        self.set_bytes(side, bytes);
    }

    pub(crate) fn assert_equal(&self) {
        assert!(self.bytes(Side::A) == self.bytes(Side::B), "the two files differ");
    }
}
