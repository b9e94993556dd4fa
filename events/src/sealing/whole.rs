//! Seals values as wholes: notes of the index, snapshots, attempts, secrets. In front stand the format (one byte) and a
//! random nonce (12 bytes).

use crate::log::ReadError;
use crate::vault::{Owner, Vault};

/// The format of sealed values. A first byte that is fixed also keeps them apart from the heads of long values.
const FORMAT: u8 = 1;
const NONCE_BYTES: usize = 12;
/// How much longer a sealed value is.
pub const OVERHEAD_BYTES: usize = 1 + NONCE_BYTES + super::TAG_BYTES;

/// Seals a value for the place that `aad` names; `None` if the owner's key is destroyed.
pub fn seal(vault: &dyn Vault, owner: Owner, aad: &[u8], plain: Vec<u8>) -> Result<Option<Vec<u8>>, ReadError> {
    let Some(key) = vault.key(owner)? else { return Ok(None) };
    let unique = vault.unique();
    let nonce = unique.first_chunk::<NONCE_BYTES>().copied().unwrap_or_default();
    Ok(Some([&[FORMAT], nonce.as_slice(), &key.seal(nonce, aad, plain)].concat()))
}

/// Opens what was sealed for a place; `None` if the owner's key is destroyed.
pub fn open(vault: &dyn Vault, owner: Owner, aad: &[u8], sealed: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
    let Some(key) = vault.key(owner)? else { return Ok(None) };
    let opened = sealed.strip_prefix(&[FORMAT]).and_then(<[u8]>::split_first_chunk::<NONCE_BYTES>);
    let opened = opened.and_then(|(nonce, sealed)| key.open(*nonce, aad, sealed.to_vec()));
    let changed = || ReadError::Damaged { position: 0, what: "a sealed value has changed".to_owned() };
    opened.map(Some).ok_or_else(changed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may fail loudly")]
mod tests {
    use super::*;
    use crate::vault::MemoryVault;

    // Guards against values whose first random byte is taken for something else.
    #[test]
    fn every_sealed_value_begins_with_the_format_and_opens_only_for_its_place_and_owner() {
        let vault = MemoryVault::endless();
        for _ in 0..1_000 {
            let sealed = seal(&vault, Owner::Phones, b"here", b"Cleo".to_vec()).unwrap().unwrap();
            assert_eq!((sealed.first(), sealed.len()), (Some(&FORMAT), 4 + OVERHEAD_BYTES));
            assert_eq!(open(&vault, Owner::Phones, b"here", &sealed).unwrap().unwrap(), b"Cleo");
            assert!(open(&vault, Owner::Phones, b"there", &sealed).is_err());
            assert!(open(&vault, Owner::Secrets, b"here", &sealed).is_err());
            let mut other = sealed;
            other.first_mut().unwrap().clone_from(&0xff);
            assert!(open(&vault, Owner::Phones, b"here", &other).is_err());
        }
    }
}
