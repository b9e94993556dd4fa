//! Recipients in canonical spelling, so that one person is one chat however the number is written.

use events::characters::is_unseen;
use events::chat::AddressKind;

use crate::phone::{self, NoNumber, Number, Oddity};

/// The most addresses that lead to one chat.
pub const ADDRESSES_MAX: usize = 32;

/// A recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The same for all spellings of one recipient.
    pub canonical: String,
    /// The recipient as the transport gets it.
    pub to: String,
    /// The title of a new chat.
    pub name: String,
    /// The phone number in E.164, if known.
    pub phone: Option<String>,
    pub is_group: bool,
}

/// Converts a phone number in any spelling to E.164, with its plus.
pub fn e164(text: &str) -> Option<String> {
    phone::read(text).ok().map(|number| number.phone)
}

/// Returns the number of the person that a phone field names, by phone number or by JID.
pub fn person_phone(text: &str) -> Option<String> {
    if text.contains('@') { Peer::from_jid(text)?.phone } else { e164(text) }
}

impl Peer {
    /// Reads the recipient from a phone field. A phone number that does not parse is a recipient all the same:
    /// sending to it fails.
    pub fn from_phone(text: &str) -> Self {
        Self::read_phone(text).0
    }

    /// Like [`Peer::from_phone`], but also returns what is odd about the text, or why it is no number.
    pub fn read_phone(text: &str) -> (Self, Result<Vec<Oddity>, NoNumber>) {
        if let Some(peer) = text.contains('@').then(|| Self::from_jid(text)).flatten() {
            return (peer, Ok(vec![Oddity::Jid]));
        }
        let to = text.trim().to_owned();
        match phone::read(&to) {
            Ok(Number { phone, oddities }) => {
                let (canonical, name) = (phone.clone(), phone.clone());
                (Self { canonical, to, name, phone: Some(phone), is_group: false }, Ok(oddities))
            }
            Err(no_number) => {
                let (canonical, name) = (format!("?{to}"), to.clone());
                (Self { canonical, to, name, phone: None, is_group: false }, Err(no_number))
            }
        }
    }

    /// Reads an address as `WhatsApp` spells it: a phone number or a JID; `None` if it is neither.
    pub fn read(text: &str) -> Option<Self> {
        if text.contains('@') { Self::from_jid(text) } else { Some(Self::from_phone(text)).filter(Self::is_valid) }
    }

    /// Returns what kind of address it is as one that `WhatsApp` gave; `None` if it is none of a person.
    pub fn kind(&self) -> Option<AddressKind> {
        let is_lid = self.canonical.ends_with("@lid");
        self.phone.as_ref().map(|_| AddressKind::SpelledPhone).or_else(|| is_lid.then_some(AddressKind::Lid))
    }

    /// True if it is a JID or a phone number in international format.
    pub fn is_valid(&self) -> bool {
        !self.canonical.starts_with('?')
    }

    /// Reads a person or group from a JID; `None` if the text is none. `@c.us` becomes `@s.whatsapp.net`, a device is
    /// cut off, and no phone number is ever read out of `@lid`.
    pub fn from_jid(text: &str) -> Option<Self> {
        let text = text.trim_matches(is_unseen);
        let (user, server) = text.split_once('@')?;
        let user = user.split_once(':').map_or(user, |(user, _device)| user);
        let plain = !user.is_empty() && user.len() <= 64 && user.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        let jid = |server| format!("{user}@{server}");
        match server.to_ascii_lowercase().as_str() {
            _ if !plain => None,
            "s.whatsapp.net" | "c.us" => Some(Self::person(user, jid("s.whatsapp.net"))),
            "g.us" => Some(Self::opaque(jid("g.us"), true)),
            "lid" => Some(Self::opaque(jid("lid"), false)),
            _ => None,
        }
    }

    fn person(user: &str, to: String) -> Self {
        match phone::of_digits(user) {
            Some(phone) => {
                Self { canonical: phone.clone(), to, name: phone.clone(), phone: Some(phone), is_group: false }
            }
            None => Self::opaque(to, false),
        }
    }

