//! Takes secrets out of what is shown and saved: the sender's credentials, and anything that looks like one of ours.

const MASK: &str = "***";
/// How our secrets begin.
const PREFIXES: [&str; 4] = ["in_", "wsk_", "adm_", "whsec_"];
/// Fewer letters behind a prefix are a word, not a secret.
const SECRET_LETTERS_MIN: usize = 16;
/// Headers of this kind hold credentials whatever they look like.
const SECRET_HEADERS: [&str; 14] = [
    "auth",
    "cookie",
    "token",
    "secret",
    "passw",
    "api-key",
    "apikey",
    "api_key",
    "signature",
    "session",
    "credential",
    "access-key",
    "private",
    "jwt",
];

/// It proves something and opens nothing.
const PUBLIC_HEADER: &str = "webhook-signature";

/// A header's value, hidden if its name says that it is a secret.
pub(crate) fn header(name: &str, value: &str) -> String {
    let name = name.to_ascii_lowercase();
    let is_secret = name != PUBLIC_HEADER && SECRET_HEADERS.iter().any(|secret| name.contains(secret));
    if is_secret { MASK.to_owned() } else { text(value, false) }
}

/// A text with our secrets hidden behind their prefixes. Of a text that was cut, its end may be half a secret.
pub(crate) fn text(text: &str, was_cut: bool) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, prefix)) = first(rest) {
        let begun = at + prefix.len();
        let (before, secret) = rest.split_at(begun);
        let length = secret.find(|c| !is_secret(c)).unwrap_or(secret.len());
        shown.push_str(before);
        if length >= SECRET_LETTERS_MIN || (was_cut && length == secret.len()) {
            shown.push_str(MASK);
            rest = secret.get(length..).unwrap_or_default();
        } else {
            rest = secret;
        }
    }
    shown.push_str(rest);
    shown
}

/// An address without user and password, and of its query only that there is one.
pub(crate) fn url(url: &str) -> String {
    let url = credentials(url);
    let (path, query) = url.split_once('?').map_or((&*url, None), |(path, query)| (path, Some(query)));
    let path = if query.is_some() { path } else { path.split('#').next().unwrap_or_default() };
    let hidden = query.map(|_| format!("?{MASK}")).unwrap_or_default();
    format!("{}{hidden}", text(path, false))
}

/// An address with its user and password hidden.
pub(crate) fn credentials(url: &str) -> String {
    // They end at the last @ before path, query and fragment; the slashes in front may be turned, or missing.
    let scheme = url.find(':').map_or(0, |colon| colon + 1);
    let (scheme, rest) = url.split_at(scheme);
    let begin = rest.find(|c| !matches!(c, '/' | '\\')).unwrap_or(rest.len());
    let (slashes, rest) = rest.split_at(begin);
    let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}{slashes}{MASK}@{host}{rest}"),
        None => url.to_owned(),
    }
}

/// The first prefix in a text, and where it stands.
fn first(text: &str) -> Option<(usize, &'static str)> {
    PREFIXES.iter().filter_map(|prefix| Some((text.find(prefix)?, *prefix))).min()
}

/// Letters of keys, also of preset ones and of base64.
fn is_secret(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '/' | '=' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGITS: &str = "0123456789ABCDEFGHIJKLmnop";

    #[test]
    fn our_secrets_are_hidden_wherever_they_stand() {
        for prefix in PREFIXES {
            assert_eq!(text(&format!("{prefix}{DIGITS}"), false), format!("{prefix}***"));
            let inside = format!("{{\"url\": \"https://gw.example/in/{prefix}{DIGITS}\"}} and {prefix}{DIGITS}");
            assert!(!text(&inside, false).contains(DIGITS), "{inside}");
        }
        assert_eq!(text("adm_Test-0perator.0000/0000+00=", false), "adm_***");
    }

    #[test]
    fn ordinary_words_stay() {
        for plain in ["", "sold in_store today", "admin_key: wsk_", "in_ in_ in_", "whsec_short", "é in_é"] {
            assert_eq!(text(plain, false), plain);
        }
    }

    #[test]
    fn an_address_shows_neither_password_nor_query() {
        for (given, shown) in [
            ("https://crm.example/hook", "https://crm.example/hook"),
            ("https://crm.example/hook?key=k1&a=@#part", "https://crm.example/hook?***"),
            ("https://crm.example/hook#part", "https://crm.example/hook"),
            ("http://ada:pa@ss@crm.example:8080/a@b", "http://***@crm.example:8080/a@b"),
            ("http://ada@crm.example", "http://***@crm.example"),
            ("http:\\\\ada:pass@crm.example", "http:\\\\***@crm.example"),
            ("http:ada:pass@crm.example/", "http:***@crm.example/"),
            ("/login?next=a", "/login?***"),
            ("", ""),
        ] {
            assert_eq!(url(given), shown, "{given}");
        }
        assert_eq!(url(&format!("https://gw.example/in/in_{DIGITS}")), "https://gw.example/in/in_***");
        assert_eq!(credentials("http://ada:pass@crm.example/?key=k1"), "http://***@crm.example/?key=k1");
    }

    #[test]
    fn half_a_secret_at_a_cut_end_is_hidden() {
        assert_eq!(text("see in_0123", true), "see in_***");
        assert_eq!(text("in_0123 and more", true), "in_0123 and more");
    }

    #[test]
    fn credentials_are_hidden_by_their_headers_name() {
        for name in [
            "Authorization",
            "Proxy-Authorization",
            "Cookie",
            "X-Api-Key",
            "X-Auth",
            "X-Access-Key",
            "X-Session",
            "X-Hub-Signature",
        ] {
            assert_eq!(header(name, "Basic YWRhOmFkYQ=="), "***", "{name}");
        }
        assert_eq!(header("Idempotency-Key", "order-17"), "order-17");
        assert_eq!(header("webhook-signature", "v1,AAAA"), "v1,AAAA");
        assert_eq!(header("Referer", &format!("https://gw.example/in/in_{DIGITS}")), "https://gw.example/in/in_***");
    }
}
