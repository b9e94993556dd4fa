//! Random bytes for seeds, nonces and unique values: the system's, or a reproducible series for tests.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::place::{DESTROYED, Seed};
use super::seal_key::{self, NONCE_BYTES};

/// Where random bytes come from. Clones of a series go on where the others are.
#[derive(Clone)]
pub(super) enum Randomness {
    System,
    /// Made of a key and a counter, the same in every run.
    Series {
        key: [u8; 32],
        next: Arc<AtomicU64>,
    },
}

impl Randomness {
    pub(super) fn series(seed: u64) -> Self {
        let key = blake3::derive_key("tidings vault's series of random bytes v1", &seed.to_le_bytes());
        Self::Series { key, next: Arc::default() }
    }

    pub(super) fn fill(&self, bytes: &mut [u8]) -> io::Result<()> {
        match self {
            Self::System => seal_key::fill_random(bytes),
            Self::Series { key, next } => {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let mut hasher = blake3::Hasher::new_keyed(key);
                hasher.update(&number.to_le_bytes()).finalize_xof().fill(bytes);
                Ok(())
            }
        }
    }

    /// Returns a seed that is not that of a destroyed one.
    pub(super) fn seed(&self) -> io::Result<Seed> {
        let mut seed = DESTROYED;
        while seed == DESTROYED {
            self.fill(&mut seed)?;
        }
        Ok(seed)
    }

    pub(super) fn nonce(&self) -> io::Result<[u8; NONCE_BYTES]> {
        let mut nonce = [0; NONCE_BYTES];
        self.fill(&mut nonce)?;
        Ok(nonce)
    }
}

/// Makes values that never repeat within a process and that nobody can guess: keyed BLAKE3 of a counter, cut.
pub(super) struct UniqueValues {
    key: [u8; 32],
    next: AtomicU64,
}

impl UniqueValues {
    pub(super) fn new(randomness: &Randomness) -> io::Result<Self> {
        let mut key = [0; 32];
        randomness.fill(&mut key)?;
        Ok(Self::of_key(key))
    }

    pub(super) const fn of_key(key: [u8; 32]) -> Self {
        Self { key, next: AtomicU64::new(0) }
    }

    pub(super) fn next(&self) -> [u8; 16] {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let digest = blake3::keyed_hash(&self.key, &number.to_le_bytes());
        digest.as_bytes().first_chunk().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_the_same_in_every_run_and_goes_on_in_its_clones() {
        let (one, other) = (Randomness::series(7), Randomness::series(7));
        let clone = one.clone();
        let seeds = [one.seed().unwrap(), clone.seed().unwrap(), one.seed().unwrap()];
        assert_eq!(seeds, [other.seed().unwrap(), other.seed().unwrap(), other.seed().unwrap()]);
        assert!(seeds[0] != seeds[1] && seeds[1] != seeds[2]);
        assert_ne!(Randomness::series(8).seed().unwrap(), seeds[0]);
    }

    #[test]
    fn the_systems_bytes_are_others_each_time() {
        let system = Randomness::System;
        assert_ne!(system.seed().unwrap(), system.seed().unwrap());
        assert_ne!(system.nonce().unwrap(), system.nonce().unwrap());
    }
}
