//! The hash chain: each record's hash covers the one before it.

use crate::personal::Digest;

/// The hash that the first record has as its predecessor.
pub const GENESIS: Digest = Digest([0; 32]);

/// The key of the hash: no other hash of ours can be mistaken for one of the chain.
const KEY: &[u8; 32] = b"tidings record chain v1\0\0\0\0\0\0\0\0\0";

/// Returns the hash of a record: keyed blake3 of the previous record's hash and the stored bytes. The key is the text
/// `tidings record chain v1`, filled up to 32 bytes with zeros.
pub fn link(previous: &Digest, record: &[u8]) -> Digest {
    let mut hasher = blake3::Hasher::new_keyed(KEY);
    hasher.update(&previous.0);
    hasher.update(record);
    Digest(*hasher.finalize().as_bytes())
}
