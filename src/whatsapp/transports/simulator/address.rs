//! Addresses of senders and recipients: all spellings of one phone or JID give the same address.

use std::sync::Arc;

use actors::peer::e164;
use actors::phone;

use super::spelling;

/// A person's digits, or the JID of a group or of a hidden number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(Arc<str>);

impl Address {
    /// Reads a phone number or a JID; `None` if the text is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let address = match text.split_once('@') {
            None => digits(text),
            Some((user, server)) => jid(user, server),
        };
        address.map(|address| Self(address.into()))
    }

    /// Bare digits for a person, `...@g.us` for a group, `...@lid` for a hidden number.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True for a person's phone number: neither a group nor a hidden number.
    pub fn is_person(&self) -> bool {
        !self.0.contains('@')
    }

    pub fn is_group(&self) -> bool {
        self.0.ends_with("@g.us")
    }

    /// Returns the address under which the phone is kept that this one reaches.
    pub(super) fn phone(&self) -> Self {
        spelling::short(&self.0).map_or_else(|| self.clone(), |short| Self(short.into()))
    }

    /// Returns the other spelling of a person's phone number, if it has one.
    pub fn other_spelling(&self) -> Option<Self> {
        spelling::other(&self.0).map(|other| Self(other.into()))
    }

    /// Returns the JID that hides a person's phone number.
    #[must_use]
    pub fn hidden(&self) -> Self {
        Self(spelling::hidden(&self.phone().0).into())
    }

    /// True for a JID that hides a phone number.
    pub fn is_hidden(&self) -> bool {
        self.0.ends_with("@lid")
    }

    /// The spelling that updates use: `+` and digits for a person, otherwise the JID.
    pub fn spelled(&self) -> String {
        if self.is_person() { format!("+{}", self.0) } else { self.0.to_string() }
    }
}

fn digits(text: &str) -> Option<String> {
    e164(text)?.strip_prefix('+').map(str::to_owned)
}

fn jid(user_and_device: &str, server: &str) -> Option<String> {
    let user = user_and_device.split_once(':').map_or(user_and_device, |(user, _device)| user);
    match server {
        "s.whatsapp.net" | "c.us" => phone::of_digits(user).map(|_| user.to_owned()),
        "g.us" | "lid" if !user.is_empty() => Some(format!("{user}@{server}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<String> {
        Address::parse(text).map(|address| address.as_str().to_owned())
    }

    #[test]
    fn all_spellings_of_a_person_are_one_address() {
        for text in [
            "+12025550101",
            "12025550101",
            "+1 (202) 555-0101",
            "1.202.555.0101",
            "[1] 202 555 0101",
            "١٢٠٢٥٥٥٠١٠١",
            "0012025550101",
            "12025550101.0",
            "12025550101@s.whatsapp.net",
            "12025550101@c.us",
            "12025550101:17@s.whatsapp.net",
            "12025550101:17@c.us",
        ] {
            assert_eq!(parsed(text).as_deref(), Some("12025550101"), "{text}");
        }
    }

    #[test]
    fn groups_and_hidden_numbers_are_addresses_of_their_own() {
        assert_eq!(parsed("120363025550101@g.us").as_deref(), Some("120363025550101@g.us"));
        assert_eq!(parsed("12025550101-1614147929@g.us").as_deref(), Some("12025550101-1614147929@g.us"));
        assert_eq!(parsed("12025550101:3@lid").as_deref(), Some("12025550101@lid"));
    }

    #[test]
    fn a_person_is_spelled_with_a_plus_and_all_else_as_its_jid() {
        for (text, spelled, is_person, is_group) in [
            ("1 (202) 555-0101", "+12025550101", true, false),
            ("12025550101:4@c.us", "+12025550101", true, false),
            ("12025550101:4@lid", "12025550101@lid", false, false),
            ("120363025550101@g.us", "120363025550101@g.us", false, true),
        ] {
            let address = Address::parse(text).expect("an address");
            assert_eq!(
                (address.spelled().as_str(), address.is_person(), address.is_group()),
                (spelled, is_person, is_group)
            );
        }
    }

    #[test]
    fn a_number_has_7_to_15_digits_and_no_leading_0() {
        assert_eq!(parsed("2025550").as_deref(), Some("2025550"));
        assert_eq!(parsed("202555010112345").as_deref(), Some("202555010112345"));
        for text in ["202555", "2025550101123456", "02025550101", "+0 202 555 0101", "+0012025550101"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn a_phone_has_one_hidden_number_and_may_have_two_spellings() {
        let [short, long] = ["+12025550101", "+120255501019"].map(|text| Address::parse(text).expect("an address"));
        assert_eq!((long.phone(), short.phone()), (short.clone(), short.clone()));
        assert_eq!((short.other_spelling(), long.other_spelling()), (Some(long.clone()), Some(short.clone())));
        assert_eq!(short.hidden(), long.hidden());
        assert!(short.hidden().is_hidden() && !short.is_hidden());
        assert_eq!(Address::parse(&short.hidden().spelled()), Some(short.hidden()));
        assert_eq!(Address::parse("120363025550101@g.us").expect("a group").other_spelling(), None);
    }

    #[test]
    fn what_is_neither_a_number_nor_a_jid_is_refused() {
        for text in [
            "",
            "+",
            "++12025550101",
            "1202+5550101",
            "12025550101x",
            "1/202/555/0101",
            "+44 (0)20 7946 0958",
            "12025550101.5",
            "Mary",
            "@g.us",
            ":1@lid",
            "12025550101@",
            "12025550101@example.com",
            "12025550101@S.WHATSAPP.NET",
            "status@broadcast",
            "202555@s.whatsapp.net",
            "+12025550101@s.whatsapp.net",
            "mary@c.us",
            "1@2@g.us",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
