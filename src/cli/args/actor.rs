//! Commands for the actors of a running gateway.

use clap::{Args, Subcommand, ValueEnum};
use events::ids::{StreamId, StreamKind};

use super::connection::Operator;

const LS_EXAMPLES: &str = "\
Examples:
  tidings actor ls --awake                      what is in memory, and what waits in it
  tidings actor ls --kind account
  tidings actor ls --after account/10010001 --limit 500
  tidings --json actor ls --awake | jq 'select(.outstanding > 0)'";

const SHOW_EXAMPLES: &str = "\
Examples:
  tidings actor show account/10010001           its queue, what is due and why, its state, its last events
  tidings --json actor show webhook/100101 | jq .due";

const REBUILD_EXAMPLES: &str = "\
Nothing is recorded or sent, and nothing that waits or is in flight is lost: the actor stands still for a moment and then
goes on with the state that its records make.

Example:
  tidings actor rebuild account/10010001 --reason \"the queue looks wrong\"";

/// Commands for actors.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum ActorCommand {
    /// List actors by kind and number, those that sleep too
    #[command(after_help = LS_EXAMPLES)]
    Ls(ActorsArgs),
    /// Show one actor: its state, what it is about to do and why, its last events; it is not woken for that
    #[command(after_help = SHOW_EXAMPLES)]
    Show {
        /// The actor's stream, such as workspace/1001, account/10010001, chat/100100000001 or webhook/100101
        #[arg(value_name = "STREAM", value_parser = of_an_actor)]
        stream: StreamId,
        /// The gateway to ask.
        #[command(flatten)]
        operator: Operator,
    },
    /// Rebuild one actor from its records alone, and say what differed; exits with 6 if anything did
    #[command(after_help = REBUILD_EXAMPLES)]
    Rebuild(RebuildArgs),
}

/// The actors to list.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ActorsArgs {
    /// Only actors of this kind
    #[arg(long, value_enum)]
    pub kind: Option<ActorKind>,
    /// Only those that are awake
    #[arg(long, conflicts_with = "asleep")]
    pub awake: bool,
    /// Only those that are asleep
    #[arg(long)]
    pub asleep: bool,
    /// Only those behind this one
    #[arg(long, value_name = "STREAM")]
    pub after: Option<StreamId>,
    /// At most this many: 1 to 500
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub limit: u16,
    /// The gateway to ask.
    #[command(flatten)]
    pub operator: Operator,
}

/// A kind of actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ActorKind {
    /// Credits, accounts, settings
    Workspace,
    /// The queue of a number, and its tries
    Account,
    /// The messages of a chat, and how far they got
    Chat,
    /// Reports to the CRM
    Webhook,
}

impl ActorKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::Account => "account",
            Self::Chat => "chat",
            Self::Webhook => "webhook",
        }
    }
}

/// The actor to rebuild.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct RebuildArgs {
    /// The actor's stream, such as account/10010001
    #[arg(value_name = "STREAM", value_parser = of_an_actor)]
    pub stream: StreamId,
    /// Why; repeated in the answer
    #[arg(long)]
    pub reason: String,
    /// The gateway to ask.
    #[command(flatten)]
    pub operator: Operator,
}

/// Parses the stream of an actor: nobody decides on the log itself.
fn of_an_actor(text: &str) -> Result<StreamId, String> {
    let stream = text.parse().ok().filter(|stream: &StreamId| stream.kind() != StreamKind::Log);
    stream.ok_or_else(|| "not an actor, such as workspace/1001 or account/10010001".to_owned())
}
