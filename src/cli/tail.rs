//! `tidings events show` and `tail`: one event, or the last ones and then each further one as it happens.

use std::thread;
use std::time::Duration;

use ::events::history::History;
use ::events::ids::Position;

use super::args::{Cli, Server, TailArgs};
use super::data_dir::unreadable;
use super::events::{asked, filter, lines};
use super::exit::{Exit, Failure};
use super::log_source::Source;
use super::remote::{Call, Remote};
use super::{print, print_row, print_to_reader, say};
use crate::service::event_query::{self, Filter, Search};
use crate::service::events::EventRow;

/// Interval between requests for further events.
const POLL: Duration = Duration::from_millis(500);
/// Interval between attempts to reach a gateway that does not answer.
const RETRY: Duration = Duration::from_secs(1);
/// The page size when reading the log.
const PAGE: usize = 500;
/// Codes of refusals that pass by themselves.
const PASSING: [&str; 3] = ["overloaded", "unavailable", "disk_full"];

/// Shows one event.
pub(super) fn show(cli: &Cli, position: Position, server: &Server) -> Result<(), Failure> {
    let one = Part { from: position, to: Some(position), newest_first: false, limit: 1 };
    let log = Filtered { source: Source::find(cli, server)?, filter: Filter::default() };
    let found = log.rows(&one)?.pop();
    print_row(cli, &found.ok_or_else(|| Failure::new(Exit::NotFound, format!("there is no event {position} yet")))?)
}

/// Prints the last events or those from a position on, and with `--follow` each further one.
pub(super) fn run(cli: &Cli, args: &TailArgs) -> Result<(), Failure> {
    let filter = filter(&args.filter)?;
    let log = Filtered { source: Source::find(cli, &args.server)?, filter };
    if args.follow && matches!(log.source, Source::Open(..)) {
        let message = "no gateway runs on this data directory: nothing can happen there";
        return Err(Failure::new(Exit::Unreachable, message).hint("leave out --follow, or name a gateway with --url"));
    }
    let next = match args.from {
        Some(from) => from,
        None => last(cli, &log, args)?,
    };
    if args.follow {
        return Following { cli, args, log, next, is_lost: false }.run();
    }
    if args.from.is_some() { from_on(cli, &log, next) } else { Ok(()) }
}

/// Prints the last events. Returns the position after the log's last event.
fn last(cli: &Cli, log: &Filtered, args: &TailArgs) -> Result<Position, Failure> {
    if args.lines == 0 && !args.follow {
        return Ok(1);
    }
    let limit = usize::from(args.lines).max(1);
    // Before the rows are read, so that none is missed between them.
    let head = if args.follow && log.is_filtered() { log.head()? } else { 0 };
    let to = Some(head).filter(|head| *head > 0);
    let mut rows = log.rows(&Part { from: 1, to, newest_first: true, limit })?;
    rows.reverse();
    if args.lines > 0 {
        print(&lines(cli, &rows)?)?;
    }
    Ok(head.max(rows.last().map_or(0, |last| last.position)).saturating_add(1))
}

/// Prints the events from a position to the end.
fn from_on(cli: &Cli, log: &Filtered, mut next: Position) -> Result<(), Failure> {
    let head = log.head()?;
    while next <= head {
        let rows = log.rows(&Part { from: next, to: Some(head), newest_first: false, limit: PAGE })?;
        if !print_to_reader(&lines(cli, &rows)?) || rows.len() < PAGE {
            return Ok(());
        }
        next = rows.last().map_or(head, |last| last.position).saturating_add(1);
    }
    Ok(())
}

/// Events to read.
struct Part {
    from: Position,
    to: Option<Position>,
    newest_first: bool,
    limit: usize,
}

/// The wanted events of a log.
struct Filtered {
    source: Source,
    filter: Filter,
}

impl Filtered {
    fn rows(&self, part: &Part) -> Result<Vec<EventRow>, Failure> {
        match &self.source {
            Source::Open(history, _) => self.opened(history, part),
            Source::Gateway(gateway) => asked(gateway, part.limit, |limit| self.call(part, limit)),
        }
    }

