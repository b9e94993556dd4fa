//! Strings in which a program cut an emoji in two, as JavaScript and Java do: half of it remains as an escape.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// Replaces half an emoji.
const REPLACEMENT: char = '\u{fffd}';
/// The first byte of half a surrogate pair that is encoded like a character.
const HALF: u8 = 0xed;

/// A JSON string, and a flag that is true if part of it had to be replaced.
#[derive(Debug)]
pub(super) struct Lossy {
    pub(super) text: String,
    pub(super) is_broken: bool,
}

impl Lossy {
    /// Replaces halves of surrogate pairs, the only errors that the JSON parser lets through.
    fn of(bytes: &[u8]) -> Self {
        let mut lossy = Self { text: String::with_capacity(bytes.len()), is_broken: false };
        for chunk in bytes.utf8_chunks() {
            lossy.text.push_str(chunk.valid());
            lossy.is_broken |= !chunk.invalid().is_empty();
            if chunk.invalid().first() == Some(&HALF) {
                lossy.text.push(REPLACEMENT);
            }
        }
        lossy
    }
}

impl<'de> Deserialize<'de> for Lossy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(Bytes)
    }
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = Lossy;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Lossy, E> {
        Ok(Lossy::of(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_emoji_is_one_replacement_character() {
        for (json, text, is_broken) in [
            (r#""hi 🙂 \ud83d\ude00""#, "hi 🙂 😀", false),
            (r#""See you \ud83d""#, "See you \u{fffd}", true),
            (r#""\ude00!""#, "\u{fffd}!", true),
            (r#""\ude00\ud83d x \ud83d\n\ud83d\ud83d\ude00""#, "\u{fffd}\u{fffd} x \u{fffd}\n\u{fffd}😀", true),
            (r#""\ud83d\u0041é""#, "\u{fffd}Aé", true),
        ] {
            let lossy: Lossy = serde_json::from_str(json).unwrap();
            assert_eq!((lossy.text.as_str(), lossy.is_broken), (text, is_broken), "{json}");
        }
    }
}
