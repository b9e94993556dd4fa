//! Log lines go to stderr, so that stdout stays data; what is said is chosen by `TIDINGS_LOG`.

use std::env;
use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

/// Names what is logged, such as `debug` or `info,tidings::http=trace`.
pub const VARIABLE: &str = "TIDINGS_LOG";
/// The life cycle of our own parts; the web server's own start-up lines say nothing new.
const DEFAULT: &str = "info,actix_server=warn";

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
        lines.json().flatten_event(true).with_ansi(false).finish().try_init()?;
    } else {
        lines.with_ansi(ansi).finish().try_init()?;
    }
    Ok(())
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
    fn nonsense_is_refused() {
        assert!(filter(Some("tidings=loud")).is_err());
    }
}
