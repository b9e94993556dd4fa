//! Merges the sources of a configuration; remembers where each value was set.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use config::{FileFormat, Map, Source as _, Value, ValueKind};
use serde::de::DeserializeOwned;

use super::DEFAULTS;
use super::error::{ConfigError, Origin, Suggestion};
use super::kind::{Kind, shown};
use super::kubernetes;

const PREFIX: &str = "TIDINGS_";
/// Keys of other variables, which belong to the command line and to tracing.
const OTHER_VARIABLES: [&str; 5] = ["api_key", "config", "log", "url", "webhook_secret"];
/// Variables with these prefixes belong to the tests.
const TEST_PREFIXES: [&str; 2] = ["TIDINGS_SIMULATION_", "TIDINGS_TEST_"];
/// Keys whose values no message may show.
const SECRETS: [&str; 1] = ["admin_key"];

/// The placeholder for a secret.
const HIDDEN: &str = "[hidden]";

/// The current value of every key, by `section.key`.
pub(super) struct Settings(BTreeMap<String, Setting>);

struct Setting {
    kind: Kind,
    value: ValueKind,
    origin: Origin,
}

impl Settings {
    /// Loads the defaults, then the file, then the environment.
    pub(super) fn load<I, N, V>(file: Option<&Path>, environment: I) -> Result<Self, ConfigError>
    where
        I: IntoIterator<Item = (N, V)>,
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let mut settings = Self::built_in()?;
        if let Some(path) = file {
            settings.read_file(path)?;
        }
        settings.read_environment(environment.into_iter().map(|(name, value)| (name.into(), value.into())))?;
        Ok(settings)
    }

    /// Overrides a value with that of a flag.
    pub(super) fn read_flag(&mut self, key: &str, flag: &'static str, value: String) -> Result<(), ConfigError> {
        self.set(key, value.into(), Origin::Flag(flag))
    }

    /// Iterates over every key with its value and origin; hides secrets and passwords.
    pub(super) fn shown(&self) -> impl Iterator<Item = (&str, ValueKind, &Origin)> {
        self.0.iter().map(|(key, setting)| {
            let is_set = !matches!(&setting.value, ValueKind::String(text) if text.is_empty());
            let is_secret = SECRETS.contains(&key.as_str()) || has_password(&setting.value);
            let value = if is_set && is_secret { HIDDEN.into() } else { setting.value.clone() };
            (key.as_str(), value, &setting.origin)
        })
    }

    /// Loads the documented defaults. Their keys are the only ones that exist, and their types the only ones allowed.
    pub(super) fn built_in() -> Result<Self, ConfigError> {
        let setting = |value: ValueKind| Setting { kind: Kind::of(&value), value, origin: Origin::BuiltIn };
        Ok(Self(leaves(parse(DEFAULTS)?).into_iter().map(|(key, value)| (key, setting(value))).collect()))
    }

    /// Overrides values with those of a TOML file.
    pub(super) fn read_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::unreadable(path, source))?;
        let parsed = parse(&text)
            .map_err(|error| ConfigError::Syntax { path: path.to_owned(), problem: without_source(&error) })?;
        leaves(parsed).into_iter().try_for_each(|(key, value)| self.read_key(key, value, path))
    }

    fn read_key(&mut self, key: String, value: ValueKind, path: &Path) -> Result<(), ConfigError> {
        if self.0.contains_key(&key) {
            return self.set(&key, value, Origin::File(path.to_owned()));
        }
        if is_empty_table(&value) && self.keys().any(|known| known.starts_with(&format!("{key}."))) {
            return Ok(());
        }
        let suggestion = Suggestion::nearest(&key, self.keys(), str::to_owned);
        Err(ConfigError::UnknownKey { key, path: path.to_owned(), suggestion })
    }

    /// Overrides values with those of the `TIDINGS_*` variables; ignores all other variables.
    pub(super) fn read_environment(
        &mut self,
        variables: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<(), ConfigError> {
        let ours: BTreeMap<String, OsString> = variables
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value))
            .filter(|(name, _)| name.starts_with(PREFIX))
            .filter(|(name, _)| !TEST_PREFIXES.iter().any(|prefix| name.starts_with(prefix)))
            .filter(|(name, value)| !kubernetes::sets(name, value))
            .collect();
        ours.into_iter().try_for_each(|(name, value)| self.read_variable(name, value))
    }

    fn read_variable(&mut self, name: String, value: OsString) -> Result<(), ConfigError> {
        let key = key_of(&name);
        let is_written_so = variable_of(&key) == name;
        if is_written_so && OTHER_VARIABLES.contains(&key.as_str()) {
            return Ok(());
        }
        let Some(setting) = self.0.get(&key).filter(|_| is_written_so) else {
            let suggestion = Suggestion::nearest(&key, self.keys().chain(OTHER_VARIABLES), variable_of);
            return Err(ConfigError::UnknownVariable { name, suggestion });
        };
        let Ok(text) = value.into_string() else {
            return Err(ConfigError::NotUnicode { name });
        };
        let value = setting.kind.read(&text);
        self.set(&key, value, Origin::Variable(name))
    }

    fn set(&mut self, key: &str, value: ValueKind, origin: Origin) -> Result<(), ConfigError> {
        let Some(setting) = self.0.get_mut(key) else { return Ok(()) };
        let kind = setting.kind;
        let fits = kind.fits(&value);
        *setting = Setting { kind, value, origin };
        if fits { Ok(()) } else { Err(self.blame(key, format!("must be {}", kind.words()))) }
    }

    /// Converts to the typed configuration; fails on a value that is out of range.
    pub(super) fn typed<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        let mut builder = config::Config::builder();
        for (key, setting) in &self.0 {
            builder = builder.set_override(key, setting.value.clone())?;
        }
        builder.build()?.try_deserialize().map_err(|error| match error {
            config::ConfigError::At { error, key: Some(key), .. } => self.blame(&key, error.to_string()),
            other => ConfigError::BuiltIn(other),
        })
    }

    /// Makes the error for a key's value. `key` may end with an index into a list.
    pub(super) fn blame(&self, key: &str, reason: String) -> ConfigError {
        let whole = key.split_once('[').map_or(key, |(whole, _)| whole);
        let setting = self.0.get(whole);
        let value = match setting {
            Some(setting) if SECRETS.contains(&whole) || has_password(&setting.value) => HIDDEN.to_owned(),
            Some(setting) => shown(&setting.value),
            None => "[missing]".to_owned(),
        };
        let origin = setting.map_or(Origin::BuiltIn, |setting| setting.origin.clone());
        ConfigError::Unfit { key: key.to_owned(), value, origin, reason }
    }

    fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

