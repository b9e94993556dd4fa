//! What the gateway logs: shown, and changed for some minutes.

use serde::Serialize;
use utoipa::ToSchema;

use super::fields;
use super::refusal::Refusal;
use super::schema::Moment;
use crate::gateway::Gateway;
use crate::telemetry::{NotChanged, Present};

/// Minutes after which the usual filter counts again, unless others are asked for.
const MINUTES: u64 = 15;
const MINUTES_MAX: u32 = 60;

/// What the gateway logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LogLevelView {
    /// A level, or a list such as `info,actors=debug`. Crates of others are never heard below `info`.
    level: String,
    /// When the usual filter counts again; `null` if it does.
    #[schema(value_type = Option<Moment>)]
    until: Option<String>,
    /// The filter with which the process was started.
    usual: String,
}

impl LogLevelView {
    fn of(gateway: &Gateway, present: Present) -> Self {
        let until = present.until.map(|until| until.to_string());
        Self { level: present.filter, until, usual: gateway.log_filter.usual().to_owned() }
    }
}

pub fn show(gateway: &Gateway) -> LogLevelView {
    LogLevelView::of(gateway, gateway.log_filter.present())
}

/// Logs by another filter for some minutes.
pub fn change(gateway: &Gateway, level: &str, minutes: Option<u64>) -> Result<LogLevelView, Refusal> {
    fields::line("level", level)?;
    let minutes = u32::try_from(minutes.unwrap_or(MINUTES)).ok().filter(|minutes| (1..=MINUTES_MAX).contains(minutes));
    let minutes = minutes.ok_or_else(|| Refusal::invalid("minutes", format!("minutes must be 1 to {MINUTES_MAX}")))?;
    let changed = gateway.log_filter.change(level, minutes, gateway.shard.clock()).map_err(|error| match error {
        NotChanged::NoFilter => Refusal::invalid("level", format!("level {error}"))
            .hinting("off, error, warn, info, debug or trace; of a part: info,actors=debug"),
        NotChanged::Ended => Refusal::unavailable("This process logs nothing"),
    })?;
    Ok(LogLevelView::of(gateway, changed))
}
