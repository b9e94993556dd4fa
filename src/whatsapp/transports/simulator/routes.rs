//! The simulator's routes: `/sim/v1`, in the gateway itself or in a process of its own.

use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, Resource, web};
use events::ids::MessageId;
use serde::Deserialize;

use super::access::{Access, Guarded};
use super::echo::{self, Echo};
use super::refusal::{SimulatorRefusal, method_not_allowed, not_found};
use super::send_body::SendBody;
use super::update_view::UpdateView;
use super::wire::{ListView, LookupView, OutcomeView};
use super::{Shared, controls};
use crate::whatsapp::transports::{Outgoing, Routes};

/// Room for the longest text with each of its characters escaped.
const BODY_BYTES_MAX: usize = 1 << 20;
/// The same, and the largest file as base64.
const SEND_BYTES_MAX: usize = 4 << 20;
/// Limits the sender's phone, so that every answer with updates stays far below the limit of its reader. The next one
/// limits file names on phones for the same reason.
const FROM_BYTES_MAX: usize = 64;
const FILE_NAME_BYTES_MAX: usize = 1_024;
const WAIT_MS_MAX: u64 = 20_000;

/// Adds the routes by their full paths, so that other code can add more below `/sim/v1`.
pub fn configure(cfg: &mut web::ServiceConfig, access: Access, world: Shared) {
    let at = |path: &str| at(path, access);
    cfg.app_data(web::Data::new(world))
        .service(at("/send").app_data(web::PayloadConfig::new(SEND_BYTES_MAX)).route(web::post().to(send)))
        .service(at("/updates").route(web::get().to(updates)))
        .service(at("/messages/{id}").route(web::get().to(lookup)))
        .service(at("/receive").route(web::post().to(controls::receive)))
        .service(at("/sent").route(web::post().to(controls::sent)))
        .service(at("/phones/{phone}/messages").route(web::get().to(controls::messages)))
        .service(at("/accounts/{phone}/disconnect").route(web::post().to(controls::disconnect)))
        .service(at("/accounts/{phone}/connect").route(web::post().to(controls::connect)))
        .service(at("/accounts/{phone}/receipts/{id}/{status}").route(web::post().to(controls::receipt)))
        .service(at("/chaos").route(web::get().to(controls::chaos)).route(web::put().to(controls::set_chaos)))
        .service(at("/stats").route(web::get().to(controls::stats)));
}

/// The routes of a gateway's own world.
pub fn of(access: Access, world: Shared) -> Routes {
    Arc::new(move |cfg| configure(cfg, access, world.clone()))
}

/// The same with the echo, for a server that serves nothing else.
pub(super) fn alone(cfg: &mut web::ServiceConfig, world: Shared, echo: Echo) {
    let access = Access::without_key();
    configure(cfg, access, world);
    echo::routes::configure(cfg, access, echo);
    cfg.default_service(web::to(not_found));
}

fn at(path: &str, access: Access) -> Resource<impl Guarded + use<>> {
    let resource = web::resource(format!("/sim/v1{path}"))
        .app_data(web::PayloadConfig::new(BODY_BYTES_MAX))
        .default_service(web::to(method_not_allowed));
    resource.wrap(from_fn(move |request, next| access.admit(request, next)))
}

#[derive(Deserialize)]
struct UpdatesQuery {
    #[serde(default)]
    after: u64,
    #[serde(default)]
    wait_ms: u64,
}

/// A lost answer becomes 504 Gateway Timeout without a body: the caller cannot tell whether the message arrived.
async fn send(
    world: web::Data<Shared>,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<HttpResponse, SimulatorRefusal> {
    let message = Outgoing::try_from(serde_json::from_slice::<SendBody>(&body?)?)?;
    if message.from.len() > FROM_BYTES_MAX {
        return Err(SimulatorRefusal::field("from", format!("has more than {FROM_BYTES_MAX} bytes")));
    }
    if message.file.as_ref().is_some_and(|file| file.name.len() > FILE_NAME_BYTES_MAX) {
        return Err(SimulatorRefusal::field("file.name", format!("has more than {FILE_NAME_BYTES_MAX} bytes")));
    }
    Ok(match world.send(message).await {
        Some(outcome) => HttpResponse::Ok().json(OutcomeView(outcome)),
        None => HttpResponse::GatewayTimeout().finish(),
    })
}

async fn updates(world: web::Data<Shared>, request: HttpRequest) -> Result<HttpResponse, SimulatorRefusal> {
    let query = web::Query::<UpdatesQuery>::from_query(request.query_string()).map_err(|_| SimulatorRefusal::Query)?;
    let wait = Duration::from_millis(query.wait_ms.min(WAIT_MS_MAX));
    let found = tokio::time::timeout(wait, world.updates(query.after)).await.unwrap_or_default();
    Ok(HttpResponse::Ok().json(ListView::of(found.into_iter().map(UpdateView::from))))
}

async fn lookup(world: web::Data<Shared>, id: web::Path<String>) -> Result<HttpResponse, SimulatorRefusal> {
    let id: MessageId = id.parse()?;
    Ok(HttpResponse::Ok().json(LookupView { lookup: world.lookup(id) }))
}
