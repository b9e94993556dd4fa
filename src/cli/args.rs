//! The command line: every command, flag and help text. Knows nothing about what the commands do.

mod account;
mod actor;
mod audit;
mod bench;
mod chat;
mod connection;
mod inbound;
mod listen;
mod log;
mod message;
mod outbound;
mod setup;
mod trigger;
mod vault;
mod workspace;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use self::account::{AccountCommand, ConnectArgs, ReasonArgs};
pub use self::actor::{ActorCommand, ActorKind, ActorsArgs, RebuildArgs};
pub use self::audit::AuditCommand;
pub use self::bench::{AcceptArgs, AppendArgs, BenchArgs, BenchCommand};
pub use self::chat::{ChatArgs, ChatCommand, EraseArgs};
pub use self::connection::{Access, Operator, Server};
pub use self::inbound::{InboundCommand, LogFormat, Switch};
pub use self::listen::ListenArgs;
pub use self::log::{
    DiffArgs, EventsCommand, ExportArgs, FilterArgs, ImportArgs, LsArgs, Order, ReplayArgs, StateArgs, TailArgs,
    VerifyArgs,
};
pub use self::message::{FileCommand, MessageCommand, SendArgs};
pub use self::outbound::{Backlog, DisableArgs, EnableArgs, Gathering, OutboundCommand, SetArgs};
pub use self::setup::{ConfigCommand, ManArgs};
pub use self::trigger::{
    AccountArgs, FailingArgs, MessageArgs, ReceiptArgs, ReceiverArgs, SentArgs, SimulatorUrl, TriggerCommand,
};
pub use self::vault::{RekeyArgs, VaultCommand};
pub use self::workspace::{CreateArgs, CreditsCommand, GrantArgs, KeyCommand, WorkspaceCommand};

const EXAMPLES: &str = "\
Examples:
  tidings                                       try it: demo workspace and simulated WhatsApp on this machine
  tidings demo --reset                          the same from an empty log
  tidings serve --config /etc/tidings/tidings.toml      production
  tidings workspace create --name Acme --owner-name \"Ada Doe\" --owner-email ada@acme.example
  tidings send --to +12025550101 --text Hello
  tidings events ls --type CreditCharged        every charge
  tidings state account/10010001 --at 2026-01-31T12:00:00Z

Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 not allowed, 5 unreachable, 6 integrity, 7 data in use.
Configuration: flags win over TIDINGS_* variables, these over the file, the file over the built-in defaults.
TIDINGS_LOG chooses what is logged, for example `warn` or `info,actors=debug`.";

const SERVE_EXAMPLES: &str = "\
Examples:
  TIDINGS_ADMIN_KEY=adm_... tidings serve --listen 127.0.0.1:8080 --data-dir /var/lib/tidings
  TIDINGS_PACING__GAP_MS_MIN=2000 tidings serve --config /etc/tidings/tidings.toml";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  tidings explain                          every code
  tidings explain insufficient_credits
  tidings --json explain not_on_whatsapp";

const GLOBAL: &str = "Options of every command";

/// The whole command line.
#[derive(Parser)]
#[command(name = "tidings", version, about = "A self-hosted WhatsApp gateway for CRMs", after_help = EXAMPLES)]
#[command(
    long_about = "A self-hosted WhatsApp gateway for CRMs.\n\nA CRM posts JSON to a secret URL; Tidings queues, \
    charges, paces and sends the message. Without a command it runs `serve` if a configuration is named, else `demo`."
)]
pub struct Cli {
    /// Print data, errors and log lines as JSON
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub json: bool,
    /// Configuration file; config/tidings.toml explains every key and its default
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "FILE", env = "TIDINGS_CONFIG")]
    pub config: Option<PathBuf>,
    /// Folder of the log, its indexes and the secrets [default: as configured, else data (the demo: data/demo)]
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The command.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// Returns the command; without one, `serve` if a configuration is named, else the demo.
    pub fn chosen(&self) -> Command {
        match &self.command {
            Some(command) => command.clone(),
            None if self.config.is_some() => Command::Serve(ServeArgs::default()),
            None => Command::Demo(DemoArgs { listen: None, reset: false }),
        }
    }
}

