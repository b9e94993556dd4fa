//! Cookies within one fetch: those that a host sets are sent back to that host only.

use reqwest::header::{HeaderMap, HeaderValue, SET_COOKIE};
use url::Url;

/// More than a sharing site needs; further cookies are ignored.
const COOKIES_MAX: usize = 32;
/// Limit for all cookies of a fetch together.
const BYTES_MAX: usize = 16 << 10;

/// The cookies of one fetch, with the hosts that set them.
#[derive(Debug, Default)]
pub(super) struct Cookies(Vec<Cookie>);

#[derive(Debug)]
struct Cookie {
    host: String,
    name: String,
    value: String,
}

impl Cookies {
    /// Keeps the cookies that the response of this URL sets.
    pub(super) fn keep(&mut self, url: &Url, headers: &HeaderMap) {
        let Some(host) = url.host_str() else { return };
        for set in headers.get_all(SET_COOKIE) {
            let Some((name, value, is_over)) = set.to_str().ok().and_then(parse) else { continue };
            self.0.retain(|cookie| cookie.host != host || cookie.name != name);
            let bytes: usize = self.0.iter().map(|cookie| cookie.name.len() + cookie.value.len() + 3).sum();
            let fits = self.0.len() < COOKIES_MAX && bytes + name.len() + value.len() < BYTES_MAX;
            if !is_over && fits {
                let (name, value) = (name.to_owned(), value.to_owned());
                self.0.push(Cookie { host: host.to_owned(), name, value });
            }
        }
    }

    /// The `Cookie` header for a request to this URL, if there are any cookies for it.
    pub(super) fn header(&self, url: &Url) -> Option<HeaderValue> {
        let host = url.host_str()?;
        let own = self.0.iter().filter(|cookie| cookie.host == host);
        let pairs: Vec<String> = own.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        if pairs.is_empty() { None } else { HeaderValue::try_from(pairs.join("; ")).ok() }
    }
}

/// Name, value, and true if `Max-Age` says that the cookie is to be deleted.
fn parse(set: &str) -> Option<(&str, &str, bool)> {
    let mut parts = set.split(';');
    let (name, value) = parts.next()?.split_once('=')?;
    let over = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or_default();
        name.trim().eq_ignore_ascii_case("max-age") && value.trim().parse::<i64>().is_ok_and(|seconds| seconds <= 0)
    };
    let name = name.trim();
    (!name.is_empty()).then(|| (name, value.trim(), parts.any(over)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn set(cookies: &mut Cookies, at: &str, values: &[&str]) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(SET_COOKIE, HeaderValue::from_str(value).unwrap());
        }
        cookies.keep(&url(at), &headers);
    }

    fn sent(cookies: &Cookies, to: &str) -> Option<String> {
        cookies.header(&url(to)).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_cookie_goes_back_to_its_host_only() {
        let mut cookies = Cookies::default();
        set(&mut cookies, "https://a.example/x", &["FedAuth=abc==; path=/; secure; HttpOnly", "b=1; Domain=.example"]);
        assert_eq!(sent(&cookies, "https://a.example:8443/y").as_deref(), Some("FedAuth=abc==; b=1"));
        for other in ["https://b.example/", "https://x.a.example/", "https://example/"] {
            assert_eq!(sent(&cookies, other), None, "{other}");
        }
    }

    #[test]
    fn a_cookie_can_be_changed_and_taken_back() {
        let (mut cookies, at) = (Cookies::default(), "https://a.example/");
        set(&mut cookies, at, &["a=1", "b=2"]);
        set(&mut cookies, at, &["a=3", "b=; Max-Age=0", "no cookie", "=x"]);
        assert_eq!(sent(&cookies, at).as_deref(), Some("a=3"));
    }

    #[test]
    fn cookies_are_bounded() {
        let (mut cookies, at) = (Cookies::default(), "https://a.example/");
        for nth in 0..100 {
            set(&mut cookies, at, &[&format!("c{nth}=1")]);
        }
        assert_eq!(cookies.0.len(), COOKIES_MAX);
        let mut cookies = Cookies::default();
        set(&mut cookies, at, &[&format!("a={}", "x".repeat(BYTES_MAX)), "b=1"]);
        assert_eq!(sent(&cookies, at).as_deref(), Some("b=1"));
    }
}
