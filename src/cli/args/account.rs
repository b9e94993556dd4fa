//! Commands about a workspace's `WhatsApp` accounts.

use clap::{Args, Subcommand};

use super::connection::Access;

const CONNECT_EXAMPLES: &str = "\
Example:
  tidings account connect --phone +12025550100 --full-name Acme --email ada@acme.example";

const PAUSE_EXAMPLES: &str = "\
Examples:
  tidings account pause +12025550100 --reason \"new SIM card\"
  tidings account resume +12025550100 --reason \"new SIM card works\"";

/// Commands for accounts.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum AccountCommand {
    /// List the accounts, the newest first
    #[command(visible_alias = "ls")]
    List(Access),
    /// Show one account
    Show {
        /// Its id or phone number
        #[arg(value_name = "ACCOUNT")]
        account: String,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
    /// Connect a number
    #[command(after_help = CONNECT_EXAMPLES)]
    Connect(ConnectArgs),
    /// Pause an account: messages that name it wait, others use another account or are refused
    #[command(after_help = PAUSE_EXAMPLES)]
    Pause(ReasonArgs),
    /// Let a paused account send again
    #[command(after_help = PAUSE_EXAMPLES)]
    Resume(ReasonArgs),
    /// Disconnect an account from this workspace
    Disconnect {
        /// Its id or phone number
        #[arg(value_name = "ACCOUNT")]
        account: String,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
}

/// A number to connect.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ConnectArgs {
    /// The number, in international format
    #[arg(long)]
    pub phone: String,
    /// The name that reports show as the sender
    #[arg(long, value_name = "NAME")]
    pub full_name: String,
    /// The e-mail address that reports show
    #[arg(long, value_name = "ADDRESS")]
    pub email: String,
    /// The transport that connects it to WhatsApp
    #[arg(long, default_value = "simulator")]
    pub transport: String,
    /// The gateway to ask.
    #[command(flatten)]
    pub access: Access,
}

/// An account and a reason.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ReasonArgs {
    /// The account's id or phone number
    pub account: String,
    /// The reason, kept in the event log
    #[arg(long, default_value = "")]
    pub reason: String,
    /// The gateway to ask.
    #[command(flatten)]
    pub access: Access,
}
