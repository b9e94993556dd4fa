//! The route table. A row's role says who may call the route, and is checked before its handler runs.

use std::future::ready;
use std::sync::{Arc, LazyLock};

use actix_web::dev::HttpServiceFactory;
use actix_web::http::Method;
use actix_web::http::header::ContentType;
use actix_web::middleware::from_fn;
use actix_web::{FromRequest, Handler, HttpResponse, Responder, Route, guard, web};

use super::admin::{actors, erasures, events, log_level, proofs, streams, workspaces};
use super::api::{
    accounts, chats, credits, deliveries, files, inbound_settings, keys, listen, live, messages, outbound, outbox,
    recent, teammates, timeline, workspace,
};
use super::caller::{self, Resource, Role};
use super::listed::Listed;
use super::{checkpoint, docs, error, health, inbound, metrics, openapi};
use crate::gateway::Gateway;
use crate::outbound::Try;
use crate::recent::attempts::Attempt;

/// The secret URL: every request to it is kept as an attempt.
const INBOUND: &str = "/in/{token}";
/// The same URL, copied carelessly with slashes and blanks after it.
const INBOUND_COPIED: &str = r"/in/{token}/{nothing:[/\s]*}";

/// Returns the table. If two paths match a request, the upper one is used.
fn table() -> Vec<Row> {
    use Role::{Inbound, Open, Operator, Workspace};
    vec![
        row(Method::POST, INBOUND, Inbound, inbound::send),
        row(Method::GET, "/livez", Open, health::alive),
        row(Method::GET, "/readyz", Open, health::ready),
        row(Method::GET, "/metrics", Open, metrics::show),
        row(Method::GET, "/checkpoint", Open, checkpoint::show),
        row(Method::GET, "/openapi.json", Open, describe),
        row(Method::GET, "/", Open, docs::home),
        row(Method::GET, "/docs", Open, docs::index),
        row(Method::GET, "/docs/", Open, docs::index),
        row(Method::GET, "/docs/errors", Open, docs::errors),
        row(Method::GET, "/docs/{file}", Open, docs::file),
        row(Method::GET, "/api/v1/workspace", Workspace, workspace::show),
        row(Method::PATCH, "/api/v1/workspace", Workspace, workspace::change),
        row(Method::GET, "/api/v1/teammates", Workspace, teammates::list),
        row(Method::POST, "/api/v1/teammates", Workspace, teammates::add),
        row(Method::DELETE, "/api/v1/teammates", Workspace, teammates::remove_named),
        row(Method::DELETE, "/api/v1/teammates/{id}", Workspace, teammates::remove),
        row(Method::GET, "/api/v1/keys", Workspace, keys::list),
        row(Method::POST, "/api/v1/keys", Workspace, keys::create),
        row(Method::DELETE, "/api/v1/keys", Workspace, keys::revoke_named),
        row(Method::DELETE, "/api/v1/keys/{id}", Workspace, keys::revoke),
        row(Method::GET, "/api/v1/inbound", Workspace, inbound_settings::show),
        row(Method::PATCH, "/api/v1/inbound", Workspace, inbound_settings::change),
        row(Method::POST, "/api/v1/inbound/rotate", Workspace, inbound_settings::rotate),
        row(Method::GET, "/api/v1/outbound", Workspace, outbound::show),
        row(Method::PATCH, "/api/v1/outbound", Workspace, outbound::change),
        row(Method::GET, "/api/v1/outbound/listen", Workspace, listen::open),
        row(Method::POST, "/api/v1/outbound/listen/{number}", Workspace, listen::answer),
        row(Method::GET, "/api/v1/outbound/secret", Workspace, outbound::secret),
        row(Method::POST, "/api/v1/outbound/rotate-secret", Workspace, outbound::rotate_secret),
        row(Method::POST, "/api/v1/outbound/reset-errors", Workspace, outbound::reset_errors),
        row(Method::POST, "/api/v1/outbound/test", Workspace, outbound::test),
        row(Method::POST, "/api/v1/outbound/flush", Workspace, outbound::flush),
        row(Method::POST, "/api/v1/outbound/recover", Workspace, outbound::recover),
        row(Method::GET, "/api/v1/outbound/deliveries", Workspace, deliveries::list),
        row(Method::POST, "/api/v1/outbound/deliveries/{id}/resend", Workspace, outbound::resend),
        row(Method::POST, "/api/v1/outbound/deliveries/{id}/discard", Workspace, deliveries::discard),
        row(Method::GET, "/api/v1/outbox", Workspace, outbox::list),
        row(Method::GET, "/api/v1/inbound/attempts", Workspace, recent::list::<Attempt>),
        row(Method::GET, "/api/v1/inbound/attempts/{id}", Workspace, recent::show::<Attempt>),
        row(Method::GET, "/api/v1/inbound/log.json", Workspace, recent::json::<Attempt>),
        row(Method::GET, "/api/v1/inbound/log.csv", Workspace, recent::csv::<Attempt>),
        row(Method::GET, "/api/v1/inbound/log.txt", Workspace, recent::txt::<Attempt>),
        row(Method::GET, "/api/v1/outbound/tries", Workspace, recent::list::<Try>),
        row(Method::GET, "/api/v1/outbound/tries/{id}", Workspace, recent::show::<Try>),
        row(Method::GET, "/api/v1/outbound/log.json", Workspace, recent::json::<Try>),
        row(Method::GET, "/api/v1/outbound/log.csv", Workspace, recent::csv::<Try>),
        row(Method::GET, "/api/v1/outbound/log.txt", Workspace, recent::txt::<Try>),
        row(Method::GET, "/api/v1/credits", Workspace, credits::balance),
        row(Method::GET, "/api/v1/credits/ledger", Workspace, credits::ledger),
        row(Method::GET, "/api/v1/accounts", Workspace, accounts::list),
        row(Method::POST, "/api/v1/accounts", Workspace, accounts::connect),
        row(Method::GET, "/api/v1/accounts/{id}", Workspace, accounts::show),
        row(Method::DELETE, "/api/v1/accounts/{id}", Workspace, accounts::disconnect),
        row(Method::POST, "/api/v1/accounts/{id}/pause", Workspace, accounts::pause),
        row(Method::POST, "/api/v1/accounts/{id}/resume", Workspace, accounts::resume),
        row(Method::GET, "/api/v1/chats", Workspace, chats::list),
        row(Method::GET, "/api/v1/chats/{id}", Workspace, chats::show),
        row(Method::PATCH, "/api/v1/chats/{id}", Workspace, chats::change),
        row(Method::POST, "/api/v1/chats/{id}/erase", Workspace, chats::erase),
        row(Method::GET, "/api/v1/chats/{id}/messages", Workspace, chats::messages),
        row(Method::POST, "/api/v1/files/check", Workspace, files::answer),
        row(Method::POST, "/api/v1/chats/{id}/messages", Workspace, messages::send_to_chat),
        row(Method::GET, "/api/v1/messages", Workspace, messages::list),
        row(Method::POST, "/api/v1/messages", Workspace, messages::send),
        row(Method::GET, "/api/v1/messages/{id}", Workspace, messages::show),
        row(Method::GET, "/api/v1/messages/{id}/timeline", Workspace, timeline::show),
        row(Method::GET, "/api/v1/messages/{id}/proof", Workspace, timeline::proof),
        row(Method::POST, "/api/v1/messages/{id}/settle", Workspace, messages::settle),
        row(Method::GET, "/api/v1/stream", Workspace, live::follow),
        row(Method::GET, "/admin/v1/workspaces", Operator, workspaces::list),
        row(Method::POST, "/admin/v1/workspaces", Operator, workspaces::create),
        row(Method::GET, "/admin/v1/workspaces/{id}", Operator, workspaces::show),
        row(Method::POST, "/admin/v1/workspaces/{id}/credits", Operator, workspaces::grant),
        row(Method::GET, "/admin/v1/events", Operator, events::list),
        row(Method::POST, "/admin/v1/events/verify", Operator, events::verify),
        row(Method::GET, "/admin/v1/events/export.ndjson", Operator, proofs::export),
        row(Method::GET, "/admin/v1/proofs/consistency", Operator, proofs::consistency),
        row(Method::GET, "/admin/v1/events/stats", Operator, events::stats),
        row(Method::GET, "/admin/v1/events/{position}", Operator, events::show),
        row(Method::POST, "/admin/v1/replay", Operator, events::replay),
        row(Method::GET, "/admin/v1/messages/{id}/trace", Operator, events::trace),
        row(Method::POST, "/admin/v1/chats/{id}/erase", Operator, erasures::erase),
        row(Method::GET, "/admin/v1/erasures", Operator, erasures::list),
        row(Method::GET, "/admin/v1/streams/{kind}/{id}", Operator, streams::list),
        row(Method::GET, "/admin/v1/streams/{kind}/{id}/state", Operator, streams::state),
        row(Method::GET, "/admin/v1/actors", Operator, actors::list),
        row(Method::GET, "/admin/v1/actors/{kind}/{id}", Operator, actors::show),
        row(Method::POST, "/admin/v1/actors/{kind}/{id}/rebuild", Operator, actors::rebuild),
        row(Method::GET, "/admin/v1/log-level", Operator, log_level::show),
        row(Method::PUT, "/admin/v1/log-level", Operator, log_level::change),
        row(Method::GET, "/admin/v1/streams/{kind}/{id}/diff", Operator, streams::diff),
    ]
}

