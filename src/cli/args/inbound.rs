//! Commands about a workspace's inbound webhook.

use clap::{Subcommand, ValueEnum};

use super::connection::Access;

const LOG_EXAMPLES: &str = "\
Examples:
  tidings inbound log --format csv > attempts.csv
  tidings inbound log | jq '.[] | select(.status != 200)'";

const ROTATE_HELP: &str = "\
The previous URL stops at once: whoever still posts to it gets 404 \"Webhook not found\".";

/// Commands for the inbound webhook.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum InboundCommand {
    /// Show its URL and its switches
    Show(Access),
    /// Let it accept messages
    Enable(Access),
    /// Refuse every message with 403
    Disable(Access),
    /// Refuse unknown fields and numbers that are not international, or take them with a warning
    Strict {
        /// on: refuse them; off: accept them with a warning
        #[arg(value_enum)]
        switch: Switch,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
    /// Replace the URL with a new one
    #[command(after_help = ROTATE_HELP)]
    Rotate(Access),
    /// List the last sending attempts, the newest first
    Attempts {
        /// At most this many: 1 to 100
        #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100))]
        limit: u16,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
    /// Print the last 100 sending attempts with their full requests and answers
    #[command(after_help = LOG_EXAMPLES)]
    Log {
        /// The format
        #[arg(long, value_enum, default_value_t = LogFormat::Json)]
        format: LogFormat,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    On,
    Off,
}

/// The format of a downloaded log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON array.
    Json,
    /// A table for spreadsheets.
    Csv,
    /// Plain text.
    Txt,
}

impl LogFormat {
    /// The file name's extension.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Txt => "txt",
        }
    }
}
