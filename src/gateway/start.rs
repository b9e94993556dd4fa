//! Starts a gateway on a data directory: lock, log, threads.

use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use actix::Arbiter;
use actors::runtime::clock::{Clock, wall_now};
use actors::runtime::vault_room::Filler;
use actors::runtime::vital;
use events::history::ReadMode;
use events::log::Log;
use events::personal::Digest;
use events::secrets::Secrets;
use events::store::data_dir::{DataDir, DataDirError, DataDirOptions};
use events::store::lost_vault::Lost;
use events::store::scratch;
use events::store::sled_log::{OpenError, SledLog};
use events::vault::VaultError;
use events::writer::{Work, Writer};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;

use super::holder::Holder;
use super::proofs;
use super::start_error::{StartError, file};
use super::{Dependencies, Gateway};
use crate::config::Config;
use crate::files::Fetcher;
use crate::net::client::Trust;
use crate::net::guard::{Guard, Own};
use crate::notices::mail::{Authorities, Mailer, Smtp};
use crate::outbound::GuardedPoster;
use crate::rights::{self, Need};
use crate::secrets::{self, Entropy};
use crate::telemetry;
use crate::whatsapp::sending::Transports;
use crate::whatsapp::transports::Routes;
use crate::whatsapp::transports::simulator::access::Access;
use crate::whatsapp::transports::simulator::echo::{self, Echo};
use crate::whatsapp::transports::simulator::in_process::InProcess;
use crate::whatsapp::transports::simulator::remote::Remote;
use crate::whatsapp::transports::simulator::{self, Shared};

/// Most threads that read the log for the actors: the store keeps a list of reader threads, so each one slows it
/// down.
const READERS_MAX: usize = 8;
const ADMIN_KEY_NAME: &[u8] = b"admin_key_hash";

/// A running gateway, and what to show its operator once.
pub struct Started {
    pub gateway: Gateway,
    /// The operator's key, if it was just made and was not written to a file.
    pub new_admin_key: Option<String>,
    /// The simulated `WhatsApp`, if it runs in this process.
    pub simulator: Option<Shared>,
    /// The log itself, for its figures.
    pub log: Arc<SledLog>,
}

/// Opens the data directory and starts a gateway on it, with separate threads for deciding and writing. `bound` is
/// the address where it will listen, with the real port.
pub async fn start(config: &Config, bound: SocketAddr, key_to_terminal: bool) -> Result<Started, StartError> {
    let DataDir { log, vault, secrets, lost, .. } = open(config)?;
    lost.iter().for_each(warn_of);
    let (admin_key, new_admin_key) = admin_key(config, secrets.as_ref(), key_to_terminal)?;
    let last = log.head().recorded_at;
    let rate = config.simulator.clock_rate;
    // A faster clock runs ahead of real time by design.
    if rate == 1 {
        super::future::check(secrets.as_ref(), last, wall_now(), config.log.accept_future)?;
    }
    let clock = Clock::system(last, rate);
    let (transports, world) = transports(config, &clock)?;
    let transport_routes = routes(config, Access::new(admin_key), world.clone(), &clock);
    let base_url = config.base_url(bound);
    let trust = trust(config)?;
    let smtp = smtp(config, &trust)?;
    let guard = Guard::new(&config.guard.allow_networks, Own::new(bound, &base_url));
    let receivers = Own::new(bound, &base_url).with_echo(config.simulator.enabled);
    let receivers = Guard::new(&config.guard.allow_networks, receivers);
    let following = clock.clone().follow();
    let (proofs, start_proofs) = proofs::prepare(config, &log, vault.as_ref(), secrets.as_ref())?;
    let make = Dependencies {
        log: Arc::clone(&log) as Arc<dyn Log>,
        vault,
        secrets,
        clock,
        entropy: Entropy::system(),
        transports,
        files: Arc::new(Fetcher::new(guard, config.limits.into()).trusting(trust.clone())),
        poster: Arc::new(GuardedPoster::new(receivers, &config.outbound).trusting(trust)),
        mailer: smtp.map(|smtp| Arc::new(smtp) as Arc<dyn Mailer>),
        transport_routes,
        reading: ReadMode::Pool,
        start_writer: Box::new(start_writer),
        start_filler: Box::new(start_filler),
        proofs,
        start_proofs,
        vault_failed: Arc::new(|error| unwritable(error)),
        admin_key,
        base_url,
    };
    let (done, launched) = oneshot::channel();
    let config = config.clone();
    Arbiter::with_tokio_rt(deciding).spawn_fn(move || {
        actix::spawn(following);
        let _ = done.send(Gateway::launch(make, &config));
    });
    let gateway = launched.await.map_err(|_| StartError::Actors)??;
    Ok(Started { gateway, new_admin_key, simulator: world, log })
}

fn warn_of(Lost { erased_up_to, secrets, moved }: &Lost) {
    tracing::warn!(
        erased_up_to,
        secrets,
        ?moved,
        "the vault is lost: all texts, names and numbers up to this position are erased, and all secrets; connect \
         accounts again, set the URLs of outbound webhooks again and give receivers their new signing keys"
    );
}

/// Returns the routes of the simulator and of its receiver.
fn routes(config: &Config, access: Access, world: Option<Shared>, clock: &Clock) -> Vec<Routes> {
    let echo = config.simulator.enabled.then(|| echo::routes::of(access, Echo::new(clock.clone())));
    world.map(|world| simulator::routes::of(access, world)).into_iter().chain(echo).collect()
}

/// Returns the errors with which a start on this machine would refuse the files named in the configuration.
pub fn unusable(config: &Config) -> Vec<StartError> {
    let (trust, refused) = match trust(config) {
        Ok(trust) => (trust, None),
        Err(refused) => (Trust::default(), Some(refused)),
    };
    refused.into_iter().chain(smtp(config, &trust).err()).collect()
}

