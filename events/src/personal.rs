//! Values that need care: personal data, and digests of secrets.

pub(crate) mod tray;

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use self::tray::{Mode, Next, Why};
use crate::hex::hex_bytes;

/// A text, name, phone number or JID of a person. `Debug` never prints it, so it never gets into a log line.
///
/// In a record it stands in the sealed part of its event ([`sealing`](crate::sealing)), which can be read only until
/// its key is destroyed.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Personal(Text);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Text {
    Readable(String),
    /// The record was read without opening its sealed part.
    Sealed,
    /// The key is destroyed.
    Erased,
}

impl Default for Text {
    fn default() -> Self {
        Self::Readable(String::new())
    }
}

impl Personal {
    /// What people see in place of a text that is erased.
    pub const ERASED: &'static str = "[erased]";

    /// A text whose key is destroyed.
    pub const fn erased() -> Self {
        Self(Text::Erased)
    }

    /// Returns the text itself, or [`ERASED`](Self::ERASED); call it only where the text may be seen.
    pub fn reveal(&self) -> &str {
        self.readable().unwrap_or(Self::ERASED)
    }

    /// Returns the text itself; `None` if it is erased, or was not opened.
    pub fn readable(&self) -> Option<&str> {
        match &self.0 {
            Text::Readable(text) => Some(text),
            Text::Sealed | Text::Erased => None,
        }
    }
}

impl From<String> for Personal {
    fn from(text: String) -> Self {
        Self(Text::Readable(text))
    }
}

impl From<&str> for Personal {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Text::Readable(text) => write!(f, "<{} characters>", text.chars().count()),
            Text::Sealed => f.write_str("<sealed>"),
            Text::Erased => f.write_str("<erased>"),
        }
    }
}

impl Serialize for Personal {
    /// A text for people, nothing at all in the readable part of an event, and otherwise a text or its absence, for
    /// values that are sealed as a whole.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match tray::mode() {
            Mode::Apart => serializer.serialize_unit(),
            Mode::Named => serializer.serialize_newtype_struct(tray::NAME, self.reveal()),
            Mode::Whole if serializer.is_human_readable() => serializer.serialize_str(self.reveal()),
            Mode::Whole => self.readable().serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Personal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match tray::next() {
            Some(Next::Text(text)) => return Ok(text.into()),
            Some(Next::Unreadable(Why::Sealed)) => return Ok(Self(Text::Sealed)),
            Some(Next::Unreadable(Why::Erased)) => return Ok(Self::erased()),
            Some(Next::Missing) => return Err(D::Error::custom("fewer texts than the event has")),
            None => {}
        }
        if deserializer.is_human_readable() {
            return String::deserialize(deserializer).map(Self::from);
        }
        Ok(Option::<String>::deserialize(deserializer)?.map_or_else(Self::erased, Self::from))
    }
}

hex_bytes!(
    /// A digest of a token, a key or a text. Hexadecimal in human-readable formats, bytes in the log.
    Digest,
    32
);

hex_bytes!(
    /// A digest cut to 128 bits, enough where only an honest client could make two collide.
    ShortDigest,
    16
);

impl Digest {
    /// Returns the blake3 digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// Returns the first half.
    pub fn short(&self) -> ShortDigest {
        ShortDigest(self.0.first_chunk().copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::NotHex;

    #[test]
    fn a_text_that_cannot_be_read_is_shown_as_erased() {
        let erased = Personal::erased();
        assert_eq!((erased.reveal(), erased.readable()), ("[erased]", None));
        assert_eq!(serde_json::to_string(&erased).unwrap(), "\"[erased]\"");
        assert_eq!(format!("{erased:?} {:?}", Personal::from("é!")), "<erased> <2 characters>");
    }

    /// In values that are sealed as a whole.
    #[test]
    fn an_erased_text_is_something_else_than_the_word_that_is_shown() {
        let read = |text: &Personal| {
            let bytes = crate::codec::encode_value(text).unwrap();
            crate::codec::decode_value::<Personal>(&bytes).unwrap()
        };
        for text in [Personal::erased(), "[erased]".into(), "".into(), Personal::default()] {
            assert_eq!(read(&text), text);
        }
        assert_ne!(Personal::erased(), "[erased]".into());
    }

    #[test]
    fn a_digest_is_read_as_it_is_written() {
        let digest = Digest::of(b"secret");
        let json = serde_json::to_string(&digest).unwrap();
        assert_eq!(json, format!("\"{digest}\""));
        assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
        for wrong in [String::new(), "+1".repeat(32), "é".repeat(32), format!("{digest}0")] {
            assert_eq!(wrong.parse::<Digest>(), Err(NotHex(32)), "{wrong}");
        }
    }
}
