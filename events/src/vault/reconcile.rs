//! Compares the two copies when a vault is opened, and mends each from the other.
//!
//! A write goes to a, then to b when a is durable. So after a crash at most one of the two is torn at any block, and a
//! may have blocks at its end that b lacks. These were not counted yet: whole ones are copied, torn ones are cut off.

use std::collections::BTreeMap;
use std::io;

use super::VaultError;
use super::block::{BLOCK_BYTES, Block, PlainHeader, Sealing};
use super::copies::{Copies, Side, offset};
use super::directory::Directory;
use super::header::{self, HeaderFault};
use super::media::Media;
use crate::ids::Position;

/// The most blocks that one write appends, and so the most that a crash can leave torn.
pub(super) const BATCH_BLOCKS: u32 = 64;

/// What was found in two copies, which are equal now.
pub(super) struct Reconciled {
    pub(super) directory: Directory,
    /// The number of the first block behind the end of both copies.
    pub(super) end: u32,
    /// Up to which position everything is erased.
    pub(super) erased_up_to: Position,
    /// What was mended, in words.
    pub(super) mended: Vec<String>,
}

/// Makes the two copies equal and durable, or says which block neither of them has.
pub(super) fn reconcile<M: Media>(copies: &Copies<M>, sealing: &Sealing) -> Result<Reconciled, VaultError> {
    // Whoever wrote what is read from here on may have been stopped before it was durable.
    copies.sync()?;
    let mut pass = Pass::new(copies, sealing)?;
    pass.erased_up_to = pass.header()?;
    let mut number = 1;
    while number < pass.end {
        pass.block(number)?;
        number += 1;
    }
    pass.finish()
}

/// Why a block was made again from the other copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Damaged,
    Missing,
    Outdated,
}

struct Pass<'a, M> {
    copies: &'a Copies<M>,
    sealing: &'a Sealing,
    lengths: [u64; 2],
    end: u32,
    erased_up_to: Position,
    directory: Directory,
    /// The first block that was made again, and how many were.
    mended: BTreeMap<(Side, Fault), (u32, u32)>,
    /// How many torn blocks were cut off.
    cut_off: Option<u32>,
}

impl<'a, M: Media> Pass<'a, M> {
    fn new(copies: &'a Copies<M>, sealing: &'a Sealing) -> io::Result<Self> {
        let lengths = [copies.a.length()?, copies.b.length()?];
        let blocks = lengths.iter().map(|length| length.div_ceil(BLOCK_BYTES as u64)).max().unwrap_or(0);
        let end = u32::try_from(blocks).map_err(|_| io::Error::other("the vault's files are too long"))?;
        let (directory, mended) = (Directory::default(), BTreeMap::new());
        Ok(Self { copies, sealing, lengths, end, erased_up_to: 0, directory, mended, cut_off: None })
    }

    fn header(&mut self) -> Result<Position, VaultError> {
        let [a, b] = self.read(0)?;
        let checked = [&a, &b].map(|bytes| header::check(bytes.as_deref(), self.sealing));
        match (checked, a, b) {
            ([Ok(first), Ok(_)], Some(a), Some(b)) if a != b => {
                self.mend(Side::B, 0, &a, Fault::Outdated).map(|()| first)
            }
            ([Ok(first), Ok(_)], ..) => Ok(first),
            ([Ok(first), Err(HeaderFault::Damaged)], Some(a), _) => {
                self.mend(Side::B, 0, &a, Fault::Damaged).map(|()| first)
            }
            ([Err(HeaderFault::Damaged), Ok(second)], _, Some(b)) => {
                self.mend(Side::A, 0, &b, Fault::Damaged).map(|()| second)
            }
            // A copy that belongs elsewhere is never overwritten.
            ([a, b], ..) => Err(refusal([a, b])),
        }
    }

