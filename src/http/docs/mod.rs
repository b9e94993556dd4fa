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
const HOME: &str = include_str!("home.html");
const MISSING: &str = include_str!("missing.html");
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

/// The first page: what this is, and where to go on.
pub(super) async fn home() -> HttpResponse {
    page(POLICY, "text/html; charset=utf-8", HOME)
}

/// The page of all codes, with their causes and what to do.
pub(super) async fn errors() -> HttpResponse {
    page(POLICY, "text/html; charset=utf-8", errors::page())
}

/// The page for a browser that opens a secret URL, with status 405. `None` for programs and for other URLs.
pub(super) fn refusal(request: &HttpRequest) -> Option<HttpResponse> {
    let is_inbound = is_browser(request) && request.path().starts_with("/in/");
    is_inbound.then(|| private_page(StatusCode::METHOD_NOT_ALLOWED, INBOUND))
}

/// Answers unmatched requests: a browser gets a page.
pub(super) async fn not_found(request: HttpRequest) -> Result<HttpResponse, Refusal> {
    let page = is_browser(&request).then(|| private_page(StatusCode::NOT_FOUND, MISSING));
    page.ok_or_else(error::nothing_here)
}

fn is_browser(request: &HttpRequest) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    request.method() == Method::GET && accept.is_some_and(|accept| accept.contains("text/html"))
}

/// A page at an address that may be secret, or have been so: it must not reach the linked pages or a cache.
fn private_page(status: StatusCode, text: &'static str) -> HttpResponse {
    let mut answer = page(POLICY, "text/html; charset=utf-8", text);
    *answer.status_mut() = status;
    for (name, value) in [(REFERRER_POLICY, "no-referrer"), (CACHE_CONTROL, "no-store")] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// The files that the pages load.
pub(super) async fn file(name: web::Path<String>, request: HttpRequest) -> Result<HttpResponse, Refusal> {
    match name.as_str() {
        "style.css" => Ok(page(POLICY, "text/css; charset=utf-8", STYLE)),
        "start.js" => Ok(page(POLICY, "text/javascript; charset=utf-8", START)),
        name if SWAGGER_FILES.contains(&name) => swagger(name),
        _ => not_found(request).await,
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
