//! The HTTP server: admits connections as long as there is room, and passes them to the routes.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
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
use crate::net::hang_up::HangUp;

/// How long requests in progress may take to finish at shutdown.
const SHUTDOWN_S: u64 = 10;
/// Time-out for a request's headers.
const HEADERS_WITHIN: Duration = Duration::from_secs(8);
/// How long to go on reading after a refusal, so that the client gets to see it.
const LINGER: Duration = Duration::from_secs(1);
/// How long an idle connection is kept open.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How much of its responses the system buffers for a slow client; it reserves twice as much memory.
const SEND_BUFFER_BYTES: usize = 256 << 10;

/// The capacity of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Worker threads.
    pub workers: usize,
    /// Connections in total; further ones wait until one is closed.
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
            .on_connect_ext(|io: &Guarded, data| {
                let connection = Arc::clone(io.connection());
                data.insert(Arc::clone(&connection));
                data.insert(HangUp::new(move || connection.hang_up()));
            })
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
