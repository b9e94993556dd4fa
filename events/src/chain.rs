//! The hash chain: each record's hash covers the one before it.

use crate::personal::Digest;

/// The hash that the first record has as its predecessor.
pub const GENESIS: Digest = Digest([0; 32]);

/// Returns the hash of a record: blake3 of the previous record's hash and the stored bytes.
pub fn link(previous: &Digest, record: &[u8]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&previous.0);
    hasher.update(record);
    Digest(*hasher.finalize().as_bytes())
}
