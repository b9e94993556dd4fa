//! The signing keys of one webhook: the current one, and earlier ones for a day after their replacement.

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};

use events::log::{ReadError, WriteError};
use events::secrets::Secrets;
use events::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::SigningKey;
use crate::secrets::{self, Entropy};

/// Time for which a key still signs after its replacement: 24 hours.
pub const OVERLAP_MS: u64 = 86_400_000;
/// Keys that sign at the same time, including the current one.
pub const SIGNING_KEYS_MAX: usize = 5;

/// Held while keys change, so that no change overwrites another. Changes are rare, and each is one small write.
static CHANGING: Mutex<()> = Mutex::new(());

/// The keys of one webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRing {
    current: SigningKey,
    /// The latest first, each with the time when it stops signing.
    earlier: Vec<(SigningKey, Timestamp)>,
}

/// The maximum number of keys sign already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{SIGNING_KEYS_MAX} keys sign already, until {until}")]
pub struct TooManyKeys {
    /// When the first of them stops signing.
    pub until: Timestamp,
}

/// Why a webhook's keys could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The store of secrets could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A key could not be stored.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// There is no room for another key.
    #[error(transparent)]
    TooMany(#[from] TooManyKeys),
}

/// The form in the store of secrets.
#[derive(Serialize, Deserialize)]
struct StoredKeys {
    current: String,
    /// The latest of the earlier keys.
    previous: Option<(String, Timestamp)>,
    /// The others, the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<(String, Timestamp)>,
}

impl KeyRing {
    /// One key, for a webhook that had none.
    pub fn new(key: SigningKey) -> Self {
        Self { current: key, earlier: Vec::new() }
    }

    pub fn current(&self) -> &SigningKey {
        &self.current
    }

