//! What the operator may choose: typed, checked once at the start, passed by value to whom it concerns.

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

/// The documented defaults: every key, its unit, range and default.
pub const DEFAULTS: &str = include_str!("../../config/tidings.toml");

/// What to tell an operator whose simulator can be reached from other machines.
pub const EXPOSED_SIMULATOR: &str = "the simulator is on and the gateway listens for other machines: /sim/v1 takes \
    requests of this machine, and of others with the operator's key; for production set [simulator] enabled = false";

/// Everything that can be configured; the keys are explained in [`DEFAULTS`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the gateway listens.
    #[serde(deserialize_with = "fields::address")]
    pub listen: SocketAddr,
    /// Folder of the log, its indexes and the secrets.
    #[serde(deserialize_with = "fields::path")]
    pub data_dir: PathBuf,
    /// What users type before `/in/`; see [`Config::base_url`] for when it is not set.
    #[serde(deserialize_with = "fields::optional")]
    pub public_url: Option<PublicUrl>,
    /// The operator's preset key; without one, a key is made on the first start.
    #[serde(deserialize_with = "fields::optional")]
    pub admin_key: Option<AdminKey>,
    /// Free disk space in MiB below which new work is refused.
    #[serde(deserialize_with = "fields::within::<0, 1_048_576, _, _>")]
    pub disk_reserve_mb: u64,
    /// The waiting time between two messages of one account.
    pub pacing: Pacing,
    /// The pretended `WhatsApp`.
    pub simulator: Simulator,
    /// What is too long, too large or too late.
    pub limits: Limits,
    /// How requests reach us.
    pub http: Http,
    /// The event log.
    pub log: Log,
    /// How closely answers follow other gateways.
    pub compat: Compat,
    /// Which addresses we may be told to call.
    pub guard: Guard,
    /// Reports to the CRM's own URL.
    pub outbound: Outbound,
    /// Secure connections to others.
    pub tls: Tls,
    /// The server that takes our e-mails.
    pub smtp: Smtp,
}

/// The waiting time between two messages of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pacing {
    /// Shortest gap in milliseconds; never above `gap_ms_max`.
    #[serde(deserialize_with = "fields::within::<0, 600_000, _, _>")]
    pub gap_ms_min: u32,
    /// Longest gap in milliseconds, 600,000 at most.
    #[serde(deserialize_with = "fields::within::<0, 600_000, _, _>")]
    pub gap_ms_max: u32,
}

/// The pretended `WhatsApp`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Simulator {
    /// Whether accounts may use it.
    pub enabled: bool,
    /// The process it runs in; inside the gateway without one.
    #[serde(deserialize_with = "fields::optional")]
    pub url: Option<SimulatorUrl>,
    /// How many times as fast as real time the rules run: 1 to 3600, and 1 without the simulator.
    #[serde(deserialize_with = "fields::within::<1, 3_600, _, _>")]
    pub clock_rate: u32,
}

/// What is too long, too large or too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Largest request body in bytes.
    #[serde(deserialize_with = "fields::within::<1_024, 16_777_216, _, _>")]
    pub body_bytes: usize,
    /// Time in milliseconds within which a request body must have arrived.
    #[serde(deserialize_with = "fields::within::<100, 600_000, _, _>")]
    pub body_deadline_ms: u64,
    /// Longest text of a message in characters.
    #[serde(deserialize_with = "fields::within::<1, 65_536, _, _>")]
    pub text_chars: usize,
    /// Commands being decided at once, over all workspaces.
    #[serde(deserialize_with = "fields::within::<1, 65_536, _, _>")]
    pub commands_in_flight: usize,
    /// Seconds after which a transport's outcome counts as unknown.
    #[serde(deserialize_with = "fields::within::<1, 300, _, _>")]
    pub handover_timeout_s: u64,
    /// Seconds without work after which an actor sleeps.
    #[serde(deserialize_with = "fields::within::<1, 86_400, _, _>")]
    pub actor_idle_s: u64,
    /// Events of an actor after which its state is kept, so that it wakes faster.
    #[serde(deserialize_with = "fields::within::<1, 1_000_000_000, _, _>")]
    pub snapshot_every: u64,
    /// Largest file in bytes.
    #[serde(deserialize_with = "fields::within::<1, 16_777_216, _, _>")]
    pub file_bytes: usize,
    /// Time in milliseconds within which a file must have arrived.
    #[serde(deserialize_with = "fields::within::<100, 600_000, _, _>")]
    pub file_deadline_ms: u64,
    /// Redirects on the way to a file.
    #[serde(deserialize_with = "fields::within::<0, 10, _, _>")]
    pub file_redirects: usize,
    /// Files being fetched at once, over all workspaces.
    #[serde(deserialize_with = "fields::within::<1, 4_096, _, _>")]
    pub files_at_once: usize,
    /// Requests per second that one inbound URL takes; 0: any number.
    #[serde(deserialize_with = "fields::within::<0, 1_000_000, _, _>")]
    pub flood_per_token_s: u32,
    /// Requests per second that one address may send to inbound URLs; 0: any number.
    #[serde(deserialize_with = "fields::within::<0, 1_000_000, _, _>")]
    pub flood_per_address_s: u32,
    /// Requests to the API, other than GET, that one workspace may make each second; 0: any number.
    #[serde(deserialize_with = "fields::within::<0, 1_000_000, _, _>")]
    pub changes_per_workspace_s: u32,
    /// Live streams that one workspace may hold open.
    #[serde(deserialize_with = "fields::within::<1, 1_024, _, _>")]
    pub streams_per_workspace: usize,
}

