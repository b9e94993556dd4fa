//! Commands that read the event log.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use events::checkpoint_key::VerifierKey;
use events::ids::{MessageId, Position, StreamId, WorkspaceId};

use super::connection::Server;
use crate::service::as_of::AsOf;

const LS_EXAMPLES: &str = "\
Examples:
  tidings events ls --limit 10
  tidings events ls --order desc --limit 10
  tidings events ls --stream workspace/1001 --type CreditRefunded
  tidings events ls --from 2026-01-31T12:00:00Z --workspace 1001
  tidings events ls --message wa_backend:3EB09FCC85FE99662E46
  tidings --json events ls --from 5000 --url http://127.0.0.1:8080";

const TAIL_EXAMPLES: &str = "\
Examples:
  tidings events tail                           the last 10 events
  tidings events tail -f                        and every further one, until Ctrl-C
  tidings events tail -f --from 4711            goes on where an earlier one ended
  tidings --json events tail -n 0 -f | jq .type";

const SHOW_EXAMPLES: &str = "\
Example:
  tidings events show 4711                      one event with its cause and data";

const EXPORT_EXAMPLES: &str = "\
Examples:
  tidings events export --out log.ndjson
  tidings events export --message wa_backend:3EB09FCC85FE99662E46
  tidings events export --workspace 1001 --from 2026-01-01T00:00:00Z --to 2026-01-31T23:59:59Z --out january.ndjson

A line is a CloudEvent 1.0 with the hash of EventSourcingDB, version 2. Texts and names stand beside what is hashed,
as far as they are not erased. docs/audit.md says how to check it with Python alone.";

const IMPORT_EXAMPLES: &str = "\
Example:
  tidings --data-dir data/again events import log.ndjson --checkpoint kept/4711.note

The new log gives the same export, byte for byte, and old checkpoints hold for it. Signing keys, the operator's key and
what is kept beside the log are not in an export.";

const VERIFY_EXAMPLES: &str = "\
Examples:
  tidings events verify                                              the log of the data directory
  tidings events verify --checkpoint kept/4711.note                  and that it is the one of then
  tidings events verify log.ndjson --checkpoint https://wa.example   an export, without its log
  tidings events verify january.ndjson --part                        lines that a filter chose";

const TRACE_EXAMPLES: &str = "\
Example:
  tidings events trace wa_backend:3EB09FCC85FE99662E46";

pub(super) const STATE_EXAMPLES: &str = "\
Examples:
  tidings state workspace/1001
  tidings state account/10010001 --at 4711
  tidings state chat/100100000001 --at 2026-01-31T12:00:00Z";

pub(super) const DIFF_EXAMPLES: &str = "\
Examples:
  tidings diff workspace/1001 --from 4711                      what changed since then
  tidings diff account/10010001 --from 2026-01-31T12:00:00Z --to 2026-01-31T13:00:00Z";

pub(super) const REPLAY_EXAMPLES: &str = "\
Examples:
  tidings replay                       fold everything; nothing is changed, nothing is sent
  tidings replay --compare             and compare it: exits with 6 if a state is not that of its records
  tidings replay --to 2026-01-31T12:00:00Z";

/// Commands for the event log.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum EventsCommand {
    /// List events, the oldest first unless --order desc is given
    #[command(after_help = LS_EXAMPLES)]
    Ls(LsArgs),
    /// Show one event
    #[command(after_help = SHOW_EXAMPLES)]
    Show {
        /// Its position in the log, from 1
        #[arg(value_parser = clap::value_parser!(u64).range(1..))]
        position: u64,
        /// The gateway to ask.
        #[command(flatten)]
        server: Server,
    },
    /// List the last events; with --follow, also every new one
    #[command(after_help = TAIL_EXAMPLES)]
    Tail(TailArgs),
    /// Tell a message's whole life on one page: how it came, what it cost, each try, and how it was reported
    #[command(after_help = TRACE_EXAMPLES)]
    Trace {
        /// The message's id, with or without `wa_backend:`
        message: MessageId,
        /// The gateway to ask.
        #[command(flatten)]
        server: Server,
    },
    /// Count the events of each type, workspace and day
    Stats(Server),
    /// Write every event as a line of JSON that others can check without Tidings
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ExportArgs),
    /// Make a new data directory out of an export, after checking every line
    #[command(after_help = IMPORT_EXAMPLES)]
    Import(ImportArgs),
    /// Check the log from the first record to the last, or an export; exits with 6 if anything is wrong
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(VerifyArgs),
}

/// The events to list.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct LsArgs {
    /// First position, or events recorded at this RFC 3339 time or later
    #[arg(long, value_name = "POSITION|TIME", value_parser = of_an_event)]
    pub from: Option<AsOf>,
    /// Last position, or events recorded at this RFC 3339 time or earlier
    #[arg(long, value_name = "POSITION|TIME", value_parser = of_an_event)]
    pub to: Option<AsOf>,
    /// The events that are wanted.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Only what requests with this Idempotency-Key caused; quickly found if --workspace is given too
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
    /// The oldest first, or the newest first
    #[arg(long, value_enum, default_value_t = Order::Asc)]
    pub order: Order,
    /// At most this many: 1 to 500; if there are more, stderr says with which option they are listed
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub limit: u16,
    /// The gateway to ask.
    #[command(flatten)]
    pub server: Server,
}

