//! Making, finding, destroying and renewing seeds, with every vault.

use std::collections::BTreeSet;

use events::ids::{ChatId, WorkspaceId};
use events::vault::{Owner, Side, VaultError};

use crate::desk::{BLOCK, CHATS, Home, chat, damage, mark, marks, own, owners, workspace};

#[test]
fn a_new_vault_has_room_for_nothing_and_no_keys() {
    for (_, vault) in Home::each() {
        assert_eq!(vault.room(workspace()), None);
        assert_eq!(damage(&*vault, chat(1)), "the vault has no seed of chat 100100000001");
        assert!(matches!(vault.destroy(chat(1)), Err(VaultError::NeverMade(owner)) if owner == chat(1)));
        assert!(matches!(vault.renew(chat(1)), Err(VaultError::NeverMade(_))));
    }
}

#[test]
fn every_owner_has_a_key_of_its_own_which_stays_the_same() {
    for (home, vault) in Home::each() {
        vault.extend(&[(workspace(), CHATS[2])]).unwrap();
        let before = marks(&*vault, &owners(CHATS[2]));
        assert_eq!(before.iter().flatten().collect::<BTreeSet<_>>().len(), 14);
        assert_eq!(marks(&*vault, &owners(CHATS[2])), before);
        drop(vault);
        assert_eq!(marks(&*home.reopen(), &owners(CHATS[2])), before);
    }
}

#[test]
fn what_one_key_sealed_no_other_opens() {
    for (_, vault) in Home::each() {
        vault.extend(&[(workspace(), 2)]).unwrap();
        let [one, other] = [1, 2].map(|nth| vault.key(chat(nth)).unwrap().unwrap());
        let sealed = one.seal([9; 12], b"aad", b"Hi".to_vec());
        assert_eq!(other.open([9; 12], b"aad", sealed.clone()), None);
        assert_eq!(one.open([9; 12], b"aad", sealed).as_deref(), Some(&b"Hi"[..]));
    }
}

#[test]
fn a_vault_is_extended_by_no_more_than_it_must() {
    for (home, vault) in Home::each() {
        let steps = [(0, CHATS[0], 2), (248, CHATS[0], 2), (249, CHATS[1], 3), (7, CHATS[1], 3), (501, CHATS[2], 4)];
        for (chats, room, blocks) in steps {
            vault.extend(&[(workspace(), chats)]).unwrap();
            assert_eq!(vault.room(workspace()), Some(room), "{chats}");
            assert_eq!(home.bytes(Side::A).len(), blocks * BLOCK, "{chats}");
            home.assert_equal();
        }
        damage(&*vault, chat(CHATS[2] + 1));
        assert_eq!(home.reopen().room(workspace()), Some(CHATS[2]));
    }
}

#[test]
fn many_blocks_are_made_at_once() {
    for (home, vault) in Home::each() {
        let chats = 200 * 252;
        vault.extend(&[(workspace(), chats)]).unwrap();
        let before = mark(&*vault, chat(chats));
        assert_eq!(vault.room(workspace()), Some(201 * 252 - 4));
        drop(vault);
        let vault = home.reopen();
        assert_eq!((vault.room(workspace()), mark(&*vault, chat(chats))), (Some(201 * 252 - 4), before));
    }
}

#[test]
fn workspaces_are_extended_each_by_itself() {
    for (home, vault) in Home::each() {
        let other = WorkspaceId::nth(1);
        vault.extend(&[(workspace(), 1)]).unwrap();
        vault.extend(&[(other, 249)]).unwrap();
        vault.extend(&[(workspace(), 249)]).unwrap();
        assert_eq!([workspace(), other, WorkspaceId::nth(2)].map(|id| vault.room(id)), [Some(500), Some(500), None]);
        let both = [own(workspace()), own(other)].concat();
        let before = marks(&*vault, &both);
        assert_eq!(before.iter().collect::<BTreeSet<_>>().len(), 8);
        drop(vault);
        assert_eq!(marks(&*home.reopen(), &both), before);
    }
}

#[test]
fn the_log_has_seeds_of_its_own_but_no_chats() {
    for (_, vault) in Home::each() {
        assert_eq!(vault.room(WorkspaceId::LOG), None);
        vault.extend(&[(WorkspaceId::LOG, 0)]).unwrap();
        assert_eq!(vault.room(WorkspaceId::LOG), Some(0));
        let log = [own(WorkspaceId::LOG).to_vec(), vec![Owner::Secrets, Owner::Phones, Owner::WireIds]].concat();
        assert_eq!(marks(&*vault, &log).iter().flatten().collect::<BTreeSet<_>>().len(), 7);
        let without_seed = Owner::Chat(ChatId::nth(workspace(), 1).unwrap());
        damage(&*vault, without_seed);
        assert!(matches!(vault.destroy(without_seed), Err(VaultError::NeverMade(_))));
    }
}

#[test]
fn a_destroyed_seed_is_gone_for_good_and_the_others_stay() {
    for victim in owners(CHATS[1]) {
        for (home, vault) in Home::each() {
            vault.extend(&[(workspace(), CHATS[1])]).unwrap();
            let mut expected = marks(&*vault, &owners(CHATS[1]));
            let place = owners(CHATS[1]).iter().position(|owner| *owner == victim).unwrap();
            expected[place] = None;
            vault.destroy(victim).unwrap();
            assert_eq!(marks(&*vault, &owners(CHATS[1])), expected);
            let bytes = home.bytes(Side::A);
            vault.destroy(victim).unwrap();
            assert!(home.bytes(Side::A) == bytes, "the second time nothing is written");
            home.assert_equal();
            drop(vault);
            let vault = home.reopen();
            assert_eq!(marks(&*vault, &owners(CHATS[1])), expected);
            vault.extend(&[(workspace(), CHATS[2])]).unwrap();
            assert_eq!(mark(&*vault, victim), None);
        }
    }
}

#[test]
fn a_renewed_seed_is_another_one() {
    for (home, vault) in Home::each() {
        vault.extend(&[(workspace(), 1)]).unwrap();
        let [_, _, a, b] = own(workspace());
        let before = [a, b, chat(1)].map(|owner| mark(&*vault, owner));
        vault.renew(a).unwrap();
        vault.destroy(b).unwrap();
        vault.renew(b).unwrap();
        let after = [a, b, chat(1)].map(|owner| mark(&*vault, owner));
        assert_eq!(before.iter().chain(&after).flatten().collect::<BTreeSet<_>>().len(), 5);
        assert_eq!(before[2], after[2]);
        home.assert_equal();
        drop(vault);
        let vault = home.reopen();
        assert_eq!([a, b, chat(1)].map(|owner| mark(&*vault, owner)), after);
    }
}

/// Otherwise one could see in an old copy of a file which seeds were destroyed since.
#[test]
fn a_changed_block_looks_wholly_different() {
    for (home, vault) in Home::each() {
        vault.extend(&[(workspace(), 1)]).unwrap();
        let before = home.bytes(Side::A);
        vault.destroy(chat(1)).unwrap();
        let after = home.bytes(Side::A);
        let same = before.iter().zip(&after).skip(BLOCK + 36).filter(|(one, other)| one == other).count();
        assert!(same < 100, "{same} of 4,060 bytes are the same");
    }
}

#[test]
fn unique_values_never_repeat() {
    for (home, mut vault) in Home::each() {
        let mut seen = BTreeSet::new();
        for _ in 0..3 {
            seen.extend((0..5_000).map(|_| vault.unique()));
            drop(vault);
            vault = home.reopen();
        }
        assert_eq!(seen.len(), 15_000);
    }
}
