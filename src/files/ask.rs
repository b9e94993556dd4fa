//! Asks a judged target for a file.

use reqwest::Response;
use reqwest::header::{ACCEPT_ENCODING, COOKIE, HeaderValue};

use super::Fault;
<<<<<<< HEAD
use super::cookies::Cookies;
use crate::client::{self, Trouble};
||||||| b6f1c6e
use crate::client::{self, Trouble};
=======
use crate::client::{self, Trouble, Trust};
>>>>>>> edb04b21631d341acb330ea3cf7c6ff3da1347b8
use crate::guard::Target;
use crate::lack;

<<<<<<< HEAD
/// Asks with GET, on a connection of its own, with the cookies that the host has set. Redirects are not followed.
pub(super) async fn get(target: Target, cookies: &Cookies) -> Result<Response, Fault> {
    let Target { url, addresses } = target;
    let client = client::pinned(addresses.clone()).build().map_err(|error| {
||||||| b6f1c6e
/// Asks with GET, on a connection of its own. Redirects are not followed.
pub(super) async fn get(target: Target) -> Result<Response, Fault> {
    let client = client::pinned(target.addresses).build().map_err(|error| {
=======
/// Asks with GET, on a connection of its own. Redirects are not followed.
pub(super) async fn get(target: Target, trust: &Trust) -> Result<Response, Fault> {
    let client = client::pinned(target.addresses, trust).build().map_err(|error| {
>>>>>>> edb04b21631d341acb330ea3cf7c6ff3da1347b8
        tracing::error!(%error, "no client for fetching files");
        Fault::Unreachable
    })?;
<<<<<<< HEAD
    let cookie = cookies.header(&url);
    let request = client.get(url).header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let request = cookie.into_iter().fold(request, |request, cookie| request.header(COOKIE, cookie));
    request.send().await.map_err(|error| {
        if lack::is_ours_towards(&error, &addresses) { Fault::Ours } else { Trouble::of(&error).into() }
    })
||||||| b6f1c6e
    let request = client.get(target.url).header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    request.send().await.map_err(|error| Trouble::of(&error).into())
=======
    let request = client.get(target.url).header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    client::watched(request.send()).await.map_err(|(error, asked)| Trouble::of(&error, asked).into())
>>>>>>> edb04b21631d341acb330ea3cf7c6ff3da1347b8
}
