//! The key pair that signs a log's checkpoints; one of two files that name ring.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{self, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::founding::LogId;
use crate::vault::sha256;

/// The algorithm's number in C2SP's signed notes (c2sp.org/signed-note): Ed25519.
const ED25519: u8 = 1;

/// A key pair, of which only the seed is stored, among the secrets.
pub struct CheckpointKey {
    seed: [u8; 32],
    pair: Ed25519KeyPair,
}

/// No key could be made.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("no key for checkpoints can be made")]
pub struct NoKey;

impl CheckpointKey {
    /// Makes a key from the system's random numbers.
    pub fn random() -> Result<Self, NoKey> {
        let mut seed = [0; 32];
        SystemRandom::new().fill(&mut seed).map_err(|_| NoKey)?;
        Self::of_seed(seed)
    }

    pub fn of_seed(seed: [u8; 32]) -> Result<Self, NoKey> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| NoKey)?;
        Ok(Self { seed, pair })
    }

    /// Returns what is to be kept secret.
    pub const fn seed(&self) -> [u8; 32] {
        self.seed
    }

    /// Returns the public key, named `tidings/<log id>`.
    pub fn verifier(&self, log: LogId) -> VerifierKey {
        VerifierKey::of(format!("tidings/{log}"), [&[ED25519], self.pair.public_key().as_ref()].concat())
    }

    /// Returns a note's signature of a text: `name base64`.
    pub(crate) fn signature(&self, log: LogId, text: &[u8]) -> String {
        self.verifier(log).signature(self.pair.sign(text).as_ref())
    }
}

/// A public key as C2SP's signed notes write it: `name+id+base64`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    /// The first bytes of the hash of name and key.
    id: [u8; 4],
    /// The algorithm's number, and the key.
    key: Vec<u8>,
}

/// The text is no public key for signed notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a public key of the form name+id+base64")]
pub struct NoVerifierKey;

impl VerifierKey {
    fn of(name: String, key: Vec<u8>) -> Self {
        let hash = sha256(&[name.as_bytes(), b"\n", &key]);
        let id = hash.0.first_chunk().copied().unwrap_or_default();
        Self { name, id, key }
    }

    /// Returns a signature for a note: `name base64`.
    fn signature(&self, signed: &[u8]) -> String {
        format!("{} {}", self.name, STANDARD.encode([self.id.as_slice(), signed].concat()))
    }

    /// Returns what was signed with this key, if a signature of a note names it.
    fn signed(&self, signature: &str) -> Option<Vec<u8>> {
        let text = signature.strip_prefix(self.name.as_str())?.strip_prefix(' ')?;
        let bytes = STANDARD.decode(text).ok()?;
        bytes.strip_prefix(self.id.as_slice()).map(<[u8]>::to_vec)
    }

    /// True if a signature of a note names this key.
    pub fn is_named_in(&self, signature: &str) -> bool {
        self.signed(signature).is_some()
    }

    /// True if a signature of a note is that of this text by this key.
    pub fn verifies(&self, text: &[u8], signature: &str) -> bool {
        let public = self.key.strip_prefix(&[ED25519]);
        let verifies = |(public, signed): (&[u8], Vec<u8>)| {
            UnparsedPublicKey::new(&signature::ED25519, public).verify(text, &signed)
        };
        public.zip(self.signed(signature)).is_some_and(|both| verifies(both).is_ok())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+", self.name)?;
        self.id.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, "+{}", STANDARD.encode(&self.key))
    }
}

impl FromStr for VerifierKey {
    type Err = NoVerifierKey;

    fn from_str(text: &str) -> Result<Self, NoVerifierKey> {
        let (name, rest) = text.split_once('+').ok_or(NoVerifierKey)?;
        let (_, key) = rest.split_once('+').ok_or(NoVerifierKey)?;
        let key = STANDARD.decode(key).map_err(|_| NoVerifierKey)?;
        let read = Self::of(name.to_owned(), key);
        // The id in the text guards against a key that was typed wrong.
        if read.to_string() == text { Ok(read) } else { Err(NoVerifierKey) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first key pair of RFC 8032, section 7.1; the hash was computed by sha256sum.
    #[test]
    fn a_public_key_is_written_as_signed_notes_write_it() {
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let seed: crate::personal::Digest = seed.parse().unwrap();
        let key = CheckpointKey::of_seed(seed.0).unwrap();
        let verifier = key.verifier(LogId([0xab; 16])).to_string();
        let (name, rest) = verifier.split_once('+').unwrap();
        let (hash, public) = rest.split_once('+').unwrap();
        assert_eq!(name, "tidings/abababababababababababababababab");
        let public = STANDARD.decode(public).unwrap();
        assert_eq!(public[0], 1);
        let known = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        assert_eq!(crate::personal::Digest(public[1..].try_into().unwrap()).to_string(), known);
        assert_eq!(hash, "0b3c49a4");
        assert_ne!(CheckpointKey::random().unwrap().seed(), CheckpointKey::random().unwrap().seed());
    }
}
