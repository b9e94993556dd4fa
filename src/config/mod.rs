//! The operator's settings: typed, checked once at the start, passed by value to the parts that need them.

mod check;
mod error;
mod fields;
mod kind;
mod kubernetes;
mod layers;
mod mail;
mod shown;
mod values;

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use error::{ConfigError, Origin, Suggestion};
pub use mail::{MailHost, MailTls};
pub use shown::{Effective, effective};
pub use values::{AdminKey, Attachments, Network, PublicUrl, SimulatorUrl, Success, Unfit};

/// The documented defaults: every key with its unit, range and default.
pub const DEFAULTS: &str = include_str!("../../config/tidings.toml");

/// The warning if other machines can reach the simulator.
const EXPOSED_SIMULATOR: &str = "the simulator is on and the gateway listens for other machines: /sim/v1 takes \
    requests of this machine, and of others with the operator's key; for production set [simulator] enabled = false";

/// The warning if other machines call the gateway, and it does not know by which address.
const NO_PUBLIC_URL: &str = "the gateway listens for other machines, but public_url is not set: inbound URLs and links \
    begin with an address of this machine, and without https; set public_url to what users type";

/// The whole configuration; [`DEFAULTS`] explains the keys.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The address where the gateway listens.
    #[serde(deserialize_with = "fields::address")]
    pub listen: SocketAddr,
    /// The folder of the log, its indexes and the secrets.
    #[serde(deserialize_with = "fields::path")]
    pub data_dir: PathBuf,
    /// The public address: what users type before `/in/`. [`Config::base_url`] says what applies if it is not set.
    #[serde(deserialize_with = "fields::optional")]
    pub public_url: Option<PublicUrl>,
    /// The operator's preset key; if it is not set, a key is made on the first start.
    #[serde(deserialize_with = "fields::optional")]
    pub admin_key: Option<AdminKey>,
    /// The file with the key under which the vault's seeds are sealed; without one it is kept in `data_dir`.
    #[serde(deserialize_with = "fields::optional")]
    pub master_key_file: Option<PathBuf>,
    /// `--without-vault`: to go on without a vault that cannot be opened. No key of the configuration.
    #[serde(skip)]
    pub without_vault: bool,
    /// Free disk space in MiB below which new work is refused.
    #[serde(deserialize_with = "fields::within::<0, 1_048_576, _, _>")]
    pub disk_reserve_mb: u64,
    pub pacing: Pacing,
    pub simulator: Simulator,
    /// Sizes, lengths, times and rates allowed.
    pub limits: Limits,
    /// How requests reach the gateway.
    pub http: Http,
    /// The event log.
    pub log: Log,
    /// Proofs for auditors.
    pub audit: Audit,
    /// How closely responses follow those of other gateways.
    pub compat: Compat,
    pub guard: Guard,
    /// Reports to the CRM's URL.
    pub outbound: Outbound,
    /// TLS connections to others.
    pub tls: Tls,
    pub smtp: Smtp,
}

/// The waiting time between two messages of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pacing {
    /// Shortest gap in milliseconds; at most `gap_ms_max`.
    #[serde(deserialize_with = "fields::within::<0, 600_000, _, _>")]
    pub gap_ms_min: u32,
    /// Longest gap in milliseconds.
    #[serde(deserialize_with = "fields::within::<0, 600_000, _, _>")]
    pub gap_ms_max: u32,
}

/// The simulated `WhatsApp`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Simulator {
    /// True if accounts may use it.
    pub enabled: bool,
    /// The address of its own process; if not set, it runs inside the gateway.
    #[serde(deserialize_with = "fields::optional")]
    pub url: Option<SimulatorUrl>,
    /// Speed of the rules' clock, as a multiple of real time: 1 to 3600, and 1 without the simulator.
    #[serde(deserialize_with = "fields::within::<1, 3_600, _, _>")]
    pub clock_rate: u32,
}

