//! `tidings demo`: everything on this machine, with a workspace to try.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use actors::workspace::{Answer, Command, Workspace};
use events::ids::WorkspaceId;

use super::args::{Cli, DemoArgs};
use super::banner::Banner;
use super::exit::{Exit, Failure};
use super::serve::{Running, in_use};
use super::{commentary, print, say};
use crate::config::Config;
use crate::gateway::{Gateway, Holder, admin_key_file};
use crate::http::{Wanted, make_workspace};

/// Where the demo keeps its data.
pub(super) const DATA_DIR: &str = "data/demo";
/// The default of `serve`, which the demo leaves alone.
const PRODUCTION_DATA_DIR: &str = "data";
const CREDITS: u64 = 1_000;
pub(super) const ACCOUNT_PHONE: &str = "+12025550100";
/// So many ports behind the wanted one are tried.
const PORTS: u16 = 100;

/// Runs the demo until it is told to stop.
pub(super) fn run(cli: &Cli, args: &DemoArgs) -> Result<(), Failure> {
    let mut config = super::config(cli, args.listen)?;
    if !config.listen.ip().is_loopback() {
        let message = format!("the demo listens on loopback only, not on {}", config.listen);
        return Err(Failure::new(Exit::Usage, message).hint("use `tidings serve` for production"));
    }
    if config.data_dir == Path::new(PRODUCTION_DATA_DIR) && cli.data_dir.is_none() {
        config.data_dir = PathBuf::from(DATA_DIR);
    }
    super::logging(cli.json)?;
    if args.reset {
        reset(&config.data_dir)?;
    }
    actix::System::new().block_on(demonstrate(cli, config))
}

async fn demonstrate(cli: &Cli, config: Config) -> Result<(), Failure> {
    let (listener, taken_port) = free_port(config.listen)?;
    let running = Running::start(&config, listener, false).await?;
    let gateway = running.started.gateway.clone();
    let from = gateway.shard.watermark().durable();
    let inbound_url = ready_workspace(&gateway).await?;
    let key_file = admin_key_file(&config.data_dir);
    let banner = Banner {
        version: env!("CARGO_PKG_VERSION"),
        base_url: &gateway.base_url,
        taken_port,
        data_dir: &config.data_dir,
        events: gateway.shard.watermark().durable(),
        chain_verified: verified(&gateway).await?,
        recovered_ms: u64::try_from(running.recovered.as_millis()).unwrap_or(u64::MAX),
        accounts: accounts(&gateway).await?,
        clock_rate: config.simulator.clock_rate,
        admin_key_file: key_file.exists().then_some(key_file.as_path()),
        inbound_url: &inbound_url,
        colour: super::colour(&io::stdout()),
    };
    if cli.json {
        print(&format!("{}\n", serde_json::json!({"url": &*gateway.base_url, "inbound_url": inbound_url})))?;
    } else {
        print(&banner.render())?;
        actix::spawn(commentary::events(gateway.clone(), from, banner.colour));
        actix::spawn(commentary::refusals(gateway.clone(), WorkspaceId::nth(0), banner.colour));
    }
    running.until_stopped(&config).await
}

/// The wanted port, or the next free one; and the one that was taken.
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

/// Deletes the demo's data, unless somebody uses it or it is something else.
fn reset(directory: &Path) -> Result<(), Failure> {
    if !directory.exists() {
        return Ok(());
    }
    if !directory.join("log").join("db").exists() {
        let message = format!("{} is no data directory of tidings", directory.display());
        return Err(Failure::new(Exit::Usage, message).hint("nothing was deleted"));
    }
    match events::sled_log::SledLog::open(directory, 16) {
        Err(events::sled_log::OpenError::InUse) => Err(in_use(directory, Holder::read(directory).as_ref())),
        _ => std::fs::remove_dir_all(directory).map_err(|error| Failure::because(Exit::Failed, &error)),
    }
}

/// The demo's workspace with its account, made on the first start; its secret URL.
async fn ready_workspace(gateway: &Gateway) -> Result<String, Failure> {
    let workspace = WorkspaceId::nth(0);
    let seen = gateway.shard.look::<Workspace, _>(workspace, |state| state.token_hash).await;
    let token_hash = seen.map_err(|error| failed(&error))?.value;
    let url = match token_hash {
        Some(hash) => gateway.inbound_url(&hash).map_err(|error| failed(&error))?,
        None => Some(make(gateway).await?),
    };
    if accounts(gateway).await? == 0 {
        connect(gateway, workspace).await?;
    }
    let lost = || Failure::new(Exit::Failed, "the demo's secret URL is lost").hint("begin anew with --reset");
    url.ok_or_else(lost)
}

async fn accounts(gateway: &Gateway) -> Result<usize, Failure> {
    let seen = gateway.shard.look::<Workspace, _>(WorkspaceId::nth(0), |state| state.accounts.len()).await;
    Ok(seen.map_err(|error| failed(&error))?.value)
}

async fn make(gateway: &Gateway) -> Result<String, Failure> {
    let wanted = Wanted {
        name: "Demo workspace".to_owned(),
        owner_name: "Demo Owner".to_owned(),
        owner_email: "owner@demo.example".to_owned(),
        language: "en".to_owned(),
        credits: CREDITS,
    };
    let made = make_workspace(gateway, wanted, gateway.chance.command_id()).await;
    Ok(made.map_err(|error| failed(&error))?.inbound_url)
}

async fn connect(gateway: &Gateway, workspace: WorkspaceId) -> Result<(), Failure> {
    let [phone, full_name, email, transport] =
        [ACCOUNT_PHONE, "Demo Sales", "sales@demo.example", "simulator"].map(str::to_owned);
    let connect = gateway.connection(phone, full_name, email, transport, "operator").ok_or_else(|| {
        Failure::new(Exit::Usage, "the demo needs the simulator").hint("set simulator.enabled = true")
    })?;
    let cause = Gateway::cause("operator", gateway.chance.command_id());
    match gateway.shard.ask::<Workspace>(workspace, Command::Connect(connect), cause).await {
        Ok(Answer::Connected(_)) => Ok(()),
        Ok(other) => Err(Failure::new(Exit::Failed, format!("unexpected answer {other:?}"))),
        Err(error) => Err(failed(&error)),
    }
}

async fn verified(gateway: &Gateway) -> Result<bool, Failure> {
    let verdict = gateway.read(|gateway| events::verify::verify(gateway.shard.log().as_ref(), |_| {})).await;
    verdict.map(|_| true).map_err(|error| super::reading::unreadable(&error))
}

fn failed(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Failed, error.to_string())
}
