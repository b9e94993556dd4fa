//! `tidings state`: what one actor knows, now or as of any moment.

use serde_json::json;

use super::args::{Cli, Moment, StateArgs};
use super::exit::{Exit, Failure};
use super::reading::{Source, unreadable};
use super::remote::Call;
use crate::http;

/// Shows a state.
pub(super) fn run(cli: &Cli, args: &StateArgs) -> Result<(), Failure> {
    let view = match Source::find(cli, &args.server)? {
        Source::Open(log, index, _) => {
            let at =
                http::position_of(log.as_ref(), args.at, log.head().position).map_err(|error| unreadable(&error))?;
            let view = http::state_view(log.as_ref(), &index, args.stream, at).map_err(|error| unreadable(&error))?;
            json!(view.ok_or_else(|| Failure::new(Exit::NotFound, "stream not found"))?)
        }
        Source::Gateway(gateway) => {
            let at = args.at.map(|at| match at {
                Moment::Position(position) => position.to_string(),
                Moment::Time(time) => time.to_string(),
            });
            gateway.ask(Call::get(format!("/admin/v1/streams/{}/state", args.stream)).query("at", at))?
        }
    };
    let text = if cli.json { view.to_string() } else { format!("{view:#}") };
    super::print(&format!("{text}\n"))
}
