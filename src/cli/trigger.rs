//! `tidings trigger`: makes the simulated `WhatsApp`, or a receiver of the simulator, do something.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::args::{AccountArgs, Cli, FailingArgs, MessageArgs, ReceiptArgs, ReceiverArgs, SentArgs, TriggerCommand};
use super::exit::{Exit, Failure};
use super::print;
use super::remote::{Call, Remote, segment};
use super::table::{Column, view};

/// The default contact, as sender or recipient.
const CONTACT: &str = "+12025550101";
const TEXT: &str = "Hello";

const MESSAGE: &[Column] = &[("Message", "/message_id")];
const RECEIPT: &[Column] = &[("Message", "/message_id"), ("Status", "/status")];
const CONNECTION: &[Column] = &[("Account", "/account"), ("Connected", "/connected")];
const SETTINGS: &[Column] = &[("Status", "/status"), ("Delay ms", "/delay_ms"), ("Retry-After", "/retry_after")];

/// Triggers the event and prints the simulator's response.
pub(super) fn run(cli: &Cli, command: &TriggerCommand) -> Result<(), Failure> {
    let (simulator, call, lines) = match command {
        TriggerCommand::Message(args) => (&args.account.simulator, message(args), MESSAGE),
        TriggerCommand::Sent(args) => (&args.account.simulator, sent(args), MESSAGE),
        TriggerCommand::Receipt(args) => (&args.account.simulator, receipt(args), RECEIPT),
        TriggerCommand::Disconnect(args) => (&args.simulator, connection(args, "disconnect"), CONNECTION),
        TriggerCommand::Connect(args) => (&args.simulator, connection(args, "connect"), CONNECTION),
        TriggerCommand::FailingReceiver(args) => {
            (&args.receiver.simulator, settings(&args.receiver, how(args)), SETTINGS)
        }
        TriggerCommand::HealthyReceiver(args) => (&args.simulator, settings(args, json!({})), SETTINGS),
    };
    let answer = Remote::simulator(cli, simulator)?.ask(call).map_err(explained)?;
    print(&view(cli.json, &answer, lines))
}

fn message(args: &MessageArgs) -> Call {
    let from = args.from.clone().or_else(|| args.jid.is_none().then(|| CONTACT.to_owned()));
    let text = args.text.clone().or_else(|| args.file_name.is_none().then(|| TEXT.to_owned()));
    let fields = [
        ("account", Some(args.account.account.clone())),
        ("from", from),
        ("jid", args.jid.clone()),
        ("name", Some(args.name.clone())),
        ("text", text),
        ("file_name", args.file_name.clone()),
    ];
    Call::post("/sim/v1/receive", body(fields))
}

fn sent(args: &SentArgs) -> Call {
    let to = args.to.clone().or_else(|| args.jid.is_none().then(|| CONTACT.to_owned()));
    let fields = [
        ("account", Some(args.account.account.clone())),
        ("to", to),
        ("jid", args.jid.clone()),
        ("text", Some(args.text.clone())),
    ];
    Call::post("/sim/v1/sent", body(fields))
}

fn receipt(args: &ReceiptArgs) -> Call {
    let (account, message) = (segment(&args.account.account), segment(&args.message));
    Call::new(Method::POST, format!("/sim/v1/accounts/{account}/receipts/{message}/{}", args.status))
}

fn connection(args: &AccountArgs, verb: &str) -> Call {
    Call::new(Method::POST, format!("/sim/v1/accounts/{}/{verb}", segment(&args.account)))
}

fn how(args: &FailingArgs) -> Value {
    json!({"status": args.status, "delay_ms": args.delay_ms, "retry_after": args.retry_after})
}

fn settings(receiver: &ReceiverArgs, settings: Value) -> Call {
    Call::put(format!("/sim/v1/echo/{}/settings", segment(&receiver.name)), settings)
}

/// Builds an object of the fields that have a value.
fn body<const N: usize>(fields: [(&str, Option<String>); N]) -> Value {
    let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
    Value::Object(given.collect::<Map<_, _>>())
}

/// Explains "not found": without a simulator its routes do not exist.
fn explained(failure: Failure) -> Failure {
    if failure.exit == Exit::NotFound {
        return Failure::new(Exit::NotFound, "there is no simulator").hint(
            "the gateway needs simulator.enabled = true; with simulator.url, --url names that process, but for receivers",
        );
    }
    failure
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::Command;

    fn parsed(line: &str) -> TriggerCommand {
        let words = format!("tidings trigger {line}");
        match Cli::try_parse_from(words.split(' ')).map(|cli| cli.chosen()) {
            Ok(Command::Trigger(command)) => command,
            _ => panic!("not parsed: {words}"),
        }
    }

    #[test]
    fn without_any_flag_somebody_greets_the_demos_account() {
        let TriggerCommand::Message(args) = parsed("message") else { panic!("no message") };
        let wanted = json!({
            "account": crate::cli::data_dir::ACCOUNT_PHONE, "from": CONTACT, "name": "Mary Major", "text": TEXT,
        });
        assert_eq!(message(&args).into_body(), Some(wanted));
        let TriggerCommand::Sent(args) = parsed("sent") else { panic!("nothing sent") };
        let wanted = json!({"account": crate::cli::data_dir::ACCOUNT_PHONE, "to": CONTACT, "text": TEXT});
        assert_eq!(sent(&args).into_body(), Some(wanted));
    }

    #[test]
    fn who_is_named_by_a_jid_is_not_given_a_phone_and_a_file_needs_no_text() {
        let jid = "120363025550101@g.us";
        let TriggerCommand::Message(args) = parsed(&format!("message --jid {jid} --file-name a.png")) else {
            panic!("no message")
        };
        let body = message(&args).into_body().unwrap_or_default();
        assert_eq!((&body["jid"], &body["file_name"]), (&json!(jid), &json!("a.png")));
        assert!(body.get("from").is_none() && body.get("text").is_none(), "{body}");
    }

    #[test]
    fn where_there_is_no_simulator_the_way_to_one_is_told() {
        let told = explained(Failure::new(Exit::NotFound, "Not found"));
        assert!(told.hint.is_some_and(|hint| hint.contains("simulator.enabled")));
        let other = Failure::new(Exit::Failed, "`text` is missing");
        assert_eq!(explained(other.clone()), other);
    }
}
