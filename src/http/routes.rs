//! Every route in one table. A handler's first arguments say who may call it.

use actix_web::dev::HttpServiceFactory;
use actix_web::middleware::from_fn;
use actix_web::{Resource, web};

use super::{accounts, caller, chats, credits, error, events, files, health, inbound, messages, streams, workspaces};
use crate::gateway::Gateway;
use crate::transports::simulator;

/// Adds all routes.
pub fn configure(config: &mut web::ServiceConfig, gateway: &Gateway) {
    config.app_data(web::Data::new(gateway.clone()));
    config.service(open()).service(workspace()).service(operator());
    if let Some(world) = &gateway.simulator {
        simulator::routes::configure(config, world.clone());
    }
    config.service(everything_else());
}

/// For anybody; `/in/{token}` for whoever knows the token.
fn open() -> impl HttpServiceFactory {
    (
        dressed("/in/{token}").route(web::post().to(inbound::send)),
        dressed("/livez").route(web::get().to(health::alive)),
        dressed("/readyz").route(web::get().to(health::ready)),
    )
}

/// For whoever has a workspace's key.
fn workspace() -> impl HttpServiceFactory {
    (
        dressed("/api/v1/credits").route(web::get().to(credits::balance)),
        dressed("/api/v1/credits/ledger").route(web::get().to(credits::ledger)),
        dressed("/api/v1/accounts").route(web::get().to(accounts::list)).route(web::post().to(accounts::connect)),
        dressed("/api/v1/accounts/{id}").route(web::get().to(accounts::show)),
        dressed("/api/v1/chats").route(web::get().to(chats::list)),
        dressed("/api/v1/chats/{id}").route(web::get().to(chats::show)),
        dressed("/api/v1/chats/{id}/messages").route(web::get().to(chats::messages)),
        dressed("/api/v1/messages/{id}").route(web::get().to(messages::show)),
        dressed("/api/v1/files/check").route(web::post().to(files::answer)),
        dressed("/api/v1/messages/{id}/settle").route(web::post().to(messages::settle)),
    )
}

/// For the operator.
fn operator() -> impl HttpServiceFactory {
    (
        dressed("/admin/v1/workspaces").route(web::post().to(workspaces::create)),
        dressed("/admin/v1/workspaces/{id}/credits").route(web::post().to(workspaces::grant)),
        dressed("/admin/v1/events").route(web::get().to(events::list)),
        dressed("/admin/v1/events/verify").route(web::post().to(events::verify)),
        dressed("/admin/v1/streams/{kind}/{id}/state").route(web::get().to(streams::state)),
    )
}

/// A route whose answers carry a request id and whose refusals have the one shape.
fn dressed(
    path: &str,
) -> Resource<
    impl actix_web::dev::ServiceFactory<
        actix_web::dev::ServiceRequest,
        Config = (),
        Response = actix_web::dev::ServiceResponse<actix_web::body::BoxBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    web::resource(path.to_owned()).default_service(web::to(error::method_not_allowed)).wrap(from_fn(caller::dress))
}

fn everything_else() -> impl HttpServiceFactory {
    web::scope("").wrap(from_fn(caller::dress)).default_service(web::to(error::not_found))
}
