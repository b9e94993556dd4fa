//! Puts the parts together: log, actors, transports. Production, the demo and tests in virtual time all use it.

mod directory;
mod disk_watch;
mod forget_port;
mod future;
mod holder;
mod listener;
mod ports;
mod proofs;
mod start;
mod start_error;

use std::sync::Arc;
use std::time::Duration;

use actors::account::pacing::Gap;
use actors::reporting::Reports;
use actors::runtime::clock::Clock;
use actors::runtime::shard::{self, Shard, ShardHandle};
use actors::runtime::vault_room::Filler;
use actors::runtime::vital;
use actors::workspace::Connect;
use events::history::ReadMode;
use events::ids::WorkspaceId;
use events::index::{IndexKey, KeyEntry};
use events::log::{Log, ReadError};
use events::personal::Digest;
use events::secrets::Secrets;
use events::vault::{Owner, Vault, VaultError};
use events::who::Who;
use events::writer::{Work, Writer};
use governor::clock::MonotonicClock;
use tokio::sync::mpsc::{UnboundedReceiver, channel};

pub(crate) use directory::prepare as prepare_directory;
pub use disk_watch::watch as watch_disk;
pub use holder::Holder;
pub use listener::listener_of;
pub use start::{Started, start, unusable};
pub(crate) use start::{admin_key_file, write_private};
pub use start_error::StartError;

use self::ports::PortParts;
use crate::audit::checkpoint_files::CheckpointFiles;
use crate::audit::proofs::Proofs;
use crate::audit::verifications::Verifications;
use crate::config::{Attachments, Config, Limits, Pacing};
use crate::files::Files;
use crate::metrics::{Mails, Metered, Metrics};
use crate::net::rate_limit::RateLimits;
use crate::net::stream_limit::StreamLimit;
use crate::notices::mail::{MailQueue, Mailer};
use crate::outbound::{HttpPoster, Listeners, RecordedPoster, Tries};
use crate::readiness::Readiness;
use crate::recent::attempts::Attempts;
use crate::secrets::{self, Entropy};
use crate::telemetry::{self, LogFilter};
use crate::whatsapp::receiving::Receiver;
use crate::whatsapp::sending::{Fetching, SentCache, Transports};
use crate::whatsapp::transports::{Capabilities, Routes};
use crate::whatsapp::wire_ids::WireIds;

/// The last checkpoint is waited for this long.
const LAST_CHECKPOINT: Duration = Duration::from_secs(2);
/// Capacity of the channel of updates from one transport.
const UPDATES_AHEAD: usize = 1_024;

/// Everything that a request handler needs. Clones share it.
#[derive(Clone)]
pub struct Gateway {
    /// The handle to the actors.
    pub shard: ShardHandle,
    /// The store of secrets.
    pub secrets: Arc<dyn Secrets>,
    /// Makes ids and secrets.
    pub entropy: Entropy,
    /// SHA-256 of the operator's key.
    pub admin_key: Digest,
    /// The public address: what users type before `/in/`.
    pub base_url: Arc<str>,
    /// Sizes, lengths and times allowed.
    pub limits: Limits,
    /// The pacing gap that new accounts get.
    pub pacing: Pacing,
    /// True if refusals leave out our own `error` key.
    pub strict_errors: bool,
    /// Send the messages.
    pub transports: Arc<Transports>,
    /// Fetches the files of messages.
    pub files: Arc<dyn Files>,
    /// The files being fetched for messages that wait for them.
    pub fetching: Arc<Fetching>,
    /// HTTP routes that the transports need.
    pub transport_routes: Vec<Routes>,
    /// The threads on which the log is read.
    pub reading: ReadMode,
    /// Tells whether new work is accepted.
    pub readiness: Arc<Readiness>,
    /// The figures for monitoring.
    pub metrics: Arc<Metrics>,
    /// The last requests to the inbound webhooks.
    pub attempts: Attempts,
    /// The last tries of the outbound webhooks.
    pub tries: Tries,
    /// Posts to the CRMs.
    pub poster: RecordedPoster,
    /// The rate limits for requests.
    pub rate_limits: Arc<RateLimits>,
    /// The queue of e-mails to owners.
    pub mail_queue: Arc<MailQueue>,
    /// Limits the live streams of each workspace.
    pub stream_limit: StreamLimit,
    /// Checkpoints of the log.
    pub proofs: Proofs,
    /// True if anybody may read them.
    pub checkpoint_public: bool,
    /// The verification of the log that is under way, if any.
    pub verifications: Verifications,
    /// Chooses what is logged.
    pub log_filter: LogFilter,
}

