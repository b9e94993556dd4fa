//! Checks that several request bodies share: names, addresses, languages, reasons.

use actors::names::NAME_BYTES_MAX;

use super::refusal::Refusal;

/// Length limit of an e-mail address, in bytes (RFC 5321, section 4.5.3.1.3).
const EMAIL_BYTES_MAX: usize = 254;
/// Length limit of a language tag (RFC 5646, section 4.4.1).
const LANGUAGE_CHARS_MAX: usize = 35;
/// Length limit of a reason, in bytes.
const REASON_BYTES_MAX: usize = 1_000;

/// Checks one line of text: not blank, without control characters, at most 1,000 bytes, which is the limit for stored
/// names.
pub fn line(param: &'static str, text: &str) -> Result<(), Refusal> {
    bounded(param, text, NAME_BYTES_MAX)?;
    no_controls(param, text)
}

/// Checks an e-mail address, by its form only: something, one `@`, something.
pub fn email(param: &'static str, text: &str) -> Result<(), Refusal> {
    bounded(param, text, EMAIL_BYTES_MAX)?;
    no_controls(param, text)?;
    match text.split_once('@') {
        Some((user, host)) if !user.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(' ') => {
            Ok(())
        }
        _ => Err(Refusal::invalid(param, format!("{param} is not an e-mail address"))),
    }
}

/// Checks a BCP 47 language tag, such as `en` or `pt-BR`.
pub fn language(text: &str) -> Result<(), Refusal> {
    let mut parts = text.split('-');
    let first = parts.next().is_some_and(|part| (2..=8).contains(&part.len()) && letters(part));
    let rest = parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    if first && rest && text.len() <= LANGUAGE_CHARS_MAX {
        return Ok(());
    }
    Err(Refusal::invalid("language", "language must be a language tag such as en, tr or pt-BR"))
}

/// Checks a reason: may be empty, without control characters, at most 1,000 bytes.
pub fn reason(text: &str) -> Result<(), Refusal> {
    within("reason", text, REASON_BYTES_MAX)?;
    no_controls("reason", text)
}

/// Checks that a text is not blank and not longer than `bytes_max` bytes.
pub fn bounded(param: &'static str, text: &str, bytes_max: usize) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::invalid(param, format!("{param} is empty")));
    }
    within(param, text, bytes_max)
}

/// Checks that a text is not longer than `bytes_max` bytes.
pub fn within(param: &'static str, text: &str, bytes_max: usize) -> Result<(), Refusal> {
    if text.len() > bytes_max {
        return Err(Refusal::invalid(param, format!("{param} has more than {bytes_max} bytes in UTF-8")));
    }
    Ok(())
}

fn letters(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphabetic())
}

fn no_controls(param: &'static str, text: &str) -> Result<(), Refusal> {
    if text.chars().any(char::is_control) {
        return Err(Refusal::invalid(param, format!("{param} has line breaks or other control characters")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_something_on_both_sides_of_one_at() {
        assert!(email("email", "ada@kite.example").is_ok());
        for wrong in ["", " ", "ada", "@kite.example", "ada@", "a@b@c", "ada @kite.example", "ada@kite\r\nBcc: x@y"] {
            assert!(email("email", wrong).is_err(), "{wrong:?}");
        }
        assert!(email("email", &format!("{}@kite.example", "a".repeat(250))).is_err());
    }

    #[test]
    fn a_language_is_a_tag() {
        for tag in ["en", "tr", "el", "hi", "es-419", "zh-Hant-TW"] {
            assert!(language(tag).is_ok(), "{tag}");
        }
        for wrong in ["", "e", "english language", "en_GB", "en-", "1x"] {
            assert!(language(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_line_is_one_line() {
        assert!(line("name", "Blue Kite 🪁").is_ok());
        assert!(line("name", "Blue\nKite").is_err() && line("name", "  ").is_err());
        assert!(reason("").is_ok() && reason(&"x".repeat(1_001)).is_err());
    }

    // The HTTP layer and the store must count in the same unit: bytes, not characters.
    #[test]
    fn what_is_stored_is_bounded_in_bytes_and_the_refusal_says_so() {
        assert!(line("name", &"😀".repeat(250)).is_ok() && reason(&"😀".repeat(250)).is_ok());
        assert!(email("email", &format!("{}@kite.example", "é".repeat(120))).is_ok());
        for refused in [
            line("name", &"😀".repeat(251)),
            reason(&"😀".repeat(251)),
            email("email", &format!("{}@kite.example", "é".repeat(121))),
        ] {
            let told = refused.unwrap_err().to_string();
            assert!(told.starts_with("invalid_value: ") && told.ends_with(" bytes in UTF-8"), "{told}");
        }
    }
}
