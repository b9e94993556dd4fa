//! Bytes that are not those that were written: mended from the other copy, or named.

use events::personal::Digest;
use events::vault::{Side, VaultError};

use crate::desk::{BLOCK, CHATS, Home, chat, damage, marks, own, owners, workspace};

/// Offsets in the magic, the name, the version, the nonce, the seeds, the tag and the sum of a block.
const PLACES: [usize; 14] = [0, 3, 4, 11, 12, 16, 23, 24, 35, 36, 2_000, 4_067, 4_068, 4_095];

fn assert_mended(home: &Home, expected: &[Option<Digest>], what: &str) {
    let (vault, mended) = home.open().unwrap();
    assert!(mended.len() == 1 && mended[0].contains(what), "{mended:?}");
    assert_eq!(marks(&*vault, &owners(CHATS[1])), expected);
    home.assert_equal();
    drop(vault);
    home.reopen();
}

fn before(home: &Home) -> Vec<Option<Digest>> {
    marks(&*home.reopen(), &owners(CHATS[1]))
}

#[test]
fn a_flipped_bit_in_one_file_is_mended_from_the_other() {
    for home in Home::with(CHATS[1]) {
        let (expected, whole) = (before(&home), home.bytes(Side::A));
        for side in Side::BOTH {
            for at in (0..3).flat_map(|block| PLACES.map(|place| block * BLOCK + place)) {
                home.flip(side, at);
                let block = at / BLOCK;
                let what = format!("1 damaged in the vault's file {}, from block {block} on", side.name());
                assert_mended(&home, &expected, &what);
                assert!(home.bytes(Side::A) == whole, "{at}");
            }
        }
    }
}

#[test]
fn damage_of_different_blocks_of_the_two_files_is_mended() {
    for home in Home::with(CHATS[1]) {
        let expected = before(&home);
        home.flip(Side::A, BLOCK + 50);
        home.flip(Side::B, 2 * BLOCK + 50);
        home.flip(Side::B, 50);
        let (vault, mended) = home.open().unwrap();
        assert_eq!(mended.len(), 2);
        assert_eq!(marks(&*vault, &owners(CHATS[1])), expected);
        home.assert_equal();
    }
}

#[test]
fn damage_of_the_same_block_of_both_files_is_named() {
    for home in Home::with(CHATS[1]) {
        for at in (0..3).flat_map(|block| PLACES.map(|place| block * BLOCK + place)) {
            for other in [at, at / BLOCK * BLOCK + 3_000] {
                let whole = home.bytes(Side::A);
                home.flip(Side::A, at);
                home.flip(Side::B, other);
                assert_eq!(named_block(&home), at / BLOCK, "{at} and {other}");
                home.set_both(&whole);
            }
        }
        home.reopen();
    }
}

/// Returns the block that is said to be damaged, when the vault is opened or when the seeds are needed.
fn named_block(home: &Home) -> usize {
    match home.open() {
        Err(VaultError::Damaged { block, .. }) => block as usize,
        Err(other) => panic!("{other}"),
        Ok((vault, _)) => {
            let (one, other) = (vault.key(chat(1)), vault.key(chat(CHATS[1])));
            let is_first = one.is_err();
            assert_ne!(is_first, other.is_err(), "the other block is whole");
            let (owner, block) = if is_first { (chat(1), 1) } else { (chat(CHATS[1]), 2) };
            let what = damage(&*vault, owner);
            assert!(what.starts_with(&format!("block {block} of the vault's file a is damaged")), "{what}");
            assert!(vault.destroy(owner).is_err());
            block
        }
    }
}

#[test]
fn a_file_that_was_cut_short_is_made_again() {
    for home in Home::with(CHATS[1]) {
        let (expected, whole) = (before(&home), home.bytes(Side::A));
        for side in Side::BOTH {
            for length in [0, 1, 100, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 40, 3 * BLOCK - 1] {
                home.set_bytes(side, whole[..length].to_vec());
                assert_mended(&home, &expected, &format!("missing in the vault's file {}", side.name()));
                assert!(home.bytes(side) == whole, "{length}");
            }
        }
    }
}

