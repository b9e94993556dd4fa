//! Makes file names safe to show and to store, by reducing them to their base names.

use percent_encoding::percent_decode_str;
use url::Url;

/// Longest name in bytes: what file systems accept.
pub const NAME_BYTES_MAX: usize = 255;

/// Reduces a name to its base name: without folders, control characters and direction marks, and at most 255 bytes
/// with the ending kept. `None` if nothing is left.
pub fn base_name(name: &str) -> Option<String> {
    let shown: String = last_part(name).chars().filter(|character| !is_hidden(*character)).collect();
    let kept = without_tail(&shortened(without_tail(shown.trim_start()))).to_owned();
    (!kept.is_empty()).then_some(kept)
}

/// The part after the last `/` or `\`.
pub fn last_part(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// The file name in a URL: the last part of its path.
pub fn name_in(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let last = url.path_segments()?.next_back()?;
    base_name(&percent_decode_str(last).decode_utf8_lossy())
}

/// Removes dots and spaces at the end: some systems drop them, which would change the name.
fn without_tail(name: &str) -> &str {
    name.trim_end_matches(|character: char| character == '.' || character.is_whitespace())
}

/// True for control characters, direction marks and zero-width characters, except those that join letters and emoji.
pub(super) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(character, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

fn shortened(name: &str) -> String {
    if name.len() <= NAME_BYTES_MAX {
        return name.to_owned();
    }
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let ending = if ending.is_empty() || ending.len() > 16 { String::new() } else { format!(".{ending}") };
    let stem = if ending.is_empty() { name } else { stem };
    let end = stem.floor_char_boundary(NAME_BYTES_MAX.saturating_sub(ending.len()));
    format!("{}{ending}", stem.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base(name: &str) -> Option<String> {
        base_name(name)
    }

    #[test]
    fn folders_are_left_out() {
        for (given, kept) in [
            ("a.png", "a.png"),
            ("../x", "x"),
            ("../../etc/passwd", "passwd"),
            ("/etc/passwd", "passwd"),
            ("C:\\x", "x"),
            ("..\\..\\x.exe", "x.exe"),
            ("a/b\\c.pdf", "c.pdf"),
            ("  offer.pdf ", "offer.pdf"),
            ("offer.pdf. .", "offer.pdf"),
            (".profile", ".profile"),
            ("Angebot für Zoë.pdf", "Angebot für Zoë.pdf"),
        ] {
            assert_eq!(base(given).as_deref(), Some(kept), "{given}");
        }
    }

    #[test]
    fn what_nobody_sees_is_left_out() {
        assert_eq!(base("a\r\nb\0c\u{7f}\u{9b}.png").as_deref(), Some("abc.png"));
        assert_eq!(base("invoice\u{202e}fdp.exe").as_deref(), Some("invoicefdp.exe"));
        for mark in ['\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{feff}'] {
            assert_eq!(base(&format!("a{mark}.png")).as_deref(), Some("a.png"), "{:x}", u32::from(mark));
        }
        assert_eq!(base("👩\u{200d}🔧.png").as_deref(), Some("👩\u{200d}🔧.png"));
    }

    #[test]
    fn a_name_of_which_nothing_is_left_is_none() {
        for name in ["", " ", ".", "..", "a/", "a\\", "../..", "\u{202e}", "\r\n", "...", "/"] {
            assert_eq!(base(name), None, "{name:?}");
        }
    }

    #[test]
    fn a_name_has_255_bytes_at_most_and_keeps_its_ending() {
        let longest = format!("{}.png", "a".repeat(251));
        assert_eq!(base(&longest).as_ref(), Some(&longest));
        assert_eq!(base(&format!("{}.png", "a".repeat(252))).as_ref(), Some(&longest));
        assert_eq!(base(&"a".repeat(300)).map(|name| name.len()), Some(255));
        assert_eq!(base(&format!("{}.pdf", "ü".repeat(300))), Some(format!("{}.pdf", "ü".repeat(125))));
        assert_eq!(base(&format!("a.{}", "b".repeat(300))).map(|name| name.len()), Some(255));
    }

    #[test]
    fn a_url_names_its_file_by_the_end_of_its_path() {
        let named = |url: &str| name_in(url);
        assert_eq!(named("https://example.com/a/offer%20%231.pdf?x=/y.png#z").as_deref(), Some("offer #1.pdf"));
        assert_eq!(named("https://example.com/a/..%2f..%2fpasswd").as_deref(), Some("passwd"));
        assert_eq!(named("https://example.com/%E2%80%AEfdp.exe").as_deref(), Some("fdp.exe"));
        for url in ["https://example.com", "https://example.com/a/", "nothing", "data:,x"] {
            assert_eq!(named(url), None, "{url}");
        }
    }

    proptest! {
        #[test]
        fn what_is_left_of_a_name_is_left_of_itself(name in "\\PC{0,40}|.{0,300}") {
            if let Some(kept) = base_name(&name) {
                prop_assert!(!kept.is_empty() && kept.len() <= NAME_BYTES_MAX, "{kept:?}");
                prop_assert!(!kept.contains(['/', '\\']) && !kept.contains(char::is_control));
                prop_assert!(!kept.chars().any(is_hidden) && kept != "." && kept != "..");
                prop_assert_eq!(base_name(&kept), Some(kept));
            }
        }
    }
}
