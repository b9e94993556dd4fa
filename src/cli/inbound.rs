//! `tidings inbound`: a workspace's secret URL, its switches and what was posted to it.

use serde_json::{Value, json};

use super::args::{Access, Cli, InboundCommand, LogFormat, Switch};
use super::exit::Failure;
use super::remote::{Call, Remote, rows_of};
use super::table::{Column, list, view};
use super::{print, say};

const PATH: &str = "/api/v1/inbound";

const LINES: &[Column] = &[("URL", "/url"), ("Enabled", "/enabled"), ("Strict", "/strict")];

const ATTEMPT: &[Column] = &[
    ("id", "/id"),
    ("at", "/at"),
    ("status", "/status"),
    ("message", "/message_id"),
    ("answer", "/answer/message"),
    ("warnings", "/warnings"),
];

/// Shows or changes the inbound webhook.
pub(super) fn run(cli: &Cli, command: &InboundCommand) -> Result<(), Failure> {
    match command {
        InboundCommand::Show(access) => tell(cli, access, Call::get(PATH)),
        InboundCommand::Enable(access) => tell(cli, access, Call::patch(PATH, json!({"enabled": true}))),
        InboundCommand::Disable(access) => tell(cli, access, Call::patch(PATH, json!({"enabled": false}))),
        InboundCommand::Strict { switch, access } => {
            tell(cli, access, Call::patch(PATH, json!({"strict": *switch == Switch::On})))
        }
        InboundCommand::Rotate(access) => {
            let answer = Remote::workspace(cli, access)?.ask(Call::post(format!("{PATH}/rotate"), json!({})))?;
            print(&view(cli.json, &answer, &[("URL", "/url")]))?;
            say("The previous URL has stopped: give the new one to whoever posts.\n");
            Ok(())
        }
        InboundCommand::Attempts { limit, access } => attempts(cli, *limit, access),
        InboundCommand::Log { format, access } => log(cli, *format, access),
    }
}

fn tell(cli: &Cli, access: &Access, call: Call) -> Result<(), Failure> {
    let answer = Remote::workspace(cli, access)?.ask(call)?;
    print(&view(cli.json, &answer, LINES))
}

fn attempts(cli: &Cli, limit: u16, access: &Access) -> Result<(), Failure> {
    let call = Call::get(format!("{PATH}/attempts")).query("limit", Some(limit));
    let (mut rows, _) = rows_of(Remote::workspace(cli, access)?.ask(call)?);
    if !cli.json {
        rows.iter_mut().for_each(read_answer);
    }
    super::print_list(cli, &list(cli.json, &rows, ATTEMPT), "Nothing was posted yet.")
}

/// Parses the stored response text as JSON, so that the column can find the message in it.
fn read_answer(attempt: &mut Value) {
    let answer = attempt.get("answer").and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok());
    if let (Some(answer), Some(attempt)) = (answer, attempt.as_object_mut()) {
        attempt.insert("answer".to_owned(), answer);
    }
}

fn log(cli: &Cli, format: LogFormat, access: &Access) -> Result<(), Failure> {
    let call = Call::get(format!("{PATH}/log.{}", format.extension()));
    super::print_download(format, &Remote::workspace(cli, access)?.download(call)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::table::text;

    #[test]
    fn an_answers_message_is_found_in_its_text_and_in_its_object() {
        let object = json!({"status": 404, "message": "Webhook not found"});
        for answer in [json!(object.to_string()), object] {
            let mut attempt = json!({"id": "att_1", "answer": answer});
            read_answer(&mut attempt);
            assert_eq!(text(&attempt, "/answer/message"), "Webhook not found");
        }
    }

    #[test]
    fn an_answer_that_is_no_json_is_left_alone() {
        let mut attempt = json!({"answer": "<html>"});
        read_answer(&mut attempt);
        assert_eq!(text(&attempt, "/answer/message"), "-");
    }
}
