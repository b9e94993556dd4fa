//! `tidings demo`: everything on this machine, with a workspace to try.

pub(super) mod mark;
mod workspace;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use actors::runtime::vital;
use events::codec::Opening;
use events::store::scratch;

use self::workspace::Ready;
use super::args::{Cli, DemoArgs};
use super::banner::{Banner, Reports};
use super::data_dir::{DEMO_DATA_DIR, api_key_file, in_use, unreadable};
use super::exit::{Exit, Failure};
use super::serve::Running;
use super::{activity_feed, print, say};
use crate::config::Config;
use crate::gateway::{Gateway, Holder, admin_key_file};
use crate::recent::mask;

/// The default of `serve`, which the demo does not use.
const PRODUCTION_DATA_DIR: &str = "data";
/// Networks where a CRM on this machine may receive reports.
const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1/128"];
/// The demo's data in its directory, which a reset deletes; the mark stays.
const KEPT: [&str; 5] = ["log", "vault", "tidings.json", "secrets", "process.json"];
/// How many ports to try, counting from the requested one.
const PORTS: u16 = 100;

/// Runs the demo until it is stopped.
pub(super) fn run(cli: &Cli, args: &DemoArgs) -> Result<(), Failure> {
    let mut config = super::config(cli, args.listen)?;
    if !config.listen.ip().is_loopback() {
        let message = format!("the demo listens on loopback only, not on {}", config.listen);
        return Err(Failure::new(Exit::Usage, message).hint("use `tidings serve` for production"));
    }
    if !config.simulator.enabled {
        let message = "the demo needs the simulator";
        return Err(Failure::new(Exit::Usage, message).hint("set simulator.enabled = true, or use `tidings serve`"));
    }
    if config.data_dir == Path::new(PRODUCTION_DATA_DIR) && cli.data_dir.is_none() {
        config.data_dir = PathBuf::from(DEMO_DATA_DIR);
    }
    // A developer's CRM listens on loopback; our own address stays blocked, except for the simulator's receiver.
    if config.guard.allow_networks.is_empty() {
        config.guard.allow_networks = LOOPBACK.iter().filter_map(|network| network.parse().ok()).collect();
    }
    super::logging(cli.json)?;
    mark::claim(&config.data_dir)?;
    if args.reset {
        reset(&config.data_dir)?;
    }
    actix::System::new().block_on(vital::task(demonstrate(cli, config)))
}

async fn demonstrate(cli: &Cli, config: Config) -> Result<(), Failure> {
    let (listener, taken_port) = free_port(config.listen)?;
    let bound = listener.local_addr().map_err(|error| Failure::because(Exit::Failed, &error))?;
    let mut running = Running::start(&config, listener, false).await?;
    announce(cli, &config, &mut running, bound, taken_port).await?;
    running.until_stopped(&config, cli.json).await
}

/// Sets up the demo workspace and prints the banner.
async fn announce(
    cli: &Cli,
    config: &Config,
    running: &mut Running,
    bound: SocketAddr,
    taken_port: Option<u16>,
) -> Result<(), Failure> {
    let gateway = running.started.gateway.clone();
    let from = gateway.shard.watermark().durable();
    let ready = workspace::ready(&gateway, bound, &config.data_dir).await?;
    if cli.json {
        let inbound_url = format!("{}/in/{}", gateway.base_url, ready.inbound_token);
        let told = serde_json::json!({
            "url": &*gateway.base_url, "inbound_url": inbound_url, "reports_url": ready.reports_url
        });
        print(&format!("{told}\n"))?;
    } else {
        let chain_verified = verified(&gateway).await?;
        let banner = Banner { taken_port, chain_verified, ..banner(config, running, bound, ready) };
        print(&banner.render())?;
        running.aside.spawn_local(activity_feed::events(gateway.clone(), from, banner.colour));
        running.aside.spawn_local(activity_feed::refusals(gateway.clone(), banner.colour));
    }
    Ok(())
}

