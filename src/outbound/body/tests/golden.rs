//! Every kind of body, byte for byte as in the approved files.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// Set this variable to write the files anew, after reviewing the changes.
const BLESS: &str = "TIDINGS_TEST_BLESS";
const FOLDER: &str = "tests/it/golden/bodies";

const TEXTS: [&str; 3] = ["Hello 👋\nשלום", "Is 1 < 2 & \"so\"?\tC:\\a", "</a><script>alert('x')</script>"];

/// A combination of the properties that change the body.
#[derive(Clone, Copy)]
struct Kind {
    aggregated: bool,
    is_group: bool,
    is_new_chat: bool,
    direction: Direction,
}

impl Kind {
    fn all() -> impl Iterator<Item = Self> {
        (0..16_u8).map(|bits| Self {
            aggregated: bits & 8 != 0,
            is_group: bits & 4 != 0,
            is_new_chat: bits & 2 != 0,
            direction: if bits & 1 != 0 { Direction::Received } else { Direction::Sent },
        })
    }

    fn path(self) -> PathBuf {
        let name = [
            if self.aggregated { "aggregated" } else { "single" },
            if self.is_group { "group" } else { "person" },
            if self.is_new_chat { "new" } else { "old" },
            if self.direction == Direction::Sent { "sent" } else { "received" },
        ];
        Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER).join(format!("{}.json", name.join("-")))
    }

    /// New chats have nobody responsible. Groups get a phone, which must not be shown.
    fn bundle(self) -> Bundle {
        let mut bundle = Bundle { aggregated: self.aggregated, ..bundle() };
        bundle.chat.is_group = self.is_group;
        bundle.chat.is_new_chat = self.is_new_chat;
        bundle.chat.responsible = bundle.chat.responsible.filter(|_| !self.is_new_chat);
        bundle.chat.full_name = if self.is_group { "Doe & Sons".into() } else { "John \"JD\" Doe".into() };
        let texts = TEXTS.into_iter().take(if self.aggregated { 3 } else { 1 });
        bundle.messages = (1..).zip(texts).map(|(number, text)| self.said(number, text)).collect();
        bundle
    }

    /// The second of three goes the other way; the third has a teammate as its sender, if it was sent.
    fn said(self, number: u32, text: &str) -> Said {
        let other = if self.direction == Direction::Sent { Direction::Received } else { Direction::Sent };
        let direction = if number == 2 { other } else { self.direction };
        let sent_by = (number == 3 && direction == Direction::Sent).then(|| "Dana O'Roe".into());
        let at = Timestamp::from_ms(1_614_147_929_007 + i64::from(number) * 3_600_000);
        Said { id: MessageId::from_bits(number.into()), sent_by, at, ..said(direction, text) }
    }
}

#[test]
fn every_kind_of_body_is_the_one_that_was_looked_at() {
    for kind in Kind::all() {
        let (body, path) = (text_of(&kind.bundle()), kind.path());
        if std::env::var_os(BLESS).is_some() {
            fs::write(&path, &body).unwrap();
        }
        let looked_at = fs::read_to_string(&path).unwrap_or_default();
        let name = path.file_name();
        assert_eq!(body, looked_at, "{name:?}: changed on purpose? look at it, then run this once with {BLESS}=1");
    }
    let folder = Kind::all().map(Kind::path).next().unwrap();
    assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 16);
}

#[test]
fn a_body_is_the_same_at_every_try() {
    for kind in Kind::all() {
        assert_eq!(text_of(&kind.bundle()), text_of(&kind.bundle()));
    }
}
