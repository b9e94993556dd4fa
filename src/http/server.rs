//! The HTTP server: takes connections that there is room for, and hands each to the routes.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_http::HttpService;
use actix_server::Server;
use actix_service::{IntoServiceFactory as _, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::App;
use actix_web::dev::AppConfig;
use tokio::net::TcpStream;

use super::connections::{Connections, Guarded};
use super::routes::configure;
use crate::gateway::Gateway;

/// Requests under way get this long to end.
const SHUTDOWN_S: u64 = 10;
/// Headers must have arrived within this time.
const HEADERS_WITHIN: Duration = Duration::from_secs(8);
/// What comes behind a refusal is read for so long, so that its sender gets to see the refusal.
const LINGER: Duration = Duration::from_secs(1);
/// An idle connection is kept this long.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Answers wait in the system for their reader up to this size; it takes twice as much for them.
const SEND_BUFFER_BYTES: usize = 256 << 10;

/// How much the server takes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Threads that answer.
    pub workers: usize,
    /// Connections in all; more wait until another one is closed.
    pub connections: usize,
}

/// Serves the gateway until the server is stopped.
pub fn serve(gateway: &Gateway, connections: &Connections, listener: TcpListener, size: Size) -> io::Result<Server> {
    rustix::net::sockopt::set_socket_send_buffer_size(&listener, SEND_BUFFER_BYTES)?;
    let (gateway, connections) = (gateway.clone(), connections.clone());
    let server = Server::build();
    let draining = server.graceful_shutdown_signal();
    let answering = move || {
        let (gateway, connections, draining) = (gateway.clone(), connections.clone(), draining.clone());
        let app = App::new().configure(|config| configure(config, &gateway));
        let app = app.into_factory().map_err(|error: actix_web::Error| error.error_response());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let draining = draining.clone();
                async move { draining.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEADERS_WITHIN)
            .client_disconnect_timeout(LINGER)
            .on_connect_ext(|io: &Guarded, data| drop(data.insert(io.connection().clone())))
            .h1(map_config(app, |()| AppConfig::default()));
        let admitted = fn_service(move |io: TcpStream| {
            let peer = io.peer_addr().ok();
            let admitted = connections.admit(io).map(|io| (io, peer));
            std::future::ready(admitted.map_err(actix_http::error::DispatchError::from))
        });
        admitted.and_then(http)
    };
    let each = size.connections.div_ceil(size.workers).max(1);
    let server = server.workers(size.workers).max_concurrent_connections(each).shutdown_timeout(SHUTDOWN_S);
    Ok(server.disable_signals().listen("http", listener, answering)?.run())
}
