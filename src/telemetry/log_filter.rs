//! What is logged: by the usual filter, or, for some minutes, by another one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actors::runtime::clock::Clock;
use events::time::Timestamp;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

const MINUTE_MS: u64 = 60_000;

/// The filter of all log lines. Clones share it.
#[derive(Clone)]
pub struct LogFilter(Arc<Shared>);

struct Shared {
    usual: String,
    apply: Box<dyn Fn(EnvFilter) -> bool + Send + Sync>,
    present: Mutex<Present>,
}

/// What is logged at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    pub filter: String,
    /// When the usual filter counts again; `None` if it does.
    pub until: Option<Timestamp>,
    /// Number of changes until now.
    changes: u64,
}

/// Why the filter was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotChanged {
    /// The text is no filter.
    #[error("must be a level or a list such as info,tidings::http=debug")]
    NoFilter,
    /// Nothing is logged in this process.
    #[error("logging has ended")]
    Ended,
}

impl LogFilter {
    /// Creates the filter of a process that logs by `usual`; `apply` makes another one count, and returns false if it
    /// cannot.
    pub fn new(usual: &str, apply: impl Fn(EnvFilter) -> bool + Send + Sync + 'static) -> Self {
        let present = Present { filter: usual.to_owned(), until: None, changes: 0 };
        Self(Arc::new(Shared { usual: usual.to_owned(), apply: Box::new(apply), present: Mutex::new(present) }))
    }

    /// Returns the filter that counts unless somebody changes it.
    pub fn usual(&self) -> &str {
        &self.0.usual
    }

    pub fn present(&self) -> Present {
        self.lock().clone()
    }

    /// Logs by another filter for some minutes of real time, whatever was asked for before; then the usual one counts
    /// again. Call it inside a runtime.
    pub fn change(&self, wanted: &str, minutes: u32, clock: &Clock) -> Result<Present, NotChanged> {
        let filter = parse(wanted)?;
        // The clock of a simulation may run faster.
        let ms = u64::from(minutes).saturating_mul(MINUTE_MS).saturating_mul(clock.rate().into());
        let until = clock.now().plus_ms(ms);
        let mut present = self.lock();
        if !(self.0.apply)(filter) {
            return Err(NotChanged::Ended);
        }
        let nth = present.changes.saturating_add(1);
        *present = Present { filter: wanted.to_owned(), until: Some(until), changes: nth };
        let now = present.clone();
        drop(present);
        tracing::info!(minutes, "another log filter counts for some minutes");
        let (shared, over) = (self.clone(), clock.sleep_until(until));
        tokio::spawn(async move {
            over.await;
            shared.end(nth);
        });
        Ok(now)
    }

    /// Lets the usual filter count again after the `nth` change, unless there was another one since.
    fn end(&self, nth: u64) {
        let mut present = self.lock();
        if present.changes == nth && EnvFilter::builder().parse(self.usual()).is_ok_and(&self.0.apply) {
            *present = Present { filter: self.usual().to_owned(), until: None, changes: nth };
            tracing::info!("the usual log filter counts again");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Present> {
        self.0.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a filter. A word alone must be a level: as the name of a part, which it could be too, a mistyped level would
/// silence everything else.
fn parse(wanted: &str) -> Result<EnvFilter, NotChanged> {
    let is_simple = !wanted.contains(['[', '{', '"']);
    let is_level =
        |part: &str| part.contains('=') || !part.trim().is_empty() && part.trim().parse::<LevelFilter>().is_ok();
    if wanted.trim().is_empty() || (is_simple && !wanted.split(',').all(is_level)) {
        return Err(NotChanged::NoFilter);
    }
    EnvFilter::builder().parse(wanted).map_err(|_| NotChanged::NoFilter)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const START: Timestamp = Timestamp::from_ms(1_000_000);

    /// A filter that remembers what was applied, and a clock that starts at `START`.
    fn filter(rate: u32) -> (LogFilter, Arc<Mutex<Vec<String>>>, Clock) {
        let applied: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&applied);
        let apply = move |filter: EnvFilter| {
            seen.lock().unwrap().push(filter.to_string());
            true
        };
        (LogFilter::new("info", apply), applied, Clock::start(Arc::new(|| START), START, rate))
    }

    /// Waits a little longer, because the clock follows a wall clock that stands still.
    async fn minutes(minutes: u64) {
        tokio::time::sleep(Duration::from_mins(minutes) + Duration::from_secs(1)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn another_filter_counts_for_its_minutes_and_then_the_usual_one_again() {
        let (filter, applied, clock) = filter(1);
        let changed = filter.change("debug", 15, &clock).unwrap();
        assert_eq!((changed.filter.as_str(), changed.until), ("debug", Some(START.plus_ms(900_000))));
        minutes(14).await;
        assert_eq!(filter.present(), changed);
        minutes(1).await;
        assert_eq!((filter.present().filter.as_str(), filter.present().until), ("info", None));
        assert_eq!(*applied.lock().unwrap(), ["debug", "info"]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_change_counts_and_ends_at_its_own_time() {
        let (filter, applied, clock) = filter(1);
        filter.change("debug", 2, &clock).unwrap();
        minutes(1).await;
        filter.change("trace", 10, &clock).unwrap();
        minutes(5).await;
        assert_eq!(filter.present().filter, "trace");
        filter.change("warn", 1, &clock).unwrap();
        minutes(1).await;
        assert_eq!(filter.present().filter, "info");
        minutes(60).await;
        assert_eq!(*applied.lock().unwrap(), ["debug", "trace", "warn", "info"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_fast_clock_shortens_nothing() {
        let (filter, _, clock) = filter(60);
        filter.change("debug", 2, &clock).unwrap();
        minutes(1).await;
        assert_eq!(filter.present().filter, "debug");
        minutes(1).await;
        assert_eq!(filter.present().filter, "info");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_filter_changes_nothing() {
        let (filter, applied, clock) = filter(1);
        for wanted in ["", " ", "debgu", "info,actors", "tidings=loud", "actors::runtime", "info,[x", ","] {
            assert_eq!(filter.change(wanted, 15, &clock), Err(NotChanged::NoFilter), "{wanted}");
        }
        for wanted in ["off", "WARN", "info,actors=debug", "warn,tidings::http=trace", "info,[turn{stream=x}]=debug"] {
            assert!(filter.change(wanted, 15, &clock).is_ok(), "{wanted}");
        }
        assert_eq!(applied.lock().unwrap().len(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_that_logs_nothing_says_so() {
        let (_, _, clock) = filter(1);
        let filter = LogFilter::new("info", |_| false);
        assert_eq!(filter.change("debug", 15, &clock), Err(NotChanged::Ended));
        assert_eq!(filter.present().filter, "info");
    }
}
