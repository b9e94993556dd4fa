//! `tidings serve`: production. The demo uses the same code.

mod answering;
pub(super) mod descriptors;
mod without_vault;

use std::error::Error;
use std::future::poll_fn;
use std::io::{self, IsTerminal};
use std::net::{SocketAddr, TcpListener};
use std::task::Poll;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actors::runtime::vital;
use events::store::sled_log::Closed;
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::{JoinHandle, JoinSet};

use super::args::{Cli, ServeArgs};
use super::data_dir::{in_use, not_opened, unreadable};
use super::exit::{Exit, Failure};
use super::say;
use crate::config::Config;
use crate::gateway::{self, Holder, StartError, Started, admin_key_file};
use crate::http::{self, Connections, Size};
use crate::telemetry;

/// Silent connections are closed this long after the HTTP server should have closed them itself.
const SILENCE_GRACE: Duration = Duration::from_secs(5);
/// How long, at most, new connections are still accepted while stopping.
const UNREADY_SHOWN: Duration = Duration::from_secs(2);
const BUSY_POLL: Duration = Duration::from_millis(10);
/// How long to wait, at most, until all threads have released the log.
const CLOSED_WITHIN: Duration = Duration::from_secs(8);
const CLOSED_POLL: Duration = Duration::from_millis(2);

/// Runs the gateway until it is stopped.
pub(super) fn run(cli: &Cli, args: &ServeArgs) -> Result<(), Failure> {
    let mut config = super::config(cli, args.listen)?;
    super::logging(cli.json)?;
    super::demo::mark::refuse(&config.data_dir)?;
    without_vault::confirm(args)?;
    config.without_vault = args.without_vault;
    actix::System::new().block_on(vital::task(async move {
        let listener = bind(config.listen)?;
        let running = Running::start(&config, listener, io::stderr().is_terminal()).await?;
        if let Some(key) = &running.started.new_admin_key {
            say(&format!("The operator's key, shown only now: {key}\n"));
        }
        say_where(&config, &running);
        tell_service_manager(NotifyState::Ready);
        running.until_stopped(&config, cli.json).await
    }))
}

/// Logs where everything is.
fn say_where(config: &Config, running: &Running) {
    let key_file = admin_key_file(&config.data_dir);
    let admin_key = if config.admin_key.is_some() {
        "preset by TIDINGS_ADMIN_KEY or admin_key".to_owned()
    } else if key_file.exists() {
        std::path::absolute(&key_file).unwrap_or(key_file).display().to_string()
    } else {
        "not stored here: shown at the first start, or removed".to_owned()
    };
    let whatsapp = if config.simulator.enabled { "simulated: no message leaves for a real phone" } else { "none" };
    let data_dir = std::path::absolute(&config.data_dir).unwrap_or_else(|_| config.data_dir.clone());
    let (listen, data_dir) = (running.bound, data_dir.display());
    tracing::info!(url = %running.started.gateway.base_url, %listen, %data_dir, %admin_key, %whatsapp, "ready");
}

fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| {
        let holder = gateway::listener_of(address.port());
        let holder = holder.map(|pid| format!(" (process {pid} listens there)")).unwrap_or_default();
        let message = format!("cannot listen on {address}{holder}: {error}");
        Failure::new(Exit::Failed, message).hint("choose another address with --listen")
    })
}

/// A running gateway that answers requests.
pub(super) struct Running {
    pub(super) started: Started,
    /// The address where it listens, with the real port.
    bound: SocketAddr,
    pub(super) recovered: Duration,
    /// Other tasks that run as long as the gateway.
    pub(super) aside: JoinSet<()>,
    server: ServerHandle,
    /// Ends when the HTTP server ends.
    serving: JoinHandle<io::Result<()>>,
    connections: Connections,
    signals: Vec<Signal>,
}

impl Running {
    /// Starts the gateway and its HTTP server. Returns after the server has answered a request.
    pub(super) async fn start(config: &Config, listener: TcpListener, key_to_terminal: bool) -> Result<Self, Failure> {
        let signals = stopping_signals()?;
        let size = descriptors::take(config.http.connections_max)?;
        let bound = listener.local_addr().map_err(|error| failed(&error))?;
        let before = tokio::time::Instant::now();
        let started = gateway::start(config, bound, key_to_terminal).await.map_err(|error| not_started(&error))?;
        let recovered = before.elapsed();
        for warning in config.warnings(bound.ip()) {
            tracing::warn!("{warning}");
        }
        let (server, serving, connections) = serve(config, &started, listener, size).map_err(|error| failed(&error))?;
        let url = format!("http://{bound}");
        Holder { pid: std::process::id(), url }.write(&config.data_dir).map_err(|error| failed(&error))?;
        let (directory, state) = (config.data_dir.clone(), started.gateway.readiness.clone());
        actix::spawn(vital::task(gateway::watch_disk(directory, config.disk_reserve_mb, state)));
        answering::itself(bound).await?;
        Ok(Self { started, bound, recovered, aside: JoinSet::new(), server, serving, connections, signals })
    }

