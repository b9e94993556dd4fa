//! How many bytes a report has at most, told from its texts and names before anybody writes it.
//!
//! Each text stands in it twice: as a string of JSON, and in a piece of HTML that is a string of JSON itself.

use events::chat::Responsible;
use events::personal::Personal;
use events::webhook::BundleAccount;

/// Keys, ids, moments and marks that stand in a report once.
const HEAD_BYTES: u64 = 768;
/// The same for each message.
const LINE_BYTES: u64 = 320;
/// The same for a file, its kind included.
const FILE_BYTES: u64 = 384;

/// What names take in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// What stands in it once, in bytes.
    pub head_bytes: u64,
    /// What each message takes beside what was said, in bytes.
    pub line_bytes: u64,
}

impl Frame {
    /// With these names of the account, the chat and whoever answers it.
    pub fn of(
        account: &BundleAccount,
        chat_name: &Personal,
        chat_phone: Option<&Personal>,
        responsible: Option<&Responsible>,
    ) -> Self {
        let chat_phone = json_bytes(chat_phone.map_or("", Personal::reveal));
        let [ours, theirs] = [&account.full_name, chat_name].map(Personal::reveal);
        let sides = json_bytes(ours) + json_bytes(theirs);
        let phones = json_bytes(account.phone.reveal()) + chat_phone;
        let responsible = responsible.map_or(0, |r| json_bytes(r.full_name.reveal()) + json_bytes(r.email.reveal()));
        Self {
            head_bytes: HEAD_BYTES + sides + phones + json_bytes(account.email.reveal()) + responsible,
            line_bytes: LINE_BYTES + sides + phones + html_bytes(ours).max(html_bytes(theirs)),
        }
    }

    /// What is left for messages of a report that has so many bytes at most.
    pub const fn room_bytes(self, bundle_bytes: u64) -> u64 {
        bundle_bytes.saturating_sub(self.head_bytes)
    }
}

/// What a message takes that says this.
pub fn said_bytes(text: &str) -> u64 {
    json_bytes(text) + html_bytes(text)
}

/// What its file takes, by its name and by what else is told of it: its kind, or where it can be had.
pub fn file_bytes(name: &str, told: &str) -> u64 {
    FILE_BYTES + said_bytes(name) + json_bytes(told)
}

fn json_bytes(text: &str) -> u64 {
    text.bytes().map(in_json).sum()
}

fn html_bytes(text: &str) -> u64 {
    text.bytes().map(in_html).sum()
}

/// Control characters are written by their numbers, but for those that have a letter (RFC 8259, section 7).
const fn in_json(byte: u8) -> u64 {
    match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..0x20 => 6,
        _ => 1,
    }
}

/// `&quot;`, `<br/>` and their likes.
const fn in_html(byte: u8) -> u64 {
    match byte {
        b'"' => 6,
        b'&' | b'\'' | b'\n' | b'\r' => 5,
        b'<' | b'>' => 4,
        other => in_json(other),
    }
}
