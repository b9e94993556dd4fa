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

/// What the operator can do with workspaces.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum WorkspaceCommand {
    /// Create a workspace; shows its API key, this once, and its inbound URL
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

/// What a new workspace is to be.
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
    /// The language of what is written to the owner
    #[arg(long, default_value = "en", value_parser = ["en", "tr", "el", "hi", "es"])]
    pub language: String,
    /// Credits to begin with
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub credits: u64,
    /// The gateway to ask.
    #[command(flatten)]
    pub operator: Operator,
}

/// What can be done with credits.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum CreditsCommand {
    /// Show what is left
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

/// Who gets how many credits, and why.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct GrantArgs {
    /// The workspace's number, such as 1001
    pub workspace: u64,
    /// How many credits
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub amount: u64,
    /// Why; stands in the ledger
    #[arg(long)]
    pub reason: String,
    /// The gateway to ask.
    #[command(flatten)]
    pub operator: Operator,
}

/// What can be done with API keys.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum KeyCommand {
    /// List the keys, without what is secret in them
    #[command(visible_alias = "ls")]
    List(Access),
    /// Create a key; shows it this once
    #[command(after_help = KEY_EXAMPLES)]
    Create {
        /// What it is for, such as the program that will use it
        #[arg(long)]
        name: String,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
    /// Revoke a key: it opens nothing from then on
    Revoke {
        /// The key's id, as `key list` shows it
        #[arg(value_name = "KEY_ID")]
        id: String,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
}