/// Loads the trusted authorities. An unusable file in the configuration stops the start: fix it before anything runs.
fn trust(config: &Config) -> Result<Trust, StartError> {
    let Some(path) = &config.tls.extra_ca_file else { return Ok(Trust::default()) };
    Trust::read(path).map_err(|error| {
        let source = io::Error::new(error.kind(), rights::explain(path, Need::Read, &error));
        StartError::File { what: format!("cannot use [tls] extra_ca_file {}", path.display()), source }
    })
}

fn smtp(config: &Config, trust: &Trust) -> Result<Option<Smtp>, StartError> {
    let authorities = || Authorities::of_this_machine().and(trust.added());
    Ok(Smtp::new(&config.smtp, config.public_url.as_ref(), authorities)?)
}

/// The runtime of the deciding thread.
fn deciding() -> Runtime {
    match Builder::new_current_thread().enable_all().max_blocking_threads(READERS_MAX).build() {
        Ok(runtime) => runtime,
        Err(error) => telemetry::end(&format!("the deciding thread cannot be started: {error}")),
    }
}

fn open(config: &Config) -> Result<DataDir, StartError> {
    let directory = &config.data_dir;
    super::directory::prepare(directory)?;
    // After a crash the recorded address belongs to whoever listens there now. Once the log is open, commands believe it.
    if !scratch::is_in_use(directory) {
        Holder::remove(directory);
    }
    let master_key_file = config.master_key_file.as_deref();
    if let Some(path) = master_key_file {
        super::directory::warn_of_open_key(path);
    }
    let options = DataDirOptions {
        cache_mb: config.log.cache_mb,
        master_key_file,
        now: wall_now(),
        without_vault: config.without_vault,
    };
    match DataDir::open(directory, options) {
        Ok(open) => Ok(open),
        Err(DataDirError::Log(OpenError::InUse)) => {
            Err(StartError::InUse { directory: directory.clone(), holder: Holder::read(directory) })
        }
        Err(error) => Err(StartError::Data(error)),
    }
}

/// Starts the writer's thread. After a failed write the state on disk is unknown, so the process ends at once; a
/// restart reads what is there.
fn start_writer(writer: Writer, work: UnboundedReceiver<Work>) {
    let run = move || {
        if let Err(error) = vital::during(|| writer.run(work)) {
            telemetry::end(&format!("the log cannot be written: {}", telemetry::with_causes(&error)));
        }
    };
    if let Err(error) = thread::Builder::new().name("log-writer".to_owned()).spawn(run) {
        telemetry::end(&format!("no thread can be started for the log's writer: {error}"));
    }
}

/// Starts the thread that makes seeds ahead of need. As with the log, nobody knows what is on the disk after a failed
/// write.
fn start_filler(filler: Filler) {
    let run = move || {
        if let Err(error) = vital::during(|| filler.run()) {
            unwritable(&error);
        }
    };
    if let Err(error) = thread::Builder::new().name("vault-filler".to_owned()).spawn(run) {
        telemetry::end(&format!("no thread can be started for the vault: {error}"));
    }
}

/// Ends the process because the vault cannot be written.
fn unwritable(error: &VaultError) -> ! {
    telemetry::end(&format!("the vault cannot be written: {}", telemetry::with_causes(error)))
}

fn transports(config: &Config, clock: &Clock) -> Result<(Transports, Option<Shared>), StartError> {
    let mut transports = Transports::new();
    let mut simulator = None;
    if config.simulator.enabled {
        let name = "simulator".to_owned();
        if let Some(url) = &config.simulator.url {
            transports.insert(name, Arc::new(Remote::new(url.as_str())?));
        } else {
            let shared = Shared::new(clock.clone());
            transports.insert(name, Arc::new(InProcess::new(shared.clone())));
            simulator = Some(shared);
        }
    }
    Ok((transports, simulator))
}

/// Returns the operator's key: preset, or made on the first start and then shown once or written to a file.
fn admin_key(
    config: &Config,
    kept_in: &dyn Secrets,
    to_terminal: bool,
) -> Result<(Digest, Option<String>), StartError> {
    if let Some(preset) = &config.admin_key {
        return Ok((secrets::digest(preset.reveal()), None));
    }
    if let Some(kept) = kept_in.read(ADMIN_KEY_NAME)?
        && let Ok(hash) = <[u8; 32]>::try_from(kept.as_slice())
    {
        return Ok((Digest(hash), None));
    }
    // It outlives the vault, in which its digest was sealed.
    let kept_file = fs::read_to_string(admin_key_file(&config.data_dir)).ok().filter(|text| text.starts_with("adm_"));
    if let Some(hash) = kept_file.map(|text| secrets::digest(text.trim())) {
        kept_in.keep(ADMIN_KEY_NAME, &hash.0)?;
        return Ok((hash, None));
    }
    let key = Entropy::system().admin_key();
    let hash = secrets::digest(&key);
    if !to_terminal {
        write_private(&admin_key_file(&config.data_dir), &key)?;
    }
    kept_in.keep(ADMIN_KEY_NAME, &hash.0)?;
    Ok((hash, to_terminal.then_some(key)))
}

/// The file for the operator's key if it was not shown on a terminal.
pub(crate) fn admin_key_file(directory: &Path) -> PathBuf {
    directory.join("secrets").join("admin_key")
}

/// Writes a secret to a file that only its owner can read.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), StartError> {
    let written = || {
        if let Some(folder) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        writeln!(file, "{text}")?;
        file.sync_all()
    };
    written().map_err(file(format!("cannot write {}", path.display())))
}
