//! Logs that are honest, damaged, or written anew, beside what was kept of them.

use events::chain;
use events::checkpoint_key::CheckpointKey;
use events::codec::{self, Resealing};
use events::event::Event;
use events::founding::{FORMAT, LogCreated};
use events::ids::WorkspaceId;
use events::log::{Batch, Head, StoredRecord};
use events::proof::checkpoint::Checkpoint;
use events::proof::signed_head::SignedHead;
use events::record::{Cause, Record};
use events::store::memory_log::MemoryLog;
use events::time::Timestamp;
use events::vault::MemoryVault;
use events::who::Who;
use events::workspace::CreditsGranted;

use super::*;

const LOG: LogId = LogId([7; 16]);
const SALT: [u8; 16] = [9; 16];

/// What one record says: a grant in each event.
type Grants = Vec<u64>;

fn grants() -> Vec<Grants> {
    (0..400).map(|nth| (0..=nth % 4).map(|event| 10 * nth + event).collect()).collect()
}

/// Writes a log with these records; another vault makes other bytes of the same lines.
fn written(records: &[Grants], vault: &MemoryVault) -> MemoryLog {
    let log = MemoryLog::default();
    let (mut head, mut stored) = (Head::EMPTY, Vec::new());
    let recorded_at = Timestamp::from_ms(1_614_147_929_007);
    let created = LogCreated { log: LOG, format: FORMAT, created_at: recorded_at, checkpoint_key: String::new() };
    let workspace = WorkspaceId::nth(0);
    let of = |amount: &u64| {
        Event::from(CreditsGranted { workspace, amount: *amount, reason: "May".into(), by: Who::Operator })
    };
    let granted = records.iter().map(|grants| (workspace, grants.iter().map(of).collect()));
    for (workspace, events) in [(WorkspaceId::LOG, vec![created.into()])].into_iter().chain(granted) {
        let before = vec![(workspace != WorkspaceId::LOG).then_some(Resealing::Salt(SALT)); Vec::len(&events)];
        let record =
            Record { first: head.position + 1, recorded_at, workspace, cause: Cause::outside(Who::Operator), events };
        let mut bytes = Vec::new();
        codec::encode_resealed(&record, &before, vault, &mut bytes).unwrap();
        let hash = chain::link(&head.hash, &bytes);
        stored.push(StoredRecord { first: record.first, previous: head.hash, bytes: bytes.into(), hash });
        head = Head { position: record.last(), hash, recorded_at };
    }
    log.write(&Batch { after: 0, records: stored, head: Some(head), notes: Vec::new() }).unwrap();
    log
}

/// Stores the hashes of the lines; returns what was kept after each so many records.
fn followed(log: &MemoryLog, every: usize, key: &CheckpointKey) -> Vec<KeptCheckpoint> {
    let (mut builder, mut notes, mut kept) = (Builder::new(LOG), Vec::new(), Vec::new());
    for (nth, stored) in log.read(1).map(Result::unwrap).enumerate() {
        notes.extend(builder.take(&stored).unwrap());
        if nth % every == every - 1 {
            let (size, root, blocks) = (builder.position(), builder.root(), builder.stored());
            let checkpoint = Checkpoint { log: LOG, generation: 0, size, root }.signed(&[key]);
            let head = SignedHead { log: LOG, generation: 0, size, record: stored.hash, blocks }.signed(&[key]);
            kept.push(KeptCheckpoint::open(&checkpoint, Some(&head), &[key.verifier(LOG)]).unwrap());
        }
    }
    let after = log.head().position;
    log.write(&Batch { after, notes: blocks::newest(notes), ..Batch::default() }).unwrap();
    kept
}

fn key() -> CheckpointKey {
    CheckpointKey::of_seed([1; 32]).unwrap()
}

/// A log and what was kept of it; the last records came after that.
fn honest() -> (MemoryLog, Vec<KeptCheckpoint>) {
    let log = written(&grants(), &MemoryVault::endless());
    let kept = followed(&log, 90, &key());
    (log, kept)
}

fn without_heads(kept: &[KeptCheckpoint]) -> Vec<KeptCheckpoint> {
    kept.iter().map(|kept| kept.checkpoint.into()).collect()
}

fn found(log: &MemoryLog, checkpoints: &[KeptCheckpoint]) -> String {
    match verify(log, checkpoints.to_vec(), |_| ControlFlow::Continue(())) {
        Ok(sound) => format!("sound, {} by heads", sound.by_heads),
        Err(unsound) => unsound.to_string(),
    }
}

