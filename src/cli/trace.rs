//! `tidings events trace`: a message's whole life on one page.

use ::events::ids::MessageId;
use serde_json::{Value, json};

use super::args::{Cli, Server};
use super::data_dir::unreadable;
use super::exit::{Exit, Failure};
use super::log_source::Source;
use super::print;
use super::remote::Call;
use super::table::{Column, columned, text, view};
use crate::service::trace::{KeptRequests, TraceView, trace};

const LINES: &[Column] = &[
    ("Message", "/message/message_id"),
    ("Workspace", "/workspace_id"),
    ("Account", "/message/account"),
    ("Chat", "/message/chat_id"),
    ("With", "/chat_name"),
    ("Phone", "/chat_phone"),
    ("Direction", "/message/direction"),
    ("Text", "/message/text"),
    ("File", "/message/file/name"),
    ("State", "/message/state"),
    ("Because", "/message/failure/message"),
    ("Detail", "/message/failure/detail"),
    ("Erased at", "/erased_at"),
    ("Report", "/report/delivery_id"),
    ("Report state", "/report/state"),
];

/// Prints the page.
pub(super) fn run(cli: &Cli, message: MessageId, server: &Server) -> Result<(), Failure> {
    let traced: TraceView = match Source::find(cli, server)? {
        Source::Open(history, _) => {
            let kept = |workspace| KeptRequests::saved(&history, workspace);
            let traced = trace(&history, message, history.head().position, kept).map_err(|error| unreadable(&error))?;
            traced.ok_or_else(|| Failure::new(Exit::NotFound, "message not found"))?
        }
        Source::Gateway(gateway) => gateway.typed(Call::get(format!("/admin/v1/messages/{message}/trace")))?,
    };
    if cli.json { print(&(super::json(&traced)? + "\n")) } else { print(&page(&json!(traced))) }
}

/// Formats the page for people; leaves out what there is not.
fn page(traced: &Value) -> String {
    let lines: Vec<Column> = LINES.iter().filter(|(_, pointer)| text(traced, pointer) != "-").copied().collect();
    let list = |name: &str| traced.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let steps = list("steps");
    let rows = steps.iter().map(|step| {
        let named = step.get("id").and_then(Value::as_str).map_or_else(String::new, |id| format!(" ({id})"));
        vec![text(step, "/at"), text(step, "/position"), text(step, "/text") + &named]
    });
    let table = columned(vec!["AT".to_owned(), "POSITION".to_owned(), "WHAT".to_owned()], rows.collect());
    let notes = list("notes").into_iter().filter_map(|note| Some(format!("\n{}\n", note.as_str()?)));
    [view(false, traced, &lines), "\n".to_owned(), table].into_iter().chain(notes).collect()
}
