//! `tidings diff`: what changed in an actor's state between two moments, and which event changed it.

use serde_json::json;

use super::args::{Cli, DiffArgs};
use super::data_dir::unreadable;
use super::exit::{Exit, Failure};
use super::log_source::Source;
use super::remote::Call;
use super::table::{Column, list};
use super::{print, print_row};
use crate::service::state_diff::{self, CAUSES_MAX, DiffView};
use crate::service::wording::counted;

const ROW: &[Column] =
    &[("path", "/path"), ("before", "/before"), ("after", "/after"), ("position", "/position"), ("event", "/type")];

pub(super) fn run(cli: &Cli, args: &DiffArgs) -> Result<(), Failure> {
    let DiffArgs { stream, from, to, server } = args;
    let view: DiffView = match Source::find(cli, server)? {
        Source::Open(history, _) => {
            let head = history.head().position;
            let found = state_diff::between(&history, *stream, [Some(*from), *to], head);
            let found = found.map_err(|error| unreadable(&error))?;
            let found = found.map_err(|backwards| Failure::because(Exit::Failed, &backwards))?;
            found.ok_or_else(|| Failure::new(Exit::NotFound, "stream not found"))?
        }
        Source::Gateway(gateway) => {
            let call = Call::get(format!("/admin/v1/streams/{stream}/diff")).query("from", Some(from));
            gateway.typed(call.query("to", to.as_ref()))?
        }
    };
    if cli.json { print_row(cli, &view) } else { print(&page(&view)) }
}

/// Formats the differences for people.
fn page(view: &DiffView) -> String {
    let DiffView { stream, from, to, events, differences, left_off, causes, .. } = view;
    let rows: Vec<_> = differences.iter().map(|difference| json!(difference)).collect();
    let mut pieces = vec![format!("{stream} from position {from} to {to}: {}\n", counted(*events, "event"))];
    if rows.is_empty() {
        pieces.push("Nothing changed.\n".to_owned());
    }
    pieces.push(list(false, &rows, ROW));
    if *left_off > 0 {
        pieces.push(format!("And {left_off} more.\n"));
    }
    if !causes {
        pieces.push(format!(
            "Causes are not named: there are more than {CAUSES_MAX} events between, or the state is too large.\n"
        ));
    }
    pieces.concat()
}
