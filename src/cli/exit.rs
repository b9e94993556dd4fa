//! The end of a command: an exit code for scripts, a message and a hint for people.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use serde_json::json;

use super::activity_line::visible;
use crate::config::ConfigError;
use crate::telemetry;

/// The exit codes. Their numbers are part of the contract with scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    /// An error that no other code covers.
    Failed = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// The requested thing does not exist.
    NotFound = 3,
    /// The key is missing, wrong or not sufficient.
    NotAllowed = 4,
    /// No gateway answers at the address.
    Unreachable = 5,
    /// The log's chain does not verify.
    Integrity = 6,
    /// Another process holds the data directory.
    DataInUse = 7,
}

impl Exit {
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Returns the stable name that `--json` shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::NotFound => "not_found",
            Self::NotAllowed => "not_allowed",
            Self::Unreachable => "unreachable",
            Self::Integrity => "integrity",
            Self::DataInUse => "data_in_use",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The failure of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The exit code for scripts.
    pub exit: Exit,
    /// The message; lower case, no full stop.
    pub message: String,
    /// A hint about what to do.
    pub hint: Option<String>,
    /// The stable code of a gateway's refusal, such as `insufficient_credits`.
    pub code: Option<String>,
}

impl Failure {
    /// Creates a failure without a hint.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: None, code: None }
    }

    /// Creates a failure whose message is an error with all its causes.
    pub fn because(exit: Exit, error: &(dyn Error + 'static)) -> Self {
        Self::new(exit, telemetry::with_causes(error))
    }

    /// Adds a hint about what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Renders it for stderr: `error: ...` and `hint: ...`, or one JSON object; ends with a line break.
    pub fn render(&self, json: bool) -> String {
        if json {
            let code = self.code.as_deref().unwrap_or(self.exit.name());
            let error = json!({
                "code": code, "exit": self.exit.code(), "message": self.message, "hint": self.hint,
            });
            return format!("{}\n", json!({ "error": error }));
        }
        let hint = self.hint.as_ref().map(|hint| format!("hint: {}\n", harmless(hint)));
        let code = self.code.as_ref().map(|code| format!(" ({})", harmless(code))).unwrap_or_default();
        format!("error: {}{code}\n{}", harmless(&self.message), hint.unwrap_or_default())
    }

    /// Prints the failure on stderr and returns the exit code, which scripts get even if stderr is closed.
    pub fn report(&self, json: bool) -> ExitCode {
        telemetry::say(&self.render(json));
        self.exit.into()
    }
}

/// Replaces control characters, so that the text cannot control the terminal: a message may quote a server or a file.
fn harmless(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { c } else { visible(c) }).collect()
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Failure {}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let exit = if matches!(error, ConfigError::BuiltIn(_)) { Exit::Failed } else { Exit::Usage };
        Self::because(exit, &error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Overrides};

    #[test]
    fn people_read_an_error_and_a_hint() {
        let failure = Failure::new(Exit::DataInUse, "data is in use").hint("use --data-dir");
        assert_eq!(failure.render(false), "error: data is in use\nhint: use --data-dir\n");
        assert_eq!(Failure::new(Exit::Failed, "no").render(false), "error: no\n");
    }

    #[test]
    fn a_refusals_code_is_told_to_both() {
        let refused =
            Failure { code: Some("chat_not_found".to_owned()), ..Failure::new(Exit::NotFound, "Chat not found") };
        assert_eq!(refused.render(false), "error: Chat not found (chat_not_found)\n");
        assert!(refused.render(true).contains(r#""code":"chat_not_found","exit":3"#));
    }

    #[test]
    fn a_message_cannot_steer_the_terminal() {
        assert_eq!(Failure::new(Exit::Failed, "a\x1b[2J\nb").render(false), "error: a·[2J\nb\n");
    }

    #[test]
    fn machines_read_one_json_object() {
        let rendered = Failure::new(Exit::NotFound, "no \"x\"").render(true);
        let wanted = json!({"error": {"code": "not_found", "exit": 3, "message": "no \"x\"", "hint": null}});
        assert_eq!(serde_json::from_str::<serde_json::Value>(&rendered).unwrap(), wanted);
        assert_eq!(rendered.lines().count(), 1);
    }

    #[test]
    fn a_wrong_configuration_is_a_usage_error_with_its_cause() {
        let missing = std::path::Path::new("no/such.toml");
        let error = Config::load(Some(missing), [("", ""); 0], Overrides::default()).unwrap_err();
        let failure = Failure::from(error);
        assert_eq!(failure.exit.code(), 2);
        assert!(failure.message.starts_with("cannot read the configuration file no/such.toml: "), "{failure}");
    }
}
