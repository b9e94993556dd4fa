//! The rules' time: never behind the log, never backwards, led gently towards the wall clock.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use events::time::Timestamp;
use tokio::time::Instant;

/// The wall clock leads the rules' time by at most one part in this many.
const SLEW: i128 = 10_000;
const CORRECT_EVERY: Duration = Duration::from_secs(1);
const MICROS_PER_MS: i128 = 1_000;

/// Reads the computer's own clock.
pub type Wall = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The rules' time. Clones share it.
#[derive(Clone)]
pub struct Clock {
    rate: u32,
    wall: Wall,
    anchor: Arc<Mutex<Anchor>>,
}

#[derive(Clone, Copy)]
struct Anchor {
    at: Instant,
    micros: i128,
}

impl Clock {
    /// Starts at the later of the wall clock and `last_recorded`, and runs `rate` times as fast as real time.
    /// Only a clock of rate 1 follows the wall clock.
    pub fn start(wall: Wall, last_recorded: Timestamp, rate: u32) -> Self {
        let start = wall().max(last_recorded);
        let anchor = Anchor { at: Instant::now(), micros: i128::from(start.ms()) * MICROS_PER_MS };
        Self { rate: rate.max(1), wall, anchor: Arc::new(Mutex::new(anchor)) }
    }

    /// A clock of rate 1 on the computer's own clock.
    pub fn system(last_recorded: Timestamp, rate: u32) -> Self {
        Self::start(Arc::new(wall_now), last_recorded, rate)
    }

    /// How many times as fast as real time it runs.
    pub const fn rate(&self) -> u32 {
        self.rate
    }

    /// The rules' time now.
    pub fn now(&self) -> Timestamp {
        let mut anchor = self.anchor.lock().unwrap_or_else(PoisonError::into_inner);
        let at = Instant::now();
        let elapsed = at.saturating_duration_since(anchor.at);
        let passed = i128::try_from(elapsed.as_micros()).unwrap_or(i128::MAX).saturating_mul(i128::from(self.rate));
        let mut micros = anchor.micros.saturating_add(passed);
        if elapsed >= CORRECT_EVERY && self.rate == 1 {
            let behind = i128::from((self.wall)().ms()) * MICROS_PER_MS - micros;
            micros += behind.clamp(-passed / SLEW, passed / SLEW);
            *anchor = Anchor { at, micros };
        }
        Timestamp::from_ms(i64::try_from(micros / MICROS_PER_MS).unwrap_or(i64::MAX))
    }

    /// Waits until `now` has reached `at`; never ends early.
    pub fn sleep_until(&self, at: Timestamp) -> impl Future<Output = ()> + Send + 'static {
        let clock = self.clone();
        async move {
            loop {
                let left_ms = at.since_ms(clock.now());
                if left_ms == 0 {
                    return;
                }
                let micros = left_ms.saturating_mul(1_000).div_ceil(u64::from(clock.rate));
                tokio::time::sleep(Duration::from_micros(micros)).await;
            }
        }
    }

    /// Waits `ms` of the rules' time.
    pub fn sleep_ms(&self, ms: u64) -> impl Future<Output = ()> + Send + 'static {
        self.sleep_until(self.now().plus_ms(ms))
    }
}

/// The computer's own clock: the only place that reads it.
#[expect(clippy::disallowed_methods, reason = "the one clock file")]
pub fn wall_now() -> Timestamp {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    fn with_wall(ms: i64) -> (Arc<AtomicI64>, Wall) {
        let shared = Arc::new(AtomicI64::new(ms));
        let read = Arc::clone(&shared);
        (shared, Arc::new(move || Timestamp::from_ms(read.load(Ordering::SeqCst))))
    }

    #[tokio::test(start_paused = true)]
    async fn it_starts_at_the_later_of_wall_and_log() {
        let (_, wall) = with_wall(5_000);
        assert_eq!(Clock::start(Arc::clone(&wall), Timestamp::from_ms(9_000), 1).now().ms(), 9_000);
        assert_eq!(Clock::start(wall, Timestamp::from_ms(1_000), 1).now().ms(), 5_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wall_clock_set_back_an_hour_neither_stalls_nor_turns_it_back() {
        let (wall_ms, wall) = with_wall(10_000_000);
        let clock = Clock::start(wall, Timestamp::default(), 1);
        wall_ms.store(10_000_000 - 3_600_000, Ordering::SeqCst);
        let mut before = clock.now();
        for _ in 0..100 {
            tokio::time::advance(Duration::from_secs(2)).await;
            let passed = clock.now().since_ms(before);
            assert!((1_999..=2_000).contains(&passed), "{passed}");
            before = clock.now();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_sleep_never_ends_early() {
        let (_, wall) = with_wall(0);
        let clock = Clock::start(wall, Timestamp::default(), 7);
        let due = clock.now().plus_ms(10_001);
        clock.sleep_until(due).await;
        assert!(clock.now() >= due);
        assert!(clock.now().since_ms(due) <= 8);
    }
}
