//! `tidings events`: lists and verifies the log.

use events::log::ReadError;
use events::verify;
use reqwest::Method;
use serde_json::{Value, json};

use super::args::{Cli, LsArgs, Order, Server};
use super::exit::{Exit, Failure};
use super::reading::{Source, unreadable};
use super::remote::{Call, rows_of};
use super::screen::{fitted, width};
use crate::http::{self, Filter};

/// Where the type stands: what does not fit on a line goes on below it.
const INDENT: usize = 36;

/// Lists events, the oldest first unless told otherwise.
pub(super) fn ls(cli: &Cli, args: LsArgs) -> Result<(), Failure> {
    if let Some(name) = args.event_type.as_deref().filter(|name| !::events::event::Event::NAMES.contains(name)) {
        let known = ::events::event::Event::NAMES.join(", ");
        return Err(Failure::new(Exit::Usage, format!("there is no event type {name}")).hint(known));
    }
    let rows = match Source::find(cli, &args.server)? {
        Source::Open(log, index, _) => {
            let filter = Filter {
                from: args.from.unwrap_or(1),
                to: args.to.unwrap_or(u64::MAX),
                stream: args.stream,
                name: args.event_type,
                limit: args.limit.into(),
            };
            let rows = if args.order == Order::Desc { http::newest_rows } else { http::rows };
            let rows = rows(log.as_ref(), &index, &Filter { to: filter.to.min(log.head().position), ..filter })
                .map_err(|error| unreadable(&error))?;
            rows.iter().map(|row| json!(row)).collect()
        }
        Source::Gateway(gateway) => {
            let call = Call::get("/admin/v1/events")
                .query("from", args.from)
                .query("to", args.to)
                .query("stream", args.stream)
                .query("type", args.event_type)
                .query("order", (args.order == Order::Desc).then_some("desc"))
                .query("limit", Some(args.limit));
            rows_of(gateway.ask(call)?).0
        }
    };
    super::print(&lines(cli, &rows))
}

/// Events for people or machines, a line for each.
pub(super) fn lines(cli: &Cli, rows: &[Value]) -> String {
    if cli.json {
        return rows.iter().flat_map(|row| [row.to_string(), "\n".to_owned()]).collect();
    }
    fitted(&rows.iter().map(line).collect::<String>(), width(), INDENT)
}

/// One event for people, with a line break at its end.
fn line(row: &Value) -> String {
    let text = |name| row.get(name).and_then(Value::as_str).unwrap_or_default();
    let streams = row.get("streams").and_then(Value::as_array).into_iter().flatten();
    let streams: Vec<&str> = streams.filter_map(Value::as_str).collect();
    let position = row.get("position").and_then(Value::as_u64).unwrap_or_default();
    format!("{position:>8}  {}  {:<20}  {}\n", text("recorded_at"), text("type"), streams.join("  "))
}

/// Checks the chain from first to last.
pub(super) fn verify(cli: &Cli, server: &Server) -> Result<(), Failure> {
    let verdict = match Source::find(cli, server)? {
        Source::Open(log, ..) => match verify::verify(log.as_ref(), |_| {}) {
            Ok(head) => json!({"ok": true, "position": head.position, "hash": head.hash}),
            Err(ReadError::Damaged { position, what }) => json!({"ok": false, "position": position, "what": what}),
            Err(error) => return Err(unreadable(&error)),
        },
        Source::Gateway(gateway) => gateway.ask(Call::new(Method::POST, "/admin/v1/events/verify"))?,
    };
    let position = verdict.get("position").and_then(Value::as_u64).unwrap_or_default();
    if verdict.get("ok") != Some(&Value::Bool(true)) {
        let what = verdict.get("what").and_then(Value::as_str).unwrap_or_default();
        return Err(Failure::new(Exit::Integrity, format!("the record at position {position} is damaged: {what}")));
    }
    if cli.json {
        return super::print(&format!("{verdict}\n"));
    }
    let hash = verdict.get("hash").and_then(Value::as_str).unwrap_or_default();
    super::print(&format!("{position} events, chain verified, head {hash}\n"))
}
