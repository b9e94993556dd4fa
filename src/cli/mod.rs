//! The command line: parses the arguments, runs one command, ends with its exit code.

mod accounts;
mod activity_feed;
mod activity_line;
mod actors;
pub mod args;
mod audit;
mod banner;
mod bench;
mod chats;
mod command_line;
mod confirm;
mod credits;
mod data_dir;
mod demo;
mod diff;
mod event_stats;
mod events;
pub mod exit;
mod explain;
mod export;
mod export_lines;
mod import;
mod inbound;
mod keys;
mod listen;
mod log_source;
mod manual;
mod messages;
mod outbound;
mod progress;
mod remote;
mod replay;
mod report_lines;
mod scratch;
mod screen;
mod send;
mod serve;
mod setup;
mod simulator;
mod state;
mod table;
mod tail;
mod trace;
mod trigger;
mod vault;
mod verify;
mod workspaces;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use serde::Serialize;

use self::args::{Cli, Command, EventsCommand, LogFormat};
use self::exit::{Exit, Failure};
use crate::config::{Config, Overrides};
use crate::telemetry;

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misread(&error),
    };
    // Manual pages are public; every other file we write may contain keys and texts.
    if !matches!(cli.command, Some(Command::Man(_))) {
        crate::rights::keep_private();
    }
    let code = match carry_out(&cli) {
        Ok(()) => Exit::Done.into(),
        Err(failure) => failure.report(cli.json),
    };
    telemetry::last_words();
    code
}

/// Reports what is wrong with the arguments, or prints the requested help.
fn misread(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && std::env::args_os().any(|argument| argument == "--json") {
        let words = error.render().to_string();
        let message = words.trim_end().strip_prefix("error: ").unwrap_or(&words);
        return Failure::new(Exit::Usage, message.split("\n\nUsage:").next().unwrap_or_default()).report(true);
    }
    let printed = match screen::width() {
        Some(_) if !error.use_stderr() => {
            let help = error.render();
            let help = if colour(&io::stdout()) { help.ansi().to_string() } else { help.to_string() };
            io::stdout().write_all(screen::fitted_help(&help, screen::width()).as_bytes())
        }
        _ => error.print(),
    };
    match printed {
        _ if error.use_stderr() => Exit::Usage.into(),
        Err(unprinted) if unprinted.kind() != io::ErrorKind::BrokenPipe => Exit::Failed.into(),
        _ => Exit::Done.into(),
    }
}

fn carry_out(cli: &Cli) -> Result<(), Failure> {
    match cli.chosen() {
        Command::Demo(args) => demo::run(cli, &args),
        Command::Serve(args) => serve::run(cli, &args),
        Command::Simulator(args) => simulator::run(cli, &args),
        Command::Workspace(command) => workspaces::run(cli, &command),
        Command::Account(command) => accounts::run(cli, &command),
        Command::Inbound(command) => inbound::run(cli, &command),
        Command::Outbound(command) => outbound::run(cli, &command),
        Command::Credits(command) => credits::run(cli, &command),
        Command::Key(command) => keys::run(cli, &command),
        Command::Send(args) => send::run(cli, &args),
        Command::Message(command) => messages::run(cli, &command),
        Command::Chat(command) => chats::run(cli, &command),
        Command::File(command) => send::file(cli, &command),
        Command::Events(EventsCommand::Ls(args)) => events::ls(cli, &args),
        Command::Events(EventsCommand::Show { position, server }) => tail::show(cli, position, &server),
        Command::Events(EventsCommand::Tail(args)) => tail::run(cli, &args),
        Command::Events(EventsCommand::Verify(args)) => verify::run(cli, &args),
        Command::Events(EventsCommand::Export(args)) => export::run(cli, &args),
        Command::Events(EventsCommand::Import(args)) => import::run(cli, &args),
        Command::Audit(command) => audit::run(cli, &command),
        Command::Events(EventsCommand::Trace { message, server }) => trace::run(cli, message, &server),
        Command::Events(EventsCommand::Stats(server)) => event_stats::run(cli, &server),
        Command::Vault(command) => vault::run(cli, &command),
        Command::Listen(args) => listen::run(cli, &args),
        Command::Trigger(command) => trigger::run(cli, &command),
        Command::Bench(command) => bench::run(cli, &command),
        Command::Explain(args) => explain::run(cli.json, &args),
        Command::State(args) => state::run(cli, &args),
        Command::Actor(command) => actors::run(cli, &command),
        Command::Replay(args) => replay::run(cli, &args),
        Command::Diff(args) => diff::run(cli, &args),
        Command::Config(command) => setup::config(cli, &command),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man(args) => manual::man(&args),
        Command::Version => setup::version(cli),
    }
}

/// Writes data to stdout, escaped so that text from others cannot control the terminal.
fn print(text: &str) -> Result<(), Failure> {
    print_bytes(screen::escaped(text).as_bytes())
}

/// Writes a downloaded list to stdout: as it is, but what would control the terminal is escaped in JSON, where that
/// means the same, and in everything that a terminal shows.
fn print_download(format: LogFormat, bytes: &[u8]) -> Result<(), Failure> {
    if matches!(format, LogFormat::Json) || io::stdout().is_terminal() {
        return print(&String::from_utf8_lossy(bytes));
    }
    print_bytes(bytes)
}

/// Writes one row as JSON: on one line for machines, on several for people.
fn print_row(cli: &Cli, row: &impl Serialize) -> Result<(), Failure> {
    let text = if cli.json { json(row)? } else { format!("{:#}", serde_json::json!(row)) };
    print(&(text + "\n"))
}

/// Formats a row as one line of JSON.
fn json(row: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(row).map_err(|error| Failure::because(Exit::Failed, &error))
}

/// Writes bytes to stdout. It is no error if stdout was closed early.
fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    match write_out(bytes) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::because(Exit::Failed, &error)),
        _ => Ok(()),
    }
}

/// Prints a text; false if nobody reads it any more.
fn print_to_reader(text: &str) -> bool {
    write_out(screen::escaped(text).as_bytes()).is_ok()
}

fn write_out(bytes: &[u8]) -> io::Result<()> {
    io::stdout().write_all(bytes).and_then(|()| io::stdout().flush())
}

/// Writes a list to stdout. If it is empty, also explains why on stderr, unless with `--json`.
fn print_list(cli: &Cli, list: &str, nothing: &str) -> Result<(), Failure> {
    if list.is_empty() && !cli.json {
        say(&format!("{nothing}\n"));
    }
    print(list)
}

/// Says on stderr that a list goes on, and with which option.
fn say_more(cli: &Cli, shown: usize, option: &str) {
    if cli.json {
        say(&format!("{}\n", serde_json::json!({"more": {"shown": shown, "option": option}})));
    } else {
        say(&format!("Shown: {shown}. There are more: {option}\n"));
    }
}

/// Writes text to stderr.
fn say(text: &str) {
    telemetry::say(&screen::escaped(text));
}

fn config(cli: &Cli, listen: Option<std::net::SocketAddr>) -> Result<Config, Failure> {
    let overrides = Overrides { listen, data_dir: cli.data_dir.clone() };
    Ok(Config::load(cli.config.as_deref(), std::env::vars_os(), overrides)?)
}

/// True if the stream is a terminal that shows colours and the user wants them.
fn colour(terminal: &impl IsTerminal) -> bool {
    let is_wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    terminal.is_terminal() && is_wanted && !screen::is_dumb()
}

fn logging(json: bool) -> Result<(), Failure> {
    let ansi = colour(&io::stderr());
    telemetry::init(json, ansi).map_err(|error| Failure::because(Exit::Usage, &error))
}
