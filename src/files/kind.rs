//! Compares a file's content with the kind that its name promises.

use super::office::{is_of, is_office_text};
use super::{name, sniff};

/// A kind of file: the endings that promise it, and the prefixes of the media types that match it.
struct Named {
    what: &'static str,
    endings: &'static [&'static str],
    kinds: &'static [&'static str],
}

/// Endings whose files have a known signature.
const NAMED: [Named; 4] = [
    Named { what: "a PDF", endings: &["pdf"], kinds: &["application/pdf"] },
    Named {
        what: "an image",
        endings: &["png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff", "ico", "heic", "heif", "avif"],
        kinds: &["image/"],
    },
    Named {
        what: "an archive or a document",
        endings: &[
            "zip", "7z", "rar", "gz", "tgz", "bz2", "xz", "doc", "dot", "docx", "docm", "dotx", "xls", "xlt", "xlsx",
            "xlsm", "xltx", "ppt", "pps", "pptx", "pptm", "ppsx", "odt", "ods", "odp", "epub",
        ],
        kinds: &[
            "application/zip",
            "application/x-",
            "application/gzip",
            "application/vnd.",
            "application/msword",
            "application/rtf",
            "application/epub",
        ],
    },
    Named {
        what: "audio or video",
        endings: &[
            "mp3", "m4a", "aac", "ogg", "oga", "opus", "wav", "flac", "amr", "aif", "aiff", "wma", "mp4", "m4v", "mov",
            "avi", "mkv", "webm", "3gp", "3g2", "mpg", "mpeg", "wmv", "flv",
        ],
        kinds: &["audio/", "video/"],
    },
];

/// PDF readers accept a header within this many bytes.
const PDF_WITHIN: usize = 1_024;
/// Characters of a text that are shown.
const SHOWN_CHARS: usize = 80;

/// The name's ending, if such files have a signature but these bytes are a text.
pub(super) fn text_instead(bytes: &[u8], name: &str) -> Option<&'static str> {
    let ending = NAMED.iter().flat_map(|named| named.endings).find(|ending| is_of(name, &[**ending]))?;
    let begin = bytes.get(..PDF_WITHIN).unwrap_or(bytes);
    let is_pdf = *ending == "pdf" && begin.windows(5).any(|window| window == b"%PDF-");
    let is_gif = bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a");
    (sniff::is_any_text(bytes) && !is_pdf && !is_gif && !is_office_text(bytes, name)).then_some(*ending)
}

/// A message about a file whose content is of another binary kind than its name promises; `None` if it matches.
pub fn other_kind(mime: &str, name: &str) -> Option<String> {
    let named = NAMED.iter().find(|named| is_of(name, named.endings))?;
    let keeps = named.kinds.iter().any(|kind| mime.starts_with(kind));
    (!keeps && mime != sniff::UNKNOWN).then(|| format!("By its name the file is {}, by its content {mime}", named.what))
}

/// The beginning of a text, on one line.
pub(super) fn beginning(bytes: &[u8]) -> String {
    let begin = bytes.get(..4 * SHOWN_CHARS).unwrap_or(bytes);
    let text = String::from_utf8_lossy(begin);
    let words: Vec<&str> = text.split_whitespace().collect();
    let shown = words.join(" ");
    shown.chars().filter(|character| !name::is_hidden(*character)).take(SHOWN_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&[u8]; 9] = [
        b"{\"error\":\"not authorized\"}",
        b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>",
        b"Not found",
        b"JVBERi0xLjcKJeLjz9MK",
        b"data:application/pdf;base64,JVBERi0xLjcK",
        b"GIF conversion failed",
        b"BM: the service is down\r\n",
        b"Fichier non trouv\xe9",
        b"ID3 tags are missing\0",
    ];

    #[test]
    fn a_text_is_no_file_of_a_kind_that_has_a_signature() {
        for text in TEXTS {
            for name in ["invoice.pdf", "A.PNG", "a.b.jpeg", "scan.gif", "x.zip", "x.docx", "x.xls", "x.mp3", "x.mp4"] {
                let ending = name.rsplit_once('.').unwrap().1.to_ascii_lowercase();
                assert_eq!(text_instead(text, name), Some(ending.as_str()), "{name} {text:?}");
            }
            for name in
                ["a.txt", "a.json", "a.csv", "a.xml", "a.vcf", "a.ics", "a.svg", "a.bin", "a", "pdf", ".pdf.txt"]
            {
                assert_eq!(text_instead(text, name), None, "{name} {text:?}");
            }
        }
        let wide: Vec<u8> = "\u{feff}{\"error\":1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(text_instead(&wide, "a.pdf"), Some("pdf"));
    }

    #[test]
    fn a_file_that_is_made_of_text_is_what_it_is() {
        for (bytes, name) in [
            (&b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\n%%EOF\n"[..], "a.pdf"),
            (b"\r\n junk %PDF-1.4 plain", "a.pdf"),
            (b"{\\rtf1\\ansi Dear Ada}", "letter.doc"),
            (b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"/>", "a.xls"),
            (b"<html xmlns:w=\"urn:schemas-microsoft-com:office:word\">", "a.doc"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a.png"),
            (b"\x89PNG", "a.png"),
            (b"\xff\xfb\x90\x64\x00\x0f", "a.mp3"),
        ] {
            assert_eq!(text_instead(bytes, name), None, "{name}");
        }
        assert_eq!(text_instead(b"{\\rtf1 Dear Ada}", "a.pdf"), Some("pdf"));
        assert_eq!(text_instead(b"<Workbook urn:schemas-microsoft-com:office:x>", "a.pdf"), Some("pdf"));
    }

    #[test]
    fn another_binary_kind_is_told_and_the_named_one_is_not() {
        for (mime, name) in [("image/png", "a.pdf"), ("application/pdf", "a.jpg"), ("application/zip", "a.mp4")] {
            assert!(other_kind(mime, name).is_some_and(|words| words.contains(mime)), "{name}");
        }
        for (mime, name) in [
            ("image/jpeg", "a.png"),
            ("application/pdf", "a.pdf"),
            ("application/zip", "a.docx"),
            ("video/mp4", "a.mp4"),
            ("application/octet-stream", "a.mp3"),
            ("image/png", "a.bin"),
        ] {
            assert_eq!(other_kind(mime, name), None, "{name}");
        }
    }

    #[test]
    fn the_beginning_of_a_text_fits_on_a_line() {
        assert_eq!(beginning(b" {\r\n  \"error\":\t1\0}\n"), "{ \"error\": 1}");
        assert_eq!(beginning(&b"a".repeat(1_000)).len(), SHOWN_CHARS);
    }
}
