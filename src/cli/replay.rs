//! `tidings replay`: folds every stream from its records, and compares it with what is kept of it.

use reqwest::Method;

use super::args::{Cli, ReplayArgs};
use super::data_dir::unreadable;
use super::exit::{Exit, Failure};
use super::log_source::Source;
use super::print;
use super::progress::Progress;
use super::remote::Call;
use crate::service::as_of::AsOf;
use crate::service::replay::{NamedStream, Outcome, ReplayView, offline};
use crate::service::wording::counted;

pub(super) fn run(cli: &Cli, args: &ReplayArgs) -> Result<(), Failure> {
    let view: ReplayView = match Source::find(cli, &args.server)? {
        Source::Open(history, _) => {
            let head = history.head().position;
            let mut progress = Progress::of("Replaying", cli.json);
            let replayed = AsOf::moment(args.to, &history, head).and_then(|to| {
                // Most events belong to one or two streams.
                offline(&history, to, args.compare, |applied| {
                    progress.tell(applied, to.saturating_mul(3) / 2);
                    true
                })
            });
            progress.end();
            replayed.map_err(|error| unreadable(&error))?
        }
        Source::Gateway(gateway) => {
            let call = Call::new(Method::POST, "/admin/v1/replay").query("to", args.to);
            gateway.typed(call.query("compare", args.compare.then_some(true)))?
        }
    };
    let page = if cli.json { super::json(&view)? + "\n" } else { page(&view, args.compare) };
    print(&page)?;
    verdict(&view)
}

/// Fails if a stream differs or cannot be read.
fn verdict(view: &ReplayView) -> Result<(), Failure> {
    if view.is_good() {
        return Ok(());
    }
    let ReplayView { differing, failed, .. } = view;
    let differ = if *differing == 1 { "differs from its records" } else { "differ from their records" };
    let differ = format!("{} {differ}", counted(*differing, "state"));
    let unread = format!("{} cannot be read", counted(*failed, "stream"));
    let message = match (differing, failed) {
        (_, 0) => differ,
        (0, _) => unread,
        _ => format!("{differ}, and {unread}"),
    };
    Err(Failure::new(Exit::Integrity, message))
}

/// Formats the result for people.
fn page(view: &ReplayView, compare: bool) -> String {
    let ReplayView { to, streams, applied, compared, differing, skipped, failed, named } = view;
    let (streams, events) = (counted(*streams, "stream"), counted(*applied, "event"));
    let mut pieces = vec![format!("{streams} replayed up to position {to}: {events} applied, {failed} failed\n")];
    if compare {
        pieces.push(match compared {
            0 => format!(
                "no state to compare with: no actor is awake, and none has a snapshot yet ({skipped} skipped)\n"
            ),
            _ => format!("{} compared: {differing} different, {skipped} skipped\n", counted(*compared, "state")),
        });
    }
    pieces.extend(named.iter().map(line));
    let unnamed = (differing + skipped + failed).saturating_sub(named.len() as u64);
    if unnamed > 0 {
        pieces.push(format!("and {unnamed} more\n"));
    }
    pieces.concat()
}

fn line(named: &NamedStream) -> String {
    let NamedStream { stream, outcome, reason, paths } = named;
    let outcome = match outcome {
        Outcome::Differs => "differs",
        Outcome::Skipped => "skipped",
        Outcome::Failed => "failed",
    };
    let paths = if paths.is_empty() { String::new() } else { format!("; at {}", paths.join(" ")) };
    format!("{stream}  {outcome}: {reason}{paths}\n")
}
