//! Messages on the simulated phones: the newest of all phones together, without the bytes of their files.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use events::ids::MessageId;
use events::time::Timestamp;
use sha2::{Digest as _, Sha256};

use super::address::Address;
use crate::whatsapp::transports::Attachment;
use crate::whatsapp::wire_ids::OwnWireId;

/// A message on a simulated phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The gateway's own id of it, which no real phone shows.
    pub id: MessageId,
    /// The id under which `WhatsApp` knows it.
    pub wire_id: OwnWireId,
    /// The sending account's phone, as the sender spelled it.
    pub from: Arc<str>,
    pub text: Box<str>,
    /// The attached file. Boxed, because most messages have none and then take less memory.
    pub file: Option<Box<ReceivedFile>>,
    /// When it arrived.
    pub at: Timestamp,
}

/// A file on a simulated phone; its bytes are not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedFile {
    pub name: Box<str>,
    /// Length in bytes.
    pub size: usize,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
}

/// All phones and groups. Keeps the newest messages and forgets the oldest, whichever phone they are on.
#[derive(Debug)]
pub(super) struct Phones {
    inboxes: BTreeMap<Address, VecDeque<Received>>,
    /// The recipient of each message, the oldest message first.
    order: VecDeque<Address>,
    bytes: usize,
    bounds: Bounds,
}

/// Limits for all phones together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) messages: usize,
    /// Bytes of texts and file names.
    pub(super) bytes: usize,
}

impl Phones {
    pub(super) fn keeping(bounds: Bounds) -> Self {
        Self { inboxes: BTreeMap::new(), order: VecDeque::new(), bytes: 0, bounds }
    }

    pub(super) fn put(&mut self, recipient: Address, message: Received) {
        self.bytes = self.bytes.saturating_add(message.bytes());
        self.order.push_back(recipient.clone());
        // Most phones get one message; the default capacity of four would use most of the memory.
        self.inboxes.entry(recipient).or_insert_with(|| VecDeque::with_capacity(1)).push_back(message);
        while self.order.len() > self.bounds.messages || self.bytes > self.bounds.bytes {
            self.forget_oldest();
        }
    }

    /// The messages that a phone or group got, the newest first.
    pub(super) fn messages(&self, recipient: &Address) -> Vec<Received> {
        self.inboxes.get(recipient).into_iter().flat_map(|inbox| inbox.iter().rev().cloned()).collect()
    }

    fn forget_oldest(&mut self) {
        let Some(address) = self.order.pop_front() else { return };
        let Some(inbox) = self.inboxes.get_mut(&address) else { return };
        let bytes = inbox.pop_front().map_or(0, |message| message.bytes());
        self.bytes = self.bytes.saturating_sub(bytes);
        if inbox.is_empty() {
            self.inboxes.remove(&address);
        }
    }
}

impl Received {
    fn bytes(&self) -> usize {
        self.text.len().saturating_add(self.file.as_ref().map_or(0, |file| file.name.len()))
    }
}

impl ReceivedFile {
    /// Keeps name, size and hash of a file.
    pub(super) fn of(file: &Attachment) -> Self {
        let sha256 = Sha256::digest(&file.bytes).into();
        Self { name: file.name.as_str().into(), size: file.bytes.len(), sha256 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keeping(messages: usize, bytes: usize) -> Phones {
        Phones::keeping(Bounds { messages, bytes })
    }

    fn put(phones: &mut Phones, to: &str, text: &str) {
        let (id, wire_id) = (MessageId::from_bits(1), OwnWireId::from_bits(1));
        let (from, at) = (Arc::from("+12025550100"), Timestamp::default());
        phones.put(address(to), Received { id, wire_id, from, text: text.into(), file: None, at });
    }

    fn address(text: &str) -> Address {
        Address::parse(text).expect("an address")
    }

    fn texts(phones: &Phones, of: &str) -> Vec<String> {
        phones.messages(&address(of)).iter().map(|message| message.text.to_string()).collect()
    }

    #[test]
    fn each_phone_shows_its_own_the_newest_first() {
        let mut phones = keeping(10, 100);
        for (to, text) in [("+12025550101", "a"), ("+12025550102", "b"), ("+12025550101", "c")] {
            put(&mut phones, to, text);
        }
        assert_eq!(texts(&phones, "+12025550101"), ["c", "a"]);
        assert_eq!(texts(&phones, "+12025550102"), ["b"]);
        assert_eq!(texts(&phones, "+12025550103"), [""; 0]);
    }

    #[test]
    fn the_oldest_of_all_phones_are_forgotten() {
        let mut phones = keeping(2, 100);
        for (to, text) in [("+12025550101", "a"), ("+12025550102", "b"), ("+12025550101", "c")] {
            put(&mut phones, to, text);
        }
        assert_eq!(
            (texts(&phones, "+12025550101"), texts(&phones, "+12025550102")),
            (vec!["c".into()], vec!["b".into()])
        );
        put(&mut phones, "+12025550103", "d");
        assert_eq!(phones.inboxes.len(), 2);
    }

    #[test]
    fn long_texts_are_forgotten_sooner() {
        let mut phones = keeping(10, 7);
        put(&mut phones, "+12025550101", "1234");
        put(&mut phones, "+12025550102", "567");
        assert_eq!(texts(&phones, "+12025550101"), ["1234"]);
        put(&mut phones, "+12025550103", "8");
        assert_eq!(texts(&phones, "+12025550101"), [""; 0]);
        assert_eq!((texts(&phones, "+12025550102"), phones.bytes), (vec!["567".to_owned()], 4));
    }

    #[test]
    fn of_a_file_its_name_size_and_digest_are_kept() {
        let (name, mime) = ("abc.txt".to_owned(), "text/plain".to_owned());
        let kept = ReceivedFile::of(&Attachment { name, mime, bytes: "abc".into() });
        assert_eq!((&*kept.name, kept.size), ("abc.txt", 3));
        assert_eq!(kept.sha256[..4], [0xBA, 0x78, 0x16, 0xBF]);
    }
}
