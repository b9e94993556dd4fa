//! The reasons why a configuration is refused: each names the key, where its value came from, and what would be
//! valid.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::rights::{Denied, Need};

/// Where a value was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The compiled-in defaults.
    BuiltIn,
    File(PathBuf),
    /// The environment variable with this name.
    Variable(String),
    /// The flag with this name.
    Flag(&'static str),
}

impl Origin {
    /// Returns the kind of origin in one word, and its name if it has one.
    pub fn parts(&self) -> (&'static str, Option<String>) {
        match self {
            Self::BuiltIn => ("default", None),
            Self::File(path) => ("file", Some(path.display().to_string())),
            Self::Variable(name) => ("environment", Some(name.clone())),
            Self::Flag(name) => ("flag", Some((*name).to_owned())),
        }
    }

    /// True if somebody set the value.
    pub const fn is_chosen(&self) -> bool {
        !matches!(self, Self::BuiltIn)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("the built-in defaults"),
            Self::File(path) => path.display().fmt(f),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// The reason why a configuration is refused. No message shows a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the configuration file {path}", path = path.display())]
    Read {
        path: PathBuf,
        /// The error.
        source: io::Error,
    },
    /// The file belongs to another user.
    #[error("cannot read the configuration file {path}: {denied}; {hint}", path = path.display(), hint = denied.hint())]
    Denied {
        path: PathBuf,
        /// The owner.
        denied: Denied,
    },
    /// The file is not valid TOML.
    #[error("{path} is not valid TOML: {problem}", path = path.display())]
    Syntax {
        path: PathBuf,
        /// Line, column and cause, without the text of the line: it may hold a secret.
        problem: String,
    },
    /// A file names a key that does not exist.
    #[error("unknown key `{key}` in {path}{suggestion}", path = path.display())]
    UnknownKey {
        /// The key with its section.
        key: String,
        path: PathBuf,
        /// The nearest key that exists.
        suggestion: Suggestion,
    },
    /// A variable begins with `TIDINGS_` but belongs to no key.
    #[error("unknown environment variable {name:?}{suggestion}")]
    UnknownVariable {
        name: String,
        /// The nearest variable that exists.
        suggestion: Suggestion,
    },
    #[error("environment variable {name} must be UTF-8")]
    NotUnicode { name: String },
    /// A value has the wrong type, is out of range or contradicts another one.
    #[error("{key} = {value} (from {origin}) {reason}")]
    Unfit {
        /// The key with its section.
        key: String,
        /// The value as it was written, or a placeholder for a secret.
        value: String,
        /// Where the value was set.
        origin: Origin,
        /// The allowed values, in words that begin with `must`.
        reason: String,
    },
    /// The built-in defaults do not fit the typed configuration: a bug of ours.
    #[error("the built-in configuration is faulty")]
    BuiltIn(#[from] config::ConfigError),
}

impl ConfigError {
    /// A file that cannot be read.
    pub(super) fn unreadable(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match Denied::at(&path, Need::Read) {
            Some(denied) => Self::Denied { path, denied },
            None => Self::Read { path, source },
        }
    }
}

/// The most similar name that exists, if one is similar enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion(Option<String>);

impl Suggestion {
    /// Below this similarity (0 to 1) a suggestion would only confuse.
    const LIKENESS_MIN: f64 = 0.8;

    /// Finds the key that `written` was most likely meant to be; `shown` formats it.
    pub(super) fn nearest<'a>(
        written: &str,
        keys: impl Iterator<Item = &'a str>,
        shown: impl Fn(&str) -> String,
    ) -> Self {
        let likeness = |key| strsim::jaro_winkler(written, key).max(strsim::jaro_winkler(bare(written), bare(key)));
        let best = keys.map(|key| (likeness(key), key)).max_by(|a, b| a.0.total_cmp(&b.0));
        Self(best.filter(|(likeness, _)| *likeness >= Self::LIKENESS_MIN).map(|(_, key)| shown(key)))
    }
}

/// Returns the key without its section: people often put the right key into the wrong section.
fn bare(key: &str) -> &str {
    key.rsplit_once('.').map_or(key, |(_, bare)| bare)
}

impl fmt::Display for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(name) => write!(f, "; did you mean `{name}`?"),
            None => Ok(()),
        }
    }
}
