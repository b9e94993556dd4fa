//! Counts wrong operator's keys, answers later to whoever tries many of them, and logs them once a minute.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tokio::time::Instant;

/// Wrong keys in a minute that are refused at once; further ones are refused later.
const AT_ONCE_MAX: u64 = 100;
/// How much later.
const DELAY: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

/// The wrong keys of all callers together: addresses are easily changed. Whoever has the right key never waits.
#[derive(Debug, Default)]
pub struct WrongKeys {
    counter: Counter,
    minute: Mutex<Minute>,
}

/// A minute that begins with a wrong key.
#[derive(Debug, Default, Clone, Copy)]
struct Minute {
    began: Option<Instant>,
    keys: u64,
}

impl WrongKeys {
    /// Counts one more wrong key, and returns how long its refusal has to wait.
    pub fn note(&self, now: Instant) -> Duration {
        self.counter.inc();
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        if minute.began.is_none_or(|began| now.saturating_duration_since(began) >= MINUTE) {
            tracing::warn!(total = self.counter.get(), "a wrong operator's key was tried");
            *minute = Minute { began: Some(now), keys: 0 };
        }
        minute.keys = minute.keys.saturating_add(1);
        if minute.keys > AT_ONCE_MAX { DELAY } else { Duration::ZERO }
    }

    /// How many there have been since the start.
    pub fn counter(&self) -> Counter {
        self.counter.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_wrong_keys_in_a_minute_are_refused_later() {
        let (wrong_keys, start) = (WrongKeys::default(), Instant::now());
        let note = |after_ms| wrong_keys.note(start + Duration::from_millis(after_ms));
        assert!((0..AT_ONCE_MAX).all(|nth| note(nth) == Duration::ZERO));
        assert_eq!(note(59_999), DELAY);
        assert!((0..AT_ONCE_MAX).all(|nth| note(60_000 + nth) == Duration::ZERO), "another minute");
        assert_eq!(note(61_000), DELAY);
        assert_eq!(wrong_keys.counter().get(), 2 * AT_ONCE_MAX + 2);
    }
}