fn parse(text: &str) -> Result<Map<String, Value>, config::ConfigError> {
    config::File::from_str(text, FileFormat::Toml).collect()
}

/// Flattens a table to `section.key`. A section without keys stays as it is.
fn leaves(table: Map<String, Value>) -> Vec<(String, ValueKind)> {
    table.into_iter().flat_map(|(key, value)| below(key, value.kind)).collect()
}

fn below(key: String, value: ValueKind) -> Vec<(String, ValueKind)> {
    match value {
        ValueKind::Table(inner) if !inner.is_empty() => {
            leaves(inner).into_iter().map(|(rest, value)| (format!("{key}.{rest}"), value)).collect()
        }
        value => vec![(key, value)],
    }
}

fn is_empty_table(value: &ValueKind) -> bool {
    matches!(value, ValueKind::Table(inner) if inner.is_empty())
}

/// True if a value is an address with a user, and so perhaps a password.
fn has_password(value: &ValueKind) -> bool {
    matches!(value, ValueKind::String(text) if text.contains("://") && text.contains('@'))
}

/// Returns the parser's message without the quoted lines of the file, which may hold a secret.
fn without_source(error: &config::ConfigError) -> String {
    let message = error.to_string();
    let kept = message
        .lines()
        .filter(|line| !line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit()).starts_with('|'));
    kept.map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(": ")
}

fn key_of(variable: &str) -> String {
    variable.trim_start_matches(PREFIX).to_lowercase().replace("__", ".")
}

fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}
