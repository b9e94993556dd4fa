//! The first block of each file: tells another log's vault, a wrong master key and damage apart.

use super::block::{BLOCK_BYTES, MAGIC, Sealing};
use super::seal_key::{NONCE_BYTES, TAG_BYTES};
use crate::ids::Position;

const FORMAT: u32 = 1;
/// Sealed under the master key, to find out whether a key is the right one.
const PROOF: &[u8; 16] = b"tidings vault v1";
const SUM_BYTES: usize = 32;

/// Why a header block is not that of this vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeaderFault {
    /// It is not there, or its bytes are not those that were written.
    Damaged,
    /// A format of a later version. The sum of a block is in its last 32 bytes in every format.
    Format(u32),
    OtherLog,
    WrongKey,
}

/// Returns the bytes of a header block. The nonce must be a new one. What was sealed up to `erased_up_to` was sealed under seeds
/// of another vault, which is lost.
pub(super) fn encode(sealing: &Sealing, nonce: [u8; NONCE_BYTES], erased_up_to: Position) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(BLOCK_BYTES);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&sealing.log);
    // 1 in the vault that was made with the log.
    bytes.extend_from_slice(&erased_up_to.saturating_add(1).to_le_bytes());
    let sealed = sealing.key.seal(nonce, &bytes, PROOF.to_vec());
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(&sealed);
    bytes.resize(BLOCK_BYTES - SUM_BYTES, 0);
    let sum = blake3::hash(&bytes);
    bytes.extend_from_slice(sum.as_bytes());
    bytes
}

/// Checks that a header block is whole, of this format and log, and was made under this master key. Returns up to which
/// position everything is erased.
pub(super) fn check(bytes: Option<&[u8]>, sealing: &Sealing) -> Result<Position, HeaderFault> {
    let summed = bytes.and_then(summed).ok_or(HeaderFault::Damaged)?;
    let parts = Parts::of(summed).ok_or(HeaderFault::Damaged)?;
    if parts.format != FORMAT {
        return Err(HeaderFault::Format(parts.format));
    }
    if parts.log != sealing.log {
        return Err(HeaderFault::OtherLog);
    }
    match sealing.key.open(parts.nonce, parts.aad, parts.sealed.to_vec()) {
        Some(proof) if proof == PROOF => Ok(parts.erased_up_to),
        _ => Err(HeaderFault::WrongKey),
    }
}

/// Returns a block without its sum, if it has the right one.
fn summed(bytes: &[u8]) -> Option<&[u8]> {
    let (summed, sum) = bytes.split_last_chunk::<SUM_BYTES>()?;
    (bytes.len() == BLOCK_BYTES && blake3::hash(summed).as_bytes() == sum).then_some(summed)
}

struct Parts<'a> {
    format: u32,
    log: [u8; 16],
    erased_up_to: Position,
    nonce: [u8; NONCE_BYTES],
    aad: &'a [u8],
    sealed: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let (format, rest) = bytes.strip_prefix(&MAGIC)?.split_first_chunk()?;
        let (log, rest) = rest.split_first_chunk()?;
        let (next, rest) = rest.split_first_chunk()?;
        let (nonce, rest) = rest.split_first_chunk()?;
        let aad = bytes.get(..bytes.len().checked_sub(rest.len() + NONCE_BYTES)?)?;
        let sealed = rest.get(..PROOF.len() + TAG_BYTES)?;
        let erased_up_to = u64::from_le_bytes(*next).checked_sub(1)?;
        Some(Self { format: u32::from_le_bytes(*format), log: *log, erased_up_to, nonce: *nonce, aad, sealed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::seal_key::SealKey;

    fn sealing(key: u8, log: u8) -> Sealing {
        Sealing { key: SealKey::of_master([key; 32]), log: [log; 16] }
    }

    fn bytes() -> Vec<u8> {
        encode(&sealing(1, 2), [9; NONCE_BYTES], 4_711)
    }

    #[test]
    fn a_header_is_known_to_its_key_and_log_only() {
        assert_eq!(bytes().len(), BLOCK_BYTES);
        assert_eq!(check(Some(&bytes()), &sealing(1, 2)), Ok(4_711));
        assert_eq!(check(Some(&bytes()), &sealing(2, 2)), Err(HeaderFault::WrongKey));
        assert_eq!(check(Some(&bytes()), &sealing(1, 3)), Err(HeaderFault::OtherLog));
        assert_eq!(check(None, &sealing(1, 2)), Err(HeaderFault::Damaged));
    }

    #[test]
    fn every_flipped_bit_is_damage_and_nothing_else() {
        for at in 0..BLOCK_BYTES {
            let mut changed = bytes();
            changed[at] ^= 1;
            assert_eq!(check(Some(&changed), &sealing(1, 2)), Err(HeaderFault::Damaged), "{at}");
        }
        assert_eq!(check(Some(&bytes()[1..]), &sealing(1, 2)), Err(HeaderFault::Damaged));
    }

    #[test]
    fn a_later_format_is_named() {
        let mut later = bytes()[..BLOCK_BYTES - SUM_BYTES].to_vec();
        later[4..8].copy_from_slice(&7_u32.to_le_bytes());
        let sum = blake3::hash(&later);
        later.extend_from_slice(sum.as_bytes());
        assert_eq!(check(Some(&later), &sealing(1, 2)), Err(HeaderFault::Format(7)));
    }
}
