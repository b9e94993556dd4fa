//! Why a configuration is refused: always with the key, where it came from, and what would do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::rights::{Denied, Need};

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The defaults that are compiled in.
    BuiltIn,
    /// A configuration file.
    File(PathBuf),
    /// The environment variable of this name.
    Variable(String),
    /// The flag of this name.
    Flag(&'static str),
}

impl Origin {
    /// The kind of origin in one word, and its name if it has one.
    pub fn parts(&self) -> (&'static str, Option<String>) {
        match self {
            Self::BuiltIn => ("default", None),
            Self::File(path) => ("file", Some(path.display().to_string())),
            Self::Variable(name) => ("environment", Some(name.clone())),
            Self::Flag(name) => ("flag", Some((*name).to_owned())),
        }
    }

    /// Whether somebody chose the value.
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

/// Why a configuration is refused. No message shows a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {path}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is somebody else's.
    #[error("cannot read the configuration file {path}: {denied}; {hint}", path = path.display(), hint = denied.hint())]
    Denied {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        denied: Denied,
    },
    /// The file is not TOML.
    #[error("{path} is not valid TOML: {problem}", path = path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, column and cause, without the line's text, which may hold a secret.
        problem: String,
    },
    /// A file names a key that does not exist.
    #[error("unknown key `{key}` in {path}{suggestion}", path = path.display())]
    UnknownKey {
        /// The key with its section.
        key: String,
        /// The file.
        path: PathBuf,
        /// The nearest key that exists.
        suggestion: Suggestion,
    },
    /// A variable begins with `TIDINGS_` but belongs to no key.
    #[error("unknown environment variable {name:?}{suggestion}")]
    UnknownVariable {
        /// The variable.
        name: String,
        /// The nearest variable that exists.
        suggestion: Suggestion,
    },
    /// A variable's value is not text.
    #[error("environment variable {name} must be UTF-8")]
    NotUnicode {
        /// The variable.
        name: String,
    },
    /// A value is of the wrong kind, out of range or contradicts another one.
    #[error("{key} = {value} (from {origin}) {reason}")]
    Unfit {
        /// The key with its section.
        key: String,
        /// The value as it was written; hidden where it is a secret.
        value: String,
        /// Who set it.
        origin: Origin,
        /// What is allowed, beginning with `must`.
        reason: String,
    },
    /// The built-in defaults and the typed configuration disagree: a fault of ours.
    #[error("the built-in configuration is faulty")]
    BuiltIn(#[from] config::ConfigError),
}

impl ConfigError {
    /// Of a file that cannot be read.
    pub(super) fn unreadable(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match Denied::at(&path, Need::Read) {
            Some(denied) => Self::Denied { path, denied },
            None => Self::Read { path, source },
        }
    }
}

/// The nearest name that exists, if any is near.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion(Option<String>);

impl Suggestion {
    /// Below this likeness (0 to 1) a suggestion would only confuse.
    const LIKENESS_MIN: f64 = 0.8;

    /// Finds the key that `written` was most likely meant to be, and gives it the form that `shown` makes of it.
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

/// The key without its section: the right key often stands in the wrong section.
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
