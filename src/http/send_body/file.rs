//! The file of a message: checks its URL and name, but does not fetch it.

use events::account::File;
use reqwest::Url;

use super::{FILE_NAME, FILE_URL};
use crate::files::{self, NAME_BYTES_MAX};
use crate::service::refusal::Refusal;

/// Signed URLs are long, but not longer than this.
const URL_BYTES_MAX: usize = 4_096;

/// Refuses a URL that is longer than a message may have, naming the parameter.
pub(in super::super) fn short_enough(url: &str, param: &'static str) -> Result<(), Refusal> {
    if url.len() <= URL_BYTES_MAX {
        return Ok(());
    }
    Err(Refusal::invalid(param, format!("{param} must be at most {URL_BYTES_MAX} bytes long")))
}

/// Checks URL and name. A folder before the name is dropped, with a warning.
pub(super) fn checked(url: &str, name: &str, warnings: &mut Vec<String>) -> Result<File, Refusal> {
    let url = address(url.trim())?;
    let base = file_name(name)?;
    if base != name.trim() {
        warnings.push(format!("\"{FILE_NAME}\" must be a plain name: \"{base}\" was taken"));
    }
    Ok(File { url: url.into(), name: base.into() })
}

/// Checks that it is an absolute http or https URL with a host and without a user.
fn address(text: &str) -> Result<String, Refusal> {
    let unfit = |what: &str| {
        Refusal::invalid(FILE_URL, format!("file_url must be {what}"))
            .hinting("Such as https://files.example/cat.png: a direct download, reachable without a login")
    };
    if text.len() > URL_BYTES_MAX {
        return Err(unfit(&format!("at most {URL_BYTES_MAX} bytes long")));
    }
    // A lenient parser such as `Url::parse` also accepts `https:host`.
    let has_authority = text.split_once(':').is_some_and(|(_, rest)| rest.starts_with("//"));
    let url = Url::parse(text).map_err(|_| unfit("an absolute http or https address"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !has_authority {
        return Err(unfit("an absolute http or https address"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(unfit("an address without a user and password"));
    }
    Ok(text.to_owned())
}

pub(super) fn with_control_characters() -> Refusal {
    Refusal::invalid(FILE_NAME, "file_name must not have control characters")
}

/// Returns the name without folders and invisible characters. Refuses control characters, and text that is no file
/// name.
pub(in super::super) fn file_name(text: &str) -> Result<String, Refusal> {
    if text.chars().any(char::is_control) {
        return Err(with_control_characters());
    }
    let name = files::last_part(text.trim());
    if name.len() > NAME_BYTES_MAX {
        return Err(Refusal::invalid(FILE_NAME, format!("file_name has more than {NAME_BYTES_MAX} bytes")));
    }
    let unfit = || Refusal::invalid(FILE_NAME, "file_name must be the name of a file, such as cat.png");
    files::base_name(name).ok_or_else(unfit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_4096_bytes_is_short_enough() {
        assert_eq!(short_enough(&"é".repeat(2_048), "url"), Ok(()));
        let wanted = Refusal::invalid("url", "url must be at most 4096 bytes long");
        assert_eq!(short_enough(&"a".repeat(4_097), "url"), Err(wanted));
    }

    #[test]
    fn only_absolute_web_addresses_pass() {
        for url in ["https://files.example/cat.png", "http://files.example:8080/a?b=c#d", "HTTPS://files.example/Ä"] {
            assert_eq!(address(url).as_deref(), Ok(url));
        }
        let long = format!("https://files.example/{}", "a".repeat(URL_BYTES_MAX));
        for url in [
            "cat.png",
            "/cat.png",
            "//files.example/cat.png",
            "ftp://files.example/cat.png",
            "file:///etc/passwd",
            "data:text/plain,hi",
            "https://",
            "https:files.example/cat.png",
            "https:/files.example/cat.png",
            "https:\\\\files.example\\cat.png",
            "https://ada:secret@files.example/",
            &long,
        ] {
            assert!(address(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_name_is_its_last_part() {
        for (name, base) in [
            ("cat.png", "cat.png"),
            ("../x", "x"),
            ("C:\\pictures\\cat.png", "cat.png"),
            ("a/ b ", "b"),
            ("exe\u{202e}gpj.png", "exegpj.png"),
        ] {
            assert_eq!(file_name(name).as_deref(), Ok(base));
        }
        assert!(file_name(&"n".repeat(255)).is_ok());
        for name in
            ["", "..", "folder/", "a\u{0}b", "a\r\nb", "a.png\n", "\u{85}a.png", &"n".repeat(256), &"é".repeat(128)]
        {
            assert!(file_name(name).is_err(), "{name:?}");
        }
    }
}
