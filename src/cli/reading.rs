//! How reading commands reach the log: a free data directory is opened, one in use is asked about over HTTP.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use events::index::Index;
use events::log::{Log, ReadError};
use events::sled_log::{OpenError, SledLog};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

use super::args::{Cli, Server};
use super::exit::{Exit, Failure};
use super::serve::in_use;
use crate::config::Config;
use crate::gateway::{Holder, admin_key_file};

const TIMEOUT: Duration = Duration::from_mins(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

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
            return Ok(Self::Gateway(Remote::new(url, server.admin_key.clone())?));
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
                let key = server.admin_key.clone().or_else(|| kept_key(directory));
                Ok(Self::Gateway(Remote::new(&known.url, key)?))
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
fn data_dir<'a>(cli: &Cli, config: &'a Config) -> &'a Path {
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

fn kept_key(directory: &Path) -> Option<String> {
    fs::read_to_string(admin_key_file(directory)).ok().map(|key| key.trim().to_owned())
}

/// A gateway's admin API.
pub(super) struct Remote {
    client: Client,
    url: String,
    key: Option<String>,
}

impl Remote {
    fn new(url: &str, key: Option<String>) -> Result<Self, Failure> {
        let client = crate::client::builder().timeout(TIMEOUT).connect_timeout(CONNECT_TIMEOUT).build();
        let client = client.map_err(|error| Failure::because(Exit::Failed, &error))?;
        Ok(Self { client, url: url.trim_end_matches('/').to_owned(), key })
    }

    /// Asks and waits for the JSON.
    pub(super) fn ask(&self, method: Method, path: &str, query: &[(&str, String)]) -> Result<Value, Failure> {
        actix::System::new().block_on(self.send(method, path, query))
    }

    async fn send(&self, method: Method, path: &str, query: &[(&str, String)]) -> Result<Value, Failure> {
        let mut url = reqwest::Url::parse(&format!("{}{path}", self.url))
            .map_err(|error| Failure::new(Exit::Usage, format!("{}: {error}", self.url)))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = self.client.request(method, url);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let unreachable = |error: reqwest::Error| Failure::because(Exit::Unreachable, &error);
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(unreachable)?;
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if status.is_success() { Ok(body) } else { Err(self.refused(status, &body)) }
    }

    fn refused(&self, status: StatusCode, body: &Value) -> Failure {
        let said = body.get("message").and_then(Value::as_str).unwrap_or("no explanation");
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Failure::new(Exit::NotAllowed, format!("{} refuses the operator's key: {said}", self.url))
                    .hint("set TIDINGS_ADMIN_KEY or use --admin-key")
            }
            StatusCode::NOT_FOUND => Failure::new(Exit::NotFound, said.to_lowercase()),
            _ => Failure::new(Exit::Failed, format!("{} answered {status}: {said}", self.url)),
        }
    }
}