/// The commands.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Try everything on this machine: gateway, simulated WhatsApp, demo workspace
    Demo(DemoArgs),
    /// Run the gateway for production
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(ServeArgs),
    /// Run the simulated WhatsApp as a process of its own
    #[command(long_about = "Run the simulated WhatsApp as a process of its own, so that its phones outlive a killed \
        gateway. Point the gateway at it with TIDINGS_SIMULATOR__URL=http://ADDRESS.")]
    Simulator(SimulatorArgs),
    /// Create and look up workspaces, as the operator
    #[command(subcommand)]
    Workspace(WorkspaceCommand),
    /// Look up a workspace's WhatsApp accounts, connect, pause and disconnect them
    #[command(subcommand)]
    Account(AccountCommand),
    /// Look up, switch and replace a workspace's inbound webhook
    #[command(subcommand)]
    Inbound(InboundCommand),
    /// Look up and set a workspace's outbound webhook: its URL, its reports and what is still owed
    #[command(subcommand, after_help = outbound::OUTBOUND_EXAMPLES)]
    Outbound(OutboundCommand),
    /// Look up a workspace's credits, or grant some as the operator
    #[command(subcommand)]
    Credits(CreditsCommand),
    /// List, create and revoke a workspace's API keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// Send a message
    #[command(after_help = message::SEND_EXAMPLES)]
    Send(SendArgs),
    /// Look up messages: how far they got, and what happened to them
    #[command(subcommand)]
    Message(MessageCommand),
    /// Look up chats, hand over what is known of a contact, or erase it
    #[command(subcommand)]
    Chat(ChatCommand),
    /// Test a file's address without sending anything
    #[command(subcommand)]
    File(FileCommand),
    /// Read, export and verify the event log
    #[command(subcommand)]
    Events(EventsCommand),
    /// Show the state of one actor, now or at any earlier moment
    #[command(after_help = log::STATE_EXAMPLES)]
    State(StateArgs),
    /// Show what changed in an actor's state between two moments, and which event changed it
    #[command(after_help = log::DIFF_EXAMPLES)]
    Diff(DiffArgs),
    /// Fold every actor's state from the log's records alone, and compare it with what is kept of it
    #[command(after_help = log::REPLAY_EXAMPLES)]
    Replay(ReplayArgs),
    /// What auditors need: the key that verifies checkpoints
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Look at the actors of a running gateway: what waits in them, what they are about to do, and rebuild one
    #[command(subcommand)]
    Actor(ActorCommand),
    /// Exchange the master key under which the keys of texts and names are sealed
    #[command(subcommand)]
    Vault(VaultCommand),
    /// Receive a webhook's reports on this machine and print each of them
    #[command(after_help = listen::LISTEN_EXAMPLES)]
    Listen(ListenArgs),
    /// Make the simulated WhatsApp do something: deliver a message, disconnect a phone, let a receiver fail
    #[command(subcommand, after_help = trigger::TRIGGER_EXAMPLES)]
    Trigger(TriggerCommand),
    /// Measure this machine: messages, reports and events a second on its own disk
    #[command(subcommand, after_help = bench::BENCH_EXAMPLES)]
    Bench(BenchCommand),
    /// Explain the code of a refusal or failure: its causes, the remedy, and what happens to the credits
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Write, show and check the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the completions of a shell
    #[command(after_help = setup::COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write those of all commands
    #[command(after_help = setup::MAN_EXAMPLES)]
    Man(ManArgs),
    /// Print the version
    Version,
}

/// Options of the demo.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DemoArgs {
    /// Loopback address and port to listen on; if the port is taken, the next free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    pub listen: Option<SocketAddr>,
    /// Delete the demo's data first
    #[arg(long)]
    pub reset: bool,
}

/// Options for production.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ServeArgs {
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub listen: Option<SocketAddr>,
    /// Go on if the vault or its master key is lost: every text, name and number stored until now is erased, for good
    #[arg(long)]
    pub without_vault: bool,
    /// Do not ask whether to go on without the vault
    #[arg(long, requires = "without_vault")]
    pub yes: bool,
}

/// Options of the simulator process.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SimulatorArgs {
    /// Loopback address and port to listen on
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    pub listen: SocketAddr,
    /// Speed of the phones as a multiple of real time, 1 to 3600; give the gateway the same
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub clock_rate: u32,
}

