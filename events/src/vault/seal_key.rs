//! All cryptography of the vault: sealing, keyed digests, random bytes. The only file of this crate that names `ring`.

use std::fmt;
use std::io;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::digest::{Context, SHA256};
use ring::error::Unspecified;
use ring::rand::{SecureRandom, SystemRandom};

use super::Owner;
use super::place::Seed;
use crate::personal::Digest;

/// Bytes of a nonce.
pub const NONCE_BYTES: usize = 12;
/// Bytes by which a sealed text is longer than the text.
pub const TAG_BYTES: usize = 16;

const CONTEXT: &str = "tidings seal key v1";

/// A key that is derived from a seed and never stored. `Debug` prints nothing of it.
#[derive(Clone)]
pub struct SealKey {
    cipher: Cipher,
    secret: [u8; 32],
    digest_key: [u8; 32],
}

/// What a key does to a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cipher {
    ChaCha20Poly1305,
    /// Leaves it as it is. Only to measure what sealing costs.
    Transparent,
}

impl SealKey {
    /// Derives an owner's key from its seed.
    pub(super) fn derive(cipher: Cipher, seed: &Seed, owner: Owner) -> Self {
        let (kind, number) = owner.kind_and_number();
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        hasher.update(seed).update(&[kind]).update(&number.to_le_bytes());
        let mut both = [[0; 32]; 2];
        hasher.finalize_xof().fill(both.as_flattened_mut());
        let [secret, digest_key] = both;
        Self { cipher, secret, digest_key }
    }

    /// Takes a master key's bytes as they are.
    pub(super) fn of_master(secret: [u8; 32]) -> Self {
        let digest_key = blake3::derive_key("tidings master key's digests v1", &secret);
        Self { cipher: Cipher::ChaCha20Poly1305, secret, digest_key }
    }

    /// Seals a text with ChaCha20-Poly1305 (RFC 8439) and appends the tag of [`TAG_BYTES`] bytes. A nonce must not be
    /// used for two texts.
    pub fn seal(&self, nonce: [u8; NONCE_BYTES], aad: &[u8], mut plain: Vec<u8>) -> Vec<u8> {
        if self.cipher == Cipher::Transparent {
            plain.extend_from_slice(&[0; TAG_BYTES]);
            return plain;
        }
        plain.reserve_exact(TAG_BYTES);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let sealed = self.keyed().and_then(|key| key.seal_in_place_append_tag(nonce, Aad::from(aad), &mut plain));
        // Fails for texts above 256 GiB only. What could not be sealed must not be handed on.
        if sealed.is_ok() { plain } else { Vec::new() }
    }

    /// Opens what was sealed; `None` if the bytes are not those that were sealed under this key, nonce and `aad`.
    pub fn open(&self, nonce: [u8; NONCE_BYTES], aad: &[u8], mut sealed: Vec<u8>) -> Option<Vec<u8>> {
        let length = sealed.len().checked_sub(TAG_BYTES)?;
        if self.cipher != Cipher::Transparent {
            let nonce = Nonce::assume_unique_for_key(nonce);
            self.keyed().and_then(|key| key.open_in_place(nonce, Aad::from(aad), &mut sealed).map(drop)).ok()?;
        }
        sealed.truncate(length);
        Some(sealed)
    }

    /// Returns the keyed BLAKE3 digest of some bytes.
    pub fn digest(&self, bytes: &[u8]) -> Digest {
        Digest(*blake3::keyed_hash(&self.digest_key, bytes).as_bytes())
    }

    fn keyed(&self) -> Result<LessSafeKey, Unspecified> {
        UnboundKey::new(&CHACHA20_POLY1305, &self.secret).map(LessSafeKey::new)
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey")
    }
}

/// Returns the SHA-256 digest over the concatenation of the parts.
pub fn sha256(parts: &[&[u8]]) -> Digest {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut digest = [0; 32];
    for (byte, of_context) in digest.iter_mut().zip(context.finish().as_ref()) {
        *byte = *of_context;
    }
    Digest(digest)
}