    fn opaque(jid: String, is_group: bool) -> Self {
        Self { canonical: jid.clone(), name: jid.clone(), to: jid, phone: None, is_group }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_is_one_chat_however_the_number_is_written() {
        let spellings = [
            "+12025550101",
            "12025550101",
            " +1 (202) 555-0101 ",
            "1.202.555.0101",
            "+1 [202] 555\u{2011}0101",
            "\u{202a}+1\u{2009}202\u{202f}5550101\u{202c}",
            "\u{feff}+12025550101",
            "tel:+12025550101",
            "12025550101.0",
            "0012025550101",
        ];
        for text in spellings {
            assert_eq!(Peer::from_phone(text).canonical, "+12025550101", "{text}");
        }
        for jid in ["12025550101@s.whatsapp.net", "12025550101@c.us", "12025550101:12@S.WhatsApp.net"] {
            let peer = Peer::from_jid(jid).unwrap();
            assert_eq!((peer.canonical.as_str(), peer.to.as_str()), ("+12025550101", "12025550101@s.whatsapp.net"));
        }
    }

    #[test]
    fn a_phone_that_does_not_parse_is_kept_as_it_is() {
        for text in ["0532 111 22 33", "+0123456789", "123456", "1234567890123456", "hello", "+1202555O101"] {
            let peer = Peer::from_phone(text);
            assert_eq!((peer.phone, peer.to.as_str()), (None, text));
        }
    }

    /// Users of WAHA and Evolution write JIDs into phone fields.
    #[test]
    fn a_jid_in_a_field_for_phones_is_that_jid() {
        for jid in
            ["12025550121@c.us", "12025550121@s.whatsapp.net", " 12025550121:3@c.us\u{200e}", "120363041234567890@g.us"]
        {
            let (peer, read) = Peer::read_phone(jid);
            assert_eq!((Some(peer), read), (Peer::from_jid(jid), Ok(vec![Oddity::Jid])), "{jid}");
        }
        assert_eq!(Peer::from_phone("12025550121@c.us").canonical, "+12025550121");
        assert!(Peer::from_phone("120363041234567890@g.us").is_group);
        for text in ["ada@acme.example", "@", "12025550121@", "1@2@c.us"] {
            let (peer, read) = Peer::read_phone(text);
            assert_eq!((peer.canonical, read.is_err()), (format!("?{text}"), true));
        }
    }

    #[test]
    fn an_account_is_meant_by_its_phone_or_its_jid_and_by_no_other() {
        for text in ["+12025550100", "1 202 555 0100", "12025550100@c.us", "12025550100:9@s.whatsapp.net"] {
            assert_eq!(person_phone(text).as_deref(), Some("+12025550100"), "{text}");
        }
        for text in ["12025550100@g.us", "12025550100@lid", "ada@acme.example", "hello", ""] {
            assert_eq!(person_phone(text), None, "{text}");
        }
    }

    #[test]
    fn groups_and_hidden_numbers_have_no_phone() {
        let group = Peer::from_jid("120363041234567890@g.us").unwrap();
        assert!(group.is_group && group.phone.is_none());
        assert_eq!(Peer::from_jid("12025550101@lid").unwrap().phone, None);
    }

    #[test]
    fn an_address_of_a_person_is_a_phone_number_or_hides_it() {
        let kind = |text| Peer::read(text).and_then(|peer| peer.kind());
        for text in ["+12025550101", "12025550101@c.us", "12025550101:3@s.whatsapp.net"] {
            assert_eq!(kind(text), Some(AddressKind::SpelledPhone), "{text}");
        }
        assert_eq!(kind("133700000000001@lid"), Some(AddressKind::Lid));
        for text in ["120363041234567890@g.us", "Mary", "", "133700000000001@broadcast", "12@c.us"] {
            assert_eq!(kind(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_jid_is_refused() {
        for text in ["", "12025550101", "@c.us", "12025550101@", "12025550101@example.com", "a b@g.us", "1@2@g.us"] {
            assert_eq!(Peer::from_jid(text), None, "{text}");
        }
    }
}
