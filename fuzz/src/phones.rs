//! Compares how the gateway and the referee of its tests read phone numbers.

use actors::phone;
use events::characters::digit;

#[path = "../../actors/src/phone/tests/referee.rs"]
mod referee;

/// Judges a text as a phone: both must read the same number or none, and a number must read as itself.
pub fn judge(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let read = phone::read(&text);
    if let Ok(number) = &read {
        let again = phone::read(&number.phone).expect("a number is a number");
        assert!(again.phone == number.phone && again.oddities.is_empty(), "{text:?} {number:?}");
    }
    // The referee knows the digits of some scripts only.
    let is_known =
        |c: char| digit(c).is_none() || referee::ZEROS.iter().any(|zero| (*zero..=ninth(*zero)).contains(&c));
    if text.chars().all(is_known) {
        assert_eq!(read.as_ref().ok().map(|number| &number.phone), referee::read(&text).as_ref(), "{text:?} {read:?}");
    }
}

fn ninth(zero: char) -> char {
    char::from_u32(u32::from(zero) + 9).expect("a digit")
}
