//! A vault in place of one that is lost: it says up to where everything is erased, has seeds for all who were there, and keeps
//! the files of the lost one.

use std::fs;

use events::vault::{FileVault, MasterKey, Vault, VaultError, rekey};

use crate::desk::{CHATS, LOG, chat, marks, master, owners, workspace};

const ERASED_UP_TO: u64 = 4_711;

#[test]
fn a_vault_in_place_of_a_lost_one_has_seeds_for_all_and_says_what_is_erased() {
    let folder = tempfile::tempdir().unwrap();
    let lost = FileVault::create(folder.path(), LOG, &master()).unwrap();
    assert_eq!(lost.erased_up_to(), 0);
    lost.extend(&[(workspace(), CHATS[1])]).unwrap();
    let before = marks(&lost, &owners(CHATS[1]));
    drop(lost);
    let files = ["a", "b"].map(|name| fs::read(folder.path().join(name)).unwrap());
    fs::write(folder.path().join("a.new"), "of a change of the key that was interrupted").unwrap();

    let other = MasterKey::new([4; 32]);
    let wanted = [(workspace(), CHATS[1])];
    let moved = FileVault::replace_lost(folder.path(), LOG, &other, ERASED_UP_TO, &wanted).unwrap();
    let names = moved.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(names, ["a.lost-1", "a.new.lost-1", "b.lost-1"]);
    let aside = ["a.lost-1", "b.lost-1"].map(|name| fs::read(folder.path().join(name)).unwrap());
    assert!(aside == files, "the lost files are as they were");

    let opened = FileVault::open(folder.path(), LOG, &other).unwrap();
    assert_eq!((opened.vault.erased_up_to(), opened.mended.len()), (ERASED_UP_TO, 0));
    assert!(opened.vault.room(workspace()) >= Some(CHATS[1]));
    let after = marks(&opened.vault, &owners(CHATS[1]));
    assert!(after.iter().zip(&before).all(|(new, old)| new.is_some() && new != old), "other keys for all");
    opened.vault.destroy(chat(1)).unwrap();
    drop(opened);
    // What is erased stays so under another master key, and when one file is mended from the other.
    rekey::prepare(folder.path(), LOG, &other, &master()).unwrap();
    rekey::finish(folder.path()).unwrap();
    fs::remove_file(folder.path().join("a")).unwrap();
    let vault = FileVault::open(folder.path(), LOG, &master()).unwrap().vault;
    assert_eq!(vault.erased_up_to(), ERASED_UP_TO);
    assert!(vault.key(chat(1)).unwrap().is_none());
}

/// Lost once more: nothing of the first loss is overwritten.
#[test]
fn the_files_of_every_lost_vault_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    FileVault::create(folder.path(), LOG, &master()).unwrap();
    for times in 1..=3 {
        FileVault::replace_lost(folder.path(), LOG, &master(), times, &[]).unwrap();
        assert_eq!(FileVault::open(folder.path(), LOG, &master()).unwrap().vault.erased_up_to(), times);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2 + 3 * 2);
}

/// Interrupted before the headers are written, which come last: no vault, and the next try begins again.
#[test]
fn a_replacement_that_was_interrupted_is_no_vault_until_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    FileVault::create(folder.path(), LOG, &master()).unwrap();
    for name in ["a", "b"] {
        fs::rename(folder.path().join(name), folder.path().join(format!("{name}.lost-1"))).unwrap();
        fs::write(folder.path().join(format!("{name}.new")), vec![0; 3 * 4_096]).unwrap();
    }
    assert!(matches!(FileVault::open(folder.path(), LOG, &master()), Err(VaultError::Missing)));
    FileVault::replace_lost(folder.path(), LOG, &master(), 7, &[(workspace(), 1)]).unwrap();
    assert_eq!(FileVault::open(folder.path(), LOG, &master()).unwrap().vault.erased_up_to(), 7);
}
