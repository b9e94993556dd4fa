//! `tidings send` and `tidings file`: sends a message from the command line, and checks a file's URL.

use serde_json::{Value, json};

use super::accounts;
use super::args::{Cli, FileCommand, SendArgs};
use super::exit::{Exit, Failure};
use super::print;
use super::remote::{Call, Remote};
use super::table::{Column, text, view};

const MESSAGE: &[Column] = &[
    ("Message", "/message_id"),
    ("Chat", "/chat_id"),
    ("From", "/account"),
    ("State", "/state"),
    ("Queued at", "/queued_at"),
];

const CHECKED: &[Column] =
    &[("Usable", "/ok"), ("Type", "/type"), ("Bytes", "/size"), ("Code", "/code"), ("Because", "/message")];

/// Sends a message, or with a dry run shows what would happen.
pub(super) fn run(cli: &Cli, args: &SendArgs) -> Result<(), Failure> {
    let gateway = Remote::workspace(cli, &args.access)?;
    let sender = args.account.as_ref().map(|named| accounts::find(&gateway, named)).transpose()?;
    let sender = sender.map(|account| text(&account, "/phone"));
    let call = Call::post("/api/v1/messages", body(args, sender))
        .header("Dry-Run", args.dry_run.then_some("true"))
        .header("Idempotency-Key", args.idempotency_key.as_ref());
    let answer = gateway.ask(call)?;
    if args.dry_run && !cli.json {
        return print(&format!("{answer:#}\n"));
    }
    print(&view(cli.json, &answer, MESSAGE))
}

/// Builds a body with the fields of the inbound webhook, so that both endpoints read the same kind of body.
fn body(args: &SendArgs, sender: Option<String>) -> Value {
    let fields = [
        ("phone", args.to.clone()),
        ("chat_id", args.chat_id.clone()),
        ("jid", args.jid.clone()),
        ("chat_name", args.chat_name.clone()),
        ("text", args.text.clone()),
        ("file_url", args.file_url.clone()),
        ("file_name", args.file_name.clone()),
        ("whatsapp_account_phone", sender),
    ];
    let given = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let all = [("action", "send".to_owned())].into_iter().chain(given);
    Value::Object(all.map(|(name, value)| (name.to_owned(), value.into())).collect())
}

/// Checks a file's URL. An unusable one is a failure.
pub(super) fn file(cli: &Cli, command: &FileCommand) -> Result<(), Failure> {
    let FileCommand::Check { address, name, access } = command;
    let asked = name.as_ref().map_or(json!({"url": address}), |name| json!({"url": address, "file_name": name}));
    let verdict = Remote::workspace(cli, access)?.ask(Call::post("/api/v1/files/check", asked))?;
    print(&view(cli.json, &verdict, CHECKED))?;
    if verdict.get("ok") == Some(&Value::Bool(true)) {
        return Ok(());
    }
    let mut failure = Failure::new(Exit::Failed, "a message with this file would fail");
    failure.code = verdict.get("code").and_then(Value::as_str).map(str::to_owned);
    Err(failure)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::Command;

    fn sent(line: &str, sender: Option<&str>) -> Value {
        let words = format!("tidings send {line}");
        match Cli::try_parse_from(words.split(' ')).map(|cli| cli.chosen()) {
            Ok(Command::Send(args)) => body(&args, sender.map(str::to_owned)),
            _ => panic!("not parsed: {words}"),
        }
    }

    #[test]
    fn only_what_was_given_is_sent() {
        let wanted = json!({"action": "send", "phone": "+12025550101", "text": "hi"});
        assert_eq!(sent("--to +12025550101 --text hi", None), wanted);
        let line = "--chat-id 100100000001 --file-url https://crm.example/1.pdf --file-name 1.pdf";
        let wanted = json!({
            "action": "send", "chat_id": "100100000001", "file_url": "https://crm.example/1.pdf", "file_name": "1.pdf",
            "whatsapp_account_phone": "+12025550100",
        });
        assert_eq!(sent(line, Some("+12025550100")), wanted);
    }
}