/// How requests reach us.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Networks whose `X-Forwarded-For` is believed.
    #[serde(deserialize_with = "fields::list")]
    pub trusted_proxies: Vec<Network>,
    /// Connections in all.
    #[serde(deserialize_with = "fields::within::<8, 1_000_000, _, _>")]
    pub connections_max: usize,
    /// Connections of one address.
    #[serde(deserialize_with = "fields::within::<1, 1_000_000, _, _>")]
    pub connections_per_address_max: u32,
}

/// The event log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Memory for the page cache in MiB.
    #[serde(deserialize_with = "fields::within::<16, 65_536, _, _>")]
    pub cache_mb: u64,
    /// Whether to start on a log that is more than an hour ahead of the machine's clock.
    pub accept_future: bool,
}

/// How closely answers follow other gateways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compat {
    /// Leaves our own `error` key out of refusals.
    pub strict_errors: bool,
}

/// Which addresses we may be told to call.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// Private networks that are let through.
    #[serde(deserialize_with = "fields::list")]
    pub allow_networks: Vec<Network>,
}

/// Reports to the CRM's own URL.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbound {
    /// Seconds to wait after the first, second, ... failure in a row: 1 to 10 entries, the last one repeats.
    #[serde(deserialize_with = "fields::numbers::<10, 86_400, _>")]
    pub retry_s: Vec<u32>,
    /// Which answers count as success.
    #[serde(deserialize_with = "fields::parsed")]
    pub success: Success,
    /// What becomes of messages with an attachment.
    #[serde(deserialize_with = "fields::parsed")]
    pub attachments: Attachments,
    /// Bytes that a report of several messages has at most.
    #[serde(deserialize_with = "fields::within::<16_384, 16_777_216, _, _>")]
    pub bundle_bytes: u64,
    /// Seconds within which a report must have been answered, from the look-up of the name to the answer's headers.
    #[serde(deserialize_with = "fields::within::<1, 300, _, _>")]
    pub timeout_s: u64,
}

/// Secure connections to others.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// PEM file of authorities that are believed beside those of this machine.
    #[serde(deserialize_with = "fields::optional")]
    pub extra_ca_file: Option<PathBuf>,
}

/// The server that takes our e-mails.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    /// Its name or address; e-mails are only kept without one.
    #[serde(deserialize_with = "fields::optional")]
    pub host: Option<MailHost>,
    /// Its port, from 1.
    #[serde(deserialize_with = "fields::within::<1, 65_535, _, _>")]
    pub port: u16,
    /// Name to sign in with; set together with `password_file`.
    #[serde(deserialize_with = "fields::optional")]
    pub user: Option<String>,
    /// File that holds the password and nothing else.
    #[serde(deserialize_with = "fields::optional")]
    pub password_file: Option<PathBuf>,
    /// Sender of the e-mails.
    #[serde(deserialize_with = "fields::mailbox")]
    pub from: String,
    /// How the connection is kept secret.
    #[serde(deserialize_with = "fields::parsed")]
    pub tls: MailTls,
    /// Seconds that each step of handing an e-mail over may take.
    #[serde(deserialize_with = "fields::within::<1, 300, _, _>")]
    pub timeout_s: u64,
}

/// What the command line sets; it wins over all other sources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--listen`.
    pub listen: Option<SocketAddr>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
}

impl Config {
    /// Reads the built-in defaults, `file`, the `TIDINGS_*` variables of `environment` and `overrides`, later ones
    /// winning. Fails on a key or variable that does not exist, and on a value that is out of range.
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

    /// Whether requests can come to the simulator from other machines when the gateway listens at this address.
    pub fn simulator_is_exposed(&self, ip: IpAddr) -> bool {
        self.simulator.enabled && !ip.to_canonical().is_loopback()
    }

    /// The address that users type, without a slash at the end; `bound` is where the gateway really listens.
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