/// One route, always with a role.
struct Row {
    listed: Listed,
    route: Route,
}

/// Returns all routes except the transports', in the table's order.
pub fn routes() -> Vec<Listed> {
    table().into_iter().map(|row| row.listed).collect()
}

/// Returns the API's description, which is built once.
pub fn description() -> &'static str {
    static DESCRIPTION: LazyLock<String> = LazyLock::new(|| openapi::document(&routes()).to_string());
    DESCRIPTION.as_str()
}

async fn describe() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(description())
}

/// Adds all routes, including the simulator's.
pub fn configure(config: &mut web::ServiceConfig, gateway: &Gateway) {
    config.app_data(web::Data::new(gateway.clone()));
    configure_table(config);
    for add_routes in &gateway.transport_routes {
        add_routes(config);
    }
    config.service(everything_else());
}

/// Adds all routes except the transports', without a gateway: each request brings its own as application data, so
/// that one table can serve many gateways, one after the other.
pub fn configure_for_any(config: &mut web::ServiceConfig) {
    configure_table(config);
    config.service(everything_else());
}

fn configure_table(config: &mut web::ServiceConfig) {
    for (path, rows) in by_path(table()) {
        config.service(resource(path, path, rows));
    }
    // A separate resource, because a resource with two patterns is matched by a set of regular expressions at each
    // request.
    let inbound = table().into_iter().filter(|row| row.listed.path == INBOUND).collect();
    config.service(resource(INBOUND, INBOUND_COPIED, inbound));
}

