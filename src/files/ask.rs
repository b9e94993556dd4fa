//! Asks a judged target for a file.

use reqwest::Response;
use reqwest::header::{ACCEPT_ENCODING, HeaderValue};

use super::Fault;
use crate::client::{self, Trouble};
use crate::guard::Target;

/// Asks with GET, on a connection of its own. Redirects are not followed.
pub(super) async fn get(target: Target) -> Result<Response, Fault> {
    let client = client::pinned(target.addresses).build().map_err(|error| {
        tracing::error!(%error, "no client for fetching files");
        Fault::Unreachable
    })?;
    let request = client.get(target.url).header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    request.send().await.map_err(|error| Trouble::of(&error).into())
}
