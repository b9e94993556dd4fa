//! The inbound webhook: a CRM's POST becomes a queued, charged message; every request is kept as an attempt.

use actix_web::http::{Method, StatusCode};
use actix_web::web::BytesMut;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use events::ids::WorkspaceId;
use events::who::Who;
use futures_util::future::{Either, ready};
use serde::Serialize;

use super::caller::{self, InboundCaller, RequestId, Stalled};
use super::error::{self, Shape};
use super::submit::{self, FromPath};
use super::{body, docs, send_body};
use crate::gateway::Gateway;
use crate::recent::Begun;
use crate::recent::attempts::{Answer, Attempt};
use crate::service::refusal::Refusal;
use crate::service::scope::Scope;
use crate::service::submit::Outcome;

/// Accepts a message for sending. The response says that it is durable, not that it was sent.
pub(super) async fn send(
    gateway: web::Data<Gateway>,
    id: RequestId,
    caller: InboundCaller,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    let mut exchange = InboundExchange::read(&gateway, id, &request, payload, caller).await?;
    let outcome = exchange.submit(&gateway, caller, &request).await;
    let outcome = outcome.map_err(|refused| in_address(refused, &request));
    exchange.end(&gateway, &request, &outcome);
    outcome.map(|outcome| answer(&gateway, outcome))
}

/// Handles any other method. GET and HEAD get an explanation for a person who opened the URL; others are kept as
/// attempts.
pub(super) async fn other_method(
    gateway: web::Data<Gateway>,
    id: RequestId,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    let refused = error::method_not_allowed().hinting("Send a POST with a JSON object as its body");
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return docs::refusal(&request).ok_or_else(|| in_address(refused, &request));
    }
    let caller = caller::inbound_caller(&gateway, &request)?;
    let mut exchange = match InboundExchange::read(&gateway, id, &request, payload, caller).await {
        Ok(exchange) => exchange,
        Err(unknown) if unknown.status_code() == StatusCode::NOT_FOUND => return Err(refused),
        Err(flooded) => return Err(flooded),
    };
    let outcome = Err(exchange.refused.take().unwrap_or(refused));
    exchange.end(&gateway, &request, &outcome);
    outcome.map(|outcome| answer(&gateway, outcome))
}

/// Adds a hint to the refusal if the URL has message fields in its query string, which are not read.
fn in_address(refused: Refusal, request: &HttpRequest) -> Refusal {
    match send_body::named_in_query(request.query_string()).as_slice() {
        [] => refused,
        names => {
            let names = names.join(", ");
            refused.hinting_too(&format!("Fields in the address are not read ({names}): put them into the JSON body"))
        }
    }
}

fn answer(gateway: &Gateway, outcome: Outcome) -> HttpResponse {
    match outcome {
        Outcome::Verdict(verdict) => submit::verdict(&verdict),
        Outcome::Accepted(accepted) => {
            let mut answer = HttpResponse::Ok();
            submit::dress(&mut answer, gateway, &accepted);
            answer.json(Success { status: "success", data: Data { message_id: accepted.message.to_string() } })
        }
    }
}

/// The response as TimelinesAI writes it; a struct and not a map, because this is the most frequent response.
#[derive(Serialize)]
struct Success {
    status: &'static str,
    data: Data,
}

#[derive(Serialize)]
struct Data {
    message_id: String,
}

/// A request to a known URL, with as much of its body as was read.
struct InboundExchange {
    id: RequestId,
    begun: Begun,
    workspace: WorkspaceId,
    body: BytesMut,
    warnings: Vec<String>,
    /// The refusal, if the request is not to be submitted.
    refused: Option<Refusal>,
}

impl InboundExchange {
    /// Reads the body even if the URL is unknown or a rate limit is exceeded, so that the connection behaves the
    /// same. Fails if the URL is unknown.
    async fn read(
        gateway: &Gateway,
        id: RequestId,
        request: &HttpRequest,
        payload: web::Payload,
        InboundCaller(workspace, _): InboundCaller,
    ) -> Result<Self, Refusal> {
        let begun = gateway.attempts.begin();
        let flooded = gateway.rate_limits.check_inbound(workspace, request.peer_addr(), request.headers());
        let flooded = flooded.err().map(Refusal::too_many_requests);
        let mut body = BytesMut::new();
        let unread = body::read_into(&mut body, payload, gateway.limits).await.err();
        if unread.as_ref().is_some_and(|refused| refused.status_code() == StatusCode::REQUEST_TIMEOUT) {
            request.extensions_mut().insert(Stalled);
        }
        let refused = flooded.or(unread);
        match workspace {
            Some(workspace) => Ok(Self { id, begun, workspace, body, warnings: Vec::new(), refused }),
            None => Err(match refused {
                Some(refused) if refused.status_code() == StatusCode::TOO_MANY_REQUESTS => refused,
                _ => Refusal::new("webhook_not_found", "Webhook not found"),
            }),
        }
    }

    /// Submits the message, unless the request is already refused.
    fn submit<'a>(
        &'a mut self,
        gateway: &'a Gateway,
        caller: InboundCaller,
        request: &HttpRequest,
    ) -> impl Future<Output = Result<Outcome, Refusal>> + use<'a> {
        if let Some(refused) = self.refused.take() {
            return Either::Left(ready(Err(refused)));
        }
        let scope = Scope { gateway, workspace: self.workspace, by: Who::Inbound, command: self.id.0 };
        let from_path = FromPath { token_hash: Some(caller.1), chat: None };
        match submit::submit(scope, from_path, request.headers(), &self.body, &mut self.warnings) {
            Ok(submitted) => Either::Right(submitted),
            Err(refused) => Either::Left(ready(Err(refused))),
        }
    }

    /// Stores the request as an attempt.
    fn end(self, gateway: &Gateway, request: &HttpRequest, outcome: &Result<Outcome, Refusal>) {
        let (status, answer) = match outcome {
            Ok(Outcome::Accepted(accepted)) => (StatusCode::OK, Answer::Accepted(accepted.message)),
            Ok(Outcome::Verdict(verdict)) => (StatusCode::OK, Answer::Other(Box::new(submit::verdict_body(verdict)))),
            Err(refused) => {
                let (request_id, strict) = (&self.id.text(), gateway.strict_errors);
                let body = Shape { request_id, base_url: &gateway.base_url, strict }.body(refused);
                (refused.status_code(), Answer::Other(Box::new(body)))
            }
        };
        let at = gateway.shard.clock().now();
        let mut attempt = Attempt::new(at, request.headers(), &self.body, status, answer);
        attempt.warnings = self.warnings;
        gateway.attempts.push_of(self.workspace, self.begun, attempt);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn future_bytes<A, B, C, D, E, F: Future>(_: &impl Fn(A, B, C, D, E) -> F) -> usize {
        size_of::<F>()
    }

    /// Hundreds of requests wait for the same sync; what they keep meanwhile should fit into a processor's cache.
    #[test]
    fn a_waiting_request_keeps_little_in_memory() {
        let bytes = future_bytes(&send);
        assert!(bytes <= 1_536, "{bytes}");
    }
}
