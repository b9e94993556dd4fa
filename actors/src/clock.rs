//! The rules' time: never behind the log, never backwards, led gently towards the wall clock; where that is set forward, at
//! once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use events::time::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

/// A wall clock that is ahead by more than this was set forward, or the machine slept: the rules' time follows at once.
const STEP_MICROS: i128 = 1_000_000;
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
    /// Wakes whoever sleeps when the time steps forward.
    stepped: Arc<Notify>,
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
        Self { rate: rate.max(1), wall, anchor: Arc::new(Mutex::new(anchor)), stepped: Arc::default() }
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
        if self.rate == 1 {
            let behind = i128::from((self.wall)().ms()) * MICROS_PER_MS - micros;
            if behind > STEP_MICROS {
                micros += behind;
                *anchor = Anchor { at, micros };
                self.stepped.notify_waiters();
            } else if elapsed >= CORRECT_EVERY {
                micros += behind.clamp(-passed / SLEW, passed / SLEW);
                *anchor = Anchor { at, micros };
            }
        }
        Timestamp::from_ms(i64::try_from(micros / MICROS_PER_MS).unwrap_or(i64::MAX))
    }

    /// Waits until `now` has reached `at`; never ends early.
    pub fn sleep_until(&self, at: Timestamp) -> impl Future<Output = ()> + Send + 'static {
        let clock = self.clone();
        async move {
            loop {
                // From here on no step is missed.
                let stepped = clock.stepped.notified();
                let left_ms = at.since_ms(clock.now());
                if left_ms == 0 {
                    return;
                }
                let micros = left_ms.saturating_mul(1_000).div_ceil(u64::from(clock.rate));
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_micros(micros)) => {}
                    () = stepped => {}
                }
            }
        }
    }

    /// Looks at the wall clock each second, so that whoever sleeps wakes when it is set forward. Never ends.
    pub async fn follow(self) {
        loop {
            tokio::time::sleep(CORRECT_EVERY).await;
            self.now();
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

    const EIGHT_HOURS_MS: i64 = 8 * 3_600_000;

    /// A machine whose clock was wrong at its start, or that slept: nobody waits for a restart until times are right.
    #[tokio::test(start_paused = true)]
    async fn a_wall_clock_set_forward_is_followed_at_once_and_set_back_again_it_is_waited_for() {
        let (wall_ms, wall) = with_wall(10_000_000);
        let clock = Clock::start(wall, Timestamp::default(), 1);
        tokio::time::advance(Duration::from_millis(100)).await;
        wall_ms.store(10_000_100 + EIGHT_HOURS_MS, Ordering::SeqCst);
        assert_eq!(clock.now().ms(), 10_000_100 + EIGHT_HOURS_MS);
        wall_ms.store(10_000_100, Ordering::SeqCst);
        let back = clock.now();
        for _ in 0..10 {
            tokio::time::advance(Duration::from_secs(10)).await;
            wall_ms.fetch_add(10_000, Ordering::SeqCst);
            clock.now();
        }
        assert!((99_980..=100_000).contains(&clock.now().since_ms(back)), "{}", clock.now().since_ms(back));
        wall_ms.store(20_000_000 + EIGHT_HOURS_MS, Ordering::SeqCst);
        assert_eq!(clock.now().ms(), 20_000_000 + EIGHT_HOURS_MS);
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_or_less_is_made_up_gently() {
        let (wall_ms, wall) = with_wall(0);
        let clock = Clock::start(wall, Timestamp::default(), 1);
        for (ahead_ms, is_followed) in [(1_000, false), (1_001, true)] {
            wall_ms.store(ahead_ms, Ordering::SeqCst);
            assert_eq!(clock.now().ms() == ahead_ms, is_followed, "{ahead_ms}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_sleeps_is_woken_when_the_wall_clock_is_set_forward() {
        let (wall_ms, wall) = with_wall(0);
        let clock = Clock::start(wall, Timestamp::default(), 1);
        let following = tokio::spawn(clock.clone().follow());
        let asleep = tokio::spawn(clock.sleep_until(Timestamp::from_ms(EIGHT_HOURS_MS)));
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert!(!asleep.is_finished());
        let before = Instant::now();
        wall_ms.store(EIGHT_HOURS_MS, Ordering::SeqCst);
        asleep.await.unwrap();
        assert!(before.elapsed() <= Duration::from_secs(1), "{:?}", before.elapsed());
        following.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_of_another_rate_does_not_follow() {
        let (wall_ms, wall) = with_wall(0);
        let clock = Clock::start(wall, Timestamp::default(), 60);
        wall_ms.store(EIGHT_HOURS_MS, Ordering::SeqCst);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(clock.now().ms(), 120_000);
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
