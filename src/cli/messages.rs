//! `tidings message`: lists messages, and shows one with all that happened to it.

use serde_json::Value;

use super::args::{Access, Cli, MessageCommand};
use super::exit::Failure;
use super::print;
use super::remote::{Call, Remote, rows_of, segment};
use super::table::{Column, list, view};

pub(super) const PATH: &str = "/api/v1/messages";

const ROW: &[Column] = &[
    ("id", "/message_id"),
    ("queued at", "/queued_at"),
    ("account", "/account"),
    ("chat", "/chat_id"),
    ("direction", "/direction"),
    ("state", "/state"),
    ("failure", "/failure/code"),
    ("text", "/text"),
];

const LINES: &[Column] = &[
    ("Message", "/message_id"),
    ("Chat", "/chat_id"),
    ("Account", "/account"),
    ("Direction", "/direction"),
    ("Text", "/text"),
    ("File", "/file/name"),
    ("State", "/state"),
    ("Failure", "/failure/code"),
    ("Because", "/failure/message"),
    ("Detail", "/failure/detail"),
    ("Queued at", "/queued_at"),
    ("Sent at", "/sent_at"),
];

const MOMENT: &[Column] =
    &[("at", "/at"), ("event", "/type"), ("by", "/by"), ("code", "/data/code"), ("position", "/position")];

/// Lists or shows messages.
pub(super) fn run(cli: &Cli, command: &MessageCommand) -> Result<(), Failure> {
    match command {
        MessageCommand::List { chat, limit, access } => {
            let path = chat.as_ref().map(|chat| format!("/api/v1/chats/{}/messages", segment(chat)));
            let call = Call::get(path.unwrap_or_else(|| PATH.to_owned())).query("limit", Some(limit));
            let (rows, _) = rows_of(Remote::workspace(cli, access)?.ask(call)?);
            super::print_list(cli, &list(cli.json, &rows, ROW), "No message yet: `tidings send`.")
        }
        MessageCommand::Show { message, access } => show(cli, message, access),
    }
}

fn show(cli: &Cli, message: &str, access: &Access) -> Result<(), Failure> {
    let gateway = Remote::workspace(cli, access)?;
    let path = format!("{PATH}/{}", segment(message));
    let mut shown = gateway.ask(Call::get(&*path))?;
    let timeline = gateway.all(&format!("{path}/timeline"))?;
    if cli.json {
        if let Some(shown) = shown.as_object_mut() {
            shown.insert("timeline".to_owned(), Value::Array(timeline));
        }
        return print(&format!("{shown}\n"));
    }
    print(&format!("{}\n{}", view(false, &shown, LINES), list(false, &timeline, MOMENT)))
}
