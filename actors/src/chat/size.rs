//! Computes an upper bound for the size of a report from its texts and names, before it is written.
//!
//! Each text appears twice in a report: as a JSON string, and in a piece of HTML that is itself a JSON string.

use events::account::File;
use events::chat::{ReceivedFile, Responsible};
use events::personal::Personal;
use events::webhook::BundleAccount;

/// Bytes of keys, ids, timestamps and punctuation that appear once in a report.
const HEAD_BYTES: u64 = 768;
/// The same per message.
const LINE_BYTES: u64 = 320;
/// The same per file, including its type.
const FILE_BYTES: u64 = 384;

/// Bytes that names take in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Bytes that appear once.
    pub head_bytes: u64,
    /// Bytes that each message takes in addition to its text and file.
    pub line_bytes: u64,
}

impl Frame {
    /// Computes the frame from the names of the account, the chat and the responsible person.
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

    /// Returns the bytes left for the messages of a report of at most `bundle_bytes`.
    pub const fn room_bytes(self, bundle_bytes: u64) -> u64 {
        bundle_bytes.saturating_sub(self.head_bytes)
    }
}

/// Returns the bytes that a message with this text takes.
pub fn said_bytes(text: &str) -> u64 {
    json_bytes(text) + html_bytes(text)
}

/// Returns the bytes that a message's file takes, from its name and from `told`, which is its MIME type or its URL.
pub fn file_bytes(name: &str, told: &str) -> u64 {
    FILE_BYTES + said_bytes(name) + json_bytes(told)
}

/// Returns the bytes that a message to be sent takes.
pub fn queued_bytes(text: &str, file: Option<&File>) -> u32 {
    let file = file.map_or(0, |file| file_bytes(file.name.reveal(), file.url.reveal()));
    recorded(said_bytes(text).saturating_add(file))
}

/// Returns the bytes that a received message takes.
pub fn received_bytes(text: &str, file: Option<&ReceivedFile>) -> u32 {
    let file = file.map_or(0, |file| file_bytes(file.name.reveal(), &file.mime));
    recorded(said_bytes(text).saturating_add(file))
}

/// Returns the bytes as an event records them, so that no state depends on a text.
fn recorded(bytes: u64) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

fn json_bytes(text: &str) -> u64 {
    text.bytes().map(in_json).sum()
}

fn html_bytes(text: &str) -> u64 {
    text.bytes().map(in_html).sum()
}

/// Control characters take six bytes (`\u` and their number), except those with a short escape (RFC 8259, section 7).
const fn in_json(byte: u8) -> u64 {
    match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..0x20 => 6,
        _ => 1,
    }
}

/// Escaped characters take as many bytes as `&quot;`, `<br/>` and so on.
const fn in_html(byte: u8) -> u64 {
    match byte {
        b'"' => 6,
        b'&' | b'\'' | b'\n' | b'\r' => 5,
        b'<' | b'>' => 4,
        other => in_json(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_take_their_bytes_wherever_they_appear() {
        let account = BundleAccount { full_name: "A\"".into(), email: "a@b.c".into(), phone: "+1".into() };
        let responsible = Responsible { full_name: "\n".into(), email: "\u{1}".into() };
        let (names, phones, email, assigned, html) = (3 + 4, 2 + 3, 5, 2 + 6, 10);
        let frame = Frame::of(&account, &"<é>".into(), Some(&"+12".into()), Some(&responsible));
        let wanted =
            Frame { head_bytes: 768 + names + phones + email + assigned, line_bytes: 320 + names + phones + html };
        assert_eq!(frame, wanted);
        assert_eq!((frame.room_bytes(1_000), frame.room_bytes(792)), (207, 0));
    }

    /// Once in JSON, once in HTML in JSON.
    #[test]
    fn a_text_is_counted_in_both_its_forms() {
        for (text, json, html) in [
            ("a", 1, 1),
            ("\"", 2, 6),
            ("\\", 2, 2),
            ("\n", 2, 5),
            ("\r", 2, 5),
            ("\t", 2, 2),
            ("\u{8}", 2, 2),
            ("\u{c}", 2, 2),
        ] {
            assert_eq!(said_bytes(text), json + html, "{text:?}");
        }
        for (text, json, html) in [("\u{1}", 6, 6), ("&", 1, 5), ("'", 1, 5), ("<", 1, 4), (">", 1, 4), ("é", 2, 2)] {
            assert_eq!(said_bytes(text), json + html, "{text:?}");
        }
    }

    #[test]
    fn a_file_takes_its_name_twice_and_what_is_told_of_it_once() {
        assert_eq!(file_bytes("a\"", "t\n"), 384 + (3 + 7) + 3);
    }
}
