//! Commands about workspaces, their credits and their keys.

use clap::{Args, Subcommand};

use super::connection::{Access, Operator};

const CREATE_EXAMPLES: &str = "\
Examples:
  tidings workspace create --name Acme --owner-name \"Ada Doe\" --owner-email ada@acme.example --credits 1000
  tidings --json workspace create --name Acme --owner-name \"Ada Doe\" --owner-email ada@acme.example | jq -r .api_key";

const GRANT_EXAMPLES: &str = "\
Example:
  tidings credits grant 1001 500 --reason \"monthly quota\"";

const LEDGER_EXAMPLES: &str = "\
Examples:
  TIDINGS_API_KEY=wsk_... tidings credits ledger --limit 20
  tidings --json credits ledger --limit 500 | jq 'select(.kind == \"refunded\")'";

const KEY_EXAMPLES: &str = "\
Example:
  tidings key create --name \"our CRM\"";

/// The operator's commands for workspaces.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum WorkspaceCommand {
    /// Create a workspace; shows its API key, only once, and its inbound URL
    #[command(after_help = CREATE_EXAMPLES)]
    Create(CreateArgs),
    /// List all workspaces
    #[command(visible_alias = "ls")]
    List(Operator),
    /// Show one workspace
    Show {
        /// Its number, such as 1001
        #[arg(value_name = "WORKSPACE")]
        id: u64,
        /// The gateway to ask.
        #[command(flatten)]
        operator: Operator,
    },
}

/// A new workspace.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct CreateArgs {
    /// Its name
    #[arg(long)]
    pub name: String,
    /// The owner's full name
    #[arg(long, value_name = "NAME")]
    pub owner_name: String,
    /// The owner's e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub owner_email: String,
    /// The language of e-mails to the owner
    #[arg(long, default_value = "en", value_parser = ["en", "tr", "el", "hi", "es"])]
    pub language: String,
    /// Initial credits
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub credits: u64,
    /// The gateway to ask.
    #[command(flatten)]
    pub operator: Operator,
}

/// Commands for credits.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum CreditsCommand {
    /// Show the balance
    Balance(Access),
    /// List every movement, the newest first
    #[command(after_help = LEDGER_EXAMPLES)]
    Ledger {
        /// At most this many: 1 to 500
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
        limit: u16,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
    /// Grant credits, as the operator
    #[command(after_help = GRANT_EXAMPLES)]
    Grant(GrantArgs),
}

/// A grant of credits.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct GrantArgs {
    /// The workspace's number, such as 1001
    pub workspace: u64,
    /// The number of credits
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub amount: u64,
    /// The reason, kept in the ledger
    #[arg(long)]
    pub reason: String,
    /// The gateway to ask.
    #[command(flatten)]
    pub operator: Operator,
}

/// Commands for API keys.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum KeyCommand {
    /// List the keys; the keys themselves are not shown
    #[command(visible_alias = "ls")]
    List(Access),
    /// Create a key; shows it only once
    #[command(after_help = KEY_EXAMPLES)]
    Create {
        /// Its purpose, such as the program that will use it
        #[arg(long)]
        name: String,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
    /// Revoke a key; it stops working at once
    Revoke {
        /// The key's id, as `key list` shows it
        #[arg(value_name = "KEY_ID")]
        id: String,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
}