/// Fills the bytes with random numbers of the system.
pub(super) fn fill_random(bytes: &mut [u8]) -> io::Result<()> {
    SystemRandom::new().fill(bytes).map_err(|_| io::Error::other("the system has no random numbers"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ChatId, WorkspaceId};
    use crate::vault::Turn;

    const NONCE: [u8; NONCE_BYTES] = [7; NONCE_BYTES];

    fn owners() -> Vec<Owner> {
        let workspace = WorkspaceId::nth(0);
        let chat = |nth| Owner::Chat(ChatId::nth(workspace, nth).unwrap());
        let log = [Owner::Secrets, Owner::Phones, Owner::WireIds, Owner::Workspace(WorkspaceId::LOG)];
        let own = [Owner::Workspace(workspace), Owner::Lookups(workspace), Owner::Workspace(WorkspaceId::nth(1))];
        let rings = [Turn::A, Turn::B].map(|turn| Owner::Ring(workspace, turn));
        [log.to_vec(), own.to_vec(), rings.to_vec(), vec![chat(1), chat(2)]].concat()
    }

    fn key(seed: u8, owner: Owner) -> SealKey {
        SealKey::derive(Cipher::ChaCha20Poly1305, &[seed; 16], owner)
    }

    fn sealed(plain: &[u8]) -> Vec<u8> {
        key(1, Owner::Secrets).seal(NONCE, b"aad", plain.to_vec())
    }

    #[test]
    fn what_is_sealed_is_opened_and_hidden() {
        for plain in [&b""[..], b"Hi", &[0; 5_000]] {
            let sealed = sealed(plain);
            assert_eq!(sealed.len(), plain.len() + TAG_BYTES);
            assert!(plain.len() < 2 || !sealed.starts_with(&plain[..2]));
            assert_eq!(key(1, Owner::Secrets).open(NONCE, b"aad", sealed).as_deref(), Some(plain));
        }
    }

    #[test]
    fn nothing_else_opens_it() {
        let (key, sealed) = (key(1, Owner::Secrets), sealed(b"a text"));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open(NONCE, b"aad", changed), None, "{at}");
        }
        for length in 0..sealed.len() {
            assert_eq!(key.open(NONCE, b"aad", sealed[..length].to_vec()), None, "{length}");
        }
        assert_eq!(key.open([8; NONCE_BYTES], b"aad", sealed.clone()), None);
        assert_eq!(key.open(NONCE, b"aae", sealed), None);
    }

    #[test]
    fn every_owner_has_a_key_of_its_own_even_with_the_same_seed() {
        for owner in owners() {
            let with_same_seed = owners().into_iter().filter(|other| {
                let key = key(1, *other);
                let opens = key.open(NONCE, b"", self::key(1, owner).seal(NONCE, b"", vec![1])).is_some();
                assert_eq!(opens, key.digest(b"x") == self::key(1, owner).digest(b"x"));
                opens
            });
            assert_eq!(with_same_seed.collect::<Vec<_>>(), [owner]);
            assert_ne!(key(1, owner).digest(b"x"), key(2, owner).digest(b"x"));
        }
    }

    /// The test vector of RFC 8439, section 2.8.2, shortened to its tag, and that of SHA-256 for "abc".
    #[test]
    fn the_algorithms_are_those_of_their_standards() {
        let mut secret = [0; 32];
        (0x80..).zip(&mut secret).for_each(|(byte, at)| *at = byte);
        let nonce = [7, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47];
        let aad = [0x50, 0x51, 0x52, 0x53, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7];
        let plain = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
                      sunscreen would be it.";
        let sealed = SealKey::of_master(secret).seal(nonce, &aad, plain.to_vec());
        let tag = [0x1A, 0xE1, 0x0B, 0x59, 0x4F, 0x09, 0xE2, 0x6A, 0x7E, 0x90, 0x2E, 0xCB, 0xD0, 0x60, 0x06, 0x91];
        assert_eq!(sealed[plain.len()..], tag);
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(&[b"a", b"", b"bc"]).to_string(), digest);
    }

    #[test]
    fn a_transparent_key_changes_no_text_but_hashes_as_usual() {
        let transparent = SealKey::derive(Cipher::Transparent, &[1; 16], Owner::Secrets);
        let sealed = transparent.seal(NONCE, b"", b"Hi".to_vec());
        assert_eq!(sealed, [&b"Hi"[..], &[0; TAG_BYTES]].concat());
        assert_eq!(transparent.open(NONCE, b"", sealed).as_deref(), Some(&b"Hi"[..]));
        assert_eq!(transparent.open(NONCE, b"", vec![0; TAG_BYTES - 1]), None);
        assert_eq!(transparent.digest(b"Hi"), key(1, Owner::Secrets).digest(b"Hi"));
    }

    #[test]
    fn debug_prints_nothing_of_a_key() {
        assert_eq!(format!("{:?}", key(1, Owner::Secrets)), "SealKey");
    }
}
