//! Recipients in canonical spelling, so that one person is one chat however the number is written.

/// A recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// One spelling for all spellings.
    pub canonical: String,
    /// As the transport gets it.
    pub to: String,
    /// The title of a new chat.
    pub name: String,
    /// E.164, where it is known.
    pub phone: Option<String>,
    /// Whether it is a group.
    pub is_group: bool,
}

/// Digits of a number in E.164, at least; shorter ones are numbers within a network.
const DIGITS_MIN: usize = 7;
const DIGITS_MAX: usize = 15;

/// E.164 with its plus: 7 to 15 digits after dropping spaces, dots, dashes and brackets, the first not 0, `+` optional.
pub fn e164(text: &str) -> Option<String> {
    let mut bare = text.chars().filter(|c| !is_between_digits(*c)).peekable();
    bare.next_if_eq(&'+');
    let mut phone = String::with_capacity(DIGITS_MAX + 1);
    phone.push('+');
    for digit in bare {
        if !digit.is_ascii_digit() || phone.len() > DIGITS_MAX {
            return None;
        }
        phone.push(digit);
    }
    (phone.len() > DIGITS_MIN && !phone.starts_with("+0")).then_some(phone)
}

/// What people, address books and word processors write between digits; with the hidden marks of direction around them.
const fn is_between_digits(c: char) -> bool {
    let is_space = matches!(c, ' ' | '\t' | '\u{a0}' | '\u{2000}'..='\u{200b}' | '\u{202f}' | '\u{2060}');
    let is_dash = matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    let is_mark = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    is_space || is_dash || is_mark || matches!(c, '.' | '(' | ')' | '[' | ']')
}

impl Peer {
    /// A person by phone. A phone that does not parse is a recipient all the same: it fails when it is sent to.
    pub fn from_phone(text: &str) -> Self {
        let to = text.trim().to_owned();
        match e164(&to) {
            Some(phone) => {
                Self { canonical: phone.clone(), to, name: phone.clone(), phone: Some(phone), is_group: false }
            }
            None => Self { canonical: format!("?{to}"), name: to.clone(), to, phone: None, is_group: false },
        }
    }

    /// Whether it is a JID or a phone in international format.
    pub fn is_valid(&self) -> bool {
        !self.canonical.starts_with('?')
    }

    /// A person or group by JID; `None` when it is none. `@c.us` is `@s.whatsapp.net`; a device is cut off; no phone is
    /// ever read out of `@lid`.
    pub fn from_jid(text: &str) -> Option<Self> {
        let (user, server) = text.trim().split_once('@')?;
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
        match e164(user) {
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

    #[test]
    fn groups_and_hidden_numbers_have_no_phone() {
        let group = Peer::from_jid("120363041234567890@g.us").unwrap();
        assert!(group.is_group && group.phone.is_none());
        assert_eq!(Peer::from_jid("12025550101@lid").unwrap().phone, None);
    }

    #[test]
    fn what_is_no_jid_is_refused() {
        for text in ["", "12025550101", "@c.us", "12025550101@", "12025550101@example.com", "a b@g.us", "1@2@g.us"] {
            assert_eq!(Peer::from_jid(text), None, "{text}");
        }
    }
}
