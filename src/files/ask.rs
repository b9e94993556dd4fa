//! Asks a judged target for a file.

use reqwest::Response;
use reqwest::header::{ACCEPT_ENCODING, HeaderValue};

use super::Fault;
use crate::client::{self, Trouble, Trust};
use crate::guard::Target;

/// Asks with GET, on a connection of its own. Redirects are not followed.
pub(super) async fn get(target: Target, trust: &Trust) -> Result<Response, Fault> {
    let client = client::pinned(target.addresses, trust).build().map_err(|error| {
        tracing::error!(%error, "no client for fetching files");
        Fault::Unreachable
    })?;
    let request = client.get(target.url).header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    client::watched(request.send()).await.map_err(|(error, asked)| Trouble::of(&error, asked).into())
}
