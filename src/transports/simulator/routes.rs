//! The simulator's routes: `/sim/v1`, in the gateway itself or in a process of its own (CONTRACT.md section 4).

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use events::ids::{InvalidId, MessageId};
use serde::Deserialize;
use serde_json::json;

use super::Shared;
use super::address::Address;
use super::send_body::{self, SendBody};
use super::update_view::UpdateView;
use super::wire::{ListView, LookupView, MessageView, OutcomeView, StatsView};
use crate::transports::Outgoing;

/// Room for the longest text with each of its characters escaped.
const BODY_BYTES_MAX: usize = 1 << 20;
/// Keeps each answer with updates far below what a reader takes.
const FROM_BYTES_MAX: usize = 64;
const WAIT_MS_MAX: u64 = 20_000;

/// Adds the routes by their full paths, so that others may add more below `/sim/v1`.
pub fn configure(cfg: &mut web::ServiceConfig, world: Shared) {
    let sends = web::resource("/sim/v1/send").app_data(web::PayloadConfig::new(BODY_BYTES_MAX));
    cfg.app_data(web::Data::new(world))
        .service(sends.route(web::post().to(send)))
        .route("/sim/v1/updates", web::get().to(updates))
        .route("/sim/v1/phones/{phone}/messages", web::get().to(messages))
        .route("/sim/v1/messages/{id}", web::get().to(lookup))
        .route("/sim/v1/stats", web::get().to(stats));
}

/// Why a request is not understood.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the body cannot be read, or has more than {BODY_BYTES_MAX} bytes")]
    Body(#[from] actix_web::Error),
    #[error("the body is not an object with id, from, to and text: {0}")]
    Json(#[from] serde_json::Error),
    #[error("`from` has more than {FROM_BYTES_MAX} bytes")]
    From,
    #[error(transparent)]
    Message(#[from] send_body::Unreadable),
    #[error("not a message id")]
    Id(#[from] InvalidId),
    #[error("`after` and `wait_ms` are whole numbers")]
    Query,
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }

    fn error_response(&self) -> HttpResponse {
        let body = json!({"status": self.status_code().as_u16(), "data": {}, "message": self.to_string()});
        HttpResponse::build(self.status_code()).json(body)
    }
}

#[derive(Deserialize)]
struct UpdatesQuery {
    #[serde(default)]
    after: u64,
    #[serde(default)]
    wait_ms: u64,
}

/// A lost answer is a gateway's time-out without a body: its reader cannot tell what became of the message.
async fn send(world: web::Data<Shared>, body: Result<web::Bytes, actix_web::Error>) -> Result<HttpResponse, Refusal> {
    let message = Outgoing::try_from(serde_json::from_slice::<SendBody>(&body?)?)?;
    if message.from.len() > FROM_BYTES_MAX {
        return Err(Refusal::From);
    }
    Ok(match world.send(message).await {
        Some(outcome) => HttpResponse::Ok().json(OutcomeView(outcome)),
        None => HttpResponse::GatewayTimeout().finish(),
    })
}

async fn updates(world: web::Data<Shared>, request: HttpRequest) -> Result<HttpResponse, Refusal> {
    let query = web::Query::<UpdatesQuery>::from_query(request.query_string()).map_err(|_| Refusal::Query)?;
    let wait = Duration::from_millis(query.wait_ms.min(WAIT_MS_MAX));
    let found = tokio::time::timeout(wait, world.updates(query.after)).await.unwrap_or_default();
    Ok(HttpResponse::Ok().json(ListView::of(found.into_iter().map(UpdateView::from))))
}

async fn messages(world: web::Data<Shared>, phone: web::Path<String>) -> HttpResponse {
    // What is no phone got nothing.
    let received = Address::parse(&phone).map(|phone| world.messages(&phone)).unwrap_or_default();
    HttpResponse::Ok().json(ListView::of(received.iter().map(MessageView::from)))
}

async fn lookup(world: web::Data<Shared>, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let id: MessageId = id.parse()?;
    Ok(HttpResponse::Ok().json(LookupView { lookup: world.lookup(id) }))
}

async fn stats(world: web::Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(StatsView::from(world.stats()))
}
