//! The common JSON form of every refusal and fault: `{"status", "data": {}, "message", "error"}`.

use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::codes;
use crate::gateway::Gateway;
use crate::service::refusal::Refusal;

/// The context for rendering a refusal: the request's id, and the gateway's URL for links.
pub(super) struct Shape<'a> {
    pub(super) request_id: &'a str,
    pub(super) base_url: &'a str,
    pub(super) strict: bool,
}

impl Shape<'_> {
    /// Builds the response.
    pub(super) fn answer(&self, refusal: &Refusal) -> HttpResponse {
        let status = refusal.status_code();
        let mut answer = HttpResponse::build(status);
        if status == StatusCode::UNAUTHORIZED {
            answer.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(seconds) = refusal.retry_after_s() {
            answer.insert_header((RETRY_AFTER, seconds));
        }
        answer.json(self.body(refusal))
    }

    /// Builds the body of the response.
    pub(super) fn body(&self, refusal: &Refusal) -> Value {
        let mut body = json!({"status": refusal.status_code().as_u16(), "data": {}, "message": refusal.message()});
        if let (false, Some(body)) = (self.strict, body.as_object_mut()) {
            body.insert("error".to_owned(), self.details(refusal));
        }
        body
    }

    fn details(&self, refusal: &Refusal) -> Value {
        let link = format!("{}/docs/errors#{}", self.base_url, refusal.code());
        json!({
            "code": refusal.code(),
            "param": refusal.param(),
            "hint": refusal.hint(),
            "link": link,
            "request_id": self.request_id,
        })
    }
}

impl ResponseError for Refusal {
    /// Returns the status from the catalogue of codes.
    fn status_code(&self) -> StatusCode {
        let status = codes::find(self.code()).and_then(codes::Code::status);
        status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        Shape { request_id: "", base_url: "", strict: false }.answer(self)
    }
}

impl actix_web::Responder for Refusal {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &actix_web::HttpRequest) -> HttpResponse {
        HttpResponse::from_error(self)
    }
}

/// Builds the whole response to a malformed request, with the status that the HTTP server chose; the connection is
/// closed after it.
pub(super) fn to_no_request(status: StatusCode, gateway: &Gateway) -> Bytes {
    gateway.metrics.requests().malformed(status);
    let refusal = match status {
        StatusCode::REQUEST_TIMEOUT => Refusal::new("request_timeout", "The request's headers came too slowly"),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            Refusal::new("headers_too_large", "The request's headers are too long")
        }
        _ => Refusal::new("malformed_request", "This is no HTTP request"),
    };
    let id = format!("req_{:016x}", gateway.entropy.command_id());
    let shape = Shape { request_id: &id, base_url: &gateway.base_url, strict: gateway.strict_errors };
    let body = shape.body(&refusal).to_string();
    let status = refusal.status_code();
    let head = format!(
        "HTTP/1.1 {} {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nx-request-id: {id}\r\n\
         connection: close\r\n\r\n",
        status.as_u16(),
        status.canonical_reason().unwrap_or_default(),
        body.len()
    );
    Bytes::from(head + &body)
}

/// The refusal for other methods than the path's; [`super::caller::finish_response`] adds the allowed ones.
pub(super) fn method_not_allowed() -> Refusal {
    Refusal::new("method_not_allowed", "Method not allowed")
}

/// The refusal for a path without a route.
pub(super) fn nothing_here() -> Refusal {
    Refusal::new("not_found", "Not found")
}
