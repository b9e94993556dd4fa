//! `tidings events stats`: what the log consists of.

use serde_json::{Value, json};

use super::args::{Cli, Server};
use super::data_dir::unreadable;
use super::exit::Failure;
use super::log_source::Source;
use super::progress::Progress;
use super::remote::Call;
use super::table::{Column, list};
use super::{print, print_row};
use crate::service::event_stats::{StatsView, scan};
use crate::service::wording::counted;

/// The most workspaces and days that people see; JSON has all of them.
const SHOWN: usize = 20;

const TYPES: &[Column] = &[("type", "/type"), ("events", "/events")];
const WORKSPACES: &[Column] = &[("workspace", "/workspace_id"), ("events", "/events"), ("bytes", "/bytes")];
const DAYS: &[Column] = &[("day", "/day"), ("events", "/events"), ("bytes", "/bytes")];

pub(super) fn run(cli: &Cli, server: &Server) -> Result<(), Failure> {
    let view: StatsView = match Source::find(cli, server)? {
        Source::Open(history, _) => {
            let (to, mut progress) = (history.head().position, Progress::of("Reading the log", cli.json));
            let scanned = scan(&history, to, |position| {
                progress.tell(position, to);
                true
            });
            progress.end();
            scanned.map_err(|error| unreadable(&error))?
        }
        Source::Gateway(gateway) => gateway.typed(Call::get("/admin/v1/events/stats"))?,
    };
    if cli.json { print_row(cli, &view) } else { print(&page(&view)) }
}

/// Formats the figures for people.
fn page(view: &StatsView) -> String {
    let ends = view.first.as_ref().zip(view.last.as_ref()).map_or_else(String::new, |(first, last)| {
        let [from, to] = [first, last].map(|end| format!("{} at {}", end.position, end.recorded_at));
        format!("from position {from} to {to}\n")
    });
    let rows = |rows: Value| rows.as_array().cloned().unwrap_or_default();
    let mut workspaces = view.workspaces.clone();
    workspaces.sort_by_key(|workspace| std::cmp::Reverse(workspace.events));
    let more_workspaces = cut(&mut workspaces) || view.other_workspaces.events > 0;
    let mut days: Vec<_> = view.days.iter().rev().cloned().collect();
    let more_days = cut(&mut days) || view.other_days.events > 0;
    let [events, commits] = [(view.events, "event"), (view.commits, "commit")].map(|(all, noun)| counted(all, noun));
    let bytes = counted(view.bytes, "byte");
    [
        format!("{events} in {commits}, {bytes}\n{ends}\n"),
        list(false, &rows(json!(view.types)), TYPES) + "\n",
        list(false, &rows(json!(workspaces)), WORKSPACES),
        if more_workspaces { "And further workspaces: --json counts them.\n\n" } else { "\n" }.to_owned(),
        list(false, &rows(json!(days)), DAYS),
        if more_days { "And earlier days: --json counts them.\n" } else { "" }.to_owned(),
    ]
    .concat()
}

/// Cuts rows to those that are shown; true if there were more.
fn cut<T>(rows: &mut Vec<T>) -> bool {
    let is_long = rows.len() > SHOWN;
    rows.truncate(SHOWN);
    is_long
}
