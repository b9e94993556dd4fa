//! Readers beside a writer: they never wait for it, and see a destroyed seed no more once it is destroyed.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use super::*;
use crate::ids::ChatId;
use crate::vault::memory_media::{MemoryMedia, Power};

const WORKSPACE: WorkspaceId = WorkspaceId::nth(0);

/// No writer takes this long unless it failed.
const FAILED_AFTER: Duration = Duration::from_mins(1);

fn chat(nth: u64) -> Owner {
    Owner::Chat(ChatId::nth(WORKSPACE, nth).unwrap())
}

type Gate = Arc<Mutex<Option<(Sender<()>, Receiver<()>)>>>;

/// A file whose syncs wait to be let through, once that is wanted.
struct GatedMedia {
    media: MemoryMedia,
    /// Says that a sync waits, and waits for its end.
    gate: Gate,
}

impl Media for GatedMedia {
    fn length(&self) -> io::Result<u64> {
        self.media.length()
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.media.read_at(bytes, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.media.write_at(bytes, offset)
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.media.set_length(length)
    }

    fn sync(&self) -> io::Result<()> {
        if let Some((waits, end)) = &*lock(&self.gate) {
            waits.send(()).unwrap();
            end.recv().unwrap();
        }
        self.media.sync()
    }
}

/// Returns a vault with two blocks, and the gate of both its files.
fn gated() -> (PairedVault<GatedMedia>, Gate) {
    let gate = Gate::default();
    let media = || GatedMedia { media: MemoryMedia::new(Power::default()), gate: Arc::clone(&gate) };
    let (copies, randomness) = (Copies { a: media(), b: media() }, Randomness::series(1));
    let sealing = Sealing { key: SealKey::of_master([1; 32]), log: [2; 16] };
    PairedVault::prepare(&copies, &sealing, &randomness).unwrap();
    let vault = PairedVault::open_copies(copies, sealing, randomness).unwrap().vault;
    vault.extend(&[(WORKSPACE, 500)]).unwrap();
    (vault, gate)
}

/// Runs `amid` during each sync of the two files that `write` causes.
fn during_syncs(
    vault: &PairedVault<GatedMedia>,
    gate: &Gate,
    write: impl FnOnce() + Send,
    mut amid: impl FnMut(&PairedVault<GatedMedia>),
) {
    let ((waits, waiting), (let_go, end)) = (channel(), channel());
    *lock(gate) = Some((waits, end));
    thread::scope(|scope| {
        // Dropped if a check fails, so that the writer ends too.
        let let_go = let_go;
        scope.spawn(write);
        for _ in Side::BOTH {
            waiting.recv_timeout(FAILED_AFTER).unwrap();
            amid(vault);
            let_go.send(()).unwrap();
        }
    });
    *lock(gate) = None;
}

/// Asks for so many other blocks that those of before are forgotten.
fn fill(cache: &mut BlockCache) {
    let mark = cache.mark();
    for index in 0..2_000 {
        cache.keep(Arc::new(Block::new((9, index), std::iter::empty())), mark);
    }
}

#[test]
fn readers_do_not_wait_while_a_vault_is_extended() {
    let (vault, gate) = gated();
    during_syncs(
        &vault,
        &gate,
        || vault.extend(&[(WORKSPACE, 501)]).unwrap(),
        |vault| {
            assert_eq!(vault.room(WORKSPACE), Some(500));
            assert!(vault.key(chat(1)).unwrap().is_some() && vault.key(chat(500)).unwrap().is_some());
            assert!(vault.key(chat(501)).is_err());
            vault.extend(&[(WORKSPACE, 500)]).unwrap();
        },
    );
    assert_eq!(vault.room(WORKSPACE), Some(752));
}

#[test]
fn readers_do_not_wait_while_a_seed_is_destroyed_and_see_it_until_then() {
    let (vault, gate) = gated();
    during_syncs(
        &vault,
        &gate,
        || vault.destroy(chat(1)).unwrap(),
        |vault| {
            assert_eq!(vault.room(WORKSPACE), Some(500));
            // Even if the block has to make room in memory meanwhile, it is not read while it is written.
            fill(&mut lock(&vault.cache));
            assert!([1, 2, 500].iter().all(|nth| vault.key(chat(*nth)).unwrap().is_some()));
        },
    );
    assert!(vault.key(chat(1)).unwrap().is_none() && vault.key(chat(2)).unwrap().is_some());
}

#[test]
fn what_was_read_before_it_was_destroyed_does_not_stay_in_memory() {
    let (vault, gate) = gated();
    let number = lock(&vault.directory).number((WORKSPACE.number(), 0)).unwrap();
    let (mark, read) = (lock(&vault.cache).mark(), Arc::new(vault.read(number).unwrap()));
    during_syncs(&vault, &gate, || vault.destroy(chat(1)).unwrap(), |_| ());
    lock(&vault.cache).keep(read, mark);
    assert!(vault.key(chat(1)).unwrap().is_none());
}

#[test]
fn many_readers_beside_a_writer_always_find_a_whole_block() {
    let (vault, _) = gated();
    thread::scope(|scope| {
        let readers = [(); 2].map(|()| {
            scope.spawn(|| {
                while vault.key(chat(100)).unwrap().is_some() {
                    assert!(vault.key(chat(200)).unwrap().is_some());
                }
                assert!(vault.key(chat(99)).unwrap().is_none(), "it was destroyed before");
            })
        });
        (1..=100).for_each(|nth| vault.destroy(chat(nth)).unwrap());
        for reader in readers {
            reader.join().unwrap();
        }
    });
}
