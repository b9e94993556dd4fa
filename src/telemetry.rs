//! Writes log lines to stderr, so that stdout is free for data; `TIDINGS_LOG` chooses what is logged.
//!
//! Third-party crates log at most at `info`, whatever is chosen. Below that level they log request lines, headers and
//! bodies, and with them tokens, keys, texts and phone numbers.
//!
//! No log line can block or end the process, whatever its reader does. But a failure of a vital part ends the
//! process.

mod lines;
mod log_filter;
mod vital;

use std::env;
use std::error::Error;
use std::io::{self, Write as _};
use std::sync::OnceLock;
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterFn, ParseError, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{EnvFilter, fmt, registry, reload};

use self::lines::Lines;
pub use self::log_filter::{LogFilter, NotChanged, Present};
pub use self::vital::end;

/// Names the variable that chooses what is logged, such as `debug` or `info,tidings::http=trace`.
pub const VARIABLE: &str = "TIDINGS_LOG";
/// Logs the life cycle of our own parts; the web server's own start-up lines add nothing.
const DEFAULT: &str = "info,actix_server=warn";

/// The crates that log nothing personal or secret, at any level.
const OURS: [&str; 3] = ["tidings", "actors", "events"];
/// The most detailed level of all other crates.
const OTHERS_AT_MOST: Level = Level::INFO;
/// Logs every request that is not HTTP. Anybody can send those at any rate, so they are counted instead.
const MALFORMED_REQUESTS: &str = "actix_http::h1::dispatcher";
/// Lets through what is said about the filter itself, whatever else is hidden.
const ABOUT_THE_FILTER: &str = "tidings::telemetry::log_filter=info";
/// At the end of the process, wait at most this long for the reader of our lines.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The queue to stderr, once logging has started.
static LINES: OnceLock<Lines> = OnceLock::new();
/// The queue to stdout, for output that must not wait for its reader.
static SHOWN: OnceLock<Lines> = OnceLock::new();

/// What is logged, once logging has started.
static FILTER: OnceLock<LogFilter> = OnceLock::new();

