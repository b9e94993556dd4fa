//! Receives at an address of its own, like a CRM.

use std::net::{SocketAddr, TcpListener};

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use actors::runtime::clock::wall_now;

use super::desk::Desk;
use super::received::{Received, Reply};
use crate::cli::exit::{Exit, Failure};
use crate::cli::say;

/// Larger bodies are refused. The largest report is smaller than this.
const BODY_BYTES_MAX: usize = 16 << 20;
/// How long requests in progress may take to finish at shutdown.
const SHUTDOWN_S: u64 = 1;

/// Receives until it is stopped.
pub(super) fn run(desk: Desk, address: SocketAddr) -> Result<(), Failure> {
    let desk = web::Data::new(desk);
    let cannot = |error: std::io::Error| {
        let message = format!("cannot listen on {address}: {error}");
        Failure::new(Exit::Failed, message).hint("choose another address with --listen")
    };
    actix::System::new().block_on(async {
        let listener = TcpListener::bind(address).map_err(cannot)?;
        let bound = listener.local_addr().map_err(cannot)?;
        let limit = web::PayloadConfig::new(BODY_BYTES_MAX);
        let app = move || App::new().app_data(desk.clone()).app_data(limit.clone()).default_service(web::to(receive));
        let running = HttpServer::new(app).workers(1).shutdown_timeout(SHUTDOWN_S).listen(listener).map_err(cannot)?;
        say(&format!("Receiving at http://{bound}/ - Ctrl-C ends it\n"));
        running.run().await.map_err(cannot)
    })
}

async fn receive(desk: web::Data<Desk>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let headers = request.headers().iter();
    let received = Received {
        at: wall_now(),
        method: request.method().to_string(),
        path: request.uri().to_string(),
        headers: headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect(),
        body: body.to_vec(),
        counts: true,
    };
    let Reply { status, headers, body } = desk.take(&received).await;
    let mut answer = HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY));
    for (name, value) in &headers {
        answer.append_header((name.as_str(), value.as_slice()));
    }
    answer.body(body)
}
