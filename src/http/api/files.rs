//! Checks a file's URL before a message needs it.

use actix_web::HttpResponse;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::http::send_body::{file_name, short_enough};
use crate::service::files;
use crate::service::refusal::Refusal;

/// A file to look at.
#[derive(Deserialize, ToSchema)]
pub(in crate::http) struct CheckBody {
    #[schema(example = "https://files.example/cat.png")]
    url: String,
    /// What the file is to be called; without it, what the address calls it.
    #[serde(default)]
    #[schema(example = "cat.png")]
    file_name: Option<String>,
}

/// Fetches the file as for a message, then discards it.
pub(in crate::http) async fn answer(mut call: Call) -> Result<HttpResponse, Refusal> {
    let CheckBody { url, file_name: given } = call.body().await?;
    short_enough(url.trim(), "url")?;
    let name = given.map(|name| file_name(&name)).transpose()?;
    Ok(HttpResponse::Ok().json(files::check(call.scope(), &url, name).await?))
}
