//! Who calls: nobody in particular, a CRM with a secret URL, a workspace with its key, the operator; and the id that
//! each request gets.

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, AUTHORIZATION, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, web};
use events::characters::is_unseen;
use events::ids::WorkspaceId;
use events::index::KeyEntry;
use events::personal::Digest;
use tokio::time::Instant;
use tracing::Instrument;

use super::body;
use super::connections::Connection;
use super::error::Shape;
use crate::gateway::Gateway;
use crate::secrets::{digest, same};
use crate::service::refusal::Refusal;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Who may call a route. What a role found out about the caller is all that the route's handler gets to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Anybody.
    Open,
    /// Whoever knows the token in the path.
    Inbound,
    /// Whoever has a key of a workspace.
    Workspace,
    /// The operator.
    Operator,
}

/// The id of a request, and of the command that it gives.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestId(pub(super) u64);

impl RequestId {
    pub(super) fn text(self) -> String {
        format!("req_{:016x}", self.0)
    }
}

/// The operator.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operator;

/// Whoever has a key of this workspace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller {
    /// Whose key it is.
    pub(super) workspace: WorkspaceId,
    /// The key's number.
    pub(super) key: u32,
}

/// Whoever has sent a token with this hash, and the workspace whose it is. An unknown one is not turned away before its
/// body was read, so that nobody can tell by the connection what was refused.
#[derive(Debug, Clone, Copy)]
pub(super) struct InboundCaller(pub(super) Option<WorkspaceId>, pub(super) Digest);

/// The body stopped coming, whatever is answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stalled;

/// What one path of the table answers to.
pub(super) struct Resource {
    /// The pattern, never the path: that holds the secret token.
    pub(super) path: &'static str,
    /// The methods that it takes.
    pub(super) allowed: Arc<str>,
}

/// Gives the request its id, the answer its header, and a refusal its shape; counts it.
pub(super) async fn finish_response(
    resource: Option<Resource>,
    gateway: web::Data<Gateway>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let route = resource.as_ref().map(|resource| resource.path);
    let begun = Instant::now();
    let id = RequestId(gateway.entropy.command_id());
    request.extensions_mut().insert(id);
    let text = id.text();
    let method = request.method().clone();
    let span = tracing::debug_span!("request", id = %text, %method, route);
    let connection = request.request().conn_data::<Arc<Connection>>().cloned();
    let _busy = connection.as_ref().map(Connection::busy);
    if let Some(connection) = &connection {
        connection.expect_body(body::expected_bytes(request.headers(), gateway.limits));
    }
    let answer = next.call(request).instrument(span.clone()).await?;
    let refusal = answer.response().error().and_then(|error| error.as_error::<Refusal>()).cloned();
    let shape = Shape { request_id: &text, base_url: &gateway.base_url, strict: gateway.strict_errors };
    let mut answer = match refusal {
        Some(refusal) => answer.into_response(shape.answer(&refusal)),
        None => answer,
    };
    let allowed = resource.filter(|_| answer.status() == StatusCode::METHOD_NOT_ALLOWED);
    if let Some(Ok(allowed)) = allowed.map(|resource| HeaderValue::from_str(&resource.allowed)) {
        answer.headers_mut().insert(ALLOW, allowed);
    }
    let stalled = answer.status() == StatusCode::REQUEST_TIMEOUT || answer.request().extensions().contains::<Stalled>();
    if let (true, Some(connection)) = (stalled, connection) {
        connection.hang_up();
    }
    if let Ok(value) = HeaderValue::from_str(&text) {
        answer.headers_mut().insert(REQUEST_ID, value);
    }
    tracing::debug!(parent: &span, status = answer.status().as_u16(), "answered");
    gateway.metrics.requests().answered(route, &method, answer.status(), begun.elapsed());
    Ok(answer)
}

/// Lets the request through to its handler if the caller has this role.
pub(super) async fn authorize(
    role: Role,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match authenticate(role, request.request()) {
        Ok(()) => next.call(request).await,
        // An answer, not an error: only answers pass through `dress`.
        Err(refused) => Ok(request.error_response(refused)),
    }
}

/// Leaves in the request who calls, as the extractors below find it.
fn authenticate(role: Role, request: &HttpRequest) -> Result<(), Refusal> {
    let gateway =
        request.app_data::<web::Data<Gateway>>().ok_or_else(|| Refusal::fault(&"a route without a gateway"))?;
    let mut extensions = request.extensions_mut();
    match role {
        Role::Open => {}
        Role::Inbound => {
            extensions.insert(inbound_caller(gateway, request)?);
        }
        Role::Workspace => {
            let key = bearer(request).ok_or_else(Refusal::unauthorized)?;
            let found = gateway.api_key(digest(key))?;
            let KeyEntry { workspace, key } = found.ok_or_else(Refusal::unauthorized)?;
            if !request.method().is_safe() {
                gateway.rate_limits.check_changes(workspace).map_err(Refusal::too_many_requests)?;
            }
            extensions.insert(Caller { workspace, key });
        }
        Role::Operator => {
            let right = bearer(request).is_some_and(|key| same(&digest(key), &gateway.admin_key));
            extensions.insert(if right { Operator } else { return Err(Refusal::unauthorized()) });
        }
    }
    Ok(())
}

/// The workspace behind the token in the path.
pub(super) fn inbound_caller(gateway: &Gateway, request: &HttpRequest) -> Result<InboundCaller, Refusal> {
    let token_hash = digest(request.match_info().query("token").trim_matches(is_unseen));
    Ok(InboundCaller(gateway.inbound(token_hash)?, token_hash))
}

/// The key that the request came with.
pub(super) fn bearer(request: &HttpRequest) -> Option<&str> {
    let (scheme, key) = request.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
}

/// What the way to the handler has left in the request. Nothing of the kind is a fault in the table of routes.
fn extension<T: Copy + 'static>(request: &HttpRequest) -> Ready<Result<T, Refusal>> {
    let found = request.extensions().get::<T>().copied();
    ready(found.ok_or_else(|| Refusal::fault(&format!("a request without {}", std::any::type_name::<T>()))))
}

impl FromRequest for RequestId {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        extension(request)
    }
}

impl FromRequest for Operator {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        extension(request)
    }
}

impl FromRequest for Caller {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        extension(request)
    }
}

impl FromRequest for InboundCaller {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        extension(request)
    }
}
