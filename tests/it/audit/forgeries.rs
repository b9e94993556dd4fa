//! Whoever may change everything on the log's disk is found out by a checkpoint that was kept elsewhere.

use std::fs;
use std::path::Path;

use events::account::FileFetched;
use events::chain;
use events::checkpoint_key::CheckpointKey;
use events::codec::{self, Opening, Resealing};
use events::event::Event;
use events::ids::WorkspaceId;
use events::log::{Batch, Head, Log, StoredRecord};
use events::personal::Digest;
use events::proof::checkpoint::Checkpoint;
use events::record::Record;
use events::store::sled_log::SledLog;
use events::workspace::CreditsGranted;

use super::{checkpoint, fast, lived_in};
use crate::harness::process::{Environment, Finished, run};
use crate::harness::{SOON, Server, wait_until};

/// Records behind the last erasure: without that, the vault itself would tell that the log is an older one.
const LATER: usize = 100;

/// A record with what is known of the seals of its texts.
type Resealed = (Record, Vec<Option<Resealing>>);

/// Copies all files of a folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}

fn resealed(stored: &StoredRecord) -> Resealed {
    let record = codec::decode(stored, Opening::Shut).unwrap();
    let parts = codec::sealed_parts(&stored.bytes).unwrap();
    (record, parts.into_iter().map(|sealed| Some(Resealing::Erased(sealed?.part.commitment))).collect())
}

fn records(data_dir: &Path) -> Vec<Resealed> {
    let trial = tempfile::tempdir().unwrap();
    copy(data_dir, trial.path());
    let log = SledLog::open(trial.path(), 16).unwrap();
    Log::read(&log, 1).map(|stored| resealed(&stored.unwrap())).collect()
}

/// Makes a data directory with these records, whose chain fits, and without any checkpoint of its own.
fn forge(data_dir: &Path, to: &Path, records: &[Resealed]) {
    copy(data_dir, to);
    fs::remove_dir_all(to.join("log")).unwrap();
    fs::remove_dir_all(to.join("checkpoints")).unwrap();
    let log = SledLog::open(to, 16).unwrap();
    let (mut head, mut forged) = (Head::EMPTY, Vec::new());
    for (record, before) in records {
        let mut bytes = Vec::new();
        codec::encode_resealed(record, before, &events::vault::MemoryVault::endless(), &mut bytes).unwrap();
        let hash = chain::link(&head.hash, &bytes);
        forged.push(StoredRecord { first: record.first, previous: head.hash, bytes: bytes.into(), hash });
        head = Head { position: record.last(), hash, recorded_at: record.recorded_at };
    }
    log.write(&Batch { after: 0, records: forged, head: Some(head), notes: Vec::new() }).unwrap();
    log.sync().unwrap();
    let closed = log.closed();
    drop(log);
    wait_until("the store is closed", SOON, || closed.is_closed().then_some(()));
}

fn verify(data_dir: &Path, more: &[&str]) -> Finished {
    let args = [&["--data-dir", data_dir.to_str().unwrap(), "events", "verify"], more].concat();
    run(&args, &Environment::new(), data_dir.parent().unwrap())
}

/// Checks that a forged log is named with the checkpoint, and passes without it if its chain fits.
fn found_out(server: &Server, note: &Path, records: &[Resealed], words: &str) {
    let forged = tempfile::tempdir().unwrap();
    let directory = forged.path().join("data");
    forge(&server.data_dir(), &directory, records);
    let alone = verify(&directory, &[]);
    assert_eq!(alone.code, Some(0), "the forgery is a bad one: {alone:?}");
    let verified = verify(&directory, &["--checkpoint", note.to_str().unwrap()]);
    assert_eq!(verified.code, Some(6), "{verified:?}");
    assert!(verified.stderr.contains(words), "{words}: {verified:?}");
}

#[test]
fn each_forgery_is_named() {
    let mut server = fast();
    lived_in(&server);
    let older = tempfile::tempdir().unwrap();
    assert_eq!(server.sigterm(), Some(0));
    copy(&server.data_dir(), older.path());
    server.restart();
    let later = server.create_workspace("Later Ltd", 7);
    (0..LATER).for_each(|_| server.grant(&later, 1));
    let note = checkpoint(&server, "kept.note");
    assert_eq!(server.sigterm(), Some(0));
    let last = fs::read_dir(server.data_dir().join("checkpoints")).unwrap().flatten().map(|entry| entry.path());
    let size = |path: &std::path::PathBuf| path.file_stem().unwrap().to_str().unwrap().parse::<u64>().unwrap();
    fs::copy(last.max_by_key(size).unwrap(), &note).unwrap();
    let honest = records(&server.data_dir());
    let cut = |count: usize| honest[..honest.len() - count].to_vec();
    found_out(&server, &note, &cut(1), "cut off");
    found_out(&server, &note, &cut(LATER), "cut off");
    let mut richer = honest.clone();
    let granted = richer.iter_mut().flat_map(|(record, _)| &mut record.events).find_map(|event| match event {
        Event::CreditsGranted(CreditsGranted { amount, .. }) => Some(amount),
        _ => None,
    });
    *granted.unwrap() += 1_000;
    found_out(&server, &note, &richer, "rewritten");
    let mut swapped = honest.clone();
    let at = (2..honest.len() - 1)
        .find(|at| {
            honest[*at].0.events.len() == honest[at + 1].0.events.len()
                && honest[*at].0.events != honest[at + 1].0.events
        })
        .unwrap();
    swapped.swap(at, at + 1);
    let firsts = (swapped[at].0.first, swapped[at + 1].0.first);
    (swapped[at + 1].0.first, swapped[at].0.first) = firsts;
    found_out(&server, &note, &swapped, "rewritten");
    let restored = verify(older.path(), &["--checkpoint", note.to_str().unwrap()]);
    assert_eq!(restored.code, Some(6), "{restored:?}");
    assert!(restored.stderr.contains("cut off"), "{restored:?}");
}

