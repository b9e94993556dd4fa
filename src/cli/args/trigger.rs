//! Commands that make the simulated `WhatsApp` do something.

use clap::{Args, Subcommand};

pub(super) const TRIGGER_EXAMPLES: &str = "\
Only the simulator can be made to do anything: the gateway's own, or `tidings simulator` (name that one with --url).

Examples:
  tidings trigger message --from +12025550101 --name \"Mary Major\" --text \"Is it open today?\"
  tidings trigger message --jid 120363025550101@g.us --name Sales --from +12025550101 --text \"to all\"
  tidings trigger sent --to +12025550101 --text \"I am on my way\"
  tidings trigger receipt wa_backend:3EB09FCC85FE99662E46 --status delivered
  tidings trigger disconnect --account +12025550100          and `connect` again
  tidings trigger failing-receiver demo --status 500         what is posted to /sim/v1/echo/demo fails
  tidings trigger healthy-receiver demo                      and succeeds again";

const URL_HELP: &str =
    "Gateway or simulator to ask [default: the gateway that has the data directory, else http://127.0.0.1:8080]";

/// What can be made to happen.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum TriggerCommand {
    /// A contact or group writes to an account
    Message(MessageArgs),
    /// The owner of an account types on the phone itself
    Sent(SentArgs),
    /// The other side's phone tells how far a message got, once more or at all
    Receipt(ReceiptArgs),
    /// An account loses its connection: its messages wait
    Disconnect(AccountArgs),
    /// An account has its connection again
    Connect(AccountArgs),
    /// A receiver of the simulator fails, or answers late
    FailingReceiver(FailingArgs),
    /// A receiver of the simulator answers with 200 again, at once
    HealthyReceiver(ReceiverArgs),
}

/// Who writes what to whom.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct MessageArgs {
    /// The account that hears it.
    #[command(flatten)]
    pub account: AccountArgs,
    /// Who writes; with --jid of a group, which member [default: +12025550101, unless --jid is given]
    #[arg(long, value_name = "PHONE")]
    pub from: Option<String>,
    /// The WhatsApp address of the conversation, such as that of a group
    #[arg(long)]
    pub jid: Option<String>,
    /// What the contact calls itself, or the group's subject
    #[arg(long, default_value = "Mary Major")]
    pub name: String,
    /// What is said [default: Hello, unless a file comes along]
    #[arg(long, allow_hyphen_values = true)]
    pub text: Option<String>,
    /// A file of this name comes along
    #[arg(long, value_name = "NAME")]
    pub file_name: Option<String>,
}

/// What is typed to whom.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SentArgs {
    /// The account on whose phone it is typed.
    #[command(flatten)]
    pub account: AccountArgs,
    /// To whom [default: +12025550101, unless --jid is given]
    #[arg(long, value_name = "PHONE", conflicts_with = "jid")]
    pub to: Option<String>,
    /// To the person or group with this WhatsApp address
    #[arg(long)]
    pub jid: Option<String>,
    /// What is typed
    #[arg(long, default_value = "Hello", allow_hyphen_values = true)]
    pub text: String,
}

/// How far which message got.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ReceiptArgs {
    /// The account that sent it.
    #[command(flatten)]
    pub account: AccountArgs,
    /// The id of a message that was sent, as its acceptance told it
    pub message: String,
    /// How far it got
    #[arg(long, default_value = "read", value_parser = ["delivered", "read"])]
    pub status: String,
}

/// Which account.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct AccountArgs {
    /// The account's phone; the demo's unless named
    #[arg(long, value_name = "PHONE", default_value = "+12025550100")]
    pub account: String,
    /// The simulator.
    #[command(flatten)]
    pub simulator: SimulatorUrl,
}

/// Which receiver.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ReceiverArgs {
    /// Its name, as it stands behind /sim/v1/echo/
    #[arg(default_value = "demo")]
    pub name: String,
    /// The simulator.
    #[command(flatten)]
    pub simulator: SimulatorUrl,
}

/// How a receiver fails.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct FailingArgs {
    /// Which one.
    #[command(flatten)]
    pub receiver: ReceiverArgs,
    /// With this status: 200 to 599
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(200..=599))]
    pub status: u16,
    /// After so many milliseconds of the simulator's time: up to 600000
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=600_000))]
    pub delay_ms: u64,
    /// With the header Retry-After, in seconds: up to 86400
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub retry_after: Option<u64>,
}

/// The simulator to ask. It wants no key.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SimulatorUrl {
    /// Gateway or simulator to ask.
    #[arg(long, value_name = "URL", env = "TIDINGS_URL", help = URL_HELP)]
    pub url: Option<String>,
}
