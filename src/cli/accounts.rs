//! `tidings account`: a workspace's connected numbers.

use actors::peer::person_phone;
use reqwest::Method;
use serde_json::{Value, json};

use super::args::{AccountCommand, Cli, ConnectArgs, ReasonArgs};
use super::exit::{Exit, Failure};
use super::remote::{Call, Remote, segment};
use super::table::{Column, list, text, view};
use super::{print, say};

const PATH: &str = "/api/v1/accounts";

const ROW: &[Column] = &[
    ("id", "/id"),
    ("phone", "/phone"),
    ("name", "/full_name"),
    ("e-mail", "/email"),
    ("transport", "/transport"),
    ("state", "/state"),
];

const LINES: &[Column] = &[
    ("Account", "/id"),
    ("Phone", "/phone"),
    ("Name", "/full_name"),
    ("E-mail", "/email"),
    ("Transport", "/transport"),
    ("State", "/state"),
];

pub(super) fn run(cli: &Cli, command: &AccountCommand) -> Result<(), Failure> {
    match command {
        AccountCommand::List(access) => {
            let rows = Remote::workspace(cli, access)?.all(PATH)?;
            super::print_list(
                cli,
                &list(cli.json, &rows, ROW),
                "No account is connected yet: `tidings account connect`.",
            )
        }
        AccountCommand::Show { account, access } => {
            let found = find(&Remote::workspace(cli, access)?, account)?;
            print(&view(cli.json, &found, LINES))
        }
        AccountCommand::Connect(args) => connect(cli, args),
        AccountCommand::Pause(args) => change(cli, args, "pause"),
        AccountCommand::Resume(args) => change(cli, args, "resume"),
        AccountCommand::Disconnect { account, access } => {
            let gateway = Remote::workspace(cli, access)?;
            let path = path_of(&find(&gateway, account)?);
            let answer = gateway.ask(Call::new(Method::DELETE, path))?;
            changed(cli, &answer, &format!("Account {account} is disconnected."))
        }
    }
}

fn connect(cli: &Cli, args: &ConnectArgs) -> Result<(), Failure> {
    let body = json!({
        "phone": args.phone, "full_name": args.full_name, "email": args.email, "transport": args.transport,
    });
    let connected = Remote::workspace(cli, &args.access)?.ask(Call::post(PATH, body))?;
    print(&view(cli.json, &connected, LINES))
}

fn change(cli: &Cli, args: &ReasonArgs, verb: &str) -> Result<(), Failure> {
    let gateway = Remote::workspace(cli, &args.access)?;
    let path = format!("{}/{verb}", path_of(&find(&gateway, &args.account)?));
    let answer = gateway.ask(Call::post(path, json!({"reason": args.reason})))?;
    changed(cli, &answer, &format!("Account {}: {verb}d.", args.account))
}

/// Prints the account as it is now if the response contains it, else a line that says it is done.
fn changed(cli: &Cli, answer: &Value, done: &str) -> Result<(), Failure> {
    if answer.get("id").is_some() {
        return print(&view(cli.json, answer, LINES));
    }
    say(&format!("{done}\n"));
    Ok(())
}

/// Finds the account with this id or phone.
pub(super) fn find(gateway: &Remote, named: &str) -> Result<Value, Failure> {
    let accounts = gateway.all(PATH)?;
    let found = accounts.into_iter().find(|account| is_named(account, named));
    found.ok_or_else(|| Failure::new(Exit::NotFound, format!("no account has the id or phone {named}")))
}

/// Accepts a phone in any spelling that the gateway reads.
fn is_named(account: &Value, named: &str) -> bool {
    text(account, "/id") == named || person_phone(named).is_some_and(|phone| text(account, "/phone") == phone)
}

fn path_of(account: &Value) -> String {
    format!("{PATH}/{}", segment(&text(account, "/id")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_named_by_its_id_or_its_phone() {
        let account = json!({"id": 10_010_001, "phone": "+12025550100"});
        for named in ["10010001", "+12025550100", "12025550100", "+1 (202) 555-0100", "12025550100@c.us"] {
            assert!(is_named(&account, named), "{named}");
        }
        for named in ["1001000", "2025550100", "+12025550101", "", "1 202 555 0100.5", "12025550100@g.us"] {
            assert!(!is_named(&account, named), "{named}");
        }
        assert_eq!(path_of(&account), "/api/v1/accounts/10010001");
    }
}
