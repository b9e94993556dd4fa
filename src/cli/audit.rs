//! `tidings audit key`: what an auditor needs to verify checkpoints.

use serde_json::Value;

use super::args::{AuditCommand, Cli};
use super::exit::{Exit, Failure};
use super::log_source::Source;
use super::print;
use super::remote::Call;
use super::verify::own_key;

pub(super) fn run(cli: &Cli, command: &AuditCommand) -> Result<(), Failure> {
    let AuditCommand::Key(server) = command;
    let key = match Source::find(cli, server)? {
        Source::Open(history, _) => own_key(&history)?.to_string(),
        Source::Gateway(gateway) => {
            let created: Value = gateway.ask(Call::get("/admin/v1/events/1"))?;
            let key = created.pointer("/data/checkpoint_key").and_then(Value::as_str);
            key.ok_or_else(|| Failure::new(Exit::Integrity, "the log does not begin with its creation"))?.to_owned()
        }
    };
    if cli.json { super::print_row(cli, &serde_json::json!({ "key": key })) } else { print(&format!("{key}\n")) }
}
