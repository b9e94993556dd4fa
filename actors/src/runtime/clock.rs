//! The rules' clock: never behind the log and never backwards. It is corrected slowly towards the wall clock, or at
//! once if that is set forward.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use events::time::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

/// If the wall clock is ahead by more than this, it was set forward or the machine slept: the rules' time follows at
/// once.
const STEP_MICROS: i64 = 1_000_000;
/// Other corrections change the rules' time by at most one part in this many.
const SLEW: i64 = 10_000;
/// The wall clock is read no more often than this: the time is read many times for each message.
const LOOK_EVERY_MICROS: i64 = 1_000;
const CORRECT_EVERY_MICROS: i64 = 1_000_000;
const CORRECT_EVERY: Duration = Duration::from_micros(CORRECT_EVERY_MICROS.unsigned_abs());
const MICROS_PER_MS: i64 = 1_000;

/// Reads the computer's own clock.
pub type Wall = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The rules' time. Clones share it.
#[derive(Clone)]
pub struct Clock {
    rate: u32,
    wall: Wall,
    time: Arc<Time>,
    /// Wakes sleepers when the time steps forward.
    stepped: Arc<Notify>,
}

/// The state that clones share. Reading the time never blocks.
struct Time {
    began: Instant,
    /// The time at the start.
    first_micros: i64,
    /// By how much all corrections together have moved the time ahead of the machine's.
    ahead_micros: AtomicI64,
    /// The latest time returned so far: after a correction backwards the time stands still, but never goes back.
    told_ms: AtomicI64,
    /// Times of the next look at the wall clock and of the last correction, in microseconds since the start.
    look_at: AtomicI64,
    corrected_at: Mutex<i64>,
}

impl Clock {
    /// Starts at the later of the wall clock and `last_recorded`, and runs `rate` times as fast as real time.
    /// Only a clock of rate 1 follows the wall clock.
    pub fn start(wall: Wall, last_recorded: Timestamp, rate: u32) -> Self {
        let start = wall().max(last_recorded);
        let time = Time {
            began: Instant::now(),
            first_micros: start.ms().saturating_mul(MICROS_PER_MS),
            ahead_micros: AtomicI64::new(0),
            told_ms: AtomicI64::new(start.ms()),
            look_at: AtomicI64::new(0),
            corrected_at: Mutex::new(0),
        };
        Self { rate: rate.max(1), wall, time: Arc::new(time), stepped: Arc::default() }
    }

    /// Starts a clock on the computer's own clock, at this rate.
    pub fn system(last_recorded: Timestamp, rate: u32) -> Self {
        Self::start(Arc::new(wall_now), last_recorded, rate)
    }

    /// Returns how many times as fast as real time the clock runs.
    pub const fn rate(&self) -> u32 {
        self.rate
    }

    /// Returns the rules' time.
    pub fn now(&self) -> Timestamp {
        let passed = self.passed();
        if self.rate == 1 && passed >= self.time.look_at.load(Ordering::Relaxed) {
            self.look();
        }
        let ms = self.time.micros(passed) / MICROS_PER_MS;
        let told = self.time.told_ms.load(Ordering::Relaxed);
        let told = if told < ms { self.time.told_ms.fetch_max(ms, Ordering::Relaxed) } else { told };
        Timestamp::from_ms(told.max(ms))
    }

    /// Returns the microseconds since the start, times the rate.
    fn passed(&self) -> i64 {
        let passed = i64::try_from(self.time.began.elapsed().as_micros()).unwrap_or(i64::MAX);
        passed.saturating_mul(i64::from(self.rate))
    }

    /// Reads the wall clock, and corrects the time.
    fn look(&self) {
        // If another thread is reading it already, do not wait for that.
        let Ok(mut corrected_at) = self.time.corrected_at.try_lock() else { return };
        // Keep this order: a delay between the two makes the wall clock seem behind, never ahead.
        let wall_micros = (self.wall)().ms().saturating_mul(MICROS_PER_MS);
        let passed = self.passed();
        let behind = wall_micros.saturating_sub(self.time.micros(passed));
        let since = passed - *corrected_at;
        let is_step = behind > STEP_MICROS;
        if is_step || since >= CORRECT_EVERY_MICROS {
            let correction = if is_step { behind } else { behind.clamp(-since / SLEW, since / SLEW) };
            self.time.ahead_micros.fetch_add(correction, Ordering::Relaxed);
            *corrected_at = passed;
        }
        self.time.look_at.store(passed.saturating_add(LOOK_EVERY_MICROS), Ordering::Relaxed);
        if is_step {
            self.stepped.notify_waiters();
        }
    }

    /// Waits until `now` has reached `at`; never ends early.
    pub fn sleep_until(&self, at: Timestamp) -> impl Future<Output = ()> + Send + 'static {
        let clock = self.clone();
        async move {
            loop {
                // Listen before reading the time, so that no step is missed.
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

    /// Reads the wall clock each second, so that sleepers wake when it is set forward. Never ends.
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

impl Time {
    fn micros(&self, passed: i64) -> i64 {
        self.first_micros.saturating_add(passed).saturating_add(self.ahead_micros.load(Ordering::Relaxed))
    }
}

/// Reads the computer's own clock; nothing else does.
#[expect(clippy::disallowed_methods, reason = "the one clock file")]
pub fn wall_now() -> Timestamp {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
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

    /// If a machine's clock was wrong at its start, or the machine slept, times become right without a restart.
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
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(clock.now().ms(), 20_000_000 + EIGHT_HOURS_MS);
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_or_less_is_made_up_gently() {
        let (wall_ms, wall) = with_wall(0);
        let clock = Clock::start(wall, Timestamp::default(), 1);
        for (wall, is_followed) in [(1_001, false), (1_003, true)] {
            tokio::time::advance(Duration::from_millis(1)).await;
            wall_ms.store(wall, Ordering::SeqCst);
            assert_eq!(clock.now().ms() == wall, is_followed, "{wall}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn led_backwards_it_stands_and_never_turns_back() {
        let (wall_ms, wall) = with_wall(10_000_000);
        let clock = Clock::start(wall, Timestamp::default(), 1);
        wall_ms.store(0, Ordering::SeqCst);
        // The time is set back by 100 microseconds at the second and at the fifth reading, there across the edge of a
        // millisecond.
        let told = async |after_micros: u64| {
            tokio::time::advance(Duration::from_micros(after_micros)).await;
            clock.now().ms() - 10_000_000
        };
        assert_eq!(told(0).await, 0);
        assert_eq!(told(1_000_999).await, 1_000);
        assert_eq!(told(999_161).await, 2_000);
        assert_eq!(told(990).await, 2_001);
        assert_eq!(told(10).await, 2_001);
        assert_eq!(told(990).await, 2_001);
        assert_eq!(told(50).await, 2_002);
    }

    /// Several threads read at once, and none gets an earlier time than another has seen.
    #[test]
    fn no_thread_is_told_an_earlier_time_than_another_was() {
        let clock = Clock::system(Timestamp::default(), 1);
        let latest = AtomicI64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..20_000 {
                        let seen = latest.load(Ordering::SeqCst);
                        let now = clock.now().ms();
                        assert!(now >= seen);
                        latest.fetch_max(now, Ordering::SeqCst);
                    }
                });
            }
        });
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
