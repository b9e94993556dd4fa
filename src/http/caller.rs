//! The kinds of callers: anybody, a CRM with a secret URL, a workspace with its key, the operator; and the id of each
//! request.

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
use crate::net::this_machine;
use crate::secrets::{digest, same};
use crate::service::refusal::Refusal;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The kind of caller that a route requires. A handler learns nothing about the caller but what its role's check has
/// found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Open,
    /// A caller that knows the token in the path.
    Inbound,
    /// A caller with a key of a workspace.
    Workspace,
    /// The operator.
    Operator,
}

/// The id of a request, and of the command that it causes.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestId(pub(super) u64);

impl RequestId {
    pub(super) fn text(self) -> String {
        format!("req_{:016x}", self.0)
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Operator;

/// A caller with a key of this workspace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller {
    pub(super) workspace: WorkspaceId,
    pub(super) key: u32,
}

/// The workspace of the token in the path, if the token is known, and the token's hash. A request with an unknown
/// token is refused only after its body was read, so that the connection does not reveal the reason.
#[derive(Debug, Clone, Copy)]
pub(super) struct InboundCaller(pub(super) Option<WorkspaceId>, pub(super) Digest);

/// Marks a request whose body stopped arriving: its connection is closed after the response, whatever that is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stalled;

/// One path of the route table, and its methods.
pub(super) struct Resource {
    /// The pattern, never the actual path, which holds the secret token.
    pub(super) path: &'static str,
    /// The allowed methods, for the `Allow` header.
    pub(super) allowed: Arc<str>,
}

/// Gives the request its id, the response the id's header, and a refusal its JSON form; counts the request.
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

/// Passes the request on to its handler if the caller has this role.
pub(super) async fn authorize(
    role: Role,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Err(refused) = authenticate(role, request.request()) else { return next.call(request).await };
    if role == Role::Operator && bearer(request.request()).is_some() {
        refuse_later(request.request()).await;
    }
    // A response, not an error: only responses pass through `finish_response`.
    Ok(request.error_response(refused))
}

/// Waits if many wrong operator's keys have been tried.
async fn refuse_later(request: &HttpRequest) {
    if let Some(gateway) = request.app_data::<web::Data<Gateway>>() {
        let wait = gateway.metrics.wrong_keys().note(Instant::now());
        tokio::time::sleep(wait).await;
    }
}

/// Checks the role, and stores the caller in the request's extensions for the extractors below.
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
            let KeyEntry { workspace, key } = key_in_force(gateway, request)?;
            if !request.method().is_safe() {
                gateway.rate_limits.check_changes(workspace).map_err(Refusal::too_many_requests)?;
            }
            extensions.insert(Caller { workspace, key });
        }
        Role::Operator => {
            extensions.insert(operator(gateway, request)?);
        }
    }
    Ok(())
}

/// Refuses everybody but the operator, as a route of the operator's does.
pub(super) async fn require_operator(gateway: &Gateway, request: &HttpRequest) -> Result<(), Refusal> {
    let Err(refused) = operator(gateway, request) else { return Ok(()) };
    if bearer(request).is_some() {
        refuse_later(request).await;
    }
    Err(refused)
}

/// Checks that the operator asks.
fn operator(gateway: &Gateway, request: &HttpRequest) -> Result<Operator, Refusal> {
    let right = bearer(request).is_some_and(|key| same(&digest(key), &gateway.admin_key));
    right.then_some(Operator).ok_or_else(Refusal::unauthorized)
}

/// Looks up the request's key, which must not be revoked.
pub(super) fn key_in_force(gateway: &Gateway, request: &HttpRequest) -> Result<KeyEntry, Refusal> {
    let key = bearer(request).ok_or_else(Refusal::unauthorized)?;
    gateway.api_key(digest(key))?.ok_or_else(Refusal::unauthorized)
}

/// Refuses a request that no program on this machine sent.
pub(super) fn require_this_machine(request: &HttpRequest) -> Result<(), Refusal> {
    let is_from_here = this_machine::is_sender(request.peer_addr(), request.headers());
    let refused = || {
        Refusal::new("other_machine", "Only programs on the gateway's machine may do this")
            .hinting("Call it at a loopback address such as 127.0.0.1, and not through a proxy")
    };
    is_from_here.then_some(()).ok_or_else(refused)
}

/// Looks up the workspace of the token in the path.
pub(super) fn inbound_caller(gateway: &Gateway, request: &HttpRequest) -> Result<InboundCaller, Refusal> {
    let token_hash = digest(request.match_info().query("token").trim_matches(is_unseen));
    Ok(InboundCaller(gateway.inbound(token_hash)?, token_hash))
}

/// Returns the bearer token of the request; `None` if there are two different ones.
pub(super) fn bearer(request: &HttpRequest) -> Option<&str> {
    let mut values = request.headers().get_all(AUTHORIZATION);
    let first = values.next()?;
    if values.any(|other| other != first) {
        return None;
    }
    let (scheme, key) = first.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
}

/// Reads what `authorize` or `finish_response` stored in the request. If it is missing, the route table is wrong.
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

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn of_two_different_keys_none_is_meant() {
        let key = |values: &[&str]| {
            let add = |request: TestRequest, value: &&str| request.append_header((AUTHORIZATION, *value));
            bearer(&values.iter().fold(TestRequest::get(), add).to_http_request()).map(str::to_owned)
        };
        assert_eq!(key(&[]), None);
        assert_eq!(key(&["Bearer one"]).as_deref(), Some("one"));
        assert_eq!(key(&["bearer one", "bearer one"]).as_deref(), Some("one"));
        assert_eq!(key(&["Bearer one", "Bearer two"]), None);
        assert_eq!(key(&["Basic b25l"]), None);
    }
}
