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

/// The simulated events.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum TriggerCommand {
    /// A contact or group writes to an account
    Message(MessageArgs),
    /// The owner of an account types on the phone itself
    Sent(SentArgs),
    /// The recipient's phone reports that a message was delivered or read
    Receipt(ReceiptArgs),
    /// Disconnect an account: its messages wait
    Disconnect(AccountArgs),
    /// Connect an account again
    Connect(AccountArgs),
    /// A receiver of the simulator fails, or answers late
    FailingReceiver(FailingArgs),
    /// A receiver of the simulator answers with 200 again, at once
    HealthyReceiver(ReceiverArgs),
}

/// A message from a contact.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct MessageArgs {
    /// The account that receives it.
    #[command(flatten)]
    pub account: AccountArgs,
    /// The contact who writes, or the member of the group in --jid [default: +12025550101, unless --jid is given]
    #[arg(long, value_name = "PHONE")]
    pub from: Option<String>,
    /// The WhatsApp address of the conversation, such as that of a group
    #[arg(long)]
    pub jid: Option<String>,
    /// The contact's own name, or the group's subject
    #[arg(long, default_value = "Mary Major")]
    pub name: String,
    /// The text [default: Hello, unless a file is attached]
    #[arg(long, allow_hyphen_values = true)]
    pub text: Option<String>,
    /// Attach a file of this name
    #[arg(long, value_name = "NAME")]
    pub file_name: Option<String>,
}

/// A message typed on the phone.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SentArgs {
    /// The account whose owner types it.
    #[command(flatten)]
    pub account: AccountArgs,
    /// The recipient [default: +12025550101, unless --jid is given]
    #[arg(long, value_name = "PHONE", conflicts_with = "jid")]
    pub to: Option<String>,
    /// To the person or group with this WhatsApp address
    #[arg(long)]
    pub jid: Option<String>,
    /// The text
    #[arg(long, default_value = "Hello", allow_hyphen_values = true)]
    pub text: String,
}

/// A receipt of a message.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ReceiptArgs {
    /// The account that sent it.
    #[command(flatten)]
    pub account: AccountArgs,
    /// The message's id, as returned when it was accepted
    pub message: String,
    /// The status to report
    #[arg(long, default_value = "read", value_parser = ["delivered", "read"])]
    pub status: String,
}

/// The account.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct AccountArgs {
    /// The account's phone number [default: the demo's]
    #[arg(long, value_name = "PHONE", default_value = "+12025550100")]
    pub account: String,
    /// The simulator.
    #[command(flatten)]
    pub simulator: SimulatorUrl,
}

/// The receiver.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ReceiverArgs {
    /// Its name, the part of its URL after /sim/v1/echo/
    #[arg(default_value = "demo")]
    pub name: String,
    /// The simulator.
    #[command(flatten)]
    pub simulator: SimulatorUrl,
}

/// How a receiver fails.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct FailingArgs {
    /// The receiver.
    #[command(flatten)]
    pub receiver: ReceiverArgs,
    /// Answer with this status: 200 to 599
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(200..=599))]
    pub status: u16,
    /// Answer after this many milliseconds of the simulator's time: up to 600000
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=600_000))]
    pub delay_ms: u64,
    /// Send the header Retry-After with this many seconds: up to 86400
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub retry_after: Option<u64>,
}

/// The simulator to call. It needs no key.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SimulatorUrl {
    /// Gateway or simulator to ask.
    #[arg(long, value_name = "URL", env = "TIDINGS_URL", help = URL_HELP)]
    pub url: Option<String>,
}
