//! Another master key: the seeds stay, and whenever the change is interrupted, the key that is in use opens the vault.

use std::fs;
use std::path::Path;

use events::personal::Digest;
use events::vault::{FileVault, MasterKey, Owner, Side, Vault, VaultError, rekey};

use crate::desk::{BLOCK, CHATS, LOG, chat, marks, master, owners, workspace};

const NAMES: [&str; 4] = ["a", "b", "a.new", "b.new"];

fn other() -> MasterKey {
    MasterKey::new([4; 32])
}

/// What a folder contains; `None` for a file that is not there.
type Content = [Option<Vec<u8>>; 4];

fn content(folder: &Path) -> Content {
    NAMES.map(|name| fs::read(folder.join(name)).ok())
}

fn put(folder: &Path, content: &Content) {
    for (name, bytes) in NAMES.iter().zip(content) {
        if let Some(bytes) = bytes {
            fs::write(folder.join(name), bytes).unwrap();
        }
    }
}

/// Opens a vault in a new folder with this content.
fn opened(content: &Content, key: &MasterKey) -> Result<(Vec<Option<Digest>>, Content), VaultError> {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), content);
    let opened = FileVault::open(folder.path(), LOG, key)?;
    assert_eq!(opened.mended, [""; 0]);
    Ok((marks(&opened.vault, &owners(CHATS[1])), self::content(folder.path())))
}

/// The content of a folder before the change, when it was prepared, and after it; and the keys.
fn stages() -> (Content, Content, Content, Vec<Option<Digest>>) {
    let folder = tempfile::tempdir().unwrap();
    let vault = FileVault::create(folder.path(), LOG, &master()).unwrap();
    vault.extend(&[(workspace(), CHATS[1])]).unwrap();
    vault.destroy(chat(249)).unwrap();
    let expected = marks(&vault, &owners(CHATS[1]));
    drop(vault);
    let before = content(folder.path());
    assert_eq!(rekey::prepare(folder.path(), LOG, &master(), &other()).unwrap(), [""; 0]);
    let prepared = content(folder.path());
    rekey::finish(folder.path()).unwrap();
    (before, prepared, content(folder.path()), expected)
}

#[test]
fn under_another_master_key_all_seeds_are_the_same() {
    let (before, prepared, after, expected) = stages();
    assert_eq!(opened(&before, &master()).unwrap().0, expected);
    assert_eq!(opened(&after, &other()).unwrap().0, expected);
    assert!(matches!(opened(&after, &master()), Err(VaultError::WrongKey)));
    assert!(prepared[..2] == before[..2] && prepared[2..] == after[..2]);
    let [Some(old), Some(new), ..] = [&before[0], &after[0]] else { panic!("a file is not there") };
    assert!(old.len() == new.len() && old != new);
    // The versions stay, the nonces do not.
    for block in 1..3 {
        let at = block * BLOCK;
        assert!(old[at..at + 24] == new[at..at + 24] && old[at + 24..at + 36] != new[at + 24..at + 36]);
    }
}

#[test]
fn before_the_new_key_is_in_use_the_old_one_undoes_whatever_was_prepared() {
    let (before, prepared, _, expected) = stages();
    let [Some(a), Some(b)] = [&prepared[2], &prepared[3]] else { panic!("nothing was prepared") };
    for length in [0, 1, BLOCK - 1, BLOCK, 2 * BLOCK, 2 * BLOCK + 50, 3 * BLOCK] {
        // The headers are written last.
        let headless = |bytes: &[u8]| [&[0; BLOCK][..length.min(BLOCK)], &bytes[length.min(BLOCK)..length]].concat();
        for new in [
            [Some(headless(a)), None],
            [Some(headless(a)), Some(headless(b))],
            [Some(a.clone()), Some(headless(b))],
            [Some(a.clone()), Some(b[..length].to_vec())],
        ] {
            let [new_a, new_b] = new;
            let stopped = [before[0].clone(), before[1].clone(), new_a, new_b];
            let (found, after) = opened(&stopped, &master()).unwrap();
            assert!(found == expected && after == before, "{length}");
        }
    }
}

#[test]
fn when_the_new_key_is_in_use_it_finishes_what_was_prepared() {
    let (_, prepared, after, expected) = stages();
    let [a, b, new_a, new_b] = prepared.clone();
    let only_a = [new_a.clone(), b, None, new_b.clone()];
    let only_b = [a, new_b, new_a, None];
    for stopped in [&prepared, &only_a, &only_b, &after] {
        let (found, finished) = opened(stopped, &other()).unwrap();
        assert!(found == expected && finished == after);
    }
}

#[test]
fn a_key_that_opens_nothing_removes_nothing() {
    let (_, prepared, after, expected) = stages();
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), &prepared);
    let refused = FileVault::open(folder.path(), LOG, &MasterKey::new([5; 32])).unwrap_err();
    assert!(matches!(refused, VaultError::WrongKey));
    assert!(content(folder.path()) == prepared);
    let vault = FileVault::open(folder.path(), LOG, &other()).unwrap().vault;
    assert!(marks(&vault, &owners(CHATS[1])) == expected && content(folder.path()) == after);
}

/// Somebody took the new key though its files are not whole: nothing may be put in the place of the old ones.
#[test]
fn half_of_what_should_be_prepared_is_never_taken() {
    let (before, prepared, ..) = stages();
    let half = [before[0].clone(), before[1].clone(), prepared[2].clone(), Some(vec![0; BLOCK])];
    assert!(matches!(opened(&half, &other()), Err(VaultError::WrongKey)));
    let lone = [before[0].clone(), before[1].clone(), prepared[2].clone(), None];
    assert!(matches!(opened(&lone, &other()), Err(VaultError::WrongKey)));
    assert!(opened(&lone, &master()).unwrap().1 == before);
}

