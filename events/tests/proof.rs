//! The tree over all lines, its stored blocks, and proofs from them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a broken helper fails the test")]

use std::sync::Arc;

use events::chain;
use events::codec;
use events::event::Event;
use events::founding::LogId;
use events::ids::WorkspaceId;
use events::log::{Batch, Head, Log, StoredRecord};
use events::personal::Digest;
use events::proof::blocks::{self, BLOCK_LINES, Builder};
use events::proof::line::{self, LineHash};
use events::proof::prover::Prover;
use events::proof::tree::{self, Frontier};
use events::record::{Cause, Record};
use events::store::memory_log::MemoryLog;
use events::time::Timestamp;
use events::vault::MemoryVault;
use events::who::Who;
use events::workspace::CreditsGranted;

const LOG: LogId = LogId([7; 16]);

/// The same numbers for the same seed.
struct Random(u64);

impl Random {
    const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    fn below(&mut self, end: u64) -> u64 {
        let Digest(hash) = Digest::of(&self.0.to_be_bytes());
        self.0 = u64::from_be_bytes(hash[..8].try_into().unwrap());
        self.0 % end
    }
}

/// A log, and what it must be proved to hold.
struct Known {
    log: Arc<MemoryLog>,
    hashes: Vec<LineHash>,
    /// The root after so many lines.
    roots: Vec<Digest>,
}

impl Known {
    /// A log of at least so many events, in records of one to seven.
    fn of(events: u64, random: &mut Random) -> Self {
        let log = Arc::new(MemoryLog::default());
        let (mut hashes, mut roots, mut frontier) = (Vec::new(), vec![Frontier::default().root()], Frontier::default());
        while log.head().position < events {
            let stored = append(log.as_ref(), 1 + random.below(7));
            for line in line::lines(&stored, codec::Opening::Shut).unwrap() {
                let hash = line.hash(LOG, hashes.last().copied());
                hashes.push(hash);
                frontier.push(hash.leaf());
                roots.push(frontier.root());
            }
        }
        Self { log, hashes, roots }
    }

    fn log(&self) -> &dyn Log {
        self.log.as_ref()
    }

    fn events(&self) -> u64 {
        self.log.head().position
    }

    /// Builds on behind what is built; stores the notes of each so many records together.
    fn build(&self, builder: &mut Builder, up_to: u64, at_once: usize) {
        let records: Vec<_> = self.log().read(builder.position() + 1).map(Result::unwrap).collect();
        for records in records.chunks(at_once) {
            let mut notes = Vec::new();
            for stored in records.iter().filter(|stored| stored.first <= up_to) {
                notes.extend(builder.take(stored).unwrap());
            }
            let after = self.events();
            self.log.write(&Batch { after, notes: blocks::newest(notes), ..Batch::default() }).unwrap();
        }
    }
}

fn append(log: &dyn Log, events: u64) -> StoredRecord {
    let workspace = WorkspaceId::nth(0);
    let event = |nth| CreditsGranted { workspace, amount: nth, reason: "May".into(), by: Who::Operator }.into();
    let head = log.head();
    let recorded_at = Timestamp::from_ms(1_614_147_929_007);
    let events: Vec<Event> = (0..events).map(event).collect();
    let first = head.position + 1;
    let record = Record { first, recorded_at, workspace, cause: Cause::outside(Who::Operator), events };
    let mut bytes = Vec::new();
    codec::encode_record(&record, &MemoryVault::endless(), &mut bytes).unwrap();
    let hash = chain::link(&head.hash, &bytes);
    let stored = StoredRecord { first, previous: head.hash, bytes: bytes.into(), hash };
    let next = Head { position: record.last(), hash, recorded_at };
    log.write(&Batch { after: head.position, records: vec![stored.clone()], head: Some(next), notes: Vec::new() })
        .unwrap();
    stored
}

fn place(position: u64) -> usize {
    usize::try_from(position).unwrap()
}

