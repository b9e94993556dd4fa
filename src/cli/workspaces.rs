//! `tidings workspace`: the operator's workspaces.

use serde_json::json;

use super::args::{Cli, CreateArgs, WorkspaceCommand};
use super::exit::Failure;
use super::remote::{Call, Remote};
use super::table::{Column, list, view};
use super::{print, say};

const ROW: &[Column] = &[
    ("id", "/workspace_id"),
    ("name", "/name"),
    ("owner", "/owner/full_name"),
    ("e-mail", "/owner/email"),
    ("credits", "/balance"),
    ("accounts", "/accounts"),
];

const LINES: &[Column] = &[
    ("Workspace", "/workspace_id"),
    ("Name", "/name"),
    ("Owner", "/owner/full_name"),
    ("E-mail", "/owner/email"),
    ("Language", "/owner/language"),
    ("Credits", "/balance"),
    ("Accounts", "/accounts"),
];

const CREATED: &[Column] = &[("Workspace", "/workspace_id"), ("API key", "/api_key"), ("Inbound URL", "/inbound_url")];

/// Creates, lists or shows workspaces.
pub(super) fn run(cli: &Cli, command: &WorkspaceCommand) -> Result<(), Failure> {
    match command {
        WorkspaceCommand::Create(args) => create(cli, args),
        WorkspaceCommand::List(operator) => {
            let rows = Remote::operator(cli, operator)?.all("/admin/v1/workspaces")?;
            super::print_list(
                cli,
                &list(cli.json, &rows, ROW),
                "There is no workspace yet: `tidings workspace create`.",
            )
        }
        WorkspaceCommand::Show { id, operator } => {
            let found = Remote::operator(cli, operator)?.ask(Call::get(format!("/admin/v1/workspaces/{id}")))?;
            print(&view(cli.json, &found, LINES))
        }
    }
}

fn create(cli: &Cli, args: &CreateArgs) -> Result<(), Failure> {
    let owner = json!({"full_name": args.owner_name, "email": args.owner_email, "language": args.language});
    let body = json!({"name": args.name, "owner": owner, "credits": args.credits});
    let created = Remote::operator(cli, &args.operator)?.ask(Call::post("/admin/v1/workspaces", body))?;
    print(&view(cli.json, &created, CREATED))?;
    say("The API key is shown only now. Whoever knows the inbound URL can send: keep both secret.\n");
    Ok(())
}
