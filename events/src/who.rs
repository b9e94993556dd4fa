//! The originator of a change. The log, the API and exports all show the same text.

use std::fmt;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Prefix of a key's text.
const KEY: &str = "key/";
/// Prefix of a person's text.
const PERSON: &str = "person/";

/// The originator of a change.
///
/// Its text is `operator`, `key/3`, `inbound`, `person/7`, `transport`, `receiver`, `mail`, `restore` or `system`, in
/// the log as well as in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// The holder of the operator's key.
    Operator,
    /// The holder of this API key of the workspace.
    Key(u32),
    /// The sender of a request to the workspace's secret URL.
    Inbound,
    /// This person, signed in to the console.
    Person(u32),
    /// WhatsApp, or another transport in its place.
    Transport,
    /// The receiver of the reports, by its responses.
    Receiver,
    /// The mail server.
    Mail,
    /// The restoration of a backup.
    Restore,
    /// Tidings itself: a rule whose time has come.
    System,
}

/// The text names no originator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown originator")]
pub struct UnknownWho;

impl Who {
    /// Returns the text of an originator that has no number.
    const fn word(self) -> Option<&'static str> {
        Some(match self {
            Self::Operator => "operator",
            Self::Inbound => "inbound",
            Self::Transport => "transport",
            Self::Receiver => "receiver",
            Self::Mail => "mail",
            Self::Restore => "restore",
            Self::System => "system",
            Self::Key(_) | Self::Person(_) => return None,
        })
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Key(number) => write!(f, "{KEY}{number}"),
            Self::Person(number) => write!(f, "{PERSON}{number}"),
            other => f.write_str(other.word().unwrap_or_default()),
        }
    }
}

impl FromStr for Who {
    type Err = UnknownWho;

    fn from_str(text: &str) -> Result<Self, UnknownWho> {
        let words =
            [Self::Operator, Self::Inbound, Self::Transport, Self::Receiver, Self::Mail, Self::Restore, Self::System];
        if let Some(who) = words.into_iter().find(|who| who.word() == Some(text)) {
            return Ok(who);
        }
        let who = match text.strip_prefix(KEY) {
            Some(number) => number.parse().map(Self::Key),
            None => text.strip_prefix(PERSON).unwrap_or_default().parse().map(Self::Person),
        };
        // Each number has one text: no sign, no leading zero.
        who.ok().filter(|who| who.to_string() == text).ok_or(UnknownWho)
    }
}

impl Serialize for Who {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.word() {
            Some(word) => serializer.serialize_str(word),
            None => serializer.serialize_str(&self.to_string()),
        }
    }
}

impl<'de> Deserialize<'de> for Who {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Who;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an originator, such as operator or key/3")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Who, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [(Who, &str); 11] = [
        (Who::Operator, "operator"),
        (Who::Key(0), "key/0"),
        (Who::Key(3), "key/3"),
        (Who::Key(u32::MAX), "key/4294967295"),
        (Who::Inbound, "inbound"),
        (Who::Person(7), "person/7"),
        (Who::Transport, "transport"),
        (Who::Receiver, "receiver"),
        (Who::Mail, "mail"),
        (Who::Restore, "restore"),
        (Who::System, "system"),
    ];

    #[test]
    fn each_has_a_text_of_its_own() {
        for (who, text) in ALL {
            assert_eq!((who.to_string().as_str(), text.parse()), (text, Ok(who)));
            assert_eq!(serde_json::to_value(who).unwrap(), serde_json::json!(text));
        }
    }

    #[test]
    fn no_other_text_names_anybody() {
        for text in [
            "",
            "Operator",
            "api",
            "key/",
            "key/-1",
            "key/+1",
            "key/03",
            "key/4294967296",
            "person",
            "person/ 7",
            "ada",
        ] {
            assert_eq!(text.parse::<Who>(), Err(UnknownWho), "{text}");
        }
    }
}
