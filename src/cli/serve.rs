//! `tidings serve`: production. The demo runs on the same road.

use std::io::{self, IsTerminal};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use events::sled_log::{Closed, OpenError};
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;

use super::args::{Cli, ServeArgs};
use super::exit::{Exit, Failure};
use super::say;
use crate::config::Config;
use crate::gateway::{self, Holder, StartError, Started};
use crate::http::{self, Connections};

/// Requests under way get this long to end.
const SHUTDOWN_S: u64 = 10;
/// Headers must have arrived within this time.
const HEADERS_S: u64 = 8;
/// An idle connection is kept this long.
const KEEP_ALIVE_S: u64 = 75;
/// So long, at most, new connections are still taken while stopping.
const UNREADY_SHOWN: Duration = Duration::from_secs(2);
const BUSY_POLL: Duration = Duration::from_millis(10);
const BACKLOG: u32 = 1_024;
/// All threads have let go of the log within this time after the last one was told to end.
const CLOSED_WITHIN: Duration = Duration::from_secs(8);
const CLOSED_POLL: Duration = Duration::from_millis(2);

/// Runs the gateway until it is told to stop.
pub(super) fn run(cli: &Cli, args: &ServeArgs) -> Result<(), Failure> {
    let config = super::config(cli, args.listen)?;
    super::logging(cli.json)?;
    super::demo::mark::refuse(&config.data_dir)?;
    actix::System::new().block_on(async move {
        let listener = bind(config.listen)?;
        let running = Running::start(&config, listener, io::stderr().is_terminal()).await?;
        if let Some(key) = &running.started.new_admin_key {
            say(&format!("The operator's key, shown only now: {key}\n"));
        }
        tracing::info!(url = %running.started.gateway.base_url, "ready");
        tell_service_manager(NotifyState::Ready);
        running.until_stopped(&config, cli.json).await
    })
}

/// Takes the port.
fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| {
        let holder = gateway::listener_of(address.port());
        let holder = holder.map(|pid| format!(" (process {pid} listens there)")).unwrap_or_default();
        let message = format!("cannot listen on {address}{holder}: {error}");
        Failure::new(Exit::Failed, message).hint("choose another address with --listen")
    })
}

/// A gateway that answers requests.
pub(super) struct Running {
    pub(super) started: Started,
    pub(super) recovered: Duration,
    /// What else runs for as long as the gateway does.
    pub(super) aside: JoinSet<()>,
    server: ServerHandle,
    connections: Connections,
    signals: [Signal; 2],
}

impl Running {
    /// Starts the gateway and its HTTP server.
    pub(super) async fn start(config: &Config, listener: TcpListener, key_to_terminal: bool) -> Result<Self, Failure> {
        let signals = [listen_for(SignalKind::interrupt())?, listen_for(SignalKind::terminate())?];
        let bound = listener.local_addr().map_err(|error| failed(&error))?;
        let before = tokio::time::Instant::now();
        let started = gateway::start(config, bound, key_to_terminal).await.map_err(|error| not_started(&error))?;
        let recovered = before.elapsed();
        let (server, connections) = serve(&started, listener).map_err(|error| failed(&error))?;
        let url = format!("http://{bound}");
        Holder { pid: std::process::id(), url }.write(&config.data_dir).map_err(|error| failed(&error))?;
        let (directory, state) = (config.data_dir.clone(), started.gateway.state.clone());
        actix::spawn(gateway::watch_disk(directory, config.disk_reserve_mb, state));
        Ok(Self { started, recovered, aside: JoinSet::new(), server, connections, signals })
    }

    /// Ends on the first SIGINT or SIGTERM, cleanly; on the second at once.
    pub(super) async fn until_stopped(self, config: &Config, json: bool) -> Result<(), Failure> {
        let Self { started, aside, server, connections, mut signals, .. } = self;
        signal_of(&mut signals).await;
        tell(json, "Stopping: finishing what is under way (again to stop at once)");
        started.gateway.state.stop();
        tell_service_manager(NotifyState::Stopping);
        let clean = async move {
            shown_unready(&connections).await;
            server.stop(true).await;
            let queued = started.gateway.stop().await;
            let closed = started.log.closed();
            // Whoever still holds the log keeps it open.
            drop((started, aside, server));
            actix::System::current().stop();
            until(closed).await;
            queued
        };
        let queued = tokio::select! {
            queued = clean => queued,
            () = signal_of(&mut signals) => return Err(Failure::new(Exit::Failed, "stopped at once")),
        };
        Holder::remove(&config.data_dir);
        tell(json, &format!("Stopped. {}", staying(queued)));
        Ok(())
    }
}

