//! Liveness and readiness of the gateway.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use crate::gateway::Gateway;

/// Liveness: the process answers.
pub(super) async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "alive"}))
}

/// Readiness: new work is accepted. `?verbose` adds figures.
pub(super) async fn ready(gateway: web::Data<Gateway>, request: HttpRequest) -> HttpResponse {
    let (stopping, disk_full) = (gateway.readiness.is_stopping(), gateway.readiness.is_disk_full());
    let ready = !stopping && !disk_full;
    let mut body = json!({"status": if ready { "ready" } else { "not_ready" }});
    if let (true, Some(body)) = (request.query_string().starts_with("verbose"), body.as_object_mut()) {
        body.insert("stopping".to_owned(), stopping.into());
        body.insert("disk_full".to_owned(), disk_full.into());
        body.insert("log".to_owned(), json!(gateway.shard.log().stats()));
        body.insert("shard".to_owned(), json!(gateway.shard.overview()));
    }
    let mut answer = if ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    answer.json(body)
}