/// Sizes, lengths, times and rates allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Largest request body in bytes.
    #[serde(deserialize_with = "fields::within::<1_024, 16_777_216, _, _>")]
    pub body_bytes: usize,
    /// Milliseconds within which a request body must arrive.
    #[serde(deserialize_with = "fields::within::<100, 600_000, _, _>")]
    pub body_deadline_ms: u64,
    /// Longest text of a message, in characters.
    #[serde(deserialize_with = "fields::within::<1, 65_536, _, _>")]
    pub text_chars: usize,
    /// Commands in flight at once, over all workspaces.
    #[serde(deserialize_with = "fields::within::<1, 65_536, _, _>")]
    pub commands_in_flight: usize,
    /// Seconds after which the outcome of handing a message to a transport counts as unknown.
    #[serde(deserialize_with = "fields::within::<1, 300, _, _>")]
    pub handover_timeout_s: u64,
    /// Seconds without work after which an actor goes to sleep.
    #[serde(deserialize_with = "fields::within::<1, 86_400, _, _>")]
    pub actor_idle_s: u64,
    /// Number of an actor's events after which a snapshot is stored, so that the actor wakes faster.
    #[serde(deserialize_with = "fields::within::<1, 1_000_000_000, _, _>")]
    pub snapshot_every: u64,
    /// Largest file in bytes.
    #[serde(deserialize_with = "fields::within::<1, 16_777_216, _, _>")]
    pub file_bytes: usize,
    /// Milliseconds within which a file must arrive.
    #[serde(deserialize_with = "fields::within::<100, 600_000, _, _>")]
    pub file_deadline_ms: u64,
    /// Most redirects on the way to a file.
    #[serde(deserialize_with = "fields::within::<0, 10, _, _>")]
    pub file_redirects: usize,
    /// Files fetched at once, over all workspaces.
    #[serde(deserialize_with = "fields::within::<1, 4_096, _, _>")]
    pub files_at_once: usize,
    /// Requests per second to one inbound URL; 0 means no limit.
    #[serde(deserialize_with = "fields::within::<0, 1_000_000, _, _>")]
    pub flood_per_token_s: u32,
    /// Requests per second from one address to inbound URLs; 0 means no limit.
    #[serde(deserialize_with = "fields::within::<0, 1_000_000, _, _>")]
    pub flood_per_address_s: u32,
    /// API requests other than GET per second and workspace; 0 means no limit.
    #[serde(deserialize_with = "fields::within::<0, 1_000_000, _, _>")]
    pub changes_per_workspace_s: u32,
    /// Live streams open at once per workspace.
    #[serde(deserialize_with = "fields::within::<1, 1_024, _, _>")]
    pub streams_per_workspace: usize,
}

/// How requests reach the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Networks whose `X-Forwarded-For` is trusted.
    #[serde(deserialize_with = "fields::list")]
    pub trusted_proxies: Vec<Network>,
    /// Most connections in all.
    #[serde(deserialize_with = "fields::within::<8, 1_000_000, _, _>")]
    pub connections_max: usize,
    /// Most connections per address.
    #[serde(deserialize_with = "fields::within::<1, 1_000_000, _, _>")]
    pub connections_per_address_max: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Size of the page cache in MiB.
    #[serde(deserialize_with = "fields::within::<16, 65_536, _, _>")]
    pub cache_mb: u64,
    /// True to start on a log that is more than an hour ahead of the machine's clock.
    pub accept_future: bool,
}

/// Proofs for auditors.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// Seconds after which a checkpoint is signed, if anything has happened.
    #[serde(deserialize_with = "fields::within::<1, 86_400, _, _>")]
    pub checkpoint_s: u64,
    /// A second folder for checkpoints, on another disk or host.
    #[serde(deserialize_with = "fields::optional")]
    pub checkpoint_dir: Option<PathBuf>,
    /// False if only the operator may see checkpoints.
    pub checkpoint_public: bool,
}

/// How closely responses follow those of other gateways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compat {
    /// Leaves our own `error` key out of refusals.
    pub strict_errors: bool,
}

