//! Commands about the vault: the keys of all texts and names.

use std::path::PathBuf;

use clap::{Args, Subcommand};

const REKEY_EXAMPLES: &str = "\
The gateway must be stopped. Copies of the vault that were made before still open with the earlier key.

Examples:
  tidings vault rekey --data-dir /var/lib/tidings
  tidings vault rekey --to /etc/tidings/master_key        then set master_key_file to it";

/// Commands for the vault.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum VaultCommand {
    /// Seal the keys of all texts and names under a new master key
    #[command(after_help = REKEY_EXAMPLES)]
    Rekey(RekeyArgs),
}

/// The new master key.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct RekeyArgs {
    /// File with the new key, 64 hexadecimal digits; made if it is not there [default: a new key in the present file]
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
}
