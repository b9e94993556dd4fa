//! Commands about a workspace's outbound webhook.

use clap::{Args, Subcommand, ValueEnum};

use super::connection::Access;
use super::inbound::LogFormat;

pub(super) const OUTBOUND_EXAMPLES: &str = "\
Examples:
  tidings outbound set --to https://crm.example/hooks/whatsapp      the first URL switches it on
  tidings outbound set --aggregation 6h                             one report for a chat's next six hours
  tidings outbound secret                                           what the CRM verifies signatures with
  tidings outbound test; tidings outbound tries                     does it arrive?
  tidings outbound enable --backlog send --reason \"CRM is back\"     after more than 10 errors in a row";

const ENABLE_HELP: &str = "\
What is owed was kept while the webhook was off: it is sent, the oldest first, or given up with --backlog discard.

Example:
  tidings outbound enable --backlog send --reason \"the CRM is back\"";

const TEST_HELP: &str = "\
The test is posted at once, signed like all others, and counts neither as owed nor as an error in a row. One at a time,
six a minute. Exit code 1 if the receiver does not take it.";

const ROTATE_HELP: &str = "\
Each earlier key signs beside the new one for a day after it was replaced: the CRM has that long. Five keys sign at once
at most.";

const RESEND_EXAMPLES: &str = "\
The delivery is what reports call their webhook-id, the tries their delivery.

Example:
  tidings outbound resend dlv_9FCC85FE99662E46";

const DISCARD_EXAMPLES: &str = "\
What is given up is not posted any more; the event log keeps who gave it up, and why.

Example:
  tidings outbound discard dlv_9FCC85FE99662E46 --reason \"the CRM has it by now\"";

const DELIVERIES_EXAMPLES: &str = "\
Examples:
  tidings outbound deliveries                    what has not arrived yet
  tidings outbound deliveries --state parked     what was refused again and again";

const RECOVER_EXAMPLES: &str = "\
A delivery is parked after 11 failures of its own, so that it holds up nobody; the owner is told by e-mail.

Examples:
  tidings outbound recover                                everything that is parked
  tidings outbound recover --since 2026-01-31T12:00:00Z   what was parked at that moment or later";

const LOG_EXAMPLES: &str = "\
Examples:
  tidings outbound log --format csv > tries.csv
  tidings outbound log | jq '.[] | select(.error != null)'";

const MAILS_HELP: &str = "\
kept: there is no mail server ([smtp]), it stands here only; handed_over: the mail server has it; failing: not yet.";

/// Commands for the outbound webhook.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum OutboundCommand {
    /// Show its URL, its settings and its state
    Show(Access),
    /// Change its URL or how long messages are gathered
    Set(SetArgs),
    /// Switch it on, and send or drop the reports that are owed
    #[command(after_help = ENABLE_HELP)]
    Enable(EnableArgs),
    /// Switch it off; reports stay owed
    Disable(DisableArgs),
    /// Post a test report and show the answer
    #[command(after_help = TEST_HELP)]
    Test(Access),
    /// Report at once the messages that are still being gathered
    Flush(Access),
    /// Try parked deliveries again
    #[command(after_help = RECOVER_EXAMPLES)]
    Recover {
        /// Only those parked at or after this time, such as 2026-01-31T12:00:00Z
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
    /// Reset the errors in a row and try again at once
    ResetErrors(Access),
    /// Show the key that signs reports
    Secret(Access),
    /// Replace the key that signs reports with a new one
    #[command(after_help = ROTATE_HELP)]
    RotateSecret(Access),
    /// Post one delivery again
    #[command(after_help = RESEND_EXAMPLES)]
    Resend {
        /// Its id, `dlv_...`
        #[arg(value_name = "DELIVERY")]
        delivery: String,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
    /// Drop one delivery that is owed or parked
    #[command(after_help = DISCARD_EXAMPLES)]
    Discard {
        /// Its id, `dlv_...`
        #[arg(value_name = "DELIVERY")]
        delivery: String,
        /// The reason, kept in the event log
        #[arg(long, default_value = "", hide_default_value = true)]
        reason: String,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
    /// List the deliveries that are owed or parked, the newest first
    #[command(after_help = DELIVERIES_EXAMPLES)]
    Deliveries {
        /// Only deliveries in this state
        #[arg(long, value_enum)]
        state: Option<DeliveryState>,
        /// At most this many: 1 to 500
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
        limit: u16,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
    /// List the last tries, the newest first
    Tries {
        /// At most this many: 1 to 100
        #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100))]
        limit: u16,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
    /// Show one try with its full request and answer
    Try {
        /// Its id, `try_...`
        #[arg(value_name = "ID")]
        id: String,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
    /// Print the last 100 tries with their full requests and answers
    #[command(after_help = LOG_EXAMPLES)]
    Log {
        /// The format
        #[arg(long, value_enum, default_value_t = LogFormat::Json)]
        format: LogFormat,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
    /// List the last e-mails to the owner, and whether they were handed over
    #[command(after_help = MAILS_HELP)]
    Mails {
        /// At most this many: 1 to 100
        #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100))]
        limit: u16,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
}

/// The changes.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(group = clap::ArgGroup::new("settings").required(true).multiple(true))]
pub struct SetArgs {
    /// The URL that receives reports; the first one switches the webhook on
    #[arg(long, value_name = "URL", group = "settings")]
    pub to: Option<String>,
    /// Remove the URL: messages are no longer reported
    #[arg(long, group = "settings", conflicts_with = "to")]
    pub no_url: bool,
    /// How long a chat's messages are gathered before they are reported together
    #[arg(long, value_enum, value_name = "TIME", group = "settings")]
    pub aggregation: Option<Gathering>,
    /// The gateway to ask.
    #[command(flatten)]
    pub access: Access,
}

/// Options for switching on.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct EnableArgs {
    /// Send or drop the deliveries that are owed
    #[arg(long, value_enum, default_value_t = Backlog::Send)]
    pub backlog: Backlog,
    /// The reason, kept in the event log
    #[arg(long, default_value = "", hide_default_value = true)]
    pub reason: String,
    /// The gateway to ask.
    #[command(flatten)]
    pub access: Access,
}

/// Options for switching off.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DisableArgs {
    /// The reason, kept in the event log
    #[arg(long, default_value = "", hide_default_value = true)]
    pub reason: String,
    /// The gateway to ask.
    #[command(flatten)]
    pub access: Access,
}

/// How long messages of one chat are gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Gathering {
    /// Each is reported at once.
    None,
    /// One hour.
    #[value(name = "1h")]
    OneHour,
    /// Six hours.
    #[value(name = "6h")]
    SixHours,
    /// Twelve hours.
    #[value(name = "12h")]
    TwelveHours,
    /// A day.
    #[value(name = "24h")]
    Day,
}

/// The state of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DeliveryState {
    /// Waiting to be sent.
    Owed,
    /// Failed too often; waiting to be recovered, resent or dropped.
    Parked,
}

/// What happens to owed deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Backlog {
    /// Send them, the oldest first.
    Send,
    /// Drop them.
    Discard,
}