/// Appends a record to a log.
fn with(honest: &[Resealed], workspace: WorkspaceId, events: Vec<Event>) -> Vec<Resealed> {
    let (last, _) = honest.last().unwrap();
    let before = vec![None; events.len()];
    let record = Record { first: last.last() + 1, workspace, events, ..last.clone() };
    [honest, &[(record, before)]].concat()
}

#[test]
fn what_no_log_can_have_is_refused_by_an_import_and_by_every_verification() {
    let mut server = fast();
    lived_in(&server);
    assert_eq!(server.sigterm(), Some(0));
    let honest = records(&server.data_dir());
    let fetched = honest.iter().flat_map(|(record, _)| &record.events).find_map(|event| match event {
        Event::MessageQueued(e) => {
            Some(FileFetched { message: e.message, account: e.account, size: 1, mime: "x".repeat(300_000) })
        }
        _ => None,
    });
    let long = vec![Event::from(fetched.unwrap()); 2];
    for (records, words) in [
        (with(&honest, WorkspaceId::nth(0), long), "a record of more than 524288 bytes"),
        (with(&honest, WorkspaceId::LOG, honest[0].0.events.clone()), "the log is created once more"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("data");
        forge(&server.data_dir(), &directory, &records);
        let of = |args: &[&str]| run(args, &Environment::new(), folder.path());
        let exported = of(&["--data-dir", "data", "events", "export", "--out", "forged.ndjson"]);
        assert_eq!(exported.code, Some(0), "{exported:?}");
        for refused in [
            verify(&directory, &[]),
            of(&["events", "verify", "forged.ndjson"]),
            of(&["--data-dir", "again", "events", "import", "forged.ndjson"]),
        ] {
            assert_eq!(refused.code, Some(6), "{words}: {refused:?}");
            assert!(refused.stderr.contains(words), "{words}: {refused:?}");
        }
    }
}

#[test]
fn a_checkpoint_of_another_log_or_key_is_named() {
    let (mut server, other) = (Server::start(), Server::start());
    let note = checkpoint(&other, "other.note");
    let asked = server.command(&["events", "verify", "--checkpoint", note.to_str().unwrap()]);
    assert_eq!(asked.code, Some(6), "{asked:?}");
    assert!(asked.stderr.contains("signed by another key"), "{asked:?}");
    assert_eq!(server.sigterm(), Some(0));
    let verified = server.command(&["events", "verify", "--checkpoint", note.to_str().unwrap()]);
    assert_eq!(verified.code, Some(6), "{verified:?}");
    assert!(verified.stderr.contains("signed by another key"), "{verified:?}");
    // One that names this log, but is signed by nobody whom the log names, is an alarm unless a key is named.
    let folder = server.data_dir().join("checkpoints");
    let text = fs::read_to_string(fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path()).unwrap();
    let log = Checkpoint::unverified(&text).unwrap().log;
    let forged = Checkpoint { log, generation: 0, size: 1_000, root: Digest([0; 32]) };
    fs::write(folder.join("1000.note"), forged.signed(&[&CheckpointKey::of_seed([7; 32]).unwrap()])).unwrap();
    let alarmed = server.command(&["events", "verify"]);
    assert_eq!(alarmed.code, Some(6), "{alarmed:?}");
    assert!(alarmed.stderr.contains("a key that the log does not name"), "{alarmed:?}");
    let key = server.command(&["audit", "key"]).stdout;
    let trusted = server.command(&["events", "verify", "--key", key.trim()]);
    assert_eq!(trusted.code, Some(0), "{trusted:?}");
    fs::remove_file(folder.join("1000.note")).unwrap();
    let own = fs::read_dir(server.data_dir().join("checkpoints")).unwrap().flatten().next().unwrap().path();
    let text = fs::read_to_string(&own).unwrap();
    let changed = server.dir().join("changed.note");
    fs::write(&changed, text.replacen("\n\n", "\n\n\n", 1).replacen("/0\n", "/1\n", 1)).unwrap();
    let verified = server.command(&["events", "verify", "--checkpoint", changed.to_str().unwrap()]);
    assert_eq!(verified.code, Some(6), "{verified:?}");
}
