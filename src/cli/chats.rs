//! `tidings chat`: lists chats, exports what is known of a contact, and erases it.

use serde_json::json;

use super::args::{ChatArgs, ChatCommand, Cli, EraseArgs};
use super::confirm::{can_ask, is_confirmed};
use super::exit::{Exit, Failure};
use super::remote::{Call, Remote, rows_of, segment};
use super::table::{Column, list, view};
use super::{print, say};

const PATH: &str = "/api/v1/chats";

const ROW: &[Column] = &[
    ("id", "/chat_id"),
    ("name", "/name"),
    ("phone", "/phone"),
    ("group", "/is_group"),
    ("account", "/account"),
    ("responsible", "/responsible_name"),
    ("erased at", "/erased_at"),
];

const LINES: &[Column] = &[
    ("Chat", "/chat_id"),
    ("Name", "/name"),
    ("Phone", "/phone"),
    ("Address", "/jid"),
    ("Group", "/is_group"),
    ("Account", "/account"),
    ("Responsible", "/responsible_name"),
    ("Their e-mail", "/responsible_email"),
    ("Erased at", "/erased_at"),
];

const VERDICT: &[Column] = &[
    ("Chat", "/chat_id"),
    ("Messages that would fail", "/queued"),
    ("Credits that would come back", "/refunded"),
    ("Messages to be settled", "/uncertain"),
    ("Reports that would be dropped", "/reports"),
];

const ERASED: &[Column] = &[("Chat", "/chat_id"), ("State", "/state"), ("Asked for at", "/erased_at")];

pub(super) fn run(cli: &Cli, command: &ChatCommand) -> Result<(), Failure> {
    match command {
        ChatCommand::List { limit, access } => {
            let call = Call::get(PATH).query("limit", Some(limit));
            let (rows, _) = rows_of(Remote::workspace(cli, access)?.ask(call)?);
            super::print_list(cli, &list(cli.json, &rows, ROW), "No chat yet: `tidings send`.")
        }
        ChatCommand::Show(ChatArgs { chat, access }) => {
            let shown = Remote::workspace(cli, access)?.ask(Call::get(path(chat)))?;
            print(&view(cli.json, &shown, LINES))
        }
        ChatCommand::Export(args) => export(cli, args),
        ChatCommand::Erase(args) => erase(cli, args),
    }
}

fn path(chat: &str) -> String {
    format!("{PATH}/{}", segment(chat))
}

fn export(cli: &Cli, ChatArgs { chat, access }: &ChatArgs) -> Result<(), Failure> {
    let gateway = Remote::workspace(cli, access)?;
    let shown = gateway.ask(Call::get(path(chat)))?;
    let mut messages = gateway.all(&format!("{}/messages", path(chat)))?;
    messages.reverse();
    let document = json!({"chat": shown, "messages": messages});
    print(&if cli.json { format!("{document}\n") } else { format!("{document:#}\n") })
}

fn erase(cli: &Cli, EraseArgs { chat, reason, dry_run, yes, access }: &EraseArgs) -> Result<(), Failure> {
    let gateway = Remote::workspace(cli, access)?;
    let call = || Call::post(format!("{}/erase", path(chat)), json!({"reason": reason}));
    let verdict = || gateway.ask(call().header("Dry-Run", Some("true")));
    if *dry_run {
        return print(&view(cli.json, &verdict()?, VERDICT));
    }
    // Whoever cannot be asked is a program, which knows what it does.
    if !yes && can_ask() {
        say(&view(false, &gateway.ask(Call::get(path(chat)))?, LINES));
        say(&view(false, &verdict()?, VERDICT));
        if !is_confirmed("Nothing brings back what is erased. Type yes to erase this chat: ") {
            return Err(Failure::new(Exit::Usage, "nothing was erased").hint("answer yes, or add --yes"));
        }
    }
    print(&view(cli.json, &gateway.ask(call())?, ERASED))
}
