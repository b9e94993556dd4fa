//! The last e-mails to the owner of the workspace.

use actix_web::{HttpRequest, HttpResponse, web};

use super::caller::Caller;
use super::error::Refused;
use super::page::{self, Query};
use crate::gateway::Gateway;

/// The last ones, the newest first.
pub(super) async fn list(
    gateway: web::Data<Gateway>,
    Caller { workspace, .. }: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    let query = Query::of(&request)?.page()?;
    let listed = gateway.read(move |gateway| gateway.postbox.list(gateway.shard.log().as_ref(), workspace));
    Ok(page::answer(page::within(listed.await?, query), query))
}