/// The addresses that users may have us call.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// Private networks that may be called.
    #[serde(deserialize_with = "fields::list")]
    pub allow_networks: Vec<Network>,
}

/// Reports to the CRM's URL.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbound {
    /// Seconds to wait after the first, second, ... failure in a row: 1 to 10 entries, the last one repeats.
    #[serde(deserialize_with = "fields::numbers::<10, 86_400, _>")]
    pub retry_s: Vec<u32>,
    /// The statuses that count as success.
    #[serde(deserialize_with = "fields::parsed")]
    pub success: Success,
    /// Skip or include messages with an attachment.
    #[serde(deserialize_with = "fields::parsed")]
    pub attachments: Attachments,
    /// Largest bundle in bytes: a report of several messages.
    #[serde(deserialize_with = "fields::within::<16_384, 16_777_216, _, _>")]
    pub bundle_bytes: u64,
    /// Time limit of a report in seconds, from the name look-up to the headers of the response.
    #[serde(deserialize_with = "fields::within::<1, 300, _, _>")]
    pub timeout_s: u64,
}

/// TLS connections to others.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// PEM file of authorities that are trusted besides those of this machine.
    #[serde(deserialize_with = "fields::optional")]
    pub extra_ca_file: Option<PathBuf>,
}

/// The mail server for our e-mails.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    /// Name or address of the server; without one, e-mails are only kept.
    #[serde(deserialize_with = "fields::optional")]
    pub host: Option<MailHost>,
    #[serde(deserialize_with = "fields::within::<1, 65_535, _, _>")]
    pub port: u16,
    /// User name to sign in with; set together with `password_file`.
    #[serde(deserialize_with = "fields::optional")]
    pub user: Option<String>,
    /// File with the password and nothing else.
    #[serde(deserialize_with = "fields::optional")]
    pub password_file: Option<PathBuf>,
    /// Sender address of the e-mails.
    #[serde(deserialize_with = "fields::mailbox")]
    pub from: String,
    /// How the connection is encrypted.
    #[serde(deserialize_with = "fields::parsed")]
    pub tls: MailTls,
    /// Seconds that each step of sending an e-mail may take.
    #[serde(deserialize_with = "fields::within::<1, 300, _, _>")]
    pub timeout_s: u64,
}

/// Values from the command line; they override all other sources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--listen`.
    pub listen: Option<SocketAddr>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
}

impl Config {
    /// Reads the built-in defaults, `file`, the `TIDINGS_*` variables of `environment` and `overrides`; later sources
    /// win. Fails on an unknown key or variable, and on a value that is invalid or contradicts another one.
    pub fn load<I, N, V>(file: Option<&Path>, environment: I, overrides: Overrides) -> Result<Self, ConfigError>
    where
        I: IntoIterator<Item = (N, V)>,
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let settings = layers::Settings::load(file, environment)?;
        let mut config: Self = settings.typed()?;
        check::contradictions(&config).map_err(|found| settings.blame(found.key, found.reason))?;
        config.listen = overrides.listen.unwrap_or(config.listen);
        config.data_dir = overrides.data_dir.unwrap_or(config.data_dir);
        Ok(config)
    }

    /// Returns warnings about what is allowed, but probably a mistake for a gateway that listens at this address.
    pub fn warnings(&self, ip: IpAddr) -> impl Iterator<Item = &'static str> {
        let is_public = !ip.to_canonical().is_loopback();
        let exposed = (is_public && self.simulator.enabled).then_some(EXPOSED_SIMULATOR);
        let unnamed = (is_public && self.public_url.is_none()).then_some(NO_PUBLIC_URL);
        exposed.into_iter().chain(unnamed)
    }

    /// Returns the public address without a slash at the end; `bound` is where the gateway really listens.
    pub fn base_url(&self, bound: SocketAddr) -> String {
        if let Some(url) = &self.public_url {
            return url.as_str().to_owned();
        }
        let ip = match bound.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        format!("http://{}", SocketAddr::new(ip, bound.port()))
    }
}

#[cfg(test)]
mod tests;
