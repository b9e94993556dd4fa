//! Tells programs on this machine from everybody else. A foreign web page is somebody else, even if the browser that
//! shows it runs on this machine.

use std::net::SocketAddr;

use actix_web::http::header::{HOST, HeaderMap, HeaderValue, ORIGIN};

/// Headers that proxies add: behind a proxy, a peer on this machine may be anybody. Other such headers begin with
/// [`FORWARDED_BY`].
const FORWARDED: [&str; 3] = ["forwarded", "via", "x-real-ip"];
const FORWARDED_BY: &str = "x-forwarded-";
/// With this header browsers say which site a request comes from, even if they send no `Origin`.
const FETCH_SITE: &str = "sec-fetch-site";
const OWN_SITES: [&[u8]; 2] = [b"same-origin", b"none"];

/// True if a program on this machine sent the request. A request without a peer comes from this very process.
pub fn is_sender(peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
    let host = match (headers.get(HOST).map(HeaderValue::to_str), peer) {
        (Some(Ok(host)), _) => Some(host),
        (None, None) => None,
        _ => return false,
    };
    let is_forwarded =
        headers.keys().any(|name| FORWARDED.contains(&name.as_str()) || name.as_str().starts_with(FORWARDED_BY));
    peer.is_none_or(|peer| peer.ip().to_canonical().is_loopback())
        && host.is_none_or(names_this_machine)
        && !is_forwarded
        && headers.get_all(ORIGIN).all(|origin| is_own(origin, host))
        && headers.get_all(FETCH_SITE).all(|site| OWN_SITES.contains(&site.as_bytes()))
}

/// True if a `Host` header holds a loopback name or address. Any other name may belong to a stranger who makes it
/// resolve to this machine. The unspecified address leads to this machine too, and nobody can own it.
fn names_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.to_ascii_lowercase();
    let bare = name.strip_prefix('[').and_then(|ip| ip.strip_suffix(']')).unwrap_or(&name);
    let ip = bare.parse::<std::net::IpAddr>();
    name == "localhost"
        || name.ends_with(".localhost")
        || ip.is_ok_and(|ip| ip.to_canonical().is_loopback() || ip.is_unspecified())
}

fn is_own(origin: &HeaderValue, host: Option<&str>) -> bool {
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    origin.zip(host).is_some_and(|((_, at), host)| at.eq_ignore_ascii_case(host))
}
