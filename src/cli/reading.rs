//! How reading commands reach the log: a free data directory is opened, one in use is asked about over HTTP.

use std::path::Path;
use std::sync::Arc;

use events::index::Index;
use events::log::{Log, ReadError};
use events::sled_log::{OpenError, SledLog};

use super::args::{Cli, Server};
use super::exit::{Exit, Failure};
use super::remote::{Door, Remote, kept_key};
use super::serve::in_use;
use crate::config::Config;
use crate::gateway::Holder;

/// Where the log can be read.
pub(super) enum Source {
    /// Here.
    Open(Arc<dyn Log>, Index),
    /// At a gateway.
    Gateway(Remote),
}

impl Source {
    /// The gateway that was named, else the data directory, else whoever has it.
    pub(super) fn find(cli: &Cli, server: &Server) -> Result<Self, Failure> {
        if let Some(url) = &server.url {
            return Ok(Self::Gateway(Remote::new(url, server.admin_key.clone(), Door::Operator)?));
        }
        let config = super::config(cli, None)?;
        let directory = data_dir(cli, &config);
        if !directory.join("log").join("db").exists() {
            let message = format!("there is no event log in {}", directory.display());
            return Err(Failure::new(Exit::NotFound, message).hint("use --data-dir or --url"));
        }
        match SledLog::open(directory, config.log.cache_mb) {
            Ok(log) => Self::open(Arc::new(log)),
            Err(OpenError::InUse) => {
                let holder = Holder::read(directory);
                let known = holder.as_ref().ok_or_else(|| in_use(directory, None))?;
                let preset = || config.admin_key.as_ref().map(|key| key.reveal().to_owned());
                let key = server.admin_key.clone().or_else(preset).or_else(|| kept_key(directory));
                Ok(Self::Gateway(Remote::new(&known.url, key, Door::Operator)?))
            }
            Err(OpenError::Read(error)) => Err(unreadable(&error)),
            Err(error) => Err(Failure::because(Exit::Failed, &error)),
        }
    }

    fn open(log: Arc<dyn Log>) -> Result<Self, Failure> {
        let index = Index::open(Arc::clone(&log)).map_err(|error| unreadable(&error))?;
        Ok(Self::Open(log, index))
    }
}

/// The configured directory, or the demo's where only that exists.
pub(super) fn data_dir<'a>(cli: &Cli, config: &'a Config) -> &'a Path {
    let demo = Path::new(super::demo::DATA_DIR);
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