fn row<F, Args>(method: Method, path: &'static str, role: Role, handler: F) -> Row
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let taken = method.clone();
    let guard = guard::fn_guard(move |request| takes(&taken, &request.head().method));
    let route = web::route().guard(guard).to(handler);
    let route = route.wrap(from_fn(move |request, next| caller::authorize(role, request, next)));
    Row { listed: Listed { method, path, role }, route }
}

/// Groups the rows by path, in the order in which the paths first appear.
fn by_path(rows: Vec<Row>) -> Vec<(&'static str, Vec<Row>)> {
    let mut paths: Vec<(&'static str, Vec<Row>)> = Vec::new();
    for row in rows {
        match paths.iter_mut().find(|(path, _)| *path == row.listed.path) {
            Some((_, rows)) => rows.push(row),
            None => paths.push((row.listed.path, vec![row])),
        }
    }
    paths
}

/// Builds the resource of one path, for requests that match the pattern. Its responses get a request id, its refusals
/// the common JSON form.
fn resource(path: &'static str, pattern: &str, rows: Vec<Row>) -> impl HttpServiceFactory + 'static {
    let methods = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let allowed = methods.iter().filter(|asked| rows.iter().any(|row| takes(&row.listed.method, asked)));
    let allowed: Arc<str> = allowed.map(Method::as_str).collect::<Vec<_>>().join(", ").into();
    let refuse = match path {
        INBOUND => web::to(inbound::other_method),
        _ => web::to(|| ready(error::method_not_allowed())),
    };
    let resource = web::resource(pattern).default_service(refuse);
    let resource = rows.into_iter().fold(resource, |resource, row| resource.route(row.route));
    resource.wrap(from_fn(move |gateway, request, next| {
        let resource = Resource { path, allowed: Arc::clone(&allowed) };
        caller::finish_response(Some(resource), gateway, request, next)
    }))
}

/// True if a row with method `row` accepts a request with method `asked`.
fn takes(row: &Method, asked: &Method) -> bool {
    row == asked || (row == Method::GET && asked == Method::HEAD)
}

fn everything_else() -> impl HttpServiceFactory {
    let dressed = from_fn(|gateway, request, next| caller::finish_response(None, gateway, request, next));
    web::scope("").wrap(dressed).default_service(web::to(docs::not_found))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// True if every path that matches `lower` also matches `upper`.
    fn shadows(upper: &str, lower: &str) -> bool {
        let (upper, lower): (Vec<_>, Vec<_>) = (upper.split('/').collect(), lower.split('/').collect());
        let fits = |(upper, lower): (&&str, &&str)| upper.starts_with('{') || upper == lower;
        upper.len() == lower.len() && upper.iter().zip(&lower).all(fits)
    }

    #[test]
    fn no_route_hides_another() {
        let paths: Vec<_> = by_path(table()).into_iter().map(|(path, _)| path).collect();
        for (at, lower) in paths.iter().enumerate() {
            let above = paths.iter().take(at).find(|upper| shadows(upper, lower));
            assert_eq!(above, None, "above {lower}");
        }
        assert!(shadows("/events/{position}", "/events/verify") && !shadows("/events/verify", "/events/{position}"));
    }

    #[test]
    fn no_route_stands_there_twice() {
        let routes = routes();
        for (at, route) in routes.iter().enumerate() {
            let twin =
                routes.iter().skip(at + 1).find(|other| (&other.method, other.path) == (&route.method, route.path));
            assert_eq!(twin, None);
        }
    }

    #[test]
    fn a_role_belongs_to_the_part_of_the_api_that_it_opens() {
        for Listed { path, role, .. } in routes() {
            assert_eq!(role == Role::Workspace, path.starts_with("/api/v1/"), "{path}");
            assert_eq!(role == Role::Operator, path.starts_with("/admin/v1/"), "{path}");
            assert_eq!(role == Role::Inbound, path.starts_with("/in/"), "{path}");
        }
    }
}
