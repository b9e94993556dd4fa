//! Commands about a workspace's chats.

use clap::{Args, Subcommand};

use super::connection::Access;

const LIST_EXAMPLES: &str = "\
Examples:
  tidings chat ls
  tidings chat ls --limit 500 --json | jq 'select(.is_group)'";

const EXPORT_EXAMPLES: &str = "\
One JSON document: the chat, and all that was said in it, the oldest first.

Example:
  tidings chat export 100100000001 > cleo.json";

const ERASE_EXAMPLES: &str = "\
At a terminal it shows what it would erase, and asks. What is queued fails with chat_erased and is refunded; what is
owed to the outbound webhook is dropped; texts, names and addresses can never be read again. Ledger, queues of others
and the log's chain stay as they are. It does not reach other chats of the same person (another account's, groups),
nor copies that were made before: backups, images of the machine, what the CRM got.

Examples:
  tidings chat erase 100100000001 --dry-run
  tidings chat erase 100100000001 --reason \"she asked for it\"";

/// Commands for chats.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum ChatCommand {
    /// List the chats, the newest first
    #[command(visible_alias = "ls", after_help = LIST_EXAMPLES)]
    List {
        /// At most this many: 1 to 500
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=500))]
        limit: u16,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
    /// Show one chat
    Show(ChatArgs),
    /// Print a chat, what is known of its contact and all its messages, to hand it over
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ChatArgs),
    /// Erase a chat for good: its texts, and the names and addresses of its contact
    #[command(after_help = ERASE_EXAMPLES)]
    Erase(EraseArgs),
}

/// One chat.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ChatArgs {
    /// Its id
    #[arg(value_name = "CHAT")]
    pub chat: String,
    /// The gateway to ask.
    #[command(flatten)]
    pub access: Access,
}

/// The chat to erase.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct EraseArgs {
    /// Its id
    #[arg(value_name = "CHAT")]
    pub chat: String,
    /// Why; kept in the log, so name nobody
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub reason: String,
    /// Only say what would fail, be refunded and be dropped
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask at the terminal
    #[arg(long)]
    pub yes: bool,
    /// The gateway to ask.
    #[command(flatten)]
    pub access: Access,
}
