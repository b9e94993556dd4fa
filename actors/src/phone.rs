//! The only parser of phone numbers: converts what people, address books and spreadsheets write to E.164, or says why
//! it is no number.
//!
//! A message must never go to the wrong person because a character was dropped. So only characters that group digits
//! are dropped, and a text that a person might read differently is no number.

mod oddity;
mod parts;
#[cfg(test)]
mod tests;

use events::characters::{digit, is_dash, is_ignorable, is_space};

pub use self::oddity::{NoNumber, Oddity};
use self::parts::Parts;

/// The fewest digits of a number in E.164; shorter ones are numbers within a network.
pub const DIGITS_MIN: usize = 7;
/// The most digits of a number in E.164.
pub const DIGITS_MAX: usize = 15;
/// A number of this many digits without a plus may be a national one.
const NATIONAL_DIGITS: usize = 10;
/// Reverses digits on the screen, so that a person reads another number than the text contains.
const TURNS_DIGITS: char = '\u{202e}';
/// A group of this many digits can be a number by itself.
const WHOLE_GROUP_MIN: usize = DIGITS_MIN;

/// A number, and what is odd about its spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// In E.164, with its plus.
    pub phone: String,
    /// In the order of their occurrence.
    pub oddities: Vec<Oddity>,
}

/// Parses a phone number.
pub fn read(text: &str) -> Result<Number, NoNumber> {
    match plain(text) {
        Some(phone) => Ok(Number { phone, oddities: Vec::new() }),
        None => read_by_parts(text),
    }
}

/// Converts bare digits, as in a JID, to E.164.
pub fn of_digits(digits: &str) -> Option<String> {
    let is_number = (DIGITS_MIN..=DIGITS_MAX).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| {
        let mut phone = String::with_capacity(digits.len() + 1);
        phone.push('+');
        phone.push_str(digits);
        phone
    })
}

/// Fast path for the usual spelling: a plus and ASCII digits.
fn plain(text: &str) -> Option<String> {
    of_digits(text.strip_prefix('+')?)
}

/// Gives the same result as [`read`], for every spelling.
fn read_by_parts(text: &str) -> Result<Number, NoNumber> {
    if text.contains(TURNS_DIGITS) {
        return Err(NoNumber::Character(TURNS_DIGITS));
    }
    let (text, mut oddities) = parts::without_prefixes(text);
    let parts = Parts::of(text)?;
    let (digits, is_international) = parts.number(&mut oddities)?;
    if !is_international && digits.len() == NATIONAL_DIGITS {
        oddities.push(Oddity::LooksNational);
    }
    match digits.len() {
        0 => Err(NoNumber::Empty),
        _ if digits.starts_with('0') => Err(NoNumber::LeadingZero),
        1..DIGITS_MIN => Err(NoNumber::TooShort),
        DIGITS_MIN..=DIGITS_MAX => Ok(Number { phone: format!("+{digits}"), oddities }),
        _ => Err(NoNumber::TooLong),
    }
}

/// The kind of a character in a phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Digit(u8),
    Plus,
    Space,
    Dash,
    Dot,
    Opening,
    Closing,
}

impl Kind {
    /// Returns `None` for an invisible character, and an error for one that is not part of a number.
    fn of(c: char) -> Result<Option<Self>, NoNumber> {
        let kind = match c {
            '+' | '\u{ff0b}' => Self::Plus,
            '.' | '\u{b7}' | '\u{2024}' | '\u{ff0e}' => Self::Dot,
            '(' | '[' | '\u{ff08}' | '\u{ff3b}' => Self::Opening,
            ')' | ']' | '\u{ff09}' | '\u{ff3d}' => Self::Closing,
            _ if is_space(c) => Self::Space,
            _ if is_dash(c) => Self::Dash,
            _ if is_ignorable(c) => return Ok(None),
            _ => return digit(c).map(|value| Some(Self::Digit(value))).ok_or_else(|| NoNumber::of(c)),
        };
        Ok(Some(kind))
    }
}