/// The events to export.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ExportArgs {
    /// From this position, or this RFC 3339 time on
    #[arg(long, value_name = "POSITION|TIME")]
    pub from: Option<AsOf>,
    /// Up to this position or RFC 3339 time
    #[arg(long, value_name = "POSITION|TIME")]
    pub to: Option<AsOf>,
    /// Only events of this stream, such as account/10010001
    #[arg(long, value_name = "STREAM", conflicts_with_all = ["message", "workspace"])]
    pub stream: Option<String>,
    /// Only events about this message
    #[arg(long, value_name = "MESSAGE", conflicts_with = "workspace")]
    pub message: Option<String>,
    /// Only events of this workspace
    #[arg(long, value_name = "WORKSPACE")]
    pub workspace: Option<String>,
    /// Add after each line the proof that it is in the log, and at the end the checkpoint; needs a running gateway
    #[arg(long)]
    pub with_proofs: bool,
    /// Write to this file, which appears once it is whole [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The gateway to ask.
    #[command(flatten)]
    pub server: Server,
}

/// The export to import.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ImportArgs {
    /// A whole export, or - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// A checkpoint that was kept elsewhere, or a gateway that offers one; may be repeated
    #[arg(long, value_name = "FILE|URL")]
    pub checkpoint: Vec<String>,
    /// The key of the checkpoints as `tidings audit key` prints it [default: the one that the export names]
    #[arg(long, value_name = "KEY")]
    pub key: Option<VerifierKey>,
}

/// What to verify.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct VerifyArgs {
    /// An export, or - for standard input [default: the log itself]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// A checkpoint that was kept elsewhere, or a gateway that offers one; may be repeated
    #[arg(long, value_name = "FILE|URL")]
    pub checkpoint: Vec<String>,
    /// The key of the checkpoints as `tidings audit key` prints it [default: the one that the log or export names]
    #[arg(long, value_name = "KEY")]
    pub key: Option<VerifierKey>,
    /// The export is a part of the log, or was filtered
    #[arg(long, requires = "file")]
    pub part: bool,
    /// The gateway to ask.
    #[command(flatten)]
    pub server: Server,
}

/// Parses a time, or the position of an event, from 1.
fn of_an_event(text: &str) -> Result<AsOf, &'static str> {
    match text.parse()? {
        AsOf::Position(0) => Err("positions begin with 1"),
        point => Ok(point),
    }
}

/// What all listed events have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct FilterArgs {
    /// Only events of this stream, such as workspace/1001, account/10010001 or chat/100100000001
    #[arg(long, value_name = "STREAM")]
    pub stream: Option<StreamId>,
    /// Only events of this type, such as `MessageQueued`
    #[arg(long = "type", value_name = "TYPE")]
    pub event_type: Option<String>,
    /// Only events of this workspace, such as 1001
    #[arg(long, value_name = "WORKSPACE")]
    pub workspace: Option<WorkspaceId>,
    /// Only events about this message, or about the bundle that reports it
    #[arg(long, value_name = "MESSAGE")]
    pub message: Option<MessageId>,
}

/// The order of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// The oldest first
    Asc,
    /// The newest first
    Desc,
}

/// Options for the last events.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct TailArgs {
    /// Number of events: 0 to 500
    #[arg(long, short = 'n', value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(..=500))]
    pub lines: u16,
    /// All events from this position on, instead of the last ones
    #[arg(long, value_name = "POSITION", conflicts_with = "lines", value_parser = clap::value_parser!(u64).range(1..))]
    pub from: Option<Position>,
    /// The events that are wanted.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Keep running and list new events as they happen, also after a lost connection; needs a running gateway
    #[arg(long, short)]
    pub follow: bool,
    /// The gateway to ask.
    #[command(flatten)]
    pub server: Server,
}

/// The actor, and the moment of its state.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct StateArgs {
    /// The actor's stream, such as workspace/1001, account/10010001 or chat/100100000001
    #[arg(value_name = "STREAM")]
    pub stream: StreamId,
    /// State at this position or RFC 3339 time; amid a commit, at its end [default: now]
    #[arg(long, value_name = "POSITION|TIME")]
    pub at: Option<AsOf>,
    /// The gateway to ask.
    #[command(flatten)]
    pub server: Server,
}

/// The actor, and the two moments to compare.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DiffArgs {
    /// The actor's stream, such as workspace/1001, account/10010001 or chat/100100000001
    #[arg(value_name = "STREAM")]
    pub stream: StreamId,
    /// State before: at this position or RFC 3339 time; amid a commit, at its end
    #[arg(long, value_name = "POSITION|TIME")]
    pub from: AsOf,
    /// State after: at this position or RFC 3339 time; amid a commit, at its end [default: now]
    #[arg(long, value_name = "POSITION|TIME")]
    pub to: Option<AsOf>,
    /// The gateway to ask.
    #[command(flatten)]
    pub server: Server,
}

/// What to replay.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ReplayArgs {
    /// Fold the events up to this position or RFC 3339 time only; amid a commit, up to its end
    #[arg(long, value_name = "POSITION|TIME")]
    pub to: Option<AsOf>,
    /// Compare each state with its snapshot, and in a running gateway with that of its actor; exits with 6 if one differs
    #[arg(long)]
    pub compare: bool,
    /// The gateway to ask.
    #[command(flatten)]
    pub server: Server,
}