    fn block(&mut self, number: u32) -> Result<(), VaultError> {
        let [a, b] = self.read(number)?;
        if let Some(bytes) = a.as_ref().filter(|a| Some(*a) == b.as_ref()) {
            let plain = PlainHeader::of(bytes).ok_or(damaged(Side::A, number))?;
            return self.add(plain.name, number);
        }
        let opened = [&a, &b].map(|bytes| Block::decode(bytes.as_deref()?, self.sealing));
        let (name, target, fault) = match opened {
            [Some(a), Some(b)] if a.name == b.name && a.version != b.version => {
                let older = if a.version > b.version { Side::B } else { Side::A };
                (a.name, older, Fault::Outdated)
            }
            [Some(_), Some(_)] => return Err(damaged(Side::A, number)),
            [Some(a), None] => (a.name, Side::B, Fault::Damaged),
            [None, Some(b)] => (b.name, Side::A, Fault::Damaged),
            [None, None] => return self.cut_off(number),
        };
        let source = if target == Side::A { b } else { a };
        self.mend(target, number, &source.unwrap_or_default(), fault)?;
        self.add(name, number)
    }

    /// Reads a block of both copies. What the disk cannot read of one copy is as good as damaged.
    fn read(&self, number: u32) -> io::Result<[Option<Vec<u8>>; 2]> {
        match Side::BOTH.map(|side| self.copies.read(side, number)) {
            [Err(error), Err(_)] => Err(error),
            either => Ok(either.map(Result::unwrap_or_default)),
        }
    }

    fn add(&mut self, name: (u64, u32), number: u32) -> Result<(), VaultError> {
        if self.directory.add(name, number) { Ok(()) } else { Err(damaged(Side::A, number)) }
    }

    fn mend(&mut self, side: Side, number: u32, bytes: &[u8], fault: Fault) -> Result<(), VaultError> {
        let [a, b] = self.lengths;
        let length = if side == Side::A { a } else { b };
        let fault = if length < offset(number.saturating_add(1)) { Fault::Missing } else { fault };
        self.copies.write(side, number, bytes)?;
        let (_, count) = self.mended.entry((side, fault)).or_insert((number, 0));
        *count += 1;
        Ok(())
    }

    /// Cuts off what a crash left behind the last whole block. Only a can have it: b is written when a is durable.
    fn cut_off(&mut self, number: u32) -> Result<(), VaultError> {
        let [a, b] = self.lengths;
        let torn = self.end.saturating_sub(number);
        if b > offset(number) || torn > BATCH_BLOCKS {
            let side = if a > offset(number) { Side::A } else { Side::B };
            return Err(damaged(side, number));
        }
        self.copies.a.set_length(offset(number))?;
        self.cut_off = Some(torn);
        self.end = number;
        Ok(())
    }

    fn finish(self) -> Result<Reconciled, VaultError> {
        if !self.mended.is_empty() || self.cut_off.is_some() {
            self.copies.sync()?;
        }
        let mended = self.mended.iter().map(|((side, fault), (first, count))| {
            let (name, other) = (side.name(), side.other().name());
            let fault = match fault {
                Fault::Damaged => "damaged",
                Fault::Missing => "missing",
                Fault::Outdated => "outdated",
            };
            format!("{count} {fault} in the vault's file {name}, from block {first} on: made again from {other}")
        });
        let cut_off = self.cut_off.map(|count| format!("{count} not yet in use and torn at the end: cut off"));
        let mended = mended.chain(cut_off).map(|what| format!("blocks of seeds: {what}")).collect();
        let Self { directory, end, erased_up_to, .. } = self;
        Ok(Reconciled { directory, end, erased_up_to, mended })
    }
}

const fn damaged(side: Side, block: u32) -> VaultError {
    VaultError::Damaged { file: side.name(), block }
}

/// Returns why two header blocks are refused: whatever can be said that is not damage.
fn refusal(checked: [Result<Position, HeaderFault>; 2]) -> VaultError {
    let faults = checked.into_iter().filter_map(Result::err);
    match faults.into_iter().find(|fault| *fault != HeaderFault::Damaged) {
        Some(HeaderFault::Format(format)) => VaultError::Format(format),
        Some(HeaderFault::OtherLog) => VaultError::OtherLog,
        Some(HeaderFault::WrongKey) => VaultError::WrongKey,
        Some(HeaderFault::Damaged) | None => damaged(Side::A, 0),
    }
}
