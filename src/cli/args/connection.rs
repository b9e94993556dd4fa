//! The gateway that a command calls, and the key it uses. No `Debug` output shows a key.

use std::fmt;
use std::path::PathBuf;

use clap::Args;

const URL_HELP: &str = "Gateway to ask [default: the one that has the data directory, else http://127.0.0.1:8080]";

/// The gateway that a reading command asks while the data directory is in use.
#[derive(Clone, PartialEq, Eq, Args)]
pub struct Server {
    /// Gateway to ask; without it the data directory is read, or its gateway is asked if it is in use
    #[arg(long, value_name = "URL", env = "TIDINGS_URL")]
    pub url: Option<String>,
    /// The operator's key there, unless it is stored in the data directory
    #[arg(long, value_name = "KEY", env = "TIDINGS_ADMIN_KEY", hide_env_values = true)]
    pub admin_key: Option<String>,
    /// Folder for a temporary copy of the log, so that nothing changes in the data directory [default: $TMPDIR]
    #[arg(long, value_name = "DIR")]
    pub scratch: Option<PathBuf>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The gateway that the operator asks.
#[derive(Clone, PartialEq, Eq, Args)]
pub struct Operator {
    /// Gateway to ask.
    #[arg(long, value_name = "URL", env = "TIDINGS_URL", help = URL_HELP)]
    pub url: Option<String>,
    /// The operator's key, unless it is stored in the data directory
    #[arg(long, value_name = "KEY", env = "TIDINGS_ADMIN_KEY", hide_env_values = true)]
    pub admin_key: Option<String>,
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operator").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The gateway that somebody with a workspace's key asks.
#[derive(Clone, PartialEq, Eq, Args)]
pub struct Access {
    /// Gateway to ask.
    #[arg(long, value_name = "URL", env = "TIDINGS_URL", help = URL_HELP)]
    pub url: Option<String>,
    /// The workspace's API key, unless it is the demo's, which is stored in its data directory
    #[arg(long, value_name = "KEY", env = "TIDINGS_API_KEY", hide_env_values = true)]
    pub api_key: Option<String>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("url", &self.url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_debug_form_shows_a_key() {
        let (url, key) = (None, Some("adm_or_wsk_secret".to_owned()));
        let forms = [
            format!("{:?}", Server { url: url.clone(), admin_key: key.clone(), scratch: None }),
            format!("{:?}", Operator { url: url.clone(), admin_key: key.clone() }),
            format!("{:?}", Access { url, api_key: key }),
        ];
        for form in forms {
            assert!(!form.contains("secret"), "{form}");
        }
    }
}