    /// Stops cleanly on the first SIGINT, SIGTERM or SIGHUP, at once on the second. Also ends if the HTTP server
    /// ends.
    pub(super) async fn until_stopped(self, config: &Config, json: bool) -> Result<(), Failure> {
        let Self { started, aside, server, serving, connections, mut signals, .. } = self;
        tokio::select! {
            () = signal_of(&mut signals) => {}
            ended = serving => telemetry::end(&format!("the HTTP server has ended: {}", reason(ended))),
        }
        tell(json, "Stopping: finishing what is under way (again to stop at once)");
        started.gateway.readiness.stop();
        tell_service_manager(NotifyState::Stopping);
        let clean = async move {
            shown_unready(&connections).await;
            server.stop(true).await;
            let queued = started.gateway.stop().await;
            let closed = started.log.closed();
            // Drop everything that holds the log open.
            drop((started, aside, server, connections));
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

/// Writes a line to stderr, or a log line if logs are JSON.
fn tell(json: bool, words: &str) {
    if json { tracing::info!("{words}") } else { say(&format!("{words}\n")) }
}

async fn signal_of(signals: &mut [Signal]) {
    poll_fn(|context| {
        let came = signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
        if came { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

fn reason(ended: Result<io::Result<()>, tokio::task::JoinError>) -> String {
    match ended {
        Ok(Ok(())) => "nobody has stopped it".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    }
}

/// While requests are in progress, keeps accepting connections for a moment, so that clients see that the gateway is
/// stopping.
async fn shown_unready(connections: &Connections) {
    let begun = tokio::time::Instant::now();
    while connections.are_busy() && begun.elapsed() < UNREADY_SHOWN {
        tokio::time::sleep(BUSY_POLL).await;
    }
}

/// Waits until the log is closed, which happens when the last thread that uses it ends.
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

/// Notifies systemd, if it started us, as `sd_notify(3)` describes; a unit of `Type=notify` waits for this.
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

pub(super) fn serve(
    config: &Config,
    started: &Started,
    listener: TcpListener,
    size: Size,
) -> io::Result<(ServerHandle, JoinHandle<io::Result<()>>, Connections)> {
    let limits = http::ConnectionLimits {
        silence_max: http::KEEP_ALIVE + SILENCE_GRACE,
        per_address: config.http.connections_per_address_max,
        exempt: config.http.trusted_proxies.iter().filter_map(crate::net::rate_limit::network).collect(),
    };
    let connections = Connections::new(limits, &started.gateway);
    let server = http::serve(&started.gateway, &connections, listener, size)?;
    actix::spawn(vital::task(connections.watch()));
    Ok((server.handle(), actix::spawn(vital::task(server)), connections))
}

/// Listens for the signals that stop a gateway. SIGHUP is left out if it is ignored: under `nohup` the
/// gateway survives a hangup.
fn stopping_signals() -> Result<Vec<Signal>, Failure> {
    let hangup = Some(SignalKind::hangup()).filter(|_| !is_hangup_ignored());
    [SignalKind::interrupt(), SignalKind::terminate()].into_iter().chain(hangup).map(listen_for).collect()
}

fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

fn listen_for(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind).map_err(|error| failed(&error))
}

fn failed(error: &io::Error) -> Failure {
    Failure::because(Exit::Failed, error)
}

/// Turns a failed start into a failure with a hint.
pub(super) fn not_started(error: &StartError) -> Failure {
    match error {
        StartError::InUse { directory, holder } => in_use(directory, holder.as_ref()),
        StartError::Future { .. } => Failure::because(Exit::Failed, error)
            .hint("set the clock, or accept it once with TIDINGS_LOG__ACCEPT_FUTURE=true"),
        StartError::Denied(denied) => Failure::because(Exit::Failed, error).hint(denied.hint()),
        StartError::Read(error) => unreadable(error),
        _ if is_read_only(error) => Failure::because(Exit::Failed, error)
            .hint("the data directory needs a disk that can be written: mount it so, or name another with --data-dir"),
        StartError::Data(error) => not_opened(error),
        _ => Failure::because(Exit::Failed, error),
    }
}

/// True if the root cause is a file system that is mounted read-only.
fn is_read_only(error: &(dyn Error + 'static)) -> bool {
    let is_so = |io: &io::Error| io.kind() == io::ErrorKind::ReadOnlyFilesystem;
    telemetry::causes(error).any(|cause| cause.downcast_ref().is_some_and(is_so))
}

#[cfg(test)]
mod tests {
    use events::store::sled_log::OpenError;

    use super::*;

    #[test]
    fn a_disk_that_is_mounted_for_reading_only_has_a_hint() {
        for (kind, is_hinted) in [(io::ErrorKind::ReadOnlyFilesystem, true), (io::ErrorKind::NotFound, false)] {
            let file = StartError::File { what: "cannot make the data directory".to_owned(), source: kind.into() };
            for error in [StartError::Data(OpenError::Store(kind.into()).into()), file] {
                assert_eq!(not_started(&error).hint.is_some(), is_hinted, "{error:?}");
            }
        }
    }
}
