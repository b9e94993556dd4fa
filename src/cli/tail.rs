//! `tidings events show` and `tail`: one event, or the last ones and then each further one as it happens.

use std::thread;
use std::time::Duration;

use ::events::history::History;

use super::args::{Cli, Server, TailArgs};
use super::data_dir::unreadable;
use super::events::lines;
use super::exit::{Exit, Failure};
use super::log_source::Source;
use super::remote::{Call, Remote};
use super::{print, print_row};
use crate::service::events::{self, EventRow, Filter};
use crate::service::page::Paged;

/// Interval between requests for further events.
const POLL: Duration = Duration::from_millis(500);
/// The page size when reading the log.
const PAGE: u64 = 500;

/// Shows one event.
pub(super) fn show(cli: &Cli, position: u64, server: &Server) -> Result<(), Failure> {
    let rows = match Source::find(cli, server)? {
        Source::Open(history, _) => opened(&history, position, 1)?,
        Source::Gateway(gateway) => asked(&gateway, position, 1)?,
    };
    let found = rows.into_iter().find(|row| row.position == position);
    print_row(cli, &found.ok_or_else(|| Failure::new(Exit::NotFound, format!("there is no event {position} yet")))?)
}

/// Prints the last events, and with `--follow` each further one.
pub(super) fn run(cli: &Cli, args: &TailArgs) -> Result<(), Failure> {
    let lines = u64::from(args.lines);
    match Source::find(cli, &args.server)? {
        Source::Open(..) if args.follow => {
            let message = "no gateway runs on this data directory: nothing can happen there";
            Err(Failure::new(Exit::Unreachable, message).hint("leave out --follow, or name a gateway with --url"))
        }
        Source::Open(history, _) => {
            let from = history.head().position.saturating_sub(lines).saturating_add(1);
            tell(cli, &opened(&history, from, lines)?)
        }
        Source::Gateway(gateway) => {
            let next = last(cli, &gateway, lines, args.follow)?;
            if args.follow { follow(cli, &gateway, next) } else { Ok(()) }
        }
    }
}

/// Prints a gateway's last events, read with one request. Returns the position after them.
fn last(cli: &Cli, gateway: &Remote, lines: u64, follow: bool) -> Result<u64, Failure> {
    if lines == 0 && !follow {
        return Ok(1);
    }
    let call = Call::get("/admin/v1/events").query("order", Some("desc")).query("limit", Some(lines.max(1)));
    let mut rows = gateway.typed::<Paged<EventRow>>(call)?.data;
    rows.reverse();
    if lines > 0 {
        tell(cli, &rows)?;
    }
    Ok(behind(&rows, 1))
}

/// Prints every event from a position on, until the process is stopped or a request fails.
fn follow(cli: &Cli, gateway: &Remote, mut next: u64) -> Result<(), Failure> {
    loop {
        let after = print_events(cli, gateway, next, PAGE)?;
        if after == next {
            thread::sleep(POLL);
        }
        next = after;
    }
}

/// Prints a gateway's events from a position on. Returns the position after them.
fn print_events(cli: &Cli, gateway: &Remote, from: u64, limit: u64) -> Result<u64, Failure> {
    let rows = asked(gateway, from, limit)?;
    tell(cli, &rows)?;
    Ok(behind(&rows, from))
}

/// Returns the position after these rows; `from` if there are none.
fn behind(rows: &[EventRow], from: u64) -> u64 {
    rows.last().map_or(from, |last| last.position.saturating_add(1))
}

fn tell(cli: &Cli, rows: &[EventRow]) -> Result<(), Failure> {
    print(&lines(cli, rows)?)
}

fn asked(gateway: &Remote, from: u64, limit: u64) -> Result<Vec<EventRow>, Failure> {
    let call = Call::get("/admin/v1/events").query("from", Some(from)).query("limit", Some(limit));
    Ok(gateway.typed::<Paged<EventRow>>(call)?.data)
}

fn opened(history: &History, from: u64, limit: u64) -> Result<Vec<EventRow>, Failure> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let filter = Filter { from: from.max(1), to: u64::MAX, stream: None, name: None, limit };
    events::rows(history, &filter).map_err(|error| unreadable(&error))
}