#[test]
fn nothing_is_finished_that_was_not_prepared() {
    let folder = tempfile::tempdir().unwrap();
    drop(FileVault::create(folder.path(), LOG, &master()).unwrap());
    assert!(matches!(rekey::finish(folder.path()), Err(VaultError::Missing)));
    rekey::prepare(folder.path(), LOG, &master(), &other()).unwrap();
    drop(FileVault::open(folder.path(), LOG, &master()).unwrap());
    assert!(matches!(rekey::finish(folder.path()), Err(VaultError::Missing)));
    assert!(matches!(rekey::prepare(folder.path(), LOG, &other(), &master()), Err(VaultError::WrongKey)));
}

#[test]
fn what_is_damaged_in_both_files_is_named_and_the_vault_stays() {
    let folder = tempfile::tempdir().unwrap();
    FileVault::create(folder.path(), LOG, &master()).unwrap().extend(&[(workspace(), CHATS[1])]).unwrap();
    for side in Side::BOTH {
        let path = folder.path().join(side.name());
        let mut bytes = fs::read(&path).unwrap();
        bytes[2 * BLOCK + 99] ^= 1;
        fs::write(path, bytes).unwrap();
    }
    let refused = rekey::prepare(folder.path(), LOG, &master(), &other()).unwrap_err();
    assert!(matches!(refused, VaultError::Damaged { block: 2, .. }));
    let vault = FileVault::open(folder.path(), LOG, &master()).unwrap().vault;
    assert!(vault.key(Owner::Workspace(workspace())).unwrap().is_some());
    assert!(!folder.path().join("a.new").exists());
}

/// Opens a vault that may have to be mended; removes nothing if it refuses.
fn try_open(folder: &Path, key: &MasterKey) -> Result<Vec<Option<Digest>>, VaultError> {
    let before = content(folder);
    let opened = FileVault::open(folder, LOG, key).inspect_err(|_| assert!(content(folder) == before))?;
    assert_eq!(fs::read_dir(folder).unwrap().count(), 2, "what was prepared or undone is gone");
    Ok(marks(&opened.vault, &owners(CHATS[1])))
}

/// Stopped at any step, and with its names in any order on the disk after a power cut.
#[test]
fn after_an_interruption_at_any_step_the_earlier_key_undoes_it_or_the_new_one_finishes_it() {
    let (before, prepared, after, expected) = stages();
    let [a, b, new_a, new_b] = prepared.clone();
    let empty = Some(Vec::new());
    let steps: [(&str, Content, [bool; 2]); 8] = [
        ("before", before.clone(), [true, false]),
        ("one new file", [a.clone(), b.clone(), empty.clone(), None], [true, false]),
        ("two new files", [a.clone(), b.clone(), empty.clone(), empty.clone()], [true, false]),
        ("one is whole", [a.clone(), b.clone(), new_a.clone(), empty], [true, false]),
        ("prepared", prepared, [true, true]),
        ("a has its name", [new_a.clone(), b, None, new_b.clone()], [true, true]),
        ("b has its name", [a, new_b, new_a, None], [true, true]),
        ("after", after.clone(), [false, true]),
    ];
    let keys = [(master(), &before), (other(), &after)];
    for (step, stopped, opens) in &steps {
        for (first, second) in [(0, 1), (1, 0)] {
            let folder = tempfile::tempdir().unwrap();
            put(folder.path(), stopped);
            assert!(matches!(try_open(folder.path(), &MasterKey::new([5; 32])), Err(VaultError::WrongKey)), "{step}");
            let (key, content_then) = &keys[first];
            let found = try_open(folder.path(), key);
            assert_eq!(found.is_ok(), opens[first], "{step}, key {first}: {:?}", found.err());
            let Ok(found) = found else {
                assert!(
                    try_open(folder.path(), &keys[second].0).unwrap() == expected,
                    "{step}: the other key opens it"
                );
                continue;
            };
            assert!(found == expected && content(folder.path()) == **content_then, "{step}, key {first}");
            assert!(matches!(try_open(folder.path(), &keys[second].0), Err(VaultError::WrongKey)), "{step}");
        }
    }
}

/// The earlier key makes one file anew from the other; stopped amid that, it does so again.
#[test]
fn what_is_undone_may_be_interrupted_too() {
    let (before, prepared, _, expected) = stages();
    let [_, b, new_a, new_b] = prepared;
    for length in [0, 1, BLOCK, 2 * BLOCK + 7] {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), &[new_a.clone(), b.clone(), None, new_b.clone()]);
        fs::write(folder.path().join("a.undone"), &b.clone().unwrap()[..length]).unwrap();
        assert!(try_open(folder.path(), &master()).unwrap() == expected && content(folder.path()) == before);
    }
}

/// One file is damaged where the other is too: the refused start leaves the earlier files and the new ones.
#[test]
fn a_change_that_cannot_be_finished_because_of_damage_removes_nothing() {
    let (_, mut prepared, _, expected) = stages();
    for new in &mut prepared[2..] {
        new.as_mut().unwrap()[BLOCK + 3] ^= 1;
    }
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), &prepared);
    assert!(matches!(try_open(folder.path(), &other()), Err(VaultError::Damaged { block: 1, .. })));
    assert!(try_open(folder.path(), &master()).unwrap() == expected);
}
