//! Requests a file from a target that the guard has approved.

use reqwest::Response;
use reqwest::header::{ACCEPT_ENCODING, COOKIE, HeaderValue};

use super::Fault;
use super::cookies::Cookies;
use crate::net::client::{self, Trouble, Trust};
use crate::net::guard::Target;
use crate::net::lack;

/// Sends a GET request on a connection of its own, with the cookies that the host has set. Does not follow redirects.
pub(super) async fn get(target: Target, cookies: &Cookies, trust: &Trust) -> Result<Response, Fault> {
    let Target { url, addresses } = target;
    let client = client::pinned(addresses.clone(), trust).build().map_err(|error| {
        tracing::error!(%error, "no client for fetching files");
        Fault::Unreachable
    })?;
    let cookie = cookies.header(&url);
    let request = client.get(url).header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let request = cookie.into_iter().fold(request, |request, cookie| request.header(COOKIE, cookie));
    client::watched(request.send()).await.map_err(|(error, asked)| {
        if lack::is_ours_towards(&error, &addresses) { Fault::Ours } else { Trouble::of(&error, asked).into() }
    })
}
