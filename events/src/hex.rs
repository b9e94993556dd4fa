//! Makes types of a fixed number of bytes that are hexadecimal text for people.

/// The text does not have two hexadecimal digits for each byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {} hexadecimal digits", self.0 * 2)]
pub struct NotHex(pub usize);

/// Reads the bytes of a text with two hexadecimal digits for each.
pub(crate) fn read<const BYTES: usize>(text: &str) -> Result<[u8; BYTES], NotHex> {
    let mut bytes = [0; BYTES];
    if text.len() != BYTES * 2 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(NotHex(BYTES));
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).unwrap_or_default();
        *byte = u8::from_str_radix(pair, 16).map_err(|_| NotHex(BYTES))?;
    }
    Ok(bytes)
}

/// Writes two hexadecimal digits for each byte.
pub(crate) fn write(bytes: &[u8], text: &mut [u8]) {
    let digit = |half: u8| half + if half < 10 { b'0' } else { b'a' - 10 };
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        if let [high, low] = pair {
            (*high, *low) = (digit(byte >> 4), digit(byte & 15));
        }
    }
}

/// Writes the sixteen digits of a number, in capitals, at the end of a text.
pub(crate) fn write_upper(number: u64, text: &mut [u8]) {
    let digit = |half: u8| half + if half < 10 { b'0' } else { b'A' - 10 };
    for (pair, byte) in text.rchunks_exact_mut(2).zip(number.to_le_bytes()) {
        if let [high, low] = pair {
            (*high, *low) = (digit(byte >> 4), digit(byte & 15));
        }
    }
}

/// Declares a type of so many bytes: hexadecimal in human-readable formats, bytes in the log.
macro_rules! hex_bytes {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $bytes]);

        impl $name {
            /// Returns the digits, which are ASCII.
            pub(crate) fn digits(&self) -> [u8; $bytes * 2] {
                let mut text = [0; $bytes * 2];
                crate::hex::write(&self.0, &mut text);
                text
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(std::str::from_utf8(&self.digits()).unwrap_or_default())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::hex::NotHex;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                crate::hex::read(text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if !deserializer.is_human_readable() {
                    return <[u8; $bytes]>::deserialize(deserializer).map(Self);
                }
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use hex_bytes;
