//! The keys of one webhook: the one in force and, for a day after a rotation, the one before it.

use std::fmt::Display;

use events::log::{Log, ReadError, WriteError};
use events::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::SigningKey;
use crate::secrets::{self, Chance};

/// For so long both keys sign after a rotation: 24 hours.
pub const OVERLAP_MS: u64 = 86_400_000;

/// The keys of one webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRing {
    current: SigningKey,
    previous: Option<(SigningKey, Timestamp)>,
}

/// Why a webhook's keys are not at hand.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The store of secrets could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The first key could not be kept.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// As it is kept in the store of secrets.
#[derive(Serialize, Deserialize)]
struct Kept {
    current: String,
    previous: Option<(String, Timestamp)>,
}

impl KeyRing {
    /// One key, for a webhook that had none.
    pub fn new(key: SigningKey) -> Self {
        Self { current: key, previous: None }
    }

    /// The key in force.
    pub fn current(&self) -> &SigningKey {
        &self.current
    }

    /// Until when the key before signs too, if it still does.
    pub fn overlaps_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.previous.as_ref().map(|(_, until)| *until).filter(|until| now < *until)
    }

    /// Puts another key in force. The one in force until now signs for another day; one before that no more.
    pub fn rotate(&mut self, next: SigningKey, now: Timestamp) {
        let before = std::mem::replace(&mut self.current, next);
        self.previous = Some((before, now.plus_ms(OVERLAP_MS)));
    }

    /// The signatures of a report, that of the newest key first, separated by blanks.
    pub fn signatures(&self, delivery: &str, at: Timestamp, body: &[u8]) -> String {
        let previous = self.previous.iter().filter(|(_, until)| at < *until).map(|(key, _)| key);
        let keys = std::iter::once(&self.current).chain(previous);
        let at_s = at.ms().div_euclid(1_000);
        keys.map(|key| key.sign(delivery, at_s, body)).collect::<Vec<_>>().join(" ")
    }

    /// The keys that are kept for this webhook; one that has none yet gets its first.
    pub fn kept_or_first(log: &dyn Log, webhook: impl Display + Copy, chance: &Chance) -> Result<Self, KeysError> {
        if let Some(keys) = Self::kept(log, webhook)? {
            return Ok(keys);
        }
        let keys = Self::new(SigningKey::new(chance));
        keys.keep(log, webhook)?;
        Ok(keys)
    }

    /// The keys that are kept for this webhook; `None` if there are none, or none that can be read.
    pub fn kept(log: &dyn Log, webhook: impl Display) -> Result<Option<Self>, ReadError> {
        let bytes = log.secret(&secrets::signing_name(webhook))?;
        Ok(bytes.and_then(|bytes| Self::from_bytes(&bytes)))
    }

    /// Keeps the keys for this webhook, in place of those before. Durable when this returns.
    pub fn keep(&self, log: &dyn Log, webhook: impl Display) -> Result<(), WriteError> {
        log.keep_secret(&secrets::signing_name(webhook), &self.to_bytes())
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let kept: Kept = serde_json::from_slice(bytes).ok()?;
        let previous = match kept.previous {
            Some((key, until)) => Some((key.parse().ok()?, until)),
            None => None,
        };
        Some(Self { current: kept.current.parse().ok()?, previous })
    }

    fn to_bytes(&self) -> Vec<u8> {
        let previous = self.previous.as_ref().map(|(key, until)| (key.reveal(), *until));
        // Two texts and a number can always be written.
        serde_json::to_vec(&Kept { current: self.current.reveal(), previous }).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use events::memory_log::MemoryLog;

    use super::*;
    use crate::secrets::Chance;

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn key() -> SigningKey {
        SigningKey::new(&Chance::system())
    }

    fn count(keys: &KeyRing, at: Timestamp) -> usize {
        keys.signatures("17", at, b"{}").split(' ').count()
    }

    #[test]
    fn two_keys_sign_for_a_day_and_then_one() {
        let mut keys = KeyRing::new(key());
        let before = keys.signatures("17", NOW, b"{}");
        assert_eq!((count(&keys, NOW), keys.overlaps_until(NOW)), (1, None));
        keys.rotate(key(), NOW);
        let both = keys.signatures("17", NOW, b"{}");
        assert!(both.ends_with(&format!(" {before}")) && both.starts_with("v1,"), "{both}");
        assert_eq!(keys.overlaps_until(NOW), Some(NOW.plus_ms(OVERLAP_MS)));
        assert_eq!(count(&keys, NOW.plus_ms(OVERLAP_MS - 1)), 2);
        assert_eq!(count(&keys, NOW.plus_ms(OVERLAP_MS)), 1);
        assert_eq!(keys.overlaps_until(NOW.plus_ms(OVERLAP_MS)), None);
    }

    #[test]
    fn a_second_rotation_drops_the_oldest_key_at_once() {
        let mut keys = KeyRing::new(key());
        let oldest = keys.signatures("17", NOW, b"{}");
        keys.rotate(key(), NOW);
        keys.rotate(key(), NOW);
        assert_eq!(count(&keys, NOW), 2);
        assert!(!keys.signatures("17", NOW, b"{}").contains(&oldest));
    }

    #[test]
    fn keys_are_kept_by_webhook_and_come_back_as_they_were() {
        let log = MemoryLog::default();
        assert_eq!(KeyRing::kept(&log, 1).unwrap(), None);
        let mut keys = KeyRing::new(key());
        for _ in 0..2 {
            keys.keep(&log, 1).unwrap();
            assert_eq!(KeyRing::kept(&log, 1).unwrap().as_ref(), Some(&keys));
            keys.rotate(key(), NOW);
        }
        assert_eq!(KeyRing::kept(&log, 11).unwrap(), None);
    }

    #[test]
    fn what_is_no_key_ring_is_none() {
        let log = MemoryLog::default();
        for bytes in [b"".as_slice(), b"{}", br#"{"current":"whsec_","previous":null}"#] {
            log.keep_secret(&secrets::signing_name(1), bytes).unwrap();
            assert_eq!(KeyRing::kept(&log, 1).unwrap(), None);
        }
    }
}