/// The code to explain.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ExplainArgs {
    /// The code, such as `insufficient_credits`; all of them if it is left out
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

/// Parses an address and a port, both numeric: a host name may resolve to several addresses.
fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| match text.rsplit_once(':') {
        Some(("localhost", port)) => format!("a name, not an IP address: write 127.0.0.1:{port} or [::1]:{port}"),
        _ => "not an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080".to_owned(),
    })
}

/// Parses an address that only this machine can reach: what listens there requires no key.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address = address(text)?;
    let is_open = "only a loopback address: it would be open to everybody";
    if address.ip().is_loopback() { Ok(address) } else { Err(is_open.to_owned()) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use clap::error::ErrorKind;

    use super::*;

    fn parse(line: &str) -> Result<Command, ErrorKind> {
        let words = line.split_whitespace();
        Cli::try_parse_from(words).map(|cli| cli.chosen()).map_err(|error| error.kind())
    }

    #[test]
    fn the_definitions_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn without_a_command_a_named_configuration_is_served_and_nothing_is_demonstrated() {
        assert_eq!(parse("tidings"), Ok(Command::Demo(DemoArgs { listen: None, reset: false })));
        assert_eq!(parse("tidings --config x.toml"), Ok(Command::Serve(ServeArgs::default())));
    }

    #[test]
    fn global_flags_stand_before_or_after_the_command() {
        for line in ["tidings --json --data-dir d events verify", "tidings events verify --data-dir d --json"] {
            let cli = Cli::try_parse_from(line.split(' ')).ok().unwrap();
            assert_eq!((cli.json, cli.data_dir), (true, Some("d".into())), "{line}");
        }
    }

    #[test]
    fn demo_and_simulator_listen_on_loopback_only() {
        for line in ["tidings demo --listen 0.0.0.0:8080", "tidings simulator --listen [::]:8090"] {
            assert_eq!(parse(line), Err(ErrorKind::ValueValidation), "{line}");
        }
        assert!(parse("tidings simulator --listen [::1]:8090 --clock-rate 3600").is_ok());
        assert!(parse("tidings serve --listen 0.0.0.0:8080").is_ok());
    }

    #[test]
    fn an_address_that_is_none_is_refused_with_one_that_would_do() {
        for command in ["demo", "serve", "simulator", "listen"] {
            for (address, words) in [("localhost:8080", "write 127.0.0.1:8080"), ("8080", "such as 127.0.0.1:8080")] {
                let refused = Cli::try_parse_from(["tidings", command, "--listen", address]).err().unwrap();
                assert!(refused.to_string().contains(words), "{refused}");
            }
        }
    }

    #[test]
    fn what_is_out_of_range_is_a_usage_error() {
        for line in [
            "tidings simulator --listen 127.0.0.1:1 --clock-rate 3601",
            "tidings events ls --from 0",
            "tidings events ls --limit 501",
            "tidings state chats/1",
            "tidings actor show chats/1",
            "tidings actor rebuild log --reason x",
            "tidings bench append --batch 257",
            "tidings bench accept --connections 0",
            "tidings bench replay --seconds 601",
        ] {
            assert_eq!(parse(line), Err(ErrorKind::ValueValidation), "{line}");
        }
    }

    #[test]
    fn the_help_never_shows_a_key() {
        let mut command = Cli::command();
        command.build();
        let mut keys = 0;
        let mut left = vec![command];
        while let Some(command) = left.pop() {
            let secret = |id: &str| matches!(id, "admin_key" | "api_key" | "secret");
            for argument in command.get_arguments().filter(|argument| secret(argument.get_id().as_str())) {
                assert!(argument.is_hide_env_values_set(), "{}: {}", command.get_name(), argument.get_id());
                keys += 1;
            }
            left.extend(command.get_subcommands().cloned());
        }
        assert!(keys > 20, "only {keys} keys were found");
    }

    #[test]
    fn every_command_says_what_it_does() {
        let mut command = Cli::command();
        command.build();
        let mut left = vec![command];
        while let Some(command) = left.pop() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            left.extend(command.get_subcommands().cloned());
        }
    }
}
