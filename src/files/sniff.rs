//! Detects a file's media type from its bytes alone; neither its name nor the server's claims are trusted.

use super::office;

/// The type if nothing else is certain.
pub(super) const UNKNOWN: &str = "application/octet-stream";

const HTML: &str = "text/html";

/// Endings of files that are meant to be web pages.
const HTML_ENDINGS: [&str; 7] = [".html", ".htm", ".xhtml", ".xht", ".mht", ".mhtml", ".eml"];

/// Endings of text files that may well begin with a tag.
const MARKUP_ENDINGS: [&str; 8] = [".md", ".markdown", ".txt", ".text", ".xml", ".svg", ".tpl", ".php"];

const DOCTYPE: &str = "<!doctype";

/// Beginnings of web pages without DOCTYPE, after white space, comments and an XML declaration.
const HTML_BEGINS: [&str; 10] =
    ["<html", "<head", "<body", "<title", "<meta", "<link", "<script", "<style", "<noscript", "<iframe"];

/// Beginnings of web pages without any header, such as some login pages; many readme files begin so too.
const FRAGMENT_BEGINS: [&str; 16] = [
    "<div", "<form", "<center", "<h1", "<h2", "<h3", "<p", "<a", "<b", "<br", "<font", "<table", "<section", "<main",
    "<span", "<img",
];

/// The media type of these bytes; `application/octet-stream` if nothing else is certain.
pub(super) fn mime(bytes: &[u8]) -> &'static str {
    if is_html(bytes) {
        return HTML;
    }
    // `infer` takes any text for a web page that begins with `<b` or a comment.
    match infer::get(bytes).map(|kind| kind.mime_type()).filter(|mime| *mime != HTML) {
        Some(mime) => mime,
        None if is_text(bytes) => "text/plain",
        None => UNKNOWN,
    }
}

/// True if these bytes are a web page although the name promises something else.
pub(super) fn is_sharing_page(bytes: &[u8], name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    if office::is_office_text(bytes, &name) {
        return false;
    }
    let is_named = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let is_fragment = || begins(bytes, |rest| begins_with_tag(rest, &FRAGMENT_BEGINS));
    !is_named(&HTML_ENDINGS) && (is_html(bytes) || (!is_named(&MARKUP_ENDINGS) && is_fragment()))
}

fn is_html(bytes: &[u8]) -> bool {
    begins(bytes, |rest| is_doctype(rest) || begins_with_tag(rest, &HTML_BEGINS))
}

/// Tests the beginning of a text in any encoding, after white space, comments and an XML declaration.
fn begins(bytes: &[u8], so: impl FnOnce(&[u8]) -> bool) -> bool {
    match bytes {
        [0xff, 0xfe, wide @ ..] | [0xfe, 0xff, wide @ ..] => {
            let narrow: Vec<u8> = wide.iter().copied().filter(|byte| *byte != 0).take(4_096).collect();
            so(prologue_off(&narrow))
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => so(prologue_off(rest)),
        _ => so(prologue_off(bytes)),
    }
}

fn prologue_off(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes.trim_ascii_start();
    loop {
        rest = match rest {
            [b'<', b'!', b'-', b'-', inside @ ..] => after(inside, b"-->"),
            [b'<', b'?', b'x', b'm', b'l', inside @ ..] => after(inside, b"?>"),
            _ => return rest,
        };
    }
}

/// `<!DOCTYPE html`, with any white space between the two.
fn is_doctype(rest: &[u8]) -> bool {
    let (begun, next) = rest.split_at_checked(DOCTYPE.len()).unwrap_or_default();
    let blank = next.first().is_some_and(u8::is_ascii_whitespace);
    begun.eq_ignore_ascii_case(DOCTYPE.as_bytes()) && blank && begins_with_tag(next.trim_ascii_start(), &["html"])
}

fn begins_with_tag(rest: &[u8], tags: &[&str]) -> bool {
    tags.iter().any(|tag| {
        let (begun, next) = rest.split_at_checked(tag.len()).unwrap_or_default();
        let ends = next.first().is_none_or(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'));
        begun.eq_ignore_ascii_case(tag.as_bytes()) && ends
    })
}

/// The bytes after the first `end` and any white space; empty if there is no `end`.
fn after<'a>(bytes: &'a [u8], end: &[u8]) -> &'a [u8] {
    let at = bytes.windows(end.len()).position(|window| window == end);
    let rest = at.and_then(|at| bytes.get(at.saturating_add(end.len())..));
    rest.unwrap_or_default().trim_ascii_start()
}

