//! The master key, under which the seeds are stored.

use std::fmt;
use std::io;
use std::str::FromStr;

use super::seal_key;
use crate::personal::Digest;

/// The 32 bytes under which all seeds are sealed. `Debug` prints nothing of them.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// Takes any 32 bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Makes a new one of the system's random numbers.
    pub fn random() -> io::Result<Self> {
        let mut bytes = [0; 32];
        seal_key::fill_random(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Returns the key as 64 hexadecimal digits, for the file that keeps it.
    pub fn to_text(&self) -> String {
        Digest(self.0).to_string()
    }

    pub(super) const fn bytes(&self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey")
    }
}

/// Reads 64 hexadecimal digits, perhaps with the end of a line.
impl FromStr for MasterKey {
    type Err = NoMasterKey;

    fn from_str(text: &str) -> Result<Self, NoMasterKey> {
        let digits = text.strip_suffix('\n').unwrap_or(text);
        let digits = digits.strip_suffix('\r').unwrap_or(digits);
        digits.parse().map(|Digest(bytes)| Self(bytes)).map_err(|_| NoMasterKey)
    }
}

/// The text is not a master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a master key has 64 hexadecimal digits")]
pub struct NoMasterKey;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_master_key_is_read_as_it_is_written() {
        let key = MasterKey::random().unwrap();
        let text = key.to_text();
        assert_ne!(text, MasterKey::random().unwrap().to_text());
        for written in [text.clone(), format!("{text}\n"), format!("{text}\r\n"), text.to_uppercase()] {
            assert_eq!(written.parse::<MasterKey>().unwrap().to_text(), text);
        }
    }

    #[test]
    fn other_texts_are_no_master_key() {
        let text = MasterKey::new([0xAB; 32]).to_text();
        for wrong in ["", "\n", &text[1..], &format!("{text}0"), &format!("{text}\n\n"), &format!(" {text}")] {
            assert_eq!(wrong.parse::<MasterKey>().unwrap_err(), NoMasterKey, "{wrong:?}");
        }
    }

    #[test]
    fn debug_prints_nothing_of_it() {
        assert_eq!(format!("{:?}", MasterKey::new([0xAB; 32])), "MasterKey");
    }
}