#[test]
fn of_a_short_file_and_a_damaged_one_the_block_that_both_lack_is_named() {
    for home in Home::with(CHATS[1]) {
        home.set_bytes(Side::A, home.bytes(Side::B)[..2 * BLOCK].to_vec());
        home.flip(Side::B, 2 * BLOCK + 100);
        assert!(matches!(home.open(), Err(VaultError::Damaged { file: "b", block: 2 })));
        home.flip(Side::B, 2 * BLOCK + 100);
        home.set_bytes(Side::A, Vec::new());
        home.flip(Side::B, 100);
        assert!(matches!(home.open(), Err(VaultError::Damaged { block: 0, .. })));
        home.set_bytes(Side::B, Vec::new());
        assert!(matches!(home.open(), Err(VaultError::Damaged { block: 0, .. })));
    }
}

/// A crash leaves at most one write torn at the end of the first file; more than that was in use.
#[test]
fn a_long_damaged_end_is_never_cut_off() {
    for home in Home::with(66 * 252) {
        let whole = home.bytes(Side::A);
        home.set_bytes(Side::B, whole[..2 * BLOCK].to_vec());
        home.flip(Side::A, 2 * BLOCK + 100);
        assert!(matches!(home.open(), Err(VaultError::Damaged { file: "a", block: 2 })));
        assert_eq!(home.bytes(Side::A).len(), whole.len());
    }
}

#[test]
fn blocks_in_another_order_or_twice_are_refused() {
    for home in Home::with(CHATS[1]) {
        let whole = home.bytes(Side::A);
        let [header, one, two] = [0, 1, 2].map(|block| &whole[block * BLOCK..(block + 1) * BLOCK]);
        for (blocks, named) in [([header, two, one], 1), ([header, one, one], 2)] {
            home.set_both(&blocks.concat());
            assert_eq!(named_block(&home), named);
        }
        home.set_bytes(Side::A, [header, one, two].concat());
        home.set_bytes(Side::B, [header, two, one].concat());
        assert_eq!(named_block(&home), 1);
    }
}

#[test]
fn what_is_damaged_while_the_vault_is_open_is_read_from_the_other_file() {
    for home in Home::with(CHATS[1]) {
        let expected = before(&home);
        let vault = home.reopen();
        home.flip(Side::A, BLOCK + 100);
        home.flip(Side::B, 2 * BLOCK + 100);
        assert_eq!(marks(&*vault, &owners(CHATS[1])), expected);
        drop(vault);
        let vault = home.open().unwrap().0;
        home.flip(Side::A, BLOCK + 100);
        home.flip(Side::B, BLOCK + 100);
        assert!(damage(&*vault, chat(1)).contains("block 1 of the vault's file a"));
    }
}

/// A bad sector: the disk says so itself.
#[test]
fn what_the_disk_cannot_read_of_one_file_is_mended_from_the_other() {
    let [_, home] = Home::with(CHATS[1]);
    let expected = before(&home);
    for side in Side::BOTH {
        for block in 0..3 {
            let Home::Memory(disk) = &home else { panic!("not in memory") };
            let vault = home.reopen();
            disk.file(side).break_at(block * BLOCK as u64 + 5);
            assert_eq!(marks(&*vault, &owners(CHATS[1])), expected);
            assert_mended(&home, &expected, "1 damaged");
        }
        let Home::Memory(disk) = &home else { panic!("not in memory") };
        disk.file(side).break_at(0);
        disk.file(side.other()).break_at(0);
        assert!(matches!(home.open(), Err(VaultError::Io(_))));
        home.set_both(&disk.file(side).bytes());
    }
}

/// Both files were put back from an old copy: seeds that were made since are not there, and that is said.
#[test]
fn a_seed_that_both_files_lack_is_named() {
    for home in Home::with(CHATS[1]) {
        home.set_both(&home.bytes(Side::A)[..2 * BLOCK]);
        let vault = home.reopen();
        assert_eq!(vault.room(workspace()), Some(CHATS[0]));
        assert!(marks(&*vault, &own(workspace())).iter().all(Option::is_some));
        assert_eq!(damage(&*vault, chat(249)), "the vault has no seed of chat 100100000249");
    }
}
