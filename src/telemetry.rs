//! Log lines go to stderr, so that stdout stays data; what is said is chosen by `TIDINGS_LOG`.
//!
//! Whatever is chosen: of other people's crates at most `info` is heard. Below that they tell request lines, headers
//! and bodies, and with them tokens, keys, texts and phone numbers.

use std::env;
use std::io;

use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{FilterFn, ParseError, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

/// Names what is logged, such as `debug` or `info,tidings::http=trace`.
pub const VARIABLE: &str = "TIDINGS_LOG";
/// The life cycle of our own parts; the web server's own start-up lines say nothing new.
const DEFAULT: &str = "info,actix_server=warn";

/// The crates that keep what is personal or secret out of their lines at every level.
const OURS: [&str; 3] = ["tidings", "actors", "events"];
/// What the others say at most.
const OTHERS_AT_MOST: Level = Level::INFO;

/// Why logging cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `TIDINGS_LOG` is not a filter.
    #[error("TIDINGS_LOG must be a level or a list such as info,tidings::http=debug")]
    Filter(#[from] ParseError),
    /// Logging has been started already.
    #[error("logging has been started already")]
    Twice(#[from] TryInitError),
}

/// Starts logging for the whole process: as JSON lines or as text, coloured or not.
pub fn init(json: bool, ansi: bool) -> Result<(), TelemetryError> {
    let wanted = env::var_os(VARIABLE).map(|text| text.to_string_lossy().into_owned());
    let lines = tracing_subscriber::fmt().with_env_filter(filter(wanted.as_deref())?).with_writer(io::stderr);
    if json {
        lines.json().flatten_event(true).with_ansi(false).finish().with(cap()).try_init()?;
    } else {
        lines.with_ansi(ansi).finish().with(cap()).try_init()?;
    }
    Ok(())
}

/// Nothing but this stands between the secrets that dependencies see and the log.
fn cap() -> FilterFn<fn(&Metadata<'_>) -> bool> {
    filter_fn(|line| may_be_heard(line.target(), *line.level()))
}

fn may_be_heard(target: &str, level: Level) -> bool {
    let of = target.split("::").next().unwrap_or_default();
    OURS.contains(&of) || level <= OTHERS_AT_MOST
}

fn filter(wanted: Option<&str>) -> Result<EnvFilter, ParseError> {
    let wanted = wanted.map(str::trim).filter(|text| !text.is_empty());
    EnvFilter::builder().parse(wanted.unwrap_or(DEFAULT))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("actors::shell", Level::DEBUG, true),
            ("events", Level::TRACE, true),
            ("actix_http::h1::dispatcher", Level::INFO, true),
            ("actix_http::h1::dispatcher", Level::DEBUG, false),
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
