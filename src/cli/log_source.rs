//! Access to the log for reading commands: copies and opens a data directory that is not in use, else asks the
//! gateway that uses it over HTTP. Writes nothing to either.

use std::path::Path;
use std::sync::Arc;

use events::history::{History, ReadMode};
use events::index::Index;
use events::store::data_dir::{DataDir, DataDirError, DataDirOptions};
use events::store::master_key_file;
use events::store::scratch::CopyError;
use events::store::sled_log::SledLog;
use events::time::Timestamp;

use super::args::{Cli, Server};
use super::data_dir::{data_dir, in_use, kept_key, no_log, not_opened, unreadable};
use super::exit::{Exit, Failure};
use super::remote::{Credential, Remote};
use super::scratch::Scratch;
use crate::config::Config;
use crate::gateway::Holder;
use crate::rights::{Denied, Need, explain};

const OTHER_PLACE: &str = "the log is copied to be read, so that nothing changes where it is: name a folder with --scratch, \
                           or ask a running gateway with --url";

/// The place to read the log from.
pub(super) enum Source {
    /// A copy of the log on this machine.
    Open(History, #[expect(dead_code, reason = "removed when the log is closed")] Scratch),
    /// A gateway, over HTTP.
    Gateway(Remote),
}

/// Commands read most of a log once. What they do not need in memory is the operating system's, and the figure that the
/// configuration gives is the most that they take: the store has more in memory than its cache while it is read in order.
const CACHE_SHARE: u64 = 8;

impl Source {
    /// Chooses the gateway that was named, else the data directory, else the gateway that uses it.
    pub(super) fn find(cli: &Cli, server: &Server) -> Result<Self, Failure> {
        if let Some(url) = &server.url {
            return Ok(Self::Gateway(Remote::new(url, server.admin_key.clone(), Credential::Operator)?));
        }
        let config = super::config(cli, None)?;
        let directory = data_dir(cli, &config);
        let data = directory.join("log").join("db");
        if let Some(denied) = Denied::at(&data, Need::Read) {
            return Err(Failure::new(Exit::Failed, denied.to_string()).hint(denied.hint()));
        }
        if !data.exists() {
            return Err(no_log(DataDirError::NoLog(directory.to_owned()).to_string()).hint("use --data-dir or --url"));
        }
        match Scratch::copy(directory, server.scratch.as_deref(), cli.json) {
            Ok(scratch) => Self::open(scratch, directory, &config),
            Err(CopyError::InUse) => {
                let holder = Holder::read(directory).ok_or_else(|| in_use(directory, None))?;
                Ok(Self::Gateway(remote(&holder.url, directory, &config, server)?))
            }
            Err(error) => Err(not_copied(&error)),
        }
    }

    /// Finds a gateway again whose connection was lost: a new process may listen at another address.
    pub(super) fn again(cli: &Cli, server: &Server) -> Result<Remote, Failure> {
        if let Some(url) = &server.url {
            return Remote::new(url, server.admin_key.clone(), Credential::Operator);
        }
        let config = super::config(cli, None)?;
        let directory = data_dir(cli, &config);
        let holder = Holder::read(directory).ok_or_else(|| in_use(directory, None))?;
        remote(&holder.url, directory, &config, server)
    }

    fn open(scratch: Scratch, directory: &Path, config: &Config) -> Result<Self, Failure> {
        let key_file = config.master_key_file.clone().unwrap_or_else(|| master_key_file::own(directory));
        let options = DataDirOptions {
            cache_mb: (config.log.cache_mb / CACHE_SHARE).max(1),
            master_key_file: Some(&key_file),
            now: Timestamp::default(),
            without_vault: false,
        };
        let DataDir { log, vault, .. } = DataDir::open(scratch.path(), options).map_err(|error| not_opened(&error))?;
        let index = Index::open(Arc::<SledLog>::clone(&log), vault).map_err(|error| unreadable(&error))?;
        Ok(Self::Open(History::new(log, Arc::new(index), ReadMode::Inline), scratch))
    }
}

/// Prepares calls to the gateway that uses a data directory.
fn remote(url: &str, directory: &Path, config: &Config, server: &Server) -> Result<Remote, Failure> {
    let preset = || config.admin_key.as_ref().map(|key| key.reveal().to_owned());
    let given = server.admin_key.clone().or_else(preset);
    let key = given.map_or_else(|| kept_key(directory), |key| Ok(Some(key)))?;
    Remote::new(url, key, Credential::Operator)
}

fn not_copied(error: &CopyError) -> Failure {
    let failed = |path: &Path, source| {
        let message = format!("{error}: {}", explain(path, Need::Read, source));
        Failure::new(Exit::Failed, message)
    };
    match error {
        CopyError::Damaged(error) => unreadable(error),
        CopyError::From { path, source } => failed(path, source),
        CopyError::To { path, source } => failed(path, source).hint(OTHER_PLACE),
        CopyError::Room { .. } => Failure::because(Exit::Failed, error).hint(OTHER_PLACE),
        CopyError::InUse => Failure::because(Exit::DataInUse, error),
    }
}
