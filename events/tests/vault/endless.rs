//! The vaults for tests and benches that are not about the vault.

use events::ids::{ChatId, WorkspaceId};
use events::vault::{MemoryVault, Owner, Vault};

use crate::desk::{chat, mark, marks, own, workspace};

#[test]
fn an_endless_vault_has_a_seed_for_everyone() {
    let vault = MemoryVault::endless();
    assert_eq!(vault.room(workspace()), Some(ChatId::NTH_MAX));
    assert_eq!(vault.room(WorkspaceId::LOG), Some(0));
    vault.extend(&[(workspace(), u64::MAX)]).unwrap();
    let some = [own(workspace()).to_vec(), vec![Owner::Secrets, chat(1), chat(ChatId::NTH_MAX)]].concat();
    let found = marks(&vault, &some);
    assert!(found.iter().all(Option::is_some));
    assert!(found.iter().enumerate().all(|(at, mark)| !found[..at].contains(mark)));
    assert_ne!(vault.unique(), vault.unique());
}

#[test]
fn it_destroys_and_renews_as_others_do() {
    for vault in [MemoryVault::endless(), MemoryVault::transparent()] {
        let before = mark(&vault, chat(1));
        let other = mark(&vault, chat(2));
        vault.destroy(chat(1)).unwrap();
        vault.destroy(chat(1)).unwrap();
        assert_eq!(mark(&vault, chat(1)), None);
        vault.renew(chat(1)).unwrap();
        let renewed = mark(&vault, chat(1));
        assert!(renewed.is_some() && renewed != before && renewed != other);
        assert_eq!(mark(&vault, chat(2)), other);
    }
}

#[test]
fn only_a_transparent_vault_leaves_texts_as_they_are() {
    let sealed = |vault: MemoryVault| {
        let key = vault.key(chat(1)).unwrap().unwrap();
        let sealed = key.seal([1; 12], b"aad", b"Hello".to_vec());
        assert_eq!(key.open([1; 12], b"aad", sealed.clone()).as_deref(), Some(&b"Hello"[..]));
        (sealed.starts_with(b"Hello"), sealed.len())
    };
    assert_eq!(sealed(MemoryVault::endless()), (false, 21));
    assert_eq!(sealed(MemoryVault::transparent()), (true, 21));
}