    fn opened(&self, history: &History, part: &Part) -> Result<Vec<EventRow>, Failure> {
        let head = history.head().position;
        let range = part.from.max(1)..=part.to.map_or(head, |to| to.min(head));
        let (filter, newest_first, limit) = (self.filter.clone(), part.newest_first, part.limit);
        let search = Search { filter, range, newest_first, limit, look_max: usize::MAX };
        Ok(event_query::search(history, &search).map_err(|error| unreadable(&error))?.rows)
    }

    fn call(&self, part: &Part, limit: usize) -> Call {
        let Filter { stream, name, workspace, message, .. } = &self.filter;
        Call::get("/admin/v1/events")
            .query("from", Some(part.from))
            .query("to", part.to)
            .query("order", part.newest_first.then_some("desc"))
            .query("stream", stream.as_ref())
            .query("type", name.as_ref())
            .query("workspace", workspace.as_ref())
            .query("message", message.as_ref())
            .query("limit", Some(limit))
    }

    fn is_filtered(&self) -> bool {
        let Filter { stream, name, workspace, message, .. } = &self.filter;
        stream.is_some() || name.is_some() || workspace.is_some() || message.is_some()
    }

    /// Returns the position of the log's last event.
    fn head(&self) -> Result<Position, Failure> {
        match &self.source {
            Source::Open(history, _) => Ok(history.head().position),
            Source::Gateway(gateway) => head(gateway),
        }
    }
}

fn head(gateway: &Remote) -> Result<Position, Failure> {
    let last = Call::get("/admin/v1/events").query("order", Some("desc")).query("limit", Some(1));
    Ok(asked(gateway, 1, |_| last.clone())?.last().map_or(0, |last| last.position))
}

/// Prints every event of a gateway from a position on, over all losses of its connection.
struct Following<'a> {
    cli: &'a Cli,
    args: &'a TailArgs,
    log: Filtered,
    next: Position,
    is_lost: bool,
}

impl Following<'_> {
    /// Goes on until the process is stopped, nobody reads any more, or a request is refused.
    fn run(mut self) -> Result<(), Failure> {
        loop {
            let before = self.next;
            let rows = match self.further() {
                Ok(rows) => rows,
                Err(failure) if is_passing(&failure) => {
                    self.lost(&failure);
                    continue;
                }
                Err(failure) => return Err(failure),
            };
            if !rows.is_empty() && !print_to_reader(&lines(self.cli, &rows)?) {
                return Ok(());
            }
            if self.next == before {
                thread::sleep(POLL);
            }
        }
    }

    /// Reads the next events.
    fn further(&mut self) -> Result<Vec<EventRow>, Failure> {
        // With a filter, what was searched once is not searched again.
        let to = if self.is_lost || self.log.is_filtered() { Some(self.log.head()?) } else { None };
        if self.is_lost {
            self.found_again(to.unwrap_or_default())?;
        }
        if to.is_some_and(|to| to < self.next) {
            return Ok(Vec::new());
        }
        let rows = self.log.rows(&Part { from: self.next, to, newest_first: false, limit: PAGE })?;
        let last = rows.last().map_or(0, |last| last.position);
        let searched = to.filter(|_| rows.len() < PAGE).unwrap_or(0);
        self.next = self.next.max(last.max(searched).saturating_add(1));
        Ok(rows)
    }

    fn lost(&mut self, failure: &Failure) {
        if !self.is_lost {
            say(&format!("{}; trying again, and going on after position {}\n", failure.message, self.next - 1));
        }
        self.is_lost = true;
        thread::sleep(RETRY);
        if let Ok(gateway) = Source::again(self.cli, &self.args.server) {
            self.log.source = Source::Gateway(gateway);
        }
    }

    fn found_again(&mut self, head: Position) -> Result<(), Failure> {
        let seen = self.next - 1;
        if head < seen && self.args.from.is_none_or(|from| from < self.next) {
            let message =
                format!("the log there ends at position {head}, but {seen} events were seen: it is another one");
            return Err(Failure::new(Exit::Failed, message).hint("start again without --from"));
        }
        self.is_lost = false;
        say(&format!("The gateway answers again; going on after position {seen}.\n"));
        Ok(())
    }
}

fn is_passing(failure: &Failure) -> bool {
    failure.exit == Exit::Unreachable || failure.code.as_deref().is_some_and(|code| PASSING.contains(&code))
}
