//! Launches a gateway for random requests: with a log in memory, virtual time, and the same secrets each time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actors::runtime::clock::Clock;
use events::founding::LogId;
use events::history::ReadMode;
use events::log::Log;
use events::secrets::Secrets;
use events::store::memory_log::MemoryLog;
use events::time::Timestamp;
use events::vault::MemoryVault;
use events::writer::{Work, Writer};
use futures_util::future::BoxFuture;
use tidings::audit::proofs::Proofs;
use tidings::config::{Config, Overrides};
use tidings::files::{Fault, Fetched, Files};
use tidings::gateway::{Dependencies, Gateway};
use tidings::outbound::{self, Answered, HttpPoster, Request};
use tidings::secrets::{Entropy, digest};
use tidings::whatsapp::sending::Transports;
use tidings::whatsapp::transports::simulator::Shared;
use tidings::whatsapp::transports::simulator::in_process::InProcess;
use tokio::sync::mpsc::UnboundedReceiver;

/// The operator's key.
pub const ADMIN_KEY: &str = "adm_0123456789abcdefghijklmnopqrstuvwxyzABCD";
/// The address before each secret path.
pub const BASE_URL: &str = "http://tidings.example";
/// 2026-01-01.
const BEGIN_MS: i64 = 1_767_225_600_000;
/// Small, so that even small inputs can exceed it.
const BODY_BYTES_MAX: usize = 1_024;
const TEXT_CHARS_MAX: usize = 200;

/// Starts an empty gateway in the current runtime.
pub fn launch() -> Gateway {
    let log = Arc::new(MemoryLog::default());
    let clock = Clock::start(Arc::new(|| Timestamp::from_ms(BEGIN_MS)), log.head().recorded_at, 1);
    let world = Shared::new(clock.clone());
    let mut transports = Transports::new();
    transports.insert("simulator".to_owned(), Arc::new(InProcess::new(world.clone())));
    let make = Dependencies {
        clock,
        secrets: Arc::clone(&log) as Arc<dyn Secrets>,
        log,
        vault: Arc::new(MemoryVault::endless()),
        entropy: entropy(),
        transports,
        files: Arc::new(Nowhere),
        mailer: None,
        poster: Arc::new(Nowhere),
        transport_routes: Vec::new(),
        reading: ReadMode::Inline,
        start_writer: Box::new(|writer, work| drop(actix::spawn(write(writer, work)))),
        start_filler: Box::new(|filler| drop(actix::spawn(async move { drop(filler.run_inline().await) }))),
        proofs: Proofs::of_nobody(LogId([7; 16])),
        start_proofs: Box::new(drop),
        vault_failed: Arc::new(|_| {}),
        admin_key: digest(ADMIN_KEY),
        base_url: BASE_URL.to_owned(),
    };
    Gateway::launch(make, &config()).expect("an empty log reads")
}

/// The default configuration, except for limits that small inputs can exceed, and for flood limits that none exceeds
/// but that make the gateway read the caller's address.
fn config() -> Config {
    let mut config = Config::load(None, [("", ""); 0], Overrides::default()).expect("the defaults are right");
    config.limits.body_bytes = BODY_BYTES_MAX;
    config.limits.text_chars = TEXT_CHARS_MAX;
    config.limits.flood_per_token_s = 1_000_000;
    config.limits.flood_per_address_s = 1_000_000;
    config.http.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    config
}

/// Runs the writer as a task, so that nothing ever waits for another thread.
async fn write(mut writer: Writer, mut work: UnboundedReceiver<Work>) {
    loop {
        let first = if writer.has_backlog() { work.try_recv().ok() } else { work.recv().await };
        if first.is_none() && !writer.has_backlog() {
            return;
        }
        let prepared = writer.prepare(first, &mut work).expect("memory reads");
        writer.write(&prepared).expect("memory writes");
        writer.sync(prepared).expect("memory syncs");
    }
}

/// A network where no file can be fetched and no receiver can be reached.
struct Nowhere;

impl Files for Nowhere {
    fn fetch<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<Fetched, Fault>> {
        Box::pin(async { Err(Fault::Unreachable) })
    }
}

impl HttpPoster for Nowhere {
    fn post(&self, _: Request) -> BoxFuture<'_, Answered> {
        let (response, fault) = (None, Some(outbound::Fault::Unreachable));
        Box::pin(async { Answered { response, fault, duration: Duration::ZERO } })
    }
}

/// The same secrets in every gateway (`SplitMix64`).
fn entropy() -> Entropy {
    let state = AtomicU64::new(1);
    let next = move || {
        let mut bits = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ bits >> 31
    };
    Entropy::from_fn(move || {
        let mut bytes = [0; 32];
        for chunk in bytes.as_chunks_mut::<8>().0 {
            *chunk = next().to_le_bytes();
        }
        bytes
    })
}
