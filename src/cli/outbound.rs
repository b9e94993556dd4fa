//! `tidings outbound`: the target of a workspace's reports, the owed deliveries, and the tries.

use clap::ValueEnum;
use serde_json::{Value, json};

use super::args::{Access, Cli, EnableArgs, LogFormat, OutboundCommand, SetArgs};
use super::exit::{Exit, Failure};
use super::remote::{Call, Remote, rows_of, segment};
use super::table::{Column, list, text, view};
use super::{print, say};

const PATH: &str = "/api/v1/outbound";

const LINES: &[Column] = &[
    ("URL", "/url"),
    ("Enabled", "/enabled"),
    ("Aggregation", "/aggregation"),
    ("Errors in a row", "/errors_in_a_row"),
    ("Owed", "/owed"),
    ("Open windows", "/open_windows"),
    ("Parked", "/parked"),
    ("Next try", "/next_try_at"),
];

const KEY: &[Column] = &[("Key", "/secret"), ("Earlier keys until", "/previous_valid_until")];

const DELIVERY_ROW: &[Column] = &[
    ("delivery", "/delivery_id"),
    ("chat", "/chat_id"),
    ("state", "/state"),
    ("failures", "/failures"),
    ("not before", "/not_before"),
    ("parked at", "/parked_at"),
];

const TRY_ROW: &[Column] = &[
    ("id", "/id"),
    ("at", "/at"),
    ("delivery", "/delivery_id"),
    ("status", "/response/status"),
    ("ms", "/duration_ms"),
    ("error", "/error"),
];

const TRY: &[Column] = &[
    ("Try", "/id"),
    ("At", "/at"),
    ("Delivery", "/delivery_id"),
    ("Status", "/response/status"),
    ("URL", "/url"),
    ("Milliseconds", "/duration_ms"),
    ("Error", "/error"),
    ("Headers", "/request/headers"),
    ("Body", "/request/body"),
    ("Answer's headers", "/response/headers"),
    ("Answer", "/response/body"),
];

const MAIL_ROW: &[Column] =
    &[("at", "/at"), ("to", "/to"), ("subject", "/subject"), ("state", "/state"), ("error", "/error")];

/// Shows or changes the outbound webhook.
pub(super) fn run(cli: &Cli, command: &OutboundCommand) -> Result<(), Failure> {
    match command {
        OutboundCommand::Show(access) => tell(cli, access, Call::get(PATH)),
        OutboundCommand::Set(args) => tell(cli, &args.access, Call::patch(PATH, settings(args))),
        OutboundCommand::Enable(args) => tell(cli, &args.access, Call::patch(PATH, switched_on(args))),
        OutboundCommand::Disable(args) => {
            let body = json!({"enabled": false, "reason": args.reason});
            tell(cli, &args.access, Call::patch(PATH, body))
        }
        OutboundCommand::Test(access) => test(cli, access),
        OutboundCommand::Flush(access) => {
            ask(cli, access, Call::post(format!("{PATH}/flush"), json!({})), &[("Reported now", "/flushed")])
        }
        OutboundCommand::Recover { since, access } => {
            let call = Call::post(format!("{PATH}/recover"), json!({"since": since}));
            ask(cli, access, call, &[("Tried again", "/recovered")])
        }
        OutboundCommand::ResetErrors(access) => {
            tell(cli, access, Call::post(format!("{PATH}/reset-errors"), json!({})))
        }
        OutboundCommand::Secret(access) => ask(cli, access, Call::get(format!("{PATH}/secret")), KEY),
        OutboundCommand::RotateSecret(access) => rotate(cli, access),
        OutboundCommand::Resend { delivery, access } => {
            let call = Call::post(format!("{PATH}/deliveries/{}/resend", segment(delivery)), json!({}));
            ask(cli, access, call, &[("Posted once more", "/delivery_id")])
        }
        OutboundCommand::Discard { delivery, reason, access } => {
            let call =
                Call::post(format!("{PATH}/deliveries/{}/discard", segment(delivery)), json!({"reason": reason}));
            ask(cli, access, call, &[("Given up", "/delivery_id")])
        }
        OutboundCommand::Deliveries { state, limit, access } => {
            let call = Call::get(format!("{PATH}/deliveries")).query("limit", Some(limit));
            let call = call.query("state", state.as_ref().map(name).as_ref());
            rows(cli, access, call, DELIVERY_ROW, "Nothing is owed or parked.")
        }
        OutboundCommand::Tries { limit, access } => {
            let call = Call::get(format!("{PATH}/tries")).query("limit", Some(limit));
            rows(cli, access, call, TRY_ROW, "Nothing was tried yet.")
        }
        OutboundCommand::Try { id, access } => {
            ask(cli, access, Call::get(format!("{PATH}/tries/{}", segment(id))), TRY)
        }
        OutboundCommand::Log { format, access } => log(cli, *format, access),
        OutboundCommand::Mails { limit, access } => {
            let call = Call::get("/api/v1/outbox").query("limit", Some(limit));
            rows(cli, access, call, MAIL_ROW, "No e-mail to the owner yet.")
        }
    }
}

/// Asks for the signing key in force, which receivers verify signatures with. Without an API key, asks nothing and
/// returns `None`.
pub(super) fn key(cli: &Cli, access: &Access) -> Result<Option<String>, Failure> {
    let Some(gateway) = Remote::keyed_workspace(cli, access)? else { return Ok(None) };
    let answer = gateway.ask(Call::get(format!("{PATH}/secret")))?;
    let key = answer.get("secret").and_then(Value::as_str).map(str::to_owned);
    key.map(Some).ok_or_else(|| Failure::new(Exit::Failed, "the gateway told no key"))
}

