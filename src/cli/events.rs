//! `tidings events ls`: lists events.

use ::events::ids::Position;

use super::args::{Cli, FilterArgs, LsArgs, Order};
use super::data_dir::unreadable;
use super::exit::{Exit, Failure};
use super::log_source::Source;
use super::remote::{Call, Remote};
use super::screen::{fitted, width};
use crate::service::event_query::{self, Filter, Search};
use crate::service::events::EventRow;
use crate::service::page::{LIMIT_MAX, Paged};

/// The column where the event type starts; continuation lines are indented to it.
const INDENT: usize = 36;

/// Lists events, by default the oldest first.
pub(super) fn ls(cli: &Cli, args: &LsArgs) -> Result<(), Failure> {
    let filter = Filter { idempotency_key: args.idempotency_key.clone(), ..filter(&args.filter)? };
    let newest_first = args.order == Order::Desc;
    let most = usize::from(args.limit);
    // One more, to know whether the list goes on.
    let limit = most.saturating_add(1);
    let mut rows = match Source::find(cli, &args.server)? {
        Source::Open(history, _) => {
            let found = event_query::range(&history, [args.from, args.to], history.head().position)
                .map(|range| Search { filter, range, newest_first, limit, look_max: usize::MAX })
                .and_then(|search| event_query::search(&history, &search));
            found.map_err(|error| unreadable(&error))?.rows
        }
        Source::Gateway(gateway) => asked(&gateway, limit, |limit| {
            Call::get("/admin/v1/events")
                .query("from", args.from)
                .query("to", args.to)
                .query("stream", filter.stream)
                .query("type", filter.name.as_ref())
                .query("workspace", filter.workspace)
                .query("message", filter.message)
                .query("idempotency_key", filter.idempotency_key.as_ref())
                .query("order", newest_first.then_some("desc"))
                .query("limit", Some(limit))
        })?,
    };
    let is_cut = rows.len() > most;
    rows.truncate(most);
    super::print(&lines(cli, &rows)?)?;
    if let Some(last) = rows.last().filter(|_| is_cut) {
        super::say_more(cli, most, &rest(last.position, newest_first));
    }
    Ok(())
}

/// Returns the option that lists what comes after the last event shown.
fn rest(last: Position, newest_first: bool) -> String {
    if newest_first { format!("--to {}", last.saturating_sub(1)) } else { format!("--from {}", last.saturating_add(1)) }
}

/// Reads the rows of a list that a gateway may have to search in several steps.
pub(super) fn asked(gateway: &Remote, limit: usize, call: impl Fn(usize) -> Call) -> Result<Vec<EventRow>, Failure> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let left = limit.saturating_sub(rows.len()).clamp(1, LIMIT_MAX);
        let Paged { data, page } = gateway.typed::<Paged<EventRow>>(call(left).query("after", after.as_ref()))?;
        rows.extend(data);
        if rows.len() >= limit || page.next.is_none() || page.next == after {
            return Ok(rows);
        }
        after = page.next;
    }
}

/// Returns what all wanted events have in common.
pub(super) fn filter(args: &FilterArgs) -> Result<Filter, Failure> {
    let FilterArgs { stream, event_type, workspace, message } = args.clone();
    if let Some(name) = event_type.as_deref().filter(|name| !::events::event::Event::NAMES.contains(name)) {
        let known = ::events::event::Event::NAMES.join(", ");
        return Err(Failure::new(Exit::Usage, format!("there is no event type {name}")).hint(known));
    }
    Ok(Filter { stream, name: event_type, workspace, message, idempotency_key: None })
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
