//! Hides secrets in what is shown and saved: the sender's credentials, and anything that looks like a secret of ours.

const MASK: &str = "***";
/// Prefixes of our secrets: a word and the mark, which appears nowhere else in a prefix.
const PREFIXES: [&str; 4] = ["in_", "wsk_", "adm_", "whsec_"];
const MARK: char = '_';
/// A prefix followed by fewer letters is an ordinary word, not a secret.
const SECRET_LETTERS_MIN: usize = 16;
/// Headers with one of these in their name hold credentials.
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

/// So do headers with these endings, such as `Ocp-Apim-Subscription-Key` and `X-Functions-Key`.
const SECRET_ENDS: [&str; 3] = ["-key", "_key", "-pwd"];
/// Exceptions: they prove or identify something, but give no access.
const PUBLIC_HEADERS: [&str; 3] = ["webhook-signature", "idempotency-key", "x-idempotency-key"];
/// Characters that end an address in a text.
const BEHIND_ADDRESS: [char; 5] = ['"', '\'', '<', '>', ','];

/// Returns a header's value, hidden if its name marks it as secret. In addresses, hides passwords and parameters.
pub(crate) fn header(name: &str, value: &str) -> String {
    let name = name.to_ascii_lowercase();
    let is_secret = !PUBLIC_HEADERS.contains(&name.as_str())
        && (name == "key" || contains_any(&name, &SECRET_HEADERS) || SECRET_ENDS.iter().any(|end| name.ends_with(end)));
    if is_secret { MASK.to_owned() } else { addresses(text(value, false)) }
}

/// True if a short text contains one of these words. A prepared search for each would cost more than the search
/// itself.
fn contains_any(text: &str, words: &[&str]) -> bool {
    let mut rests = std::iter::successors(Some(text.as_bytes()), |rest| rest.get(1..));
    rests.any(|rest| words.iter().any(|word| rest.starts_with(word.as_bytes())))
}

/// Masks all addresses in a text: complete ones, and paths.
fn addresses(text: String) -> String {
    let is_end = |c: char| c.is_whitespace() || BEHIND_ADDRESS.contains(&c);
    let is_inside = |before: char| !is_end(before) && before != ':';
    let mut slashes =
        text.match_indices('/').map(|(at, _)| text.get(..at).and_then(|before| before.chars().next_back()));
    // For example `application/json`.
    if slashes.all(|before| before.is_some_and(is_inside)) {
        return text;
    }
    text.split_inclusive(is_end).map(|word| if is_address(word) { address(word) } else { word.to_owned() }).collect()
}

fn is_address(word: &str) -> bool {
    word.contains("://") || word.starts_with('/')
}

/// Masks an address's password and the values of its parameters, which are often keys.
fn address(word: &str) -> String {
    let end = word.trim_end_matches(|c: char| c.is_whitespace() || BEHIND_ADDRESS.contains(&c)).len();
    let (word, behind) = word.split_at(end);
    let asked = word.find(['?', '#']).unwrap_or(word.len());
    let (place, parameters) = word.split_at(asked);
    let place = match place.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = host.rsplit_once('@').map_or_else(|| host.to_owned(), |(_, host)| format!("{MASK}@{host}"));
            format!("{scheme}://{host}{path}")
        }
        None => place.to_owned(),
    };
    let parameters = parameters.split_inclusive(['?', '#', '&', ';']).map(|part| {
        let mark = part.len() - usize::from(part.ends_with(['?', '#', '&', ';']));
        let (value, mark) = part.split_at(mark);
        match value.split_once('=') {
            Some((name, _)) => format!("{name}={MASK}{mark}"),
            None if value.is_empty() => mark.to_owned(),
            None => format!("{MASK}{mark}"),
        }
    });
    format!("{place}{}{behind}", parameters.collect::<String>())
}

/// Masks our secrets after their prefixes. If the text was cut, its end may be part of a secret, so even a short one
/// is masked.
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

/// Masks user, password and query of an address, and our secrets in its path.
pub(crate) fn url(url: &str) -> String {
    let url = credentials(url);
    let (path, query) = url.split_once('?').map_or((&*url, None), |(path, query)| (path, Some(query)));
    let path = if query.is_some() { path } else { path.split('#').next().unwrap_or_default() };
    let hidden = query.map(|_| format!("?{MASK}")).unwrap_or_default();
    format!("{}{hidden}", text(path, false))
}

/// Masks user and password of an address.
pub(crate) fn credentials(url: &str) -> String {
    // They end at the last @ before path, query and fragment; the slashes before them may be backslashes or missing.
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

/// Finds the first prefix in a text, and its position.
fn first(text: &str) -> Option<(usize, &'static str)> {
    text.match_indices(MARK).find_map(|(at, _)| {
        let begun = text.get(..=at)?;
        let prefix = PREFIXES.into_iter().find(|prefix| begun.ends_with(prefix))?;
        Some((begun.len() - prefix.len(), prefix))
    })
}

/// True for the characters of keys, also of preset ones and of base64.
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
            assert_eq!(prefix.find(MARK), Some(prefix.len() - 1), "the mark, at the end and nowhere else");
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
            "X-Functions-Key",
            "Ocp-Apim-Subscription-Key",
            "X-Crm-Key",
            "X_CRM_KEY",
            "Key",
            "X-Crm-Token",
            "Client-Secret",
        ] {
            assert_eq!(header(name, "Basic YWRhOmFkYQ=="), "***", "{name}");
        }
        assert_eq!(header("Idempotency-Key", "order-17"), "order-17");
        assert_eq!(header("webhook-signature", "v1,AAAA"), "v1,AAAA");
        assert_eq!(header("Referer", &format!("https://gw.example/in/in_{DIGITS}")), "https://gw.example/in/in_***");
    }
    /// For example after a link on a page whose address holds a key, or through a proxy that repeats the address.
    #[test]
    fn of_an_address_in_a_header_passwords_and_parameters_are_hidden() {
        for (value, wanted) in [
            ("https://crm.example/a?token=s3cret&page=2", "https://crm.example/a?token=***&page=***"),
            ("https://ada:s3cret@crm.example/a#access_token=s3cret", "https://***@crm.example/a#access_token=***"),
            ("/hook?s3cret", "/hook?***"),
            ("<https://crm.example/?key=s3cret>; rel=\"next\"", "<https://crm.example/?key=***>; rel=\"next\""),
            ("https://crm.example/a/b", "https://crm.example/a/b"),
            ("Mozilla/5.0 (X11; Linux) what?", "Mozilla/5.0 (X11; Linux) what?"),
            ("text/html, */*;q=0.8", "text/html, */*;q=0.8"),
        ] {
            for name in ["Referer", "X-Original-URL", "Location"] {
                assert_eq!(header(name, value), wanted, "{name}");
            }
        }
    }
}
