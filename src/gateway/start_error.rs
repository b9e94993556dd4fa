//! The reasons why a gateway cannot start.

use std::io;
use std::path::PathBuf;

use events::log::ReadError;
use events::store::data_dir::DataDirError;

use super::holder::Holder;
use crate::notices::mail::SetupError;
use crate::rights::Denied;
use crate::whatsapp::transports::simulator::remote::InvalidAddress;

/// The reason why a gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another process uses the data directory.
    #[error("data directory {} is in use by {}", directory.display(), holder.as_ref().map_or_else(
        || "another process".to_owned(), |holder| format!("tidings (pid {})", holder.pid)))]
    InUse {
        directory: PathBuf,
        /// The process that uses it, if it recorded itself.
        holder: Option<Holder>,
    },
    #[error(transparent)]
    Data(DataDirError),
    #[error("the log cannot be read")]
    Read(#[from] ReadError),
    /// A file or folder cannot be created, read or written.
    #[error("{what}")]
    File {
        /// The operation that failed.
        what: String,
        /// The error.
        #[source]
        source: io::Error,
    },
    /// The data directory, or something in it, belongs to another user.
    #[error("the data directory cannot be used: {0}")]
    Denied(Denied),
    /// The log's last event is too far ahead of the clock.
    #[error("the log's last event ({last}) lies more than an hour ahead of this machine's clock")]
    Future {
        /// When the last event was recorded.
        last: events::time::Timestamp,
    },
    /// The simulator's address is invalid.
    #[error("the simulator cannot be reached")]
    Simulator(#[from] InvalidAddress),
    /// E-mails cannot be sent as configured.
    #[error("e-mails cannot be sent as configured")]
    Mail(#[from] SetupError),
    /// The operator's key cannot be stored.
    #[error("the operator's key cannot be kept")]
    Secret(#[from] events::log::WriteError),
    /// The deciding thread ended early.
    #[error("the actors did not start")]
    Actors,
}

/// Wraps an I/O error with what was tried on a file or folder.
pub(super) fn file(what: String) -> impl FnOnce(io::Error) -> StartError {
    move |source| StartError::File { what, source }
}
