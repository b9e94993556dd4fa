//! The hash chain: each record's hash covers the one before it.

use crate::personal::Digest;

/// What the first record follows.
pub const GENESIS: Digest = Digest([0; 32]);

/// Hash of a record: blake3 of the previous hash and the stored bytes.
pub fn link(previous: &Digest, record: &[u8]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&previous.0);
    hasher.update(record);
    Digest(*hasher.finalize().as_bytes())
}
