//! The key pair that signs a log's checkpoints; one of two files that name ring.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair};

use crate::founding::LogId;
use crate::vault::sha256;

/// The algorithm's number in C2SP's signed notes (c2sp.org/signed-note): Ed25519.
const ED25519: u8 = 1;

/// A key pair, of which only the seed is stored, among the secrets.
pub struct CheckpointKey {
    seed: [u8; 32],
    public: Vec<u8>,
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
        Ok(Self { seed, public: pair.public_key().as_ref().to_vec() })
    }

    /// Returns what is to be kept secret.
    pub const fn seed(&self) -> [u8; 32] {
        self.seed
    }

    /// Returns the public key as C2SP's signed notes write it: `name+hash+base64`, with the name `tidings/<log id>`.
    pub fn verifier(&self, log: LogId) -> String {
        let name = format!("tidings/{log}");
        let key = [&[ED25519], self.public.as_slice()].concat();
        let hash = sha256(&[name.as_bytes(), b"\n", &key]);
        let short: String = hash.to_string().chars().take(8).collect();
        format!("{name}+{short}+{}", STANDARD.encode(key))
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
        let verifier = key.verifier(LogId([0xab; 16]));
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
