//! Routes for people and tests that change the simulated world or show it.

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::Shared;
use super::address::Address;
use super::fields::Fields;
use super::refusal::SimulatorRefusal;
use super::wire::{ChaosView, ListView, MessageView, StatsView};
use crate::whatsapp::transports::Status;

type World = web::Data<Shared>;
type Body = Result<web::Bytes, actix_web::Error>;

/// Somebody writes to an account. The simulator does not know the gateway's accounts, so any phone will do.
pub(super) async fn receive(world: World, body: Body) -> Result<HttpResponse, SimulatorRefusal> {
    let message = Fields::parse(&body?)?.into_incoming()?;
    Ok(HttpResponse::Ok().json(json!({"message_id": world.receive(message)})))
}

/// The owner of an account types on the phone itself.
pub(super) async fn sent(world: World, body: Body) -> Result<HttpResponse, SimulatorRefusal> {
    let message = Fields::parse(&body?)?.into_typed()?;
    Ok(HttpResponse::Ok().json(json!({"message_id": world.typed(message)})))
}

/// Reports the status of a sent message, once more or for the first time.
pub(super) async fn receipt(
    world: World,
    path: web::Path<(String, String, String)>,
) -> Result<HttpResponse, SimulatorRefusal> {
    let (phone, id, status) = path.into_inner();
    let (account, id) = (account(&phone)?, id.parse()?);
    let told = match status.as_str() {
        "sent" => Status::Sent,
        "delivered" => Status::Delivered,
        "read" => Status::Read,
        _ => return Err(SimulatorRefusal::NotFound),
    };
    if !world.receipt(&account, id, told) {
        return Err(SimulatorRefusal::field("id", "is the id of a message that was sent"));
    }
    Ok(HttpResponse::Ok().json(json!({"message_id": id.to_string(), "status": status})))
}

pub(super) async fn disconnect(world: World, phone: web::Path<String>) -> Result<HttpResponse, SimulatorRefusal> {
    let account = account(&phone)?;
    world.disconnect(account.clone())?;
    Ok(HttpResponse::Ok().json(json!({"account": account.spelled(), "connected": false})))
}

pub(super) async fn connect(world: World, phone: web::Path<String>) -> Result<HttpResponse, SimulatorRefusal> {
    let account = account(&phone)?;
    world.connect(&account);
    Ok(HttpResponse::Ok().json(json!({"account": account.spelled(), "connected": true})))
}

pub(super) async fn chaos(world: World) -> HttpResponse {
    HttpResponse::Ok().json(ChaosView::from(world.chaos()))
}

/// Replaces all settings and returns the new ones.
pub(super) async fn set_chaos(world: World, body: Body) -> Result<HttpResponse, SimulatorRefusal> {
    world.set_chaos(Fields::parse(&body?)?.into_chaos()?);
    Ok(chaos(world).await)
}

pub(super) async fn messages(world: World, phone: web::Path<String>) -> HttpResponse {
    // A text that is not a phone number has received nothing.
    let received = Address::parse(&phone).map(|phone| world.messages(&phone)).unwrap_or_default();
    HttpResponse::Ok().json(ListView::of(received.iter().map(MessageView::from)))
}

pub(super) async fn stats(world: World) -> HttpResponse {
    HttpResponse::Ok().json(StatsView::from(world.stats()))
}

fn account(phone: &str) -> Result<Address, SimulatorRefusal> {
    let account = Address::parse(phone).filter(Address::is_person);
    account.ok_or_else(|| SimulatorRefusal::field("phone", "is the phone number of an account"))
}