#[test]
fn heads_spare_the_lines_and_find_the_same() {
    let (log, kept) = honest();
    let (mut told, newest) = (Vec::new(), kept.last().unwrap().checkpoint.size);
    let by_heads = verify(&log, kept.clone(), |position| {
        told.push(position);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!((by_heads.by_heads, by_heads.covered, by_heads.checkpoints), (newest, newest, kept.len()));
    assert!(newest < by_heads.position, "something lies behind the newest checkpoint");
    let by_lines = verify(&log, without_heads(&kept), |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(Sound { by_heads: 0, ..by_heads }, by_lines);
    assert_eq!(told, log.read(1).map(|stored| codec::span(&stored.unwrap().bytes).unwrap().last).collect::<Vec<_>>());
}

#[test]
fn heads_reach_the_end_of_a_log_and_of_a_block() {
    let log = written(&vec![vec![1]; 511], &MemoryVault::endless());
    let kept = followed(&log, 256, &key());
    assert_eq!(kept.last().unwrap().checkpoint.size, 512);
    assert_eq!(found(&log, &kept), "sound, 512 by heads");
}

#[test]
fn a_checkpoint_without_its_head_is_compared_with_the_lines() {
    let (log, mut kept) = honest();
    kept[1].head = None;
    assert_eq!(found(&log, &kept), "sound, 0 by heads");
    kept[1].checkpoint.root = Digest([0; 32]);
    let size = kept[1].checkpoint.size;
    assert_eq!(found(&log, &kept), Fault::Rewritten(size).to_string());
}

#[test]
fn a_log_that_was_written_anew_is_named_with_heads_as_without() {
    let (_, kept) = honest();
    let mut changed = grants();
    changed[100][0] += 1_000;
    let forged = written(&changed, &MemoryVault::endless());
    let _ = followed(&forged, 90, &key());
    let first_wrong = kept[1].checkpoint.size;
    assert_eq!(found(&forged, &kept), Fault::Rewritten(first_wrong).to_string());
    assert_eq!(found(&forged, &without_heads(&kept)), Fault::Rewritten(first_wrong).to_string());
    // The stored hashes are those of the honest log.
    let (honest, _) = honest();
    let forged = written(&changed, &MemoryVault::endless());
    let notes = honest.notes(&[], &[], 100).unwrap().into_iter().map(|(key, value)| (key, Some(value))).collect();
    forged.write(&Batch { after: forged.head().position, notes, ..Batch::default() }).unwrap();
    assert!(found(&forged, &kept).contains("the stored hashes of its block do not fit"));
}

#[test]
fn who_has_the_key_cannot_vouch_for_a_checkpoint_that_was_kept_elsewhere() {
    let (_, elsewhere) = honest();
    let mut changed = grants();
    changed[100][0] += 1_000;
    let forged = written(&changed, &MemoryVault::endless());
    let own = followed(&forged, 90, &key());
    assert!(found(&forged, &own).starts_with("sound"));
    let outside = KeptCheckpoint::from(elsewhere.last().unwrap().checkpoint);
    let all = [own.as_slice(), &[outside]].concat();
    assert_eq!(found(&forged, &all), Fault::Rewritten(outside.checkpoint.size).to_string());
}

#[test]
fn a_cut_log_is_named() {
    let (_, kept) = honest();
    let cut = written(&grants()[..200], &MemoryVault::endless());
    let _ = followed(&cut, 90, &key());
    let (size, events) = (kept[2].checkpoint.size, cut.head().position);
    assert_eq!(found(&cut, &kept), Fault::CutOff { size, events }.to_string());
}

/// The lines that were cut off are in no block yet.
#[test]
fn a_cut_behind_the_last_whole_block_is_named() {
    let written = |records| written(&vec![vec![1]; records], &MemoryVault::endless());
    let kept = followed(&written(300), 301, &key());
    let size = kept[0].checkpoint.size;
    for records in [260, 299] {
        let cut = written(records);
        let _ = followed(&cut, 301, &key());
        assert_eq!(found(&cut, &kept), Fault::CutOff { size, events: cut.head().position }.to_string());
    }
}

#[test]
fn a_stored_hash_that_changed_is_found() {
    let (log, kept) = honest();
    let (key, mut note) = log.notes(&[], &[], 100).unwrap().into_iter().find(|(_, note)| note.len() == 64 * 3).unwrap();
    note[40] ^= 1;
    log.write(&Batch { after: log.head().position, notes: vec![(key, Some(note))], ..Batch::default() }).unwrap();
    assert!(found(&log, &kept).contains("the stored hashes of its block do not fit"));
}

#[test]
fn the_same_lines_in_other_records_are_sound() {
    let (log, kept) = honest();
    let imported = written(&grants(), &MemoryVault::transparent());
    let _ = followed(&imported, 90, &key());
    assert_ne!(imported.head().hash, log.head().hash);
    assert_eq!(found(&imported, &kept), "sound, 0 by heads");
}