/// Bytes that the rules may fill in a bundle. Subtracts room for our own address, which a bundle contains once as is
/// and once in HTML, where a character takes up to six bytes.
fn bundle_bytes(config: &Config, base_url_bytes: usize) -> u64 {
    let base_url_bytes = u64::try_from(base_url_bytes).unwrap_or(u64::MAX);
    config.outbound.bundle_bytes.saturating_sub(base_url_bytes.saturating_mul(1 + 6))
}

/// Told of a write of the vault that failed.
pub type VaultFailed = Arc<dyn Fn(&VaultError) + Send + Sync>;

/// The parts that a gateway is made of.
pub struct Dependencies {
    /// Stores the commits.
    pub log: Arc<dyn Log>,
    /// The seeds of the keys that seal texts and names.
    pub vault: Arc<dyn Vault>,
    /// The store of secrets.
    pub secrets: Arc<dyn Secrets>,
    /// The clock that the rules use.
    pub clock: Clock,
    /// Makes ids and secrets.
    pub entropy: Entropy,
    /// Send the messages.
    pub transports: Transports,
    /// Fetches the files of messages.
    pub files: Arc<dyn Files>,
    /// Posts to the CRMs.
    pub poster: Arc<dyn HttpPoster>,
    /// Hands e-mails to the mail server; without one, e-mails are only kept.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// HTTP routes that the transports need.
    pub transport_routes: Vec<Routes>,
    /// The threads on which the log is read.
    pub reading: ReadMode,
    /// Starts the thread of the writer.
    pub start_writer: Box<dyn FnOnce(Writer, UnboundedReceiver<Work>) + Send>,
    /// Starts the thread that makes seeds ahead of need.
    pub start_filler: Box<dyn FnOnce(Filler) + Send>,
    /// Checkpoints of the log.
    pub proofs: Proofs,
    /// Starts the thread that makes them.
    pub start_proofs: Box<dyn FnOnce(ShardHandle) + Send>,
    /// Ends the process if a seed cannot be destroyed because a write has failed.
    pub vault_failed: VaultFailed,
    /// SHA-256 of the operator's key.
    pub admin_key: Digest,
    /// The public address: what users type before `/in/`.
    pub base_url: String,
}

impl Dependencies {
    /// Makes what the ports are made of.
    fn outside(&self, files: &Arc<Metered>, mails: &Mails, config: &Config) -> Result<PortParts, ReadError> {
        let (tries, poster) = (Tries::open(self.log.as_ref())?, Arc::clone(&self.poster));
        Ok(PortParts {
            secrets: Arc::clone(&self.secrets),
            transports: Arc::new(self.transports.clone()),
            wire_ids: wire_ids(self.vault.as_ref())?,
            fetching: Arc::new(Fetching::new(Arc::clone(files) as Arc<dyn Files>, config.limits.files_at_once)),
            handover_timeout: Duration::from_secs(config.limits.handover_timeout_s),
            sent_cache: SentCache::default(),
            poster: RecordedPoster::new(poster, Listeners::new(&config.outbound), tries.clone()),
            base_url: self.base_url.as_str().into(),
            retry_ms: config.outbound.retry_s.iter().map(|s| u64::from(*s).saturating_mul(1_000)).collect(),
            mail_queue: Arc::new(MailQueue::new(self.mailer.clone(), mails.clone())),
            vault: Arc::clone(&self.vault),
            vault_failed: Arc::clone(&self.vault_failed),
            attempts: Attempts::open(self.log.as_ref())?,
            tries,
        })
    }
}

impl Gateway {
    /// Starts the actors and connects the transports to them. Call it on the deciding thread.
    pub fn launch(parts: Dependencies, config: &Config) -> Result<Self, ReadError> {
        let metered = Arc::new(Metered::new(Arc::clone(&parts.files)));
        let mails = Mails::default();
        let outside = parts.outside(&metered, &mails, config)?;
        let shard = Shard::launch(shard::Dependencies {
            log: parts.log,
            vault: parts.vault,
            clock: parts.clock,
            ports: outside.clone().make_ports(),
            start_writer: parts.start_writer,
            start_filler: parts.start_filler,
            reading: parts.reading,
            settings: shard_settings(config, outside.base_url.len()),
        })?;
        (parts.start_proofs)(shard.clone());
        let readiness: Arc<Readiness> = Arc::default();
        let (state, proofs) = (Arc::clone(&readiness), parts.proofs.clone());
        let gateway = Self {
            metrics: Arc::new(Metrics::new(shard.clone(), state, proofs, &metered, &mails)),
            shard,
            secrets: outside.secrets,
            entropy: parts.entropy,
            admin_key: parts.admin_key,
            base_url: outside.base_url,
            limits: config.limits,
            pacing: config.pacing,
            strict_errors: config.compat.strict_errors,
            transports: outside.transports,
            files: metered,
            fetching: outside.fetching,
            transport_routes: parts.transport_routes,
            reading: parts.reading,
            readiness,
            attempts: outside.attempts,
            tries: outside.tries,
            poster: outside.poster,
            rate_limits: Arc::new(RateLimits::new(&config.limits, &config.http, MonotonicClock)),
            mail_queue: outside.mail_queue,
            stream_limit: StreamLimit::new(config.limits.streams_per_workspace),
            proofs: parts.proofs,
            checkpoint_public: config.audit.checkpoint_public,
            verifications: Verifications::none(CheckpointFiles::of(config)),
            log_filter: telemetry::log_filter(),
        };
        gateway.spawn_tasks(&outside.sent_cache, &outside.wire_ids);
        Ok(gateway)
    }

