//! The last rows of one kind, such as attempts: listed, shown, downloaded.

use actix_web::http::header::{CONTENT_DISPOSITION, ContentType};
use actix_web::{HttpRequest, HttpResponse, web};
use events::ids::WorkspaceId;
use serde::Serialize;

use super::caller::Caller;
use super::page::Query;
use super::tables::{self, Tabled};
use crate::gateway::Gateway;
use crate::recent::{Recent, Row};
use crate::service::refusal::Refusal;

/// So many are shown unless more are asked for.
pub(super) const SHOWN: usize = 10;

/// A kind of rows that its owner may see.
pub(super) trait Listed: Row<View: Serialize + Tabled> {
    /// What downloads are called, without the end that names their kind.
    const FILE: &'static str;
    /// Where the gateway has them.
    fn all_of(gateway: &Gateway) -> &Recent<Self>
    where
        Self: Sized;
    /// A row's id.
    fn id(view: &Self::View) -> &str;
    /// What is said when there is none with an id.
    fn not_found() -> Refusal;
}

/// The last ones, the newest first.
pub(super) async fn list<R: Listed>(
    gateway: web::Data<Gateway>,
    Caller { workspace, .. }: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Refusal> {
    let query = Query::of(&request)?.page_of(SHOWN)?;
    let rows = all::<R>(&gateway, workspace).await?;
    Ok(HttpResponse::Ok().json(query.of_newest_first(rows)))
}

/// One of them.
pub(super) async fn show<R: Listed>(
    gateway: web::Data<Gateway>,
    Caller { workspace, .. }: Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    let views = views::<R>(&gateway, workspace).await?;
    let found = views.iter().find(|view| R::id(view) == *id);
    Ok(HttpResponse::Ok().json(found.ok_or_else(R::not_found)?))
}

/// All of them as a JSON list.
pub(super) async fn json<R: Listed>(
    gateway: web::Data<Gateway>,
    Caller { workspace, .. }: Caller,
) -> Result<HttpResponse, Refusal> {
    let views = views::<R>(&gateway, workspace).await?;
    let text = serde_json::to_vec_pretty(&views).map_err(|error| Refusal::fault(&error))?;
    Ok(download::<R>("json", ContentType::json(), text))
}

/// All of them as a table that no spreadsheet takes for a program.
pub(super) async fn csv<R: Listed>(
    gateway: web::Data<Gateway>,
    Caller { workspace, .. }: Caller,
) -> Result<HttpResponse, Refusal> {
    let table = tables::csv(&views::<R>(&gateway, workspace).await?).map_err(|error| Refusal::fault(&error))?;
    let kind = ContentType("text/csv; charset=utf-8".parse().map_err(|error| Refusal::fault(&error))?);
    Ok(download::<R>("csv", kind, table))
}

/// All of them for reading.
pub(super) async fn txt<R: Listed>(
    gateway: web::Data<Gateway>,
    Caller { workspace, .. }: Caller,
) -> Result<HttpResponse, Refusal> {
    let text = tables::story(&views::<R>(&gateway, workspace).await?);
    Ok(download::<R>("txt", ContentType::plaintext(), text.into_bytes()))
}

async fn all<R: Listed>(gateway: &Gateway, workspace: WorkspaceId) -> Result<Vec<(u64, R::View)>, Refusal> {
    let listed = gateway.read(move |gateway| R::all_of(gateway).list(gateway.shard.log().as_ref(), workspace));
    Ok(listed.await?)
}

async fn views<R: Listed>(gateway: &Gateway, workspace: WorkspaceId) -> Result<Vec<R::View>, Refusal> {
    Ok(all::<R>(gateway, workspace).await?.into_iter().map(|(_, view)| view).collect())
}

fn download<R: Listed>(kind: &str, content_type: ContentType, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}.{kind}\"", R::FILE)))
        .insert_header(("x-content-type-options", "nosniff"))
        .body(bytes)
}