/// The reason why logging cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `TIDINGS_LOG` is not a filter.
    #[error("TIDINGS_LOG must be a level or a list such as info,tidings::http=debug")]
    Filter(#[from] ParseError),
    /// Logging has been started already.
    #[error("logging has been started already")]
    Twice(#[from] TryInitError),
    /// No thread can be started for the log lines.
    #[error("no thread can be started for the log")]
    Thread(#[from] io::Error),
}

/// Starts logging for the whole process: as JSON lines, or as text with or without colours.
pub fn init(json: bool, ansi: bool) -> Result<(), TelemetryError> {
    let wanted = env::var_os(VARIABLE).map(|text| text.to_string_lossy().into_owned());
    let usual = or_default(wanted.as_deref());
    let filter = filter(wanted.as_deref())?;
    let to_stderr = Lines::start(io::stderr(), json)?;
    let to_stderr = LINES.get_or_init(|| to_stderr).clone();
    vital::watch_panics();
    let (filter, log_filter) = changeable(usual, filter);
    let lines = fmt::layer().with_writer(to_stderr).log_internal_errors(false);
    let subscriber = registry().with(filter);
    if json {
        subscriber.with(lines.json().flatten_event(true).with_ansi(false)).with(cap()).try_init()?;
    } else {
        subscriber.with(lines.with_ansi(ansi)).with(cap()).try_init()?;
    }
    let _ = FILTER.set(log_filter);
    Ok(())
}

/// Returns a layer that logs by this filter, and what puts another one in its place.
fn changeable<S: 'static>(usual: &str, filter: EnvFilter) -> (reload::Layer<EnvFilter, S>, LogFilter) {
    let (layer, handle) = reload::Layer::new(with_notices(filter));
    (layer, LogFilter::new(usual, move |wanted| handle.reload(with_notices(wanted)).is_ok()))
}

fn with_notices(filter: EnvFilter) -> EnvFilter {
    match ABOUT_THE_FILTER.parse() {
        Ok(notices) => filter.add_directive(notices),
        Err(_) => filter,
    }
}

/// Returns what chooses the log lines of this process; until logging has started, it chooses among none.
pub fn log_filter() -> LogFilter {
    FILTER.get().cloned().unwrap_or_else(|| LogFilter::new(DEFAULT, |_| true))
}

/// Writes to stderr, in order with the log lines.
pub fn say(words: &str) {
    match LINES.get() {
        Some(lines) => lines.put(words.as_bytes()),
        None => drop(io::stderr().write_all(words.as_bytes())),
    }
}

/// Writes to stdout text that nobody requested as data: a reader that is too slow misses some.
pub fn show(words: &str) {
    if SHOWN.get().is_none()
        && let Ok(lines) = Lines::start(io::stdout(), false)
    {
        let _ = SHOWN.set(lines);
    }
    if let Some(lines) = SHOWN.get() {
        lines.put(words.as_bytes());
    }
}

/// Waits a moment until the lines are written. Call it before the process ends.
pub fn last_words() {
    for lines in [&LINES, &SHOWN].into_iter().filter_map(OnceLock::get) {
        lines.flush(LAST_WORDS);
    }
}

/// Only this filter keeps the secrets that dependencies see out of the log.
fn cap() -> FilterFn<fn(&Metadata<'_>) -> bool> {
    filter_fn(|line| may_be_heard(line.target(), *line.level()))
}

fn may_be_heard(target: &str, level: Level) -> bool {
    let of = target.split("::").next().unwrap_or_default();
    OURS.contains(&of) || level <= OTHERS_AT_MOST && target != MALFORMED_REQUESTS
}

fn filter(wanted: Option<&str>) -> Result<EnvFilter, ParseError> {
    EnvFilter::builder().parse(or_default(wanted))
}

fn or_default(wanted: Option<&str>) -> &str {
    wanted.map(str::trim).filter(|text| !text.is_empty()).unwrap_or(DEFAULT)
}

/// Iterates over an error and its chain of causes.
pub fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

/// Writes an error with all its causes in one line.
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use actors::runtime::clock::Clock;
    use events::time::Timestamp;

    use super::*;

    /// Keeps what is written.
    #[derive(Clone, Default)]
    struct WrittenLines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for WrittenLines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn that_another_filter_counts_and_that_it_has_ended_is_logged_whatever_the_filters_are() {
        let (written, now) = (WrittenLines::default(), Timestamp::from_ms(0));
        let clock = Clock::start(Arc::new(move || now), now, 1);
        let (layer, log_filter) = changeable("off", filter(Some("off")).unwrap());
        let writer = written.clone();
        let lines = fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        let _logging = tracing::subscriber::set_default(registry().with(layer).with(lines));
        log_filter.change("tidings=error", 15, &clock).unwrap();
        tracing::warn!("hidden");
        tokio::time::sleep(Duration::from_mins(16)).await;
        tracing::error!("hidden");
        let written = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let told: Vec<_> = written.lines().filter_map(|line| Some(line.split_once("log_filter: ")?.1)).collect();
        let wanted = ["another log filter counts for some minutes minutes=15", "the usual log filter counts again"];
        assert_eq!((told.as_slice(), written.contains("hidden")), (wanted.as_slice(), false), "{written}");
    }

    #[test]
    fn without_a_wish_info_is_logged() {
        assert_eq!(filter(None).unwrap().to_string(), "actix_server=warn,info");
        assert_eq!(filter(Some(" ")).unwrap().to_string(), "actix_server=warn,info");
        assert_eq!(filter(Some("debug")).unwrap().to_string(), "debug");
    }

    #[test]
    fn other_crates_are_never_heard_below_info() {
        for (target, level, heard) in [
            ("tidings::http::caller", Level::TRACE, true),
            ("actors::runtime::shell", Level::DEBUG, true),
            ("events", Level::TRACE, true),
            ("actix_http::h1::service", Level::INFO, true),
            ("actix_http::h1::service", Level::DEBUG, false),
            ("actix_http::h1::dispatcher", Level::ERROR, false),
            ("reqwest::connect", Level::TRACE, false),
            ("tidings_of_somebody_else", Level::TRACE, false),
            ("", Level::TRACE, false),
        ] {
            assert_eq!(may_be_heard(target, level), heard, "{target} {level}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(filter(Some("tidings=loud")).is_err());
    }
}
