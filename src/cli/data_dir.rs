//! The data directory that a command uses, and the errors if it cannot be used.

use std::path::{Path, PathBuf};

use events::log::ReadError;

use super::args::Cli;
use super::exit::{Exit, Failure};
use crate::config::Config;
use crate::gateway::Holder;

pub(super) const DEMO_DATA_DIR: &str = "data/demo";
/// The phone number of the demo's account.
pub(super) const ACCOUNT_PHONE: &str = "+12025550100";

/// Returns the configured directory, or the demo's if only that exists.
pub(super) fn data_dir<'a>(cli: &Cli, config: &'a Config) -> &'a Path {
    let demo = Path::new(DEMO_DATA_DIR);
    let chosen = cli.data_dir.is_some() || config.data_dir.join("log").exists();
    if chosen || !demo.exists() { &config.data_dir } else { demo }
}

/// Maps a read error: the log is damaged, or its store failed.
pub(super) fn unreadable(error: &ReadError) -> Failure {
    match error {
        ReadError::Damaged { .. } => Failure::because(Exit::Integrity, error),
        ReadError::Store(_) => Failure::because(Exit::Failed, error),
    }
}

/// The error if another process uses the data directory.
pub(super) fn in_use(directory: &Path, holder: Option<&Holder>) -> Failure {
    let directory = directory.display();
    match holder {
        Some(Holder { pid, url }) => {
            let message = format!("data directory {directory} is in use by tidings (pid {pid})");
            Failure::new(Exit::DataInUse, message).hint(format!("open {url} or use --data-dir"))
        }
        None => Failure::new(Exit::DataInUse, format!("data directory {directory} is in use by another process"))
            .hint("use --data-dir"),
    }
}

/// Path of the file with the API key of the demo's workspace.
pub(super) fn api_key_file(directory: &Path) -> PathBuf {
    directory.join("secrets").join("api_key")
}
