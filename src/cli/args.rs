//! The command line: every command, flag and help text. Knows nothing of what the commands do.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand};
use events::ids::StreamId;
use events::time::Timestamp;

const EXAMPLES: &str = "\
Examples:
  tidings                                       try it: demo workspace and simulated WhatsApp on this machine
  tidings demo --reset                          the same from an empty log
  tidings serve --config /etc/tidings.toml      production
  tidings events ls --type CreditCharged        every charge
  tidings state account/10010001 --at 2026-01-31T12:00:00Z

Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 not allowed, 5 unreachable, 6 integrity, 7 data in use.
Configuration: flags win over TIDINGS_* variables, these over the file, the file over the built-in defaults.
TIDINGS_LOG chooses what is logged, for example `warn` or `info,actors=debug`.";

const SERVE_EXAMPLES: &str = "\
Examples:
  TIDINGS_ADMIN_KEY=adm_... tidings serve --listen 127.0.0.1:8080 --data-dir /var/lib/tidings
  TIDINGS_PACING__GAP_MS_MIN=2000 tidings serve --config /etc/tidings.toml";

const LS_EXAMPLES: &str = "\
Examples:
  tidings events ls --limit 10
  tidings events ls --stream workspace/1001 --type CreditRefunded
  tidings --json events ls --from 5000 --url http://127.0.0.1:8080";

const STATE_EXAMPLES: &str = "\
Examples:
  tidings state workspace/1001
  tidings state account/10010001 --at 4711
  tidings state chat/100100000001 --at 2026-01-31T12:00:00Z";

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
    /// Configuration file; every key and its default stands in config/tidings.toml
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "FILE", env = "TIDINGS_CONFIG")]
    pub config: Option<PathBuf>,
    /// Folder of the log, its indexes and the secrets [default: as configured, else data, for the demo data/demo]
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// What to do; without a command, production if a configuration is named, else the demo.
    pub fn chosen(&self) -> Command {
        match &self.command {
            Some(command) => command.clone(),
            None if self.config.is_some() => Command::Serve(ServeArgs { listen: None }),
            None => Command::Demo(DemoArgs { listen: None, reset: false }),
        }
    }
}

/// What can be done.
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
    /// Read and verify the event log
    #[command(subcommand)]
    Events(EventsCommand),
    /// Show what one actor knows, now or as of any moment
    #[command(after_help = STATE_EXAMPLES)]
    State(StateArgs),
    /// Explain the code of a refusal or failure: its causes, what to do, what becomes of the credits
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Print the version
    Version,
}

/// How the demo runs.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DemoArgs {
    /// Loopback address and port to listen on; if the port is taken, the next free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    pub listen: Option<SocketAddr>,
    /// Delete the demo's data first
    #[arg(long)]
    pub reset: bool,
}

/// How production runs.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ServeArgs {
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
}

/// How the simulator process runs.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SimulatorArgs {
    /// Loopback address and port to listen on
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    pub listen: SocketAddr,
    /// How many times as fast as real time the phones answer; give the gateway the same: 1 to 3600
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub clock_rate: u32,
}

/// What can be done with the event log.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum EventsCommand {
    /// List events, oldest first
    #[command(after_help = LS_EXAMPLES)]
    Ls(LsArgs),
    /// Check the hash chain from the first record to the last; exits with 6 if it does not hold
    Verify(Server),
}

/// Which events to list.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct LsArgs {
    /// First position
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(u64).range(1..))]
    pub from: Option<u64>,
    /// Last position
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(u64).range(1..))]
    pub to: Option<u64>,
    /// Only events of this stream, such as workspace/1001, account/10010001 or chat/100100000001
    #[arg(long, value_name = "STREAM")]
    pub stream: Option<StreamId>,
    /// Only events of this type, such as `MessageQueued`
    #[arg(long = "type", value_name = "TYPE")]
    pub event_type: Option<String>,
    /// At most this many: 1 to 500
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub limit: u16,
    /// The gateway to ask.
    #[command(flatten)]
    pub server: Server,
}

/// Whose state to show, and as of when.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct StateArgs {
    /// The actor's stream, such as workspace/1001, account/10010001 or chat/100100000001
    #[arg(value_name = "STREAM")]
    pub stream: StreamId,
    /// As of this position or RFC 3339 time; now if it is left out
    #[arg(long, value_name = "POSITION|TIME")]
    pub at: Option<Moment>,
    /// The gateway to ask.
    #[command(flatten)]
    pub server: Server,
}

/// Which code to explain.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ExplainArgs {
    /// The code, such as `insufficient_credits`; all of them if it is left out
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

/// The gateway that a reading command asks while the data directory is in use.
#[derive(Clone, PartialEq, Eq, Args)]
pub struct Server {
    /// Gateway to ask; without it the data directory is read, or its gateway is asked if it is in use
    #[arg(long, value_name = "URL", env = "TIDINGS_URL")]
    pub url: Option<String>,
    /// The operator's key there, unless it stands in the data directory
    #[arg(long, value_name = "KEY", env = "TIDINGS_ADMIN_KEY", hide_env_values = true)]
    pub admin_key: Option<String>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("url", &self.url).finish_non_exhaustive()
    }
}

/// A point in the log's past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// After the event of this position; 0 is before the first.
    Position(u64),
    /// After the last event that was recorded at this time or before.
    Time(Timestamp),
}

impl FromStr for Moment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().map(Self::Position).map_err(|_| "not a position");
        }
        text.parse().map(Self::Time).map_err(|_| "neither a position nor a time such as 2026-01-31T12:00:00Z")
    }
}

/// An address that only this machine reaches: what listens there asks nobody for a key.
fn loopback(text: &str) -> Result<SocketAddr, &'static str> {
    let address: SocketAddr = text.parse().map_err(|_| "not an IP address and a port, such as 127.0.0.1:8080")?;
    if address.ip().is_loopback() { Ok(address) } else { Err("only a loopback address: it would be open to everybody") }
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
        assert_eq!(parse("tidings --config x.toml"), Ok(Command::Serve(ServeArgs { listen: None })));
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
    fn a_moment_is_a_position_or_a_time() {
        assert_eq!("4711".parse(), Ok(Moment::Position(4711)));
        assert_eq!("1970-01-01T00:00:01Z".parse(), Ok(Moment::Time(Timestamp::from_ms(1_000))));
        assert!("yesterday".parse::<Moment>().is_err());
        assert!("".parse::<Moment>().is_err());
    }

    #[test]
    fn what_is_out_of_range_is_a_usage_error() {
        for line in [
            "tidings simulator --listen 127.0.0.1:1 --clock-rate 3601",
            "tidings events ls --from 0",
            "tidings events ls --limit 501",
            "tidings state chats/1",
        ] {
            assert_eq!(parse(line), Err(ErrorKind::ValueValidation), "{line}");
        }
    }

    #[test]
    fn the_help_never_shows_a_key() {
        let mut command = Cli::command();
        command.build();
        let verify = command.find_subcommand_mut("events").and_then(|events| events.find_subcommand_mut("verify"));
        let argument = verify.unwrap().get_arguments().find(|argument| argument.get_id() == "admin_key").unwrap();
        assert!(argument.is_hide_env_values_set());
    }
}
