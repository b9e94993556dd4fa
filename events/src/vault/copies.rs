//! The two copies of the vault, block by block.

use std::io;

use super::block::BLOCK_BYTES;
use super::media::Media;

/// Names one of the two copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The copy that is written and synced first.
    A,
    /// The copy that is written when the first one is durable.
    B,
}

impl Side {
    /// Both, in the order in which they are written.
    pub const BOTH: [Self; 2] = [Self::A, Self::B];

    /// Returns the file's name in the vault's folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }

    /// Returns the other copy.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// Both copies.
pub(super) struct Copies<M> {
    pub(super) a: M,
    pub(super) b: M,
}

impl<M: Media> Copies<M> {
    pub(super) const fn side(&self, side: Side) -> &M {
        match side {
            Side::A => &self.a,
            Side::B => &self.b,
        }
    }

    /// Reads a block of one copy; `None` if the file ends before the block does.
    pub(super) fn read(&self, side: Side, number: u32) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = vec![0; BLOCK_BYTES];
        let read = self.side(side).read_at(&mut bytes, offset(number))?;
        Ok((read == BLOCK_BYTES).then_some(bytes))
    }

    /// Writes blocks to one copy, beginning with this number. Not durable yet.
    pub(super) fn write(&self, side: Side, number: u32, blocks: &[u8]) -> io::Result<()> {
        self.side(side).write_at(blocks, offset(number))
    }

    /// Writes blocks to the first copy and syncs it, then to the second one: at any moment one of them is whole.
    pub(super) fn write_durably(&self, number: u32, blocks: &[u8]) -> io::Result<()> {
        for side in Side::BOTH {
            self.write(side, number, blocks)?;
            self.side(side).sync()?;
        }
        Ok(())
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.a.sync()?;
        self.b.sync()
    }
}

/// Returns where the block with this number begins.
pub(super) fn offset(number: u32) -> u64 {
    u64::from(number).saturating_mul(BLOCK_BYTES as u64)
}
