//! `tidings events ls`: lists events.

use super::args::{Cli, LsArgs, Order};
use super::data_dir::unreadable;
use super::exit::{Exit, Failure};
use super::log_source::Source;
use super::remote::Call;
use super::screen::{fitted, width};
use crate::service::events::{self, EventRow, Filter};
use crate::service::page::Paged;

/// The column where the event type starts; continuation lines are indented to it.
const INDENT: usize = 36;

/// Lists events, by default the oldest first.
pub(super) fn ls(cli: &Cli, args: LsArgs) -> Result<(), Failure> {
    if let Some(name) = args.event_type.as_deref().filter(|name| !::events::event::Event::NAMES.contains(name)) {
        let known = ::events::event::Event::NAMES.join(", ");
        return Err(Failure::new(Exit::Usage, format!("there is no event type {name}")).hint(known));
    }
    let rows = match Source::find(cli, &args.server)? {
        Source::Open(history, _) => {
            let filter = Filter {
                from: args.from.unwrap_or(1),
                to: args.to.unwrap_or(u64::MAX),
                stream: args.stream,
                name: args.event_type,
                limit: args.limit.into(),
            };
            let rows = if args.order == Order::Desc { events::newest_rows } else { events::rows };
            let filter = Filter { to: filter.to.min(history.head().position), ..filter };
            rows(&history, &filter).map_err(|error| unreadable(&error))?
        }
        Source::Gateway(gateway) => {
            let call = Call::get("/admin/v1/events")
                .query("from", args.from)
                .query("to", args.to)
                .query("stream", args.stream)
                .query("type", args.event_type)
                .query("order", (args.order == Order::Desc).then_some("desc"))
                .query("limit", Some(args.limit));
            gateway.typed::<Paged<EventRow>>(call)?.data
        }
    };
    super::print(&lines(cli, &rows)?)
}

/// Formats events for people or as JSON, one line each.
pub(super) fn lines(cli: &Cli, rows: &[EventRow]) -> Result<String, Failure> {
    if cli.json {
        return rows.iter().map(|row| Ok(super::json(row)? + "\n")).collect();
    }
    Ok(fitted(&rows.iter().map(line).collect::<String>(), width(), INDENT))
}

/// Formats one event for people, with a line break at its end.
fn line(row: &EventRow) -> String {
    let EventRow { position, recorded_at, name, streams, .. } = row;
    format!("{position:>8}  {recorded_at}  {name:<20}  {}\n", streams.join("  "))
}