    /// Receives the transports' updates, and saves the attempts and tries kept beside the log, as long as the process
    /// runs.
    fn spawn_tasks(&self, sent_cache: &SentCache, wire_ids: &WireIds) {
        for transport in self.transports.values() {
            let (sink, updates) = channel(UPDATES_AHEAD);
            transport.start(sink);
            let receiver =
                Receiver { shard: self.shard.clone(), sent_cache: sent_cache.clone(), wire_ids: wire_ids.clone() };
            actix::spawn(vital::task(receiver.receive(updates)));
        }
        actix::spawn(vital::task(self.attempts.clone().save_each_second(self.shard.clone(), self.reading)));
        actix::spawn(vital::task(self.tries.clone().save_each_second(self.shard.clone(), self.reading)));
    }

    /// Returns the workspace that this inbound token hash belongs to, if the entry is durable.
    pub fn inbound(&self, token_hash: Digest) -> Result<Option<WorkspaceId>, ReadError> {
        self.shard.index().find_durable(&IndexKey::Inbound(token_hash), self.shard.watermark().durable())
    }

    /// Returns the API key with this hash, if it is valid and durable.
    pub fn api_key(&self, key_hash: Digest) -> Result<Option<KeyEntry>, ReadError> {
        self.shard.index().find_durable(&IndexKey::ApiKey(key_hash), self.shard.watermark().durable())
    }

    /// Returns the inbound URL with the token in clear, if the token is valid.
    pub fn inbound_url(&self, token_hash: &Digest) -> Result<Option<String>, ReadError> {
        Ok(self.inbound_token(token_hash)?.map(|token| format!("{}/in/{token}", self.base_url)))
    }

    /// Returns the secret token with this hash; `None` if it was not kept.
    pub fn inbound_token(&self, token_hash: &Digest) -> Result<Option<String>, ReadError> {
        let token = self.secrets.read(&secrets::inbound_name(token_hash))?;
        Ok(token.and_then(|token| String::from_utf8(token).ok()))
    }

    /// Starts nothing new, saves what is only in memory, and waits for work in progress. Returns how many messages
    /// stay queued.
    pub async fn stop(&self) -> u64 {
        self.fetching.stop();
        self.attempts.save(&self.shard, self.reading).await;
        self.tries.save(&self.shard, self.reading).await;
        let queued = self.shard.stop().await;
        let last = self.proofs.checkpoint(self.shard.watermark().durable());
        if tokio::time::timeout(LAST_CHECKPOINT, last).await.is_err() {
            tracing::info!("the last events are not in a checkpoint yet; the next start goes on with them");
        }
        queued
    }

    /// Reads the log on a thread where reading blocks nobody.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Self) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let reader = self.clone();
        self.reading.read(move || read(&reader)).await
    }

    /// Builds the command that connects a number over this transport; `None` if there is no such transport.
    pub fn connection(
        &self,
        phone: String,
        full_name: String,
        email: String,
        transport: String,
        by: Who,
    ) -> Option<Connect> {
        let Capabilities { own_message_id, once, .. } = self.transports.get(&transport)?.capabilities();
        let Pacing { gap_ms_min, gap_ms_max } = self.pacing;
        let gap = Gap { min_ms: gap_ms_min, max_ms: gap_ms_max };
        Some(Connect { phone, full_name, email, transport, own_message_id, once, gap, by, holders: None })
    }
}

/// Makes the wire ids of this log. Without their key no receipt could be understood any more.
fn wire_ids(vault: &dyn Vault) -> Result<WireIds, ReadError> {
    let key = vault.key(Owner::WireIds)?;
    let lost = || ReadError::Damaged { position: 0, what: format!("the key of {} is destroyed", Owner::WireIds) };
    Ok(WireIds::new(key.ok_or_else(lost)?))
}

fn shard_settings(config: &Config, base_url_bytes: usize) -> shard::Settings {
    shard::Settings {
        commands_in_flight: config.limits.commands_in_flight,
        idle: Duration::from_secs(config.limits.actor_idle_s),
        reports: Reports {
            attachments: config.outbound.attachments == Attachments::Include,
            bundle_bytes: bundle_bytes(config, base_url_bytes),
        },
        snapshot_every: config.limits.snapshot_every,
    }
}
