//! Messages that people write to an account, or that its owner types on the phone itself, before they are reported.

use std::path::Path;

use events::time::Timestamp;

use super::address::Address;
use super::chaos::{Naming, scattered};
use crate::whatsapp::transports::{IncomingFile, IncomingMessage};

/// A message that somebody writes to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The account, by its phone number.
    pub account: Address,
    /// The person, group or hidden number that the conversation is with.
    pub chat: Address,
    /// The member who writes, if the chat is a group and the member is known.
    pub member: Option<Address>,
    /// The contact's own name, or the group's subject.
    pub name: String,
    pub text: String,
    /// Name of an attached file; its size and media type are made up to fit the extension.
    pub file_name: Option<String>,
}

/// A message that the owner of an account types on the phone itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// The account, by its phone number.
    pub account: Address,
    /// The conversation.
    pub chat: Address,
    pub text: String,
}

impl Incoming {
    pub(super) fn heard(self, wire_id: String, at: Timestamp) -> IncomingMessage {
        let chat = self.chat.spelled();
        let (sender, sender_name) = if self.chat.is_group() {
            (self.member.map(|member| member.spelled()).unwrap_or_default(), String::new())
        } else {
            (chat.clone(), self.name.clone())
        };
        IncomingMessage {
            account_phone: self.account.spelled(),
            wire_id,
            chat,
            chat_name: self.name,
            sender,
            also: None,
            sender_name,
            from_me: false,
            text: self.text,
            file: self.file_name.map(file),
            at,
        }
    }
}

impl Typed {
    pub(super) fn heard(self, wire_id: String, at: Timestamp) -> IncomingMessage {
        IncomingMessage {
            account_phone: self.account.spelled(),
            wire_id,
            chat: self.chat.spelled(),
            chat_name: String::new(),
            sender: String::new(),
            also: None,
            sender_name: String::new(),
            from_me: true,
            text: self.text,
            file: None,
            at,
        }
    }
}

impl IncomingMessage {
    /// Calls the person by these addresses instead of by the phone number alone.
    pub(super) fn name(&mut self, naming: Naming, phone: &str, hidden: &str) {
        let (called, also) = match naming {
            Naming::Phone => return,
            Naming::Hidden => (hidden, None),
            Naming::HiddenAndPhone => (hidden, Some(phone)),
            Naming::PhoneAndHidden => (phone, Some(hidden)),
        };
        for address in [&mut self.chat, &mut self.sender] {
            if address == phone {
                called.clone_into(address);
            }
        }
        self.also = also.map(str::to_owned);
    }
}

/// Ids as phones make them: they never look like a gateway's message id, and different numbers give different ids.
pub(super) fn wire_id(number: u64) -> String {
    format!("3A00{:016X}", scattered(number))
}

fn file(name: String) -> IncomingFile {
    let extension = Path::new(&name).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let (mime, size) = match extension.to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" => ("image/jpeg", 48_211),
        "png" => ("image/png", 12_804),
        "gif" => ("image/gif", 20_125),
        "webp" => ("image/webp", 9_436),
        "mp4" => ("video/mp4", 512_310),
        "mp3" => ("audio/mpeg", 96_044),
        "ogg" | "opus" => ("audio/ogg", 14_902),
        "pdf" => ("application/pdf", 31_337),
        "txt" => ("text/plain", 1_024),
        "csv" => ("text/csv", 2_048),
        "zip" => ("application/zip", 65_536),
        "docx" => ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", 18_220),
        "xlsx" => ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 22_518),
        _ => ("application/octet-stream", 4_096),
    };
    IncomingFile { name, size, mime: mime.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use events::ids::MessageId;

    use super::*;

    fn incoming(chat: &str, member: Option<&str>) -> IncomingMessage {
        let address = |text| Address::parse(text).expect("an address");
        let (account, chat, member) = (address("12025550100"), address(chat), member.map(address));
        let (name, text) = ("Mary Major".to_owned(), "hi".to_owned());
        Incoming { account, chat, member, name, text, file_name: None }.heard(String::new(), Timestamp::default())
    }

    #[test]
    fn a_contact_speaks_for_itself() {
        for chat in ["1 202 555 0101", "12025550101@s.whatsapp.net"] {
            let heard = incoming(chat, None);
            assert_eq!(
                (&*heard.account_phone, &*heard.chat, &*heard.sender),
                ("+12025550100", "+12025550101", "+12025550101")
            );
            assert_eq!((&*heard.chat_name, &*heard.sender_name, heard.from_me), ("Mary Major", "Mary Major", false));
        }
        assert_eq!(incoming("77@lid", None).sender, "77@lid");
    }

    #[test]
    fn in_a_group_a_member_speaks() {
        let heard = incoming("120363025550101@g.us", Some("+12025550101"));
        assert_eq!((&*heard.chat, &*heard.sender), ("120363025550101@g.us", "+12025550101"));
        assert_eq!((&*heard.chat_name, &*heard.sender_name), ("Mary Major", ""));
        assert_eq!(incoming("120363025550101@g.us", None).sender, "");
    }

    #[test]
    fn a_file_has_the_type_of_its_extension() {
        for (name, mime) in [
            ("a.png", "image/png"),
            ("Photo 1.JPG", "image/jpeg"),
            ("list.pdf", "application/pdf"),
            ("unknown.xyz", "application/octet-stream"),
            ("no extension", "application/octet-stream"),
        ] {
            let file = file(name.to_owned());
            assert_eq!((&*file.name, &*file.mime), (name, mime));
            assert!((1..=2 << 20).contains(&file.size));
        }
    }

    #[test]
    fn wire_ids_differ_and_are_never_a_gateways() {
        let ids: BTreeSet<String> = (0..1_000).map(wire_id).collect();
        assert_eq!(ids.len(), 1_000);
        for id in ids {
            assert_eq!((id.len(), id.parse::<MessageId>().is_err()), (20, true), "{id}");
        }
    }
}
