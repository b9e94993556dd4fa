//! Who calls: the operator, or whoever has a workspace's key; and the id that each request gets.

use std::future::{Ready, ready};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, web};
use events::ids::WorkspaceId;
use events::index::Lookup;
use tracing::Instrument;

use super::error::Refused;
use crate::gateway::Gateway;
use crate::secrets::{digest, same};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request, and of the command that it gives.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestId(pub(super) u64);

impl RequestId {
    fn text(self) -> String {
        format!("req_{:016x}", self.0)
    }
}

/// The operator.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operator;

/// Whoever has a key of this workspace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller(pub(super) WorkspaceId);

/// Gives the request its id, the answer its header, and a refusal its shape.
pub(super) async fn dress(
    gateway: web::Data<Gateway>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = RequestId(gateway.chance.command_id());
    request.extensions_mut().insert(id);
    let text = id.text();
    // The pattern, never the path: that holds the secret token.
    let route = request.match_pattern().unwrap_or_default();
    let span = tracing::debug_span!("request", id = %text, method = %request.method(), route);
    let answer = next.call(request).instrument(span).await?;
    let refused = answer.response().error().and_then(|error| error.as_error::<Refused>()).cloned();
    let mut answer = match refused {
        Some(refused) => answer.into_response(refused.answer(&text, gateway.strict_errors)),
        None => answer.map_into_boxed_body(),
    };
    if let Ok(value) = HeaderValue::from_str(&text) {
        answer.headers_mut().insert(REQUEST_ID, value);
    }
    Ok(answer)
}

impl FromRequest for RequestId {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().copied().ok_or_else(|| Refused::fault(&"a request without an id")))
    }
}

impl FromRequest for Operator {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = bearer(request).zip(gateway(request));
        let right = known.is_some_and(|(key, gateway)| same(&digest(key), &gateway.admin_key));
        ready(if right { Ok(Self) } else { Err(unauthorized()) })
    }
}

impl FromRequest for Caller {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some((key, gateway)) = bearer(request).zip(gateway(request)) else { return ready(Err(unauthorized())) };
        let workspace = gateway.workspace_of(&Lookup::ApiKey(digest(key)));
        ready(workspace.map_err(Refused::from).and_then(|known| known.map(Self).ok_or_else(unauthorized)))
    }
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let (scheme, key) = request.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
}

fn gateway(request: &HttpRequest) -> Option<&Gateway> {
    request.app_data::<web::Data<Gateway>>().map(actix_web::web::Data::get_ref)
}

fn unauthorized() -> Refused {
    Refused::new(StatusCode::UNAUTHORIZED, "unauthorized", "The key is missing or wrong")
        .hinting("Send it as: Authorization: Bearer <key>")
}
