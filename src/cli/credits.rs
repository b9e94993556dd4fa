//! `tidings credits`: the balance, every movement, and the operator's grants.

use serde_json::json;

use super::args::{Cli, CreditsCommand};
use super::exit::Failure;
use super::print;
use super::remote::{Call, Remote, rows_of};
use super::table::{Column, list, view};

const ROW: &[Column] = &[
    ("at", "/at"),
    ("what", "/kind"),
    ("change", "/amount"),
    ("balance", "/balance"),
    ("message", "/message_id"),
    ("reason", "/reason"),
    ("by", "/by"),
];

const BALANCE: &[Column] = &[("Credits", "/balance")];

/// Shows or grants credits.
pub(super) fn run(cli: &Cli, command: &CreditsCommand) -> Result<(), Failure> {
    match command {
        CreditsCommand::Balance(access) => {
            let balance = Remote::workspace(cli, access)?.ask(Call::get("/api/v1/credits"))?;
            print(&view(cli.json, &balance, BALANCE))
        }
        CreditsCommand::Ledger { limit, access } => {
            let call = Call::get("/api/v1/credits/ledger").query("limit", Some(limit));
            let (rows, _) = rows_of(Remote::workspace(cli, access)?.ask(call)?);
            super::print_list(cli, &list(cli.json, &rows, ROW), "No credits have moved yet.")
        }
        CreditsCommand::Grant(args) => {
            let body = json!({"amount": args.amount, "reason": args.reason});
            let call = Call::post(format!("/admin/v1/workspaces/{}/credits", args.workspace), body);
            let balance = Remote::operator(cli, &args.operator)?.ask(call)?;
            print(&view(cli.json, &balance, BALANCE))
        }
    }
}