fn banner(config: &Config, running: &Running, bound: SocketAddr, ready: Ready) -> Banner {
    let gateway = &running.started.gateway;
    let existing = |file: PathBuf| file.exists().then_some(file);
    let local_url = format!("http://{bound}");
    let phones_url = config.simulator.url.as_ref().map_or(&*local_url, |url| url.as_str());
    let reports = match ready.reports_url.as_deref() {
        None => Reports::Nowhere,
        Some(_) if !ready.reports_on => Reports::Off,
        Some(url) if *url == workspace::echo_url(bound) => Reports::ToEcho(url.to_owned()),
        Some(url) => Reports::To(mask::url(url)),
    };
    Banner {
        version: env!("CARGO_PKG_VERSION"),
        base_url: gateway.base_url.to_string(),
        taken_port: None,
        data_dir: config.data_dir.clone(),
        names_data_dir: !is_found_unnamed(&config.data_dir),
        events: gateway.shard.watermark().durable(),
        chain_verified: false,
        recovered_ms: u64::try_from(running.recovered.as_millis()).unwrap_or(u64::MAX),
        workspace: ready.name,
        workspace_id: workspace::WORKSPACE.to_string(),
        balance: ready.balance,
        accounts: ready.accounts,
        stopped: ready.stopped,
        inbound_enabled: ready.inbound_enabled,
        clock_rate: config.simulator.clock_rate,
        admin_key_file: existing(admin_key_file(&config.data_dir)),
        api_key_file: existing(api_key_file(&config.data_dir)),
        inbound_token: ready.inbound_token,
        reports,
        aggregation: ready.aggregation,
        phones_url: phones_url.trim_end_matches('/').to_owned(),
        local_url,
        program: program(),
        colour: super::colour(&io::stdout()),
    }
}

/// Returns the name by which this program was called, for command lines to copy.
fn program() -> String {
    let called = std::env::args_os().next().and_then(|name| name.into_string().ok());
    called.filter(|name| !name.is_empty()).unwrap_or_else(|| "tidings".to_owned())
}

/// True if commands find the data directory without its name.
fn is_found_unnamed(directory: &Path) -> bool {
    directory == Path::new(DEMO_DATA_DIR) && !Path::new(PRODUCTION_DATA_DIR).join("log").exists()
}

/// Binds the requested port or the next free one. Also returns the requested port if it was taken.
fn free_port(wanted: SocketAddr) -> Result<(TcpListener, Option<u16>), Failure> {
    let mut address = wanted;
    for _ in 0..PORTS {
        match TcpListener::bind(address) {
            Ok(listener) => {
                let taken = (address != wanted).then_some(wanted.port());
                if let Some(port) = taken {
                    say(&format!("Port {port} is taken; using {}.\n", address.port()));
                }
                return Ok((listener, taken));
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                address.set_port(address.port().checked_add(1).unwrap_or(1_024));
            }
            Err(error) => return Err(Failure::new(Exit::Failed, format!("cannot listen on {address}: {error}"))),
        }
    }
    Err(Failure::new(Exit::Failed, format!("no free port from {wanted} on")).hint("choose one with --listen"))
}

/// Deletes the demo's data, unless another process uses it.
fn reset(directory: &Path) -> Result<(), Failure> {
    if scratch::is_in_use(directory) {
        return Err(in_use(directory, Holder::read(directory).as_ref()));
    }
    let gone = KEPT.map(|name| directory.join(name)).iter().try_for_each(|path| match std::fs::metadata(path) {
        Ok(kept) if kept.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(_) => Ok(()),
    });
    gone.map_err(|error| Failure::because(Exit::Failed, &error))
}

async fn verified(gateway: &Gateway) -> Result<bool, Failure> {
    let verify = |gateway: &Gateway| events::verify::verify(gateway.shard.log().as_ref(), Opening::Shut, |_| {});
    let verdict = gateway.read(verify).await;
    verdict.map(|_| true).map_err(|error| unreadable(&error))
}
