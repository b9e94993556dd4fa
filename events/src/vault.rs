//! The place of seeds: a seal key is derived from its owner's seed, and what was sealed can never be read again once
//! that seed is destroyed.
//!
//! Seeds lie in two equal files of their own, never in the store of the records, which forgets nothing. A seed is found
//! by arithmetic on its owner's id, so no key id is stored anywhere. Read in this order: [`seal_key`] (all
//! cryptography), `place` (which owner's seed lies where), `block` and `header` (the bytes of the files), [`media`]
//! (what the vault needs of a file), `copies` and `reconcile` (two files as one), [`paired`] (the vault itself),
//! [`file_vault`], [`rekey`], [`memory_vault`].

mod block;
mod cache;
mod copies;
mod directory;
mod endless;
pub mod file_vault;
mod header;
pub mod master_key;
pub mod media;
pub mod memory_media;
pub mod memory_vault;
pub mod paired;
mod place;
mod randomness;
mod reconcile;
pub mod rekey;
pub mod seal_key;

use std::fmt;

pub use self::copies::Side;
pub use self::file_vault::FileVault;
pub use self::master_key::MasterKey;
pub use self::memory_vault::MemoryVault;
pub use self::paired::Opened;
pub use self::seal_key::{SealKey, sha256};

use crate::ids::{ChatId, Position, WorkspaceId};
use crate::log::ReadError;

/// Whose texts a seed seals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// Texts and names of one chat.
    Chat(ChatId),
    /// What belongs to a workspace outside its chats.
    Workspace(WorkspaceId),
    /// The look-ups of a workspace.
    Lookups(WorkspaceId),
    /// The attempts and tries of a workspace. They are sealed under two seeds in turn.
    Ring(WorkspaceId, Turn),
    /// The secrets of the log.
    Secrets,
    /// The log's look-ups by phone number.
    Phones,
    /// The log's wire ids.
    WireIds,
}

impl Owner {
    /// Returns the workspace that the owner belongs to, or the log itself.
    pub const fn workspace(self) -> WorkspaceId {
        match self {
            Self::Chat(chat) => chat.workspace(),
            Self::Workspace(id) | Self::Lookups(id) | Self::Ring(id, _) => id,
            Self::Secrets | Self::Phones | Self::WireIds => WorkspaceId::LOG,
        }
    }
}

/// One of two seeds that take turns: what stays is moved to the other one before this one is destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Turn {
    /// The first of the two.
    A,
    /// The second of the two.
    B,
}

impl Turn {
    /// Returns the other of the two.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chat(id) => write!(f, "chat {id}"),
            Self::Workspace(id) => write!(f, "workspace {id}"),
            Self::Lookups(id) => write!(f, "the look-ups of workspace {id}"),
            Self::Ring(id, turn) => write!(f, "the attempts {turn:?} of workspace {id}"),
            Self::Secrets => f.write_str("the log's secrets"),
            Self::Phones => f.write_str("the log's phone numbers"),
            Self::WireIds => f.write_str("the log's wire ids"),
        }
    }
}

/// The place of seeds. All methods may be called from any thread; [`Vault::key`] and [`Vault::room`] never wait for a
/// write of another thread.
pub trait Vault: Send + Sync + 'static {
    /// Returns an owner's key, or `None` if its seed was destroyed. An owner whose seed was never made is damage: what
    /// is durable has a durable seed.
    fn key(&self, owner: Owner) -> Result<Option<SealKey>, ReadError>;

    /// Finds out whether an owner's key can be had, without deriving it.
    fn check(&self, owner: Owner) -> Result<(), ReadError> {
        self.key(owner).map(drop)
    }

    /// Returns how many chats of a workspace can be opened, counted from the first: their seeds are durable. `None` if
    /// not even the workspace's own seeds are there yet.
    fn room(&self, workspace: WorkspaceId) -> Option<u64>;

    /// Makes seeds durable: for each of these workspaces its own, and at least those of its chats up to the number
    /// beside it. Cheap if they are there.
    fn extend(&self, wanted: &[(WorkspaceId, u64)]) -> Result<(), VaultError>;

    /// Destroys an owner's seed for good; it is gone from both copies when this returns. Twice is harmless.
    fn destroy(&self, owner: Owner) -> Result<(), VaultError>;

    /// Destroys an owner's seed and makes a new one in its place, which is durable when this returns.
    fn renew(&self, owner: Owner) -> Result<(), VaultError>;

    /// Returns the position up to which all texts of records are erased, because the vault with their seeds is lost; 0 if none
    /// was lost.
    fn erased_up_to(&self) -> Position {
        0
    }

    /// Returns 16 bytes that this process never returns again and nobody can guess.
    fn unique(&self) -> [u8; 16];
}

/// Why a vault cannot be opened or changed.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The disk or the system's random numbers failed.
    #[error("the vault cannot be read or written")]
    Io(#[from] std::io::Error),
    /// The seeds are sealed under another master key.
    #[error("the vault was made under another master key; start with that one")]
    WrongKey,
    /// The seeds are those of another log.
    #[error("the vault belongs to another log; put back the one that was beside this log")]
    OtherLog,
    /// Neither copy of a block is whole, or what they say cannot be.
    #[error("block {block} of the vault's file {file} is damaged, and the other file cannot replace it")]
    Damaged {
        /// The file's name in the vault's folder.
        file: &'static str,
        /// The number of the block, counted from 0; each has 4,096 bytes.
        block: u32,
    },
    /// The folder or both files are not there.
    #[error("there is no vault; put back its folder")]
    Missing,
    /// The files have a format that this version does not know.
    #[error("the vault has format {0}, which this version does not know")]
    Format(u32),
    /// No seed was ever made for this owner.
    #[error("the vault has no seed of {0}")]
    NeverMade(Owner),
    /// The log has an owner whose seed was made after this copy of the vault.
    #[error("the vault is older than the log: it has no seed of {0}")]
    Older(Owner),
    /// The vault has forgotten a chat that the log does not know to be erased.
    #[error(
        "the log is older than its vault: the vault has destroyed the seed of chat {0}, which the log has not erased"
    )]
    Newer(ChatId),
    /// The vault took the place of a lost one at a later time than that of the log.
    #[error("the log is older than its vault: a vault was lost and replaced when the log had {0} events")]
    Ahead(Position),
    /// A write failed, so that nobody knows what is on the disk.
    #[error("a write has failed")]
    Unwritten(#[source] std::io::Error),
    /// An earlier write failed, so that nobody knows what is on the disk.
    #[error("the vault refuses to write because an earlier write failed; restart")]
    Closed,
}

impl VaultError {
    /// True if nobody knows what is on the disk: until the vault is opened again, nothing can be changed in it.
    pub const fn is_write(&self) -> bool {
        matches!(self, Self::Unwritten(_) | Self::Closed)
    }

    /// Returns the same as an error of reading.
    fn into_read_error(self) -> ReadError {
        match self {
            Self::Io(error) | Self::Unwritten(error) => ReadError::Store(error),
            other => ReadError::Damaged { position: 0, what: other.to_string() },
        }
    }
}