    /// Until when an earlier key still signs, if any does.
    pub fn overlaps_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.signing(now).map(|(_, until)| *until).max()
    }

    /// Makes `next` the current key. Each earlier key signs until its own day is over.
    pub fn rotate(&mut self, next: SigningKey, now: Timestamp) -> Result<(), TooManyKeys> {
        let over = self.signing(now).map(|(_, until)| *until).min();
        if let Some(until) = over.filter(|_| self.signing(now).count() + 1 >= SIGNING_KEYS_MAX) {
            return Err(TooManyKeys { until });
        }
        self.earlier.retain(|(_, until)| now < *until);
        let before = std::mem::replace(&mut self.current, next);
        self.earlier.insert(0, (before, now.plus_ms(OVERLAP_MS)));
        Ok(())
    }

    fn signing(&self, now: Timestamp) -> impl Iterator<Item = &(SigningKey, Timestamp)> {
        self.earlier.iter().filter(move |(_, until)| now < *until)
    }

    /// The signatures of a report, separated by spaces, the newest key's first.
    pub fn signatures(&self, delivery: &str, at: Timestamp, body: &[u8]) -> String {
        let keys = std::iter::once(&self.current).chain(self.signing(at).map(|(key, _)| key));
        let at_s = at.ms().div_euclid(1_000);
        keys.map(|key| key.sign(delivery, at_s, body)).collect::<Vec<_>>().join(" ")
    }

    /// Replaces the stored current key of this webhook with a new one. Rotations run one after the other.
    pub fn rotate_kept(
        kept_in: &dyn Secrets,
        webhook: impl Display + Copy,
        entropy: &Entropy,
        now: Timestamp,
    ) -> Result<Self, KeysError> {
        let _alone = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys = Self::kept(kept_in, webhook)?.unwrap_or_else(|| Self::new(SigningKey::new(entropy)));
        keys.rotate(SigningKey::new(entropy), now)?;
        keys.keep(kept_in, webhook)?;
        Ok(keys)
    }

    /// The stored keys of this webhook; creates the first key if it has none yet.
    pub fn kept_or_first(
        kept_in: &dyn Secrets,
        webhook: impl Display + Copy,
        entropy: &Entropy,
    ) -> Result<Self, KeysError> {
        if let Some(keys) = Self::kept(kept_in, webhook)? {
            return Ok(keys);
        }
        let _alone = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = Self::kept(kept_in, webhook)? {
            return Ok(keys);
        }
        let keys = Self::new(SigningKey::new(entropy));
        keys.keep(kept_in, webhook)?;
        Ok(keys)
    }

    /// The stored keys of this webhook; `None` if there are none or they cannot be parsed.
    pub fn kept(kept_in: &dyn Secrets, webhook: impl Display) -> Result<Option<Self>, ReadError> {
        let bytes = kept_in.read(&secrets::signing_name(webhook))?;
        Ok(bytes.and_then(|bytes| Self::from_bytes(&bytes)))
    }

    /// Stores the keys of this webhook, replacing earlier ones. They are durable when this returns.
    pub fn keep(&self, kept_in: &dyn Secrets, webhook: impl Display) -> Result<(), WriteError> {
        kept_in.keep(&secrets::signing_name(webhook), &self.to_bytes())
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let kept: StoredKeys = serde_json::from_slice(bytes).ok()?;
        let read = |(key, until): (String, Timestamp)| Some((key.parse().ok()?, until));
        let earlier = kept.previous.into_iter().chain(kept.earlier).map(read).collect::<Option<Vec<_>>>()?;
        Some(Self { current: kept.current.parse().ok()?, earlier })
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut earlier = self.earlier.iter().map(|(key, until)| (key.reveal(), *until));
        let previous = earlier.next();
        // Serializing strings and numbers cannot fail.
        let kept = StoredKeys { current: self.current.reveal(), previous, earlier: earlier.collect() };
        serde_json::to_vec(&kept).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use events::store::memory_log::MemoryLog;

    use super::*;
    use crate::secrets::Entropy;

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn key() -> SigningKey {
        SigningKey::new(&Entropy::system())
    }

    fn count(keys: &KeyRing, at: Timestamp) -> usize {
        keys.signatures("17", at, b"{}").split(' ').count()
    }

    #[test]
    fn two_keys_sign_for_a_day_and_then_one() {
        let mut keys = KeyRing::new(key());
        let before = keys.signatures("17", NOW, b"{}");
        assert_eq!((count(&keys, NOW), keys.overlaps_until(NOW)), (1, None));
        keys.rotate(key(), NOW).unwrap();
        let both = keys.signatures("17", NOW, b"{}");
        assert!(both.ends_with(&format!(" {before}")) && both.starts_with("v1,"), "{both}");
        assert_eq!(keys.overlaps_until(NOW), Some(NOW.plus_ms(OVERLAP_MS)));
        assert_eq!(count(&keys, NOW.plus_ms(OVERLAP_MS - 1)), 2);
        assert_eq!(count(&keys, NOW.plus_ms(OVERLAP_MS)), 1);
        assert_eq!(keys.overlaps_until(NOW.plus_ms(OVERLAP_MS)), None);
    }

    /// A key signs for a day after its replacement, however often keys are replaced in the meantime.
    #[test]
    fn each_key_signs_until_its_own_day_is_over() {
        let mut keys = KeyRing::new(key());
        let at = |hours: u64| NOW.plus_ms(hours * 3_600_000);
        let mut known = vec![(keys.current().clone(), None)];
        for hours in [0, 1, 1, 7] {
            keys.rotate(key(), at(hours)).unwrap();
            known.last_mut().unwrap().1 = Some(hours + 24);
            known.push((keys.current().clone(), None));
        }
        for hours in 7..40 {
            let signatures = keys.signatures("17", at(hours), b"{}");
            let signatures: Vec<&str> = signatures.split(' ').collect();
            let at_s = at(hours).ms() / 1_000;
            for (nth, (key, over)) in known.iter().enumerate() {
                let signs = signatures.contains(&&*key.sign("17", at_s, b"{}"));
                assert_eq!(signs, over.is_none_or(|over| hours < over), "key {nth} after {hours} hours");
            }
        }
        assert_eq!(keys.overlaps_until(at(7)), Some(at(31)));
    }

    #[test]
    fn a_sixth_key_waits_until_the_first_has_had_its_day() {
        let mut keys = KeyRing::new(key());
        for ms in 0..4 {
            keys.rotate(key(), NOW.plus_ms(ms)).unwrap();
        }
        let (before, until) = (keys.clone(), NOW.plus_ms(OVERLAP_MS));
        assert_eq!(count(&keys, NOW.plus_ms(4)), SIGNING_KEYS_MAX);
        assert_eq!(keys.rotate(key(), NOW.plus_ms(OVERLAP_MS - 1)), Err(TooManyKeys { until }));
        assert_eq!(keys, before);
        keys.rotate(key(), until).unwrap();
        assert_eq!(count(&keys, until), SIGNING_KEYS_MAX);
    }

    #[test]
    fn no_rotation_is_lost_to_another() {
        let (log, entropy) = (MemoryLog::default(), Entropy::system());
        let first = KeyRing::kept_or_first(&log, 1, &entropy).unwrap().current().clone();
        let rotated: Vec<SigningKey> = std::thread::scope(|scope| {
            let rotate = || KeyRing::rotate_kept(&log, 1, &entropy, NOW).unwrap().current().clone();
            let running: Vec<_> = (0..4).map(|_| scope.spawn(rotate)).collect();
            running.into_iter().map(|running| running.join().unwrap()).collect()
        });
        let signatures = KeyRing::kept(&log, 1).unwrap().unwrap().signatures("17", NOW, b"{}");
        for key in rotated.iter().chain([&first]) {
            assert!(signatures.contains(&key.sign("17", NOW.ms() / 1_000, b"{}")), "{signatures}");
        }
        assert!(matches!(KeyRing::rotate_kept(&log, 1, &entropy, NOW), Err(KeysError::TooMany(_))));
    }

    #[test]
    fn keys_that_an_earlier_version_kept_are_read() {
        let log = MemoryLog::default();
        let previous = r#"["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","2023-11-14T22:13:20.001Z"]"#;
        let kept = format!(r#"{{"current":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw","previous":{previous}}}"#);
        log.keep(&secrets::signing_name(1), kept.as_bytes()).unwrap();
        let keys = KeyRing::kept(&log, 1).unwrap().unwrap();
        assert_eq!((count(&keys, NOW), count(&keys, NOW.plus_ms(1))), (2, 1));
        keys.keep(&log, 1).unwrap();
        assert_eq!(log.read(&secrets::signing_name(1)).unwrap().as_deref(), Some(kept.as_bytes()));
    }

    #[test]
    fn keys_are_kept_by_webhook_and_come_back_as_they_were() {
        let log = MemoryLog::default();
        assert_eq!(KeyRing::kept(&log, 1).unwrap(), None);
        let mut keys = KeyRing::new(key());
        for _ in 0..4 {
            keys.keep(&log, 1).unwrap();
            assert_eq!(KeyRing::kept(&log, 1).unwrap().as_ref(), Some(&keys));
            keys.rotate(key(), NOW).unwrap();
        }
        assert_eq!(KeyRing::kept(&log, 11).unwrap(), None);
    }

    #[test]
    fn what_is_no_key_ring_is_none() {
        let log = MemoryLog::default();
        for bytes in [b"".as_slice(), b"{}", br#"{"current":"whsec_","previous":null}"#] {
            log.keep(&secrets::signing_name(1), bytes).unwrap();
            assert_eq!(KeyRing::kept(&log, 1).unwrap(), None);
        }
    }
}