fn tell(cli: &Cli, access: &Access, call: Call) -> Result<(), Failure> {
    ask(cli, access, call, LINES)
}

fn ask(cli: &Cli, access: &Access, call: Call, lines: &[Column]) -> Result<(), Failure> {
    let answer = Remote::workspace(cli, access)?.ask(call)?;
    print(&view(cli.json, &answer, lines))
}

fn rows(cli: &Cli, access: &Access, call: Call, row: &[Column], nothing: &str) -> Result<(), Failure> {
    let (rows, _) = rows_of(Remote::workspace(cli, access)?.ask(call)?);
    super::print_list(cli, &list(cli.json, &rows, row), nothing)
}

fn settings(args: &SetArgs) -> Value {
    let mut body = serde_json::Map::new();
    if args.no_url || args.to.is_some() {
        body.insert("url".to_owned(), json!(args.to));
    }
    if let Some(gathering) = args.aggregation {
        body.insert("aggregation".to_owned(), json!(name(&gathering)));
    }
    body.into()
}

fn switched_on(args: &EnableArgs) -> Value {
    json!({"enabled": true, "backlog": name(&args.backlog), "reason": args.reason})
}

/// Returns the name as typed on the command line; the API uses the same.
fn name(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn test(cli: &Cli, access: &Access) -> Result<(), Failure> {
    let tried = Remote::workspace(cli, access)?.ask(Call::post(format!("{PATH}/test"), json!({})))?;
    print(&view(cli.json, &tried, TRY))?;
    match text(&tried, "/error") {
        error if error == "-" => Ok(()),
        error => Err(Failure::new(Exit::Failed, format!("the receiver did not take the test: {error}"))),
    }
}

fn rotate(cli: &Cli, access: &Access) -> Result<(), Failure> {
    ask(cli, access, Call::post(format!("{PATH}/rotate-secret"), json!({})), KEY)?;
    say("Give the new key to whoever verifies reports before the previous one ends.\n");
    Ok(())
}

fn log(cli: &Cli, format: LogFormat, access: &Access) -> Result<(), Failure> {
    let call = Call::get(format!("{PATH}/log.{}", format.extension()));
    super::print_download(format, &Remote::workspace(cli, access)?.download(call)?)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use clap::error::ErrorKind;

    use super::super::args::Command;
    use super::*;

    fn parse(line: &str) -> Result<OutboundCommand, ErrorKind> {
        match Cli::try_parse_from(format!("tidings outbound {line}").split(' ')).map(|cli| cli.chosen()) {
            Ok(Command::Outbound(command)) => Ok(command),
            Ok(other) => panic!("not about the outbound webhook: {other:?}"),
            Err(error) => Err(error.kind()),
        }
    }

    fn body(line: &str) -> Value {
        match parse(line) {
            Ok(OutboundCommand::Set(args)) => settings(&args),
            Ok(OutboundCommand::Enable(args)) => switched_on(&args),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn only_what_is_named_is_changed() {
        assert_eq!(body("set --aggregation 6h"), json!({"aggregation": "6h"}));
        assert_eq!(body("set --no-url"), json!({"url": null}));
        let both = "set --to https://crm.example/ --aggregation none";
        assert_eq!(body(both), json!({"url": "https://crm.example/", "aggregation": "none"}));
    }

    /// In all commands --url names the gateway, so that no key is sent to the CRM by mistake.
    #[test]
    fn the_gateway_is_named_as_in_every_command() {
        let line = "set --to https://crm.example/ --url http://127.0.0.1:9000";
        assert_eq!(body(line), json!({"url": "https://crm.example/"}));
        let set = match parse(line) {
            Ok(OutboundCommand::Set(args)) => args,
            other => panic!("{other:?}"),
        };
        assert_eq!(set.access.url.as_deref(), Some("http://127.0.0.1:9000"));
        assert_eq!(parse("set --url https://crm.example/"), Err(ErrorKind::MissingRequiredArgument));
    }

    #[test]
    fn nothing_to_change_and_contradictions_are_usage_errors() {
        assert_eq!(parse("set"), Err(ErrorKind::MissingRequiredArgument));
        assert_eq!(parse("set --no-url --to https://crm.example/"), Err(ErrorKind::ArgumentConflict));
        assert_eq!(parse("set --aggregation 2h"), Err(ErrorKind::InvalidValue));
        assert_eq!(parse("tries --limit 101"), Err(ErrorKind::ValueValidation));
        assert_eq!(parse("deliveries --limit 501"), Err(ErrorKind::ValueValidation));
        assert_eq!(parse("deliveries --state lost"), Err(ErrorKind::InvalidValue));
        assert_eq!(parse("discard"), Err(ErrorKind::MissingRequiredArgument));
    }

    #[test]
    fn every_time_of_gathering_is_one_that_the_gateway_knows() {
        let typed: Vec<String> = crate::cli::args::Gathering::value_variants().iter().map(name).collect();
        let known: Vec<&str> = events::webhook::Aggregation::ALL.iter().map(|known| known.name()).collect();
        assert_eq!(typed, known);
    }

    #[test]
    fn what_is_owed_is_sent_unless_it_is_to_be_given_up() {
        assert_eq!(body("enable"), json!({"enabled": true, "backlog": "send", "reason": ""}));
        assert_eq!(body("enable --backlog discard")["backlog"], "discard");
    }
}
