//! The data directory that a command means, and what is said when it cannot be used.

use std::path::{Path, PathBuf};

use events::log::ReadError;

use super::args::Cli;
use super::exit::{Exit, Failure};
use crate::config::Config;
use crate::gateway::Holder;

/// Where the demo keeps its data.
pub(super) const DEMO_DATA_DIR: &str = "data/demo";
/// The number that the demo's account has.
pub(super) const ACCOUNT_PHONE: &str = "+12025550100";

/// The configured directory, or the demo's where only that exists.
pub(super) fn data_dir<'a>(cli: &Cli, config: &'a Config) -> &'a Path {
    let demo = Path::new(DEMO_DATA_DIR);
    let chosen = cli.data_dir.is_some() || config.data_dir.join("log").exists();
    if chosen || !demo.exists() { &config.data_dir } else { demo }
}

/// A log that cannot be read is damaged, or its disk failed.
pub(super) fn unreadable(error: &ReadError) -> Failure {
    match error {
        ReadError::Damaged { .. } => Failure::because(Exit::Integrity, error),
        ReadError::Store(_) => Failure::because(Exit::Failed, error),
    }
}

/// Another process has the data directory.
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

/// Where the key of the demo's workspace stands.
pub(super) fn api_key_file(directory: &Path) -> PathBuf {
    directory.join("secrets").join("api_key")
}
