//! The vault's folder: who may read it, and what is refused because it belongs elsewhere.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use events::ids::ChatId;
use events::vault::{FileVault, MasterKey, Owner, Vault, VaultError};

use crate::desk::{BLOCK, CHATS, LOG, chat, mark, master, own, workspace};

fn made(folder: &Path, log: [u8; 16], key: &MasterKey) {
    FileVault::create(folder, log, key).unwrap().extend(&[(workspace(), 1)]).unwrap();
}

fn error(folder: &Path, log: [u8; 16], key: &MasterKey) -> VaultError {
    FileVault::open(folder, log, key).unwrap_err()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn only_the_owner_may_read_the_files() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("vault");
    made(&folder, LOG, &master());
    assert_eq!((mode(&folder), mode(&folder.join("a")), mode(&folder.join("b"))), (0o700, 0o600, 0o600));
    fs::remove_file(folder.join("b")).unwrap();
    assert_eq!(FileVault::open(&folder, LOG, &master()).unwrap().mended.len(), 1);
    assert_eq!(mode(&folder.join("b")), 0o600);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
}

#[test]
fn where_there_is_no_vault_none_is_made_by_opening() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("vault");
    assert!(matches!(error(&folder, LOG, &master()), VaultError::Missing));
    fs::create_dir(&folder).unwrap();
    assert!(matches!(error(&folder, LOG, &master()), VaultError::Missing));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn where_there_is_a_vault_no_other_is_made() {
    let data = tempfile::tempdir().unwrap();
    made(data.path(), LOG, &master());
    for name in ["none", "a", "b"] {
        let aside = data.path().join("aside");
        let _ = fs::rename(data.path().join(name), &aside);
        let refused = FileVault::create(data.path(), LOG, &master()).unwrap_err();
        assert!(matches!(refused, VaultError::Io(error) if error.kind() == ErrorKind::AlreadyExists), "{name}");
        let _ = fs::rename(aside, data.path().join(name));
    }
}

/// Its files got their names only when they were whole.
#[test]
fn a_vault_whose_making_was_interrupted_is_made_again_or_finished() {
    let data = tempfile::tempdir().unwrap();
    fs::write(data.path().join("a.new"), b"half a block").unwrap();
    assert!(matches!(error(data.path(), LOG, &master()), VaultError::Missing));
    made(data.path(), LOG, &master());
    let [a, b] = ["a", "b"].map(|name| data.path().join(name));
    fs::rename(&b, data.path().join("b.new")).unwrap();
    assert_eq!(FileVault::open(data.path(), LOG, &master()).unwrap().mended, [""; 0]);
    fs::rename(&a, data.path().join("a.new")).unwrap();
    fs::rename(&b, data.path().join("b.new")).unwrap();
    let vault = FileVault::open(data.path(), LOG, &master()).unwrap().vault;
    assert_eq!(vault.room(workspace()), Some(248));
}

#[test]
fn a_wrong_master_key_and_another_log_are_told_apart_from_damage() {
    let data = tempfile::tempdir().unwrap();
    made(data.path(), LOG, &master());
    let before = ["a", "b"].map(|name| fs::read(data.path().join(name)).unwrap());
    let (other_log, other_key) = ([8; 16], MasterKey::new([4; 32]));
    assert!(matches!(error(data.path(), LOG, &other_key), VaultError::WrongKey));
    assert!(matches!(error(data.path(), other_log, &master()), VaultError::OtherLog));
    assert!(matches!(error(data.path(), other_log, &other_key), VaultError::OtherLog));
    assert_eq!(["a", "b"].map(|name| fs::read(data.path().join(name)).unwrap()), before);
    assert!(mark(&FileVault::open(data.path(), LOG, &master()).unwrap().vault, chat(1)).is_some());
}

#[test]
fn a_later_format_is_refused_by_its_number() {
    let data = tempfile::tempdir().unwrap();
    made(data.path(), LOG, &master());
    for name in ["a", "b"] {
        let path = data.path().join(name);
        let mut bytes = fs::read(&path).unwrap();
        bytes[4] = 2;
        let sum = blake3::hash(&bytes[..4_064]);
        bytes[4_064..4_096].copy_from_slice(sum.as_bytes());
        fs::write(path, bytes).unwrap();
        assert!(matches!(error(data.path(), LOG, &master()), VaultError::Format(2)), "{name}");
    }
}

/// Somebody put a file into the wrong folder. Mending would destroy the only copy of its seeds.
#[test]
fn a_file_of_another_vault_is_never_overwritten() {
    let [one, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    made(one.path(), LOG, &master());
    for (log, key) in [([8; 16], master()), (LOG, MasterKey::new([4; 32]))] {
        for name in ["a", "b"] {
            let folder = other.path().join(format!("{}{name}", log[0]));
            made(&folder, log, &key);
            let foreign = fs::read(folder.join(name)).unwrap();
            let own = fs::read(one.path().join(name)).unwrap();
            fs::write(one.path().join(name), &foreign).unwrap();
            assert!(matches!(error(one.path(), LOG, &master()), VaultError::OtherLog | VaultError::WrongKey));
            assert!(fs::read(one.path().join(name)).unwrap() == foreign);
            fs::write(one.path().join(name), own).unwrap();
        }
    }
    assert_eq!(FileVault::open(one.path(), LOG, &master()).unwrap().mended, [""; 0]);
}

#[test]
fn destroyed_seeds_are_listed_and_renewed_ones_are_not() {
    let data = tempfile::tempdir().unwrap();
    let vault = FileVault::create(data.path(), LOG, &master()).unwrap();
    vault.extend(&[(workspace(), CHATS[1])]).unwrap();
    assert_eq!(vault.destroyed().unwrap(), BTreeSet::new());
    let [first, last] = [1, CHATS[1]].map(|nth| ChatId::nth(workspace(), nth).unwrap());
    for owner in own(workspace()) {
        vault.renew(owner).unwrap();
    }
    for chat in [last, first, last] {
        vault.destroy(Owner::Chat(chat)).unwrap();
    }
    assert_eq!(vault.destroyed().unwrap(), BTreeSet::from([first, last]));
    drop(vault);
    let opened = FileVault::open(data.path(), LOG, &master()).unwrap().vault;
    assert_eq!(opened.destroyed().unwrap(), BTreeSet::from([first, last]));
}

/// Its plain header is whole, so that only whoever opens it finds the damage.
#[test]
fn a_block_that_both_files_lack_is_found_whoever_owns_it() {
    let data = tempfile::tempdir().unwrap();
    FileVault::create(data.path(), LOG, &master()).unwrap().extend(&[(workspace(), CHATS[2])]).unwrap();
    for block in 1..4 {
        for name in ["a", "b"] {
            flip(&data.path().join(name), block * BLOCK + 1_000);
        }
        let vault = FileVault::open(data.path(), LOG, &master()).unwrap().vault;
        let found = vault.destroyed();
        assert!(matches!(found, Err(VaultError::Damaged { block: found, .. }) if found as usize == block), "{found:?}");
        flip(&data.path().join("a"), block * BLOCK + 1_000);
        let vault = FileVault::open(data.path(), LOG, &master()).unwrap().vault;
        assert!(vault.destroyed().is_ok(), "mended from a");
    }
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}