/// True if these bytes are a text in any encoding: without control characters that only programs write. Zero bytes at
/// the end are ignored. Bytes that are not UTF-8 must not have a known binary signature either.
pub(super) fn is_any_text(bytes: &[u8]) -> bool {
    let narrow: Vec<u8>;
    let bytes = match bytes {
        [0xff, 0xfe, wide @ ..] | [0xfe, 0xff, wide @ ..] => {
            narrow = wide.iter().copied().filter(|byte| *byte != 0).collect();
            &narrow
        }
        _ => bytes,
    };
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
    let is_signed = || infer::get(bytes).is_some_and(|kind| !kind.mime_type().starts_with("text/"));
    if std::str::from_utf8(bytes).is_err() && is_signed() {
        return false;
    }
    !bytes.get(..end).unwrap_or(bytes).iter().copied().any(is_mark)
}

const fn is_mark(byte: u8) -> bool {
    byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b)
}

fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok() && !bytes.iter().copied().any(is_mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_bytes_say() {
        for (bytes, expected) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], "image/png"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
            (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
            (b"PK\x03\x04\x14\0\0\0\x08\0", "application/zip"),
            (b"\x1f\x8b\x08\0\0\0\0\0", "application/gzip"),
            (b"name;phone\nMary;+12025550101\n", "text/plain"),
            ("Grüße, Zoë".as_bytes(), "text/plain"),
            (b"<p align=center>a readme</p>", "text/plain"),
            (b"<b", "text/plain"),
            (b"\0\x01\x02\x03", "application/octet-stream"),
            (b"Gr\xfc\xdfe", "application/octet-stream"),
        ] {
            assert_eq!(mime(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_web_page_is_known_however_it_begins() {
        for page in [
            "<!DOCTYPE html><html></html>",
            "<!DOCTYPE  html><html></html>",
            "<!doctype\n\thtml>",
            "<!doctype HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\">",
            "<HTML lang=en>",
            "\u{feff} \r\n\t<html>",
            "<!-- saved --><!-- twice -->\n<html>",
            "<?xml version=\"1.0\"?>\n<!DOCTYPE html SYSTEM \"x\">",
            "<head>",
            "<script src=x>",
            "<meta charset=utf-8>",
            "<title>Sign in</title>",
            "<html",
        ] {
            assert_eq!(mime(page.as_bytes()), HTML, "{page}");
        }
        let wide: Vec<u8> = "\u{feff}<html>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(mime(&wide), HTML);
        let wide: Vec<u8> = "\u{feff}<html>".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(mime(&wide), HTML);
    }

    #[test]
    fn a_file_of_two_kinds_is_the_one_it_begins_as() {
        assert_eq!(mime(b"GIF89a/*<html><script>alert(1)</script>*/=1;"), "image/gif");
        assert_eq!(mime(b"<html><!--%PDF-1.4--></html>PK\x05\x06"), HTML);
        assert_eq!(mime(b"%PDF-1.4\n<html></html>"), "application/pdf");
    }

    #[test]
    fn what_only_looks_like_a_web_page_is_none() {
        for text in [
            "<htmlx>",
            "<headline>",
            "html",
            "<!doctypehtml>",
            "<!doctype htmlx>",
            "<!doctype svg>",
            "<svg>",
            "<!-- never closed <html>",
            "<?xml version=\"1.0\"?><feed/>",
            "",
        ] {
            assert_ne!(mime(text.as_bytes()), HTML, "{text}");
        }
    }

    #[test]
    fn a_page_is_a_sharing_page_unless_the_name_means_one() {
        for name in ["a.html", "A.HTM", "a.xhtml", "a.pdf.html", "a.mht", "a.MHTML", "a.eml"] {
            assert!(!is_sharing_page(b"<html>", name), "{name}");
            assert!(!is_sharing_page(b"<div>", name), "{name}");
        }
        for name in ["a.png", "a", "html", "a.html.png", "", "a.md"] {
            assert!(is_sharing_page(b"<html>", name), "{name}");
        }
    }

    #[test]
    fn a_page_that_names_the_namespaces_of_an_office_is_a_table_or_a_letter() {
        let table = b"<html xmlns:o=\"urn:schemas-microsoft-com:office:office\" \
            xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><table>";
        for (name, is_one) in [("a.xls", false), ("A.DOC", false), ("a.xlsx", true), ("a.pdf", true), ("a", true)] {
            assert_eq!(is_sharing_page(table, name), is_one, "{name}");
        }
        for page in [&b"<html><table>"[..], b"<!doctype html>", b"<table>"] {
            assert!(is_sharing_page(page, "a.xls"), "{page:?}");
        }
    }

    #[test]
    fn a_careless_page_is_a_sharing_page_unless_the_name_means_a_text() {
        let pages =
            ["<h1>Sign in</h1>", "<!-- old -->\r\n<DIV class=x>", "<form action=/login>", "<center>403</center>"];
        for page in pages {
            assert!(is_sharing_page(page.as_bytes(), "a.pdf"), "{page}");
            assert!(!is_sharing_page(page.as_bytes(), "README.md"), "{page}");
        }
        for other in ["a < b", "<headline>", "<bee>", "name;phone", "%PDF-1.7", ""] {
            assert!(!is_sharing_page(other.as_bytes(), "a.pdf"), "{other}");
        }
    }
}
