//! `tidings audit key`: what an auditor needs to verify checkpoints.

use serde_json::Value;

use super::args::{AuditCommand, Cli};
use super::exit::{Exit, Failure};
use super::log_source::Source;
use super::remote::Call;
use super::verify::own_keys;
use super::{print, say};

pub(super) fn run(cli: &Cli, command: &AuditCommand) -> Result<(), Failure> {
    let AuditCommand::Key(server) = command;
    let keys: Vec<String> = match Source::find(cli, server)? {
        Source::Open(history, _) => own_keys(&history)?.iter().map(ToString::to_string).collect(),
        Source::Gateway(gateway) => {
            let found: Value = gateway.ask(Call::get("/admin/v1/events?stream=log&order=desc&limit=500"))?;
            let events = found.get("data").and_then(Value::as_array).into_iter().flatten();
            events.filter_map(|event| Some(event.pointer("/data/checkpoint_key")?.as_str()?.to_owned())).collect()
        }
    };
    let beginning = || Failure::new(Exit::Integrity, "the log does not begin with its creation");
    let (key, earlier) = keys.split_first().ok_or_else(beginning)?;
    if cli.json {
        return super::print_row(cli, &serde_json::json!({ "key": key, "earlier": earlier }));
    }
    for key in earlier {
        say(&format!("Earlier, until it was lost: {key}\n"));
    }
    print(&format!("{key}\n"))
}
