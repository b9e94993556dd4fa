//! `tidings inbound`: a workspace's secret URL, its switches and what was posted to it.

use serde_json::{Value, json};

use super::args::{Access, Cli, InboundCommand, LogFormat, Switch};
use super::exit::Failure;
use super::remote::{Call, Remote, rows_of, segment};
use super::table::{Column, list, text, view};
use super::{messages, print, say};

const PATH: &str = "/api/v1/inbound";

const LINES: &[Column] = &[("URL", "/url"), ("Enabled", "/enabled"), ("Strict", "/strict")];

const ATTEMPT: &[Column] = &[
    ("id", "/id"),
    ("at", "/at"),
    ("status", "/status"),
    ("state", "/state"),
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
    let gateway = Remote::workspace(cli, access)?;
    let (mut rows, _) = rows_of(gateway.ask(call)?);
    if !cli.json {
        for attempt in &mut rows {
            read_answer(attempt);
            add_state(attempt, |message| gateway.ask(Call::get(format!("{}/{}", messages::PATH, segment(message)))));
        }
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

/// Adds what became of a request: its message's state, or why there is none. The status alone says only that a message
/// was accepted.
fn add_state(attempt: &mut Value, message: impl FnOnce(&str) -> Result<Value, Failure>) {
    let state = match attempt.get("message_id").and_then(Value::as_str) {
        Some(id) => {
            let message = message(id).unwrap_or_default();
            let code = message.pointer("/failure/code").and_then(Value::as_str).map(|code| format!(": {code}"));
            format!("{}{}", text(&message, "/state"), code.unwrap_or_default())
        }
        None if attempt.pointer("/answer/data/dry_run") == Some(&Value::Bool(true)) => "dry run".to_owned(),
        None if attempt.get("status").and_then(Value::as_u64).is_some_and(|status| status >= 500) => {
            "not taken".to_owned()
        }
        None => "refused".to_owned(),
    };
    if let Some(attempt) = attempt.as_object_mut() {
        attempt.insert("state".to_owned(), state.into());
    }
}

fn log(cli: &Cli, format: LogFormat, access: &Access) -> Result<(), Failure> {
    let call = Call::get(format!("{PATH}/log.{}", format.extension()));
    super::print_download(format, &Remote::workspace(cli, access)?.download(call)?)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn what_became_of_a_request_is_its_messages_state_or_why_there_is_none() {
        let failed = json!({"state": "failed", "failure": {"code": "not_on_whatsapp"}});
        for (attempt, message, state) in [
            (json!({"message_id": "m"}), json!({"state": "sent", "failure": null}), "sent"),
            (json!({"message_id": "m"}), failed, "failed: not_on_whatsapp"),
            (json!({"message_id": null, "answer": {"data": {"dry_run": true}}}), Value::Null, "dry run"),
            (json!({"message_id": null, "answer": {"message": "Webhook not found"}}), Value::Null, "refused"),
            (json!({"message_id": null, "status": 503, "answer": {}}), Value::Null, "not taken"),
            (json!({"message_id": "m"}), Value::Null, "-"),
        ] {
            let mut attempt = attempt;
            add_state(&mut attempt, |_| Ok(message));
            assert_eq!(text(&attempt, "/state"), state);
        }
    }

    #[test]
    fn an_answer_that_is_no_json_is_left_alone() {
        let mut attempt = json!({"answer": "<html>"});
        read_answer(&mut attempt);
        assert_eq!(text(&attempt, "/answer/message"), "-");
    }
}
