//! Commands for auditors.

use clap::Subcommand;

use super::connection::Server;

const KEY_EXAMPLES: &str = "\
Examples:
  tidings audit key                             give it to the auditor by another way than the export
  tidings events verify log.ndjson --checkpoint 4711.note --key \"$(tidings audit key)\"";

/// Commands for auditors.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum AuditCommand {
    /// Print the key that verifies the log's checkpoints: name+id+base64
    #[command(after_help = KEY_EXAMPLES)]
    Key(Server),
}