#[test]
fn the_tree_from_blocks_is_that_over_all_lines() {
    let known = Known::of(1_100, &mut Random::seeded(1));
    let mut builder = Builder::new(LOG);
    for stored in known.log().read(1) {
        builder.take(&stored.unwrap()).unwrap();
        let position = place(builder.position());
        assert_eq!(builder.root(), known.roots[position]);
        assert_eq!(builder.last(), known.hashes.get(position - 1).copied());
    }
    for covered in [0, 255, 256, 300, 900, 1_100] {
        let fresh = Known::of(1_100, &mut Random::seeded(1));
        fresh.build(&mut Builder::new(LOG), covered, 3);
        let mut prover = Prover::new(fresh.log(), LOG).unwrap();
        let ends = [0, 1, 255, 256, 257, 511, 512, 513, 1_024, fresh.events()];
        for size in (0..fresh.events()).step_by(61).chain(ends) {
            assert_eq!(prover.root(size).unwrap(), known.roots[place(size)], "{covered} {size}");
            assert_eq!(prover.hash(size).unwrap(), size.checked_sub(1).map(|at| known.hashes[place(at)]));
        }
    }
}

#[test]
fn a_start_goes_on_where_the_notes_end() {
    let mut random = Random::seeded(2);
    let known = Known::of(5 * BLOCK_LINES, &mut random);
    let mut builder = Builder::new(LOG);
    while builder.position() < known.events() {
        let (up_to, at_once) = (builder.position() + random.below(400), place(1 + random.below(9)));
        known.build(&mut builder, up_to, at_once);
        let resumed = Builder::resume(LOG, known.log()).unwrap();
        let of_blocks = blocks::covered(known.log()).unwrap() * BLOCK_LINES;
        assert_eq!((resumed.position(), resumed.root()), (of_blocks, known.roots[place(of_blocks)]));
        if random.below(2) == 0 {
            builder = resumed;
        }
    }
    assert_eq!(builder.root(), known.roots[place(known.events())]);
}

#[test]
fn everything_is_proved_in_a_long_log_as_in_a_short_one() {
    let mut random = Random::seeded(3);
    let known = Known::of(3 * 65_536 + 700, &mut random);
    known.build(&mut Builder::new(LOG), u64::MAX, 500);
    let resumed = Builder::resume(LOG, known.log()).unwrap();
    assert_eq!(resumed.root(), known.roots[place(resumed.position())]);
    let mut prover = Prover::new(known.log(), LOG).unwrap();
    for _ in 0..200 {
        let size = 1 + random.below(known.events());
        let (position, before) = (1 + random.below(size), random.below(size));
        let path = prover.inclusion(position, size).unwrap();
        let leaf = known.hashes[place(position - 1)].leaf();
        assert_eq!(tree::root_of_inclusion(leaf, position - 1, size, &path), Some(known.roots[place(size)]));
        let path = prover.consistency(before, size).unwrap();
        let (old, new) = ((before, known.roots[place(before)]), (size, known.roots[place(size)]));
        assert!(tree::is_consistent(old, new, &path), "{before} {size}");
    }
}

#[test]
fn a_missing_note_makes_all_anew() {
    use events::notes::Space;
    for space in [Space::ProofBlocks, Space::ProofSubtrees, Space::ProofsCovered] {
        let known = Known::of(65_536 + 300, &mut Random::seeded(4));
        known.build(&mut Builder::new(LOG), u64::MAX, 500);
        assert!(Builder::resume(LOG, known.log()).unwrap().position() > 65_000);
        let found = known.log().notes(space.prefix(), space.prefix(), 1).unwrap();
        let notes = vec![(found[0].0.clone(), None)];
        known.log.write(&Batch { after: known.events(), notes, ..Batch::default() }).unwrap();
        let mut again = Builder::resume(LOG, known.log()).unwrap();
        assert_eq!(again.position(), 0, "{space:?}");
        known.build(&mut again, u64::MAX, 500);
        assert_eq!(again.root(), known.roots[place(known.events())]);
        assert!(Builder::resume(LOG, known.log()).unwrap().position() > 65_000);
    }
}
