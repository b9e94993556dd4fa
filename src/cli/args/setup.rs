//! Commands that set up a machine: the configuration, completions, manual pages.

use std::path::PathBuf;

use clap::{Args, Subcommand};

const INIT_EXAMPLES: &str = "\
Examples:
  tidings config init /etc/tidings/tidings.toml
  tidings config init --force";

const SHOW_EXAMPLES: &str = "\
Examples:
  tidings config show --config /etc/tidings/tidings.toml
  tidings --json config show | jq 'select(.from != \"default\")'";

const CHECK_EXAMPLES: &str = "\
Exits with 2 and names the key if the gateway would not start with it.

Example:
  tidings config check /etc/tidings/tidings.toml";

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  tidings completions bash > /usr/share/bash-completion/completions/tidings
  tidings completions zsh > /usr/local/share/zsh/site-functions/_tidings
  tidings completions fish > ~/.config/fish/completions/tidings.fish";

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  tidings man | man -l -
  tidings man --dir /usr/local/share/man/man1";

/// Commands for the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum ConfigCommand {
    /// Write a file with every key, its explanation and its default
    #[command(after_help = INIT_EXAMPLES)]
    Init {
        /// The file to write
        #[arg(default_value = "tidings.toml")]
        path: PathBuf,
        /// Replace the file if it exists
        #[arg(long)]
        force: bool,
    },
    /// Show every key's value and where it was set; secrets are hidden
    #[command(after_help = SHOW_EXAMPLES)]
    Show,
    /// Check a configuration without starting anything
    #[command(after_help = CHECK_EXAMPLES)]
    Check {
        /// The file to check [default: that of --config]
        path: Option<PathBuf>,
    },
}

/// Where to write manual pages.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ManArgs {
    /// Write one page for each command into this folder
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}
