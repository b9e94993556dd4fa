//! HTML pages for developers who use the API. They load nothing from other sites.

mod errors;

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use utoipa_swagger_ui::Config;

use super::error;

use crate::service::refusal::Refusal;

const INDEX: &str = include_str!("index.html");
const INBOUND: &str = include_str!("inbound.html");
const STYLE: &str = include_str!("style.css");
const START: &str = include_str!("start.js");

const POLICY: &str =
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Swagger's page uses `data:` images and inline styles; its scripts are loaded from files only.
const SWAGGER_POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; \
    object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Swagger's files that the page loads.
const SWAGGER_FILES: [&str; 2] = ["swagger-ui.css", "swagger-ui-bundle.js"];

/// The API reference, which can also send requests.
pub(super) async fn index() -> HttpResponse {
    page(SWAGGER_POLICY, "text/html; charset=utf-8", INDEX)
}

/// The page of all codes, with their causes and what to do.
pub(super) async fn errors() -> HttpResponse {
    page(POLICY, "text/html; charset=utf-8", errors::page())
}

/// The page for a browser that opens a secret URL, with status 405. `None` for programs and for other URLs.
pub(super) fn refusal(request: &HttpRequest) -> Option<HttpResponse> {
    let accept = request.headers().get(ACCEPT)?.to_str().ok()?;
    let is_browser = request.method() == Method::GET && accept.contains("text/html");
    if !is_browser || !request.path().starts_with("/in/") {
        return None;
    }
    let mut answer = page(POLICY, "text/html; charset=utf-8", INBOUND);
    *answer.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    // The URL is secret: it must not reach the linked pages or a cache.
    for (name, value) in [(REFERRER_POLICY, "no-referrer"), (CACHE_CONTROL, "no-store")] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Some(answer)
}

/// The files that the pages load.
pub(super) async fn file(name: web::Path<String>) -> Result<HttpResponse, Refusal> {
    match name.as_str() {
        "style.css" => Ok(page(POLICY, "text/css; charset=utf-8", STYLE)),
        "start.js" => Ok(page(POLICY, "text/javascript; charset=utf-8", START)),
        name if SWAGGER_FILES.contains(&name) => swagger(name),
        _ => Err(error::nothing_here()),
    }
}

fn swagger(name: &str) -> Result<HttpResponse, Refusal> {
    match utoipa_swagger_ui::serve(name, Arc::new(Config::from("/openapi.json"))) {
        Ok(Some(file)) => Ok(page(POLICY, &file.content_type, file.bytes.into_owned())),
        Ok(None) => Err(Refusal::fault(&format!("{name} was not built in"))),
        Err(error) => Err(Refusal::fault(&error)),
    }
}

fn page(policy: &str, content_type: &str, body: impl MessageBody + 'static) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_SECURITY_POLICY, policy));
    answer.insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    answer.content_type(content_type).body(body)
}
