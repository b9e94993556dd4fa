//! A receiver's URL as a letter shows it, without the parts that may be secret.

use url::{Host, Url};

use super::words::shown;

/// Stands for the query.
const CUT: &str = "?…";

/// Scheme, host, port and path, and a mark if there is a query. User names, passwords and fragments are left out.
pub(super) fn address(url: &str) -> String {
    let Ok(parsed) = Url::parse(url) else { return unparsed(url) };
    let Some(host) = parsed.host() else { return unparsed(url) };
    let port = parsed.port().map(|port| format!(":{port}")).unwrap_or_default();
    let query = if parsed.query().is_some() { CUT } else { "" };
    let host = match host {
        Host::Domain(name) => name.to_owned(),
        Host::Ipv4(ip) => ip.to_string(),
        Host::Ipv6(ip) => format!("[{ip}]"),
    };
    format!("{}{query}", shown(&format!("{}://{host}{port}{}", parsed.scheme(), parsed.path())))
}

/// A text that is not a URL is cut where a URL would have its secrets.
fn unparsed(url: &str) -> String {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    let named = bare.rsplit_once('@').map_or(bare, |(_, rest)| rest);
    let query = if url.contains('?') { CUT } else { "" };
    format!("{}{query}", shown(named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_in_an_address_is_not_shown() {
        for (url, wanted) in [
            ("https://crm.example/hooks/7", "https://crm.example/hooks/7"),
            ("https://crm.example:8443/hook?key=C4nary#C4nary", "https://crm.example:8443/hook?…"),
            ("https://ada:C4nary@crm.example/", "https://crm.example/"),
            ("http://[2001:db8::1]/a?", "http://[2001:db8::1]/a?…"),
            ("HTTPS://CRM.example/a%0D%0Ab", "https://crm.example/a%0D%0Ab"),
            ("https://gw.example/in/in_C4nary0123456789ABCDEFGHIJ", "https://gw.example/in/in_***"),
            ("ada:C4nary@crm.example/a?C4nary", "crm.example/a?…"),
            ("crm\r\n.example#C4nary", "crm .example"),
            ("", ""),
        ] {
            assert_eq!(address(url), wanted);
        }
    }
}
