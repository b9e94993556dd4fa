//! The last rows of one kind, such as attempts: lists, shows and downloads them.

use actix_web::http::header::{CONTENT_DISPOSITION, ContentType};
use actix_web::{HttpResponse, web};

use super::tables::{self, Tabled};
use crate::http::call::Call;
use crate::service::recent::{self, Shown};
use crate::service::refusal::Refusal;

/// The default number of rows in a list.
pub(in crate::http) const SHOWN: usize = 10;

pub(in crate::http) trait Download: Shown<View: Tabled> {
    /// The name of downloaded files, without the extension.
    const FILE: &'static str;
}

/// Lists the last rows, the newest first.
pub(in crate::http) async fn list<R: Download>(call: Call) -> Result<HttpResponse, Refusal> {
    let page = call.query()?.page_of(SHOWN)?;
    Ok(HttpResponse::Ok().json(recent::list::<R>(call.scope(), page).await?))
}

pub(in crate::http) async fn show<R: Download>(call: Call, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(recent::show::<R>(call.scope(), &id).await?))
}

/// Downloads all rows as a JSON list.
pub(in crate::http) async fn json<R: Download>(call: Call) -> Result<HttpResponse, Refusal> {
    let views = recent::all::<R>(call.scope()).await?;
    let text = serde_json::to_vec_pretty(&views).map_err(|error| Refusal::fault(&error))?;
    Ok(download::<R>("json", ContentType::json(), text))
}

/// Downloads all rows as a table in which no spreadsheet finds a formula.
pub(in crate::http) async fn csv<R: Download>(call: Call) -> Result<HttpResponse, Refusal> {
    let table = tables::csv(&recent::all::<R>(call.scope()).await?).map_err(|error| Refusal::fault(&error))?;
    let kind = ContentType("text/csv; charset=utf-8".parse().map_err(|error| Refusal::fault(&error))?);
    Ok(download::<R>("csv", kind, table))
}

/// Downloads all rows as text for people.
pub(in crate::http) async fn txt<R: Download>(call: Call) -> Result<HttpResponse, Refusal> {
    let text = tables::text(&recent::all::<R>(call.scope()).await?);
    Ok(download::<R>("txt", ContentType::plaintext(), text.into_bytes()))
}

fn download<R: Download>(kind: &str, content_type: ContentType, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}.{kind}\"", R::FILE)))
        .insert_header(("x-content-type-options", "nosniff"))
        .body(bytes)
}