/// Words on stderr, among log lines for machines as one of them.
fn tell(json: bool, words: &str) {
    if json { tracing::info!("{words}") } else { say(&format!("{words}\n")) }
}

async fn signal_of([interrupt, terminate]: &mut [Signal; 2]) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// While requests are under way, whoever asks is told for a moment that no more are wanted; then nobody gets in.
async fn shown_unready(connections: &Connections) {
    let begun = tokio::time::Instant::now();
    while connections.are_busy() && begun.elapsed() < UNREADY_SHOWN {
        tokio::time::sleep(BUSY_POLL).await;
    }
}

/// Waits until the log is closed, which the threads that use it end with.
async fn until(closed: Closed) {
    let begun = tokio::time::Instant::now();
    while !closed.is_closed() {
        if begun.elapsed() > CLOSED_WITHIN {
            tracing::warn!("the log is still in use; damage to it may be found later than at the next start");
            return;
        }
        tokio::time::sleep(CLOSED_POLL).await;
    }
}

/// Takes as many file descriptors as the machine lets us: each connection needs two.
fn take_file_descriptors() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}

/// Tells systemd, if it started us, as `sd_notify(3)` describes; a unit of `Type=notify` waits for it.
fn tell_service_manager(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}

fn staying(queued: u64) -> String {
    match queued {
        0 => "Nothing is queued.".to_owned(),
        1 => "1 message or report stays queued and leaves after the next start.".to_owned(),
        _ => format!("{queued} messages and reports stay queued and leave after the next start."),
    }
}

/// Serves HTTP.
pub(super) fn serve(started: &Started, listener: TcpListener) -> io::Result<(ServerHandle, Connections)> {
    take_file_descriptors();
    let gateway = started.gateway.clone();
    let app = move || App::new().configure(|config| http::configure(config, &gateway));
    let connections = Connections::new(Duration::from_secs(KEEP_ALIVE_S + 5));
    actix::spawn(connections.clone().watch());
    let greeting = connections.clone();
    let server = HttpServer::new(app)
        .on_connect(move |io, data| greeting.greet(io, data))
        .workers(std::thread::available_parallelism().map_or(1, Into::into))
        .backlog(BACKLOG)
        .keep_alive(Duration::from_secs(KEEP_ALIVE_S))
        .client_request_timeout(Duration::from_secs(HEADERS_S))
        .shutdown_timeout(SHUTDOWN_S)
        .disable_signals()
        .listen(listener)?
        .run();
    let handle = server.handle();
    actix::spawn(server);
    Ok((handle, connections))
}

fn listen_for(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind).map_err(|error| failed(&error))
}

fn failed(error: &io::Error) -> Failure {
    Failure::because(Exit::Failed, error)
}

/// What to tell whoever could not start a gateway.
pub(super) fn not_started(error: &StartError) -> Failure {
    match error {
        StartError::InUse { directory, holder } => in_use(directory, holder.as_ref()),
        StartError::Future { .. } => Failure::because(Exit::Failed, error)
            .hint("set the clock, or accept it once with TIDINGS_LOG__ACCEPT_FUTURE=true"),
        StartError::Denied(denied) => Failure::because(Exit::Failed, error).hint(denied.hint()),
        StartError::Read(error) | StartError::Log(OpenError::Read(error)) => super::reading::unreadable(error),
        _ => Failure::because(Exit::Failed, error),
    }
}

/// Another process has the data directory.
pub(super) fn in_use(directory: &Path, holder: Option<&Holder>) -> Failure {
    let directory = directory.display();
    match holder {
        Some(Holder { pid, url }) => {
            let message = format!("data directory {directory} is in use by tidings (pid {pid})");
            Failure::new(Exit::DataInUse, message).hint(format!("open {url} or use --data-dir"))
        }
        None => Failure::new(Exit::DataInUse, format!("data directory {directory} is in use by another process"))
            .hint("use --data-dir"),
    }
}
