//! Why a gateway cannot start.

use std::io;
use std::path::PathBuf;

use events::log::ReadError;
use events::store::sled_log::OpenError;

use super::holder::Holder;
use crate::notices::mail::SetupError;
use crate::rights::Denied;
use crate::whatsapp::transports::simulator::remote::InvalidAddress;

/// Why a gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another process has the data.
    #[error("data directory {} is in use by {}", directory.display(), holder.as_ref().map_or_else(
        || "another process".to_owned(), |holder| format!("tidings (pid {})", holder.pid)))]
    InUse {
        /// The directory.
        directory: PathBuf,
        /// Who has it, if it says so.
        holder: Option<Holder>,
    },
    /// The log cannot be opened.
    #[error(transparent)]
    Log(OpenError),
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Read(#[from] ReadError),
    /// A file or folder cannot be made or read.
    #[error("{what}")]
    File {
        /// What was tried.
        what: String,
        /// What came of it.
        #[source]
        source: io::Error,
    },
    /// The data directory, or something in it, is somebody else's.
    #[error("the data directory cannot be used: {0}")]
    Denied(Denied),
    /// The log comes from the future.
    #[error("the log's last event ({last}) lies more than an hour ahead of this machine's clock")]
    Future {
        /// When it was recorded.
        last: events::time::Timestamp,
    },
    /// The simulator's address is of no use.
    #[error("the simulator cannot be reached")]
    Simulator(#[from] InvalidAddress),
    /// E-mails cannot be sent as configured.
    #[error("e-mails cannot be sent as configured")]
    Mail(#[from] SetupError),
    /// A secret cannot be kept.
    #[error("the operator's key cannot be kept")]
    Secret(#[from] events::log::WriteError),
    /// The deciding thread ended.
    #[error("the actors did not start")]
    Actors,
}

/// Tells what was tried with a file or folder.
pub(super) fn file(what: String) -> impl FnOnce(io::Error) -> StartError {
    move |source| StartError::File { what, source }
}
