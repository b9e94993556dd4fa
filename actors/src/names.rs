//! Limits for the length of names, in bytes, because the log and its index hold bytes.

use unicode_segmentation::UnicodeSegmentation;

/// The longest name of a workspace, a person, an account or a chat, in bytes of UTF-8. A longer name in a request is
/// refused; a longer one from `WhatsApp` is cut.
pub const NAME_BYTES_MAX: usize = 1_000;
/// The longest received text, which is the limit of `WhatsApp`.
pub const TEXT_CHARS_MAX: usize = 65_536;
/// The same in bytes: of four bytes each.
pub const TEXT_BYTES_MAX: usize = 4 * TEXT_CHARS_MAX;
/// The longest media type that is stored.
pub const MIME_BYTES_MAX: usize = 100;
/// The media type of bytes of which nothing is known (RFC 2046, section 4.5.1).
const UNKNOWN_MEDIA_TYPE: &str = "application/octet-stream";
/// The longest address that `WhatsApp` gives.
pub const ADDRESS_BYTES_MAX: usize = 255;

/// Returns the part of a received text that is stored: at most `bytes_max` bytes, cut after a whole character as a
/// reader sees it, with U+FFFD in place of NUL, which databases refuse.
pub fn received(text: &str, bytes_max: usize) -> String {
    // Only the first byte beyond the limit matters: it shows that the text is too long.
    let near = text.get(..text.ceil_char_boundary(bytes_max.saturating_add(1))).unwrap_or(text);
    let clean = near.replace('\0', "\u{fffd}");
    if clean.len() <= bytes_max {
        return clean;
    }
    let whole =
        clean.grapheme_indices(true).map(|(at, seen)| at + seen.len()).take_while(|end| *end <= bytes_max).last();
    let end = whole.unwrap_or_else(|| clean.floor_char_boundary(bytes_max));
    clean.get(..end).unwrap_or_default().to_owned()
}

/// Returns the part of a message's text that is stored.
pub fn received_text(text: &str) -> String {
    let end = text.char_indices().nth(TEXT_CHARS_MAX).map_or(text.len(), |(at, _)| at);
    received(text.get(..end).unwrap_or(text), TEXT_BYTES_MAX)
}

/// Returns a media type from outside as it is stored: type and subtype in lower case, without parameters, which may
/// name a file. Anything else is a media type of which nothing is known.
pub fn media_type(text: &str) -> String {
    // RFC 6838, section 4.2.
    let is_name = |name: &str| {
        let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        first && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let bare = text.split(';').next().unwrap_or_default().trim();
    let is_known = bare.split_once('/').is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype));
    if is_known && bare.len() <= MIME_BYTES_MAX { bare.to_ascii_lowercase() } else { UNKNOWN_MEDIA_TYPE.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_that_fits_stays_as_it_is() {
        for name in ["", "Cleo", "Ağaoğlu", "👩\u{200d}🔧"] {
            assert_eq!(received(name, NAME_BYTES_MAX), name);
        }
        let longest = "😀".repeat(250);
        assert_eq!(received(&longest, NAME_BYTES_MAX), longest);
    }

    #[test]
    fn a_long_name_ends_with_a_whole_character() {
        assert_eq!(received(&"😀".repeat(251), NAME_BYTES_MAX), "😀".repeat(250));
        assert_eq!(received(&"é".repeat(9), 5), "éé");
        // What a reader sees as one character is not split: a letter and its accent, a family, a flag.
        assert_eq!(received("ae\u{301}", 3), "a");
        assert_eq!(received("a👩\u{200d}👩\u{200d}👧", 12), "a");
        assert_eq!(received("a🇩🇪", 6), "a");
        // A pile of accents alone exceeds the limit, and is cut all the same.
        assert_eq!(received(&format!("e{}", "\u{301}".repeat(9)), 6), "e\u{301}\u{301}");
    }

    /// What counts is characters: those of one byte may take six in the log.
    #[test]
    fn a_long_text_is_cut_after_so_many_characters_whatever_they_are() {
        for character in ["\u{1}", "é", "😀"] {
            let longest = character.repeat(TEXT_CHARS_MAX);
            assert_eq!(received_text(&longest), longest);
            assert_eq!(received_text(&format!("{longest}{character}")), longest);
        }
    }

    #[test]
    fn of_a_media_type_only_type_and_subtype_are_kept() {
        for (given, kept) in [
            ("image/png", "image/png"),
            ("Text/Plain; charset=utf-8; name=\"Cleo.txt\"", "text/plain"),
            (" application/vnd.ms-excel ", "application/vnd.ms-excel"),
        ] {
            assert_eq!(media_type(given), kept);
        }
        let longest = format!("a/{}", "b".repeat(98));
        assert_eq!(media_type(&longest), longest);
        let too_long = format!("{longest}b");
        for unknown in ["", "image", "image/", "/png", "a/b/c", "Bob's/file", "text/+12", "bild/é", &too_long] {
            assert_eq!(media_type(unknown), UNKNOWN_MEDIA_TYPE, "{unknown}");
        }
    }

    #[test]
    fn nul_is_replaced_and_counted_as_what_replaces_it() {
        assert_eq!(received("a\0b", NAME_BYTES_MAX), "a\u{fffd}b");
        assert_eq!(received("\0\0", 4), "\u{fffd}");
    }

    proptest! {
        #[test]
        fn what_is_kept_is_a_beginning_within_the_bound(text in "\\PC{0,400}|.{0,400}", bytes_max in 0..600_usize) {
            let kept = received(&text, bytes_max);
            prop_assert!(kept.len() <= bytes_max && !kept.contains('\0'));
            let clean = text.replace('\0', "\u{fffd}");
            prop_assert!(clean.starts_with(&kept));
            prop_assert_eq!(received(&kept, bytes_max), kept);
        }
    }
}
