//! The demo's workspace: created at the first start, with a connected account and reports sent to the simulator's
//! receiver.

use std::net::SocketAddr;
use std::path::Path;

use actors::webhook::{self, Configure, Webhook};
use actors::workspace::{Answer, Command, Inactivity, Standing, State, Workspace};
use events::ids::{WebhookId, WorkspaceId};
use events::record::Cause;
use events::webhook::Aggregation;
use events::who::Who;

use crate::cli::data_dir::{ACCOUNT_PHONE, api_key_file};
use crate::cli::exit::{Exit, Failure};
use crate::gateway::{Gateway, write_private};
use crate::outbound::KeyRing;
use crate::service::workspaces::{self, Wanted};

const CREDITS: u64 = 1_000;
pub(super) const WORKSPACE: WorkspaceId = WorkspaceId::nth(0);
/// The simulator's receiver for the demo's reports.
const ECHO: &str = "/sim/v1/echo/demo";
const BY: Who = Who::Operator;

/// The demo's workspace, ready to use.
pub(super) struct Ready {
    pub(super) name: String,
    /// Its credits.
    pub(super) balance: u64,
    /// The token of its secret URL.
    pub(super) inbound_token: String,
    /// True if the secret URL takes messages.
    pub(super) inbound_enabled: bool,
    /// Its connected accounts, in E.164; the one that sends if none is named comes first.
    pub(super) accounts: Vec<String>,
    /// If there is none, the account that is nearest to sending, and why it does not.
    pub(super) stopped: Option<(String, Inactivity)>,
    /// The URL that receives the reports, if any.
    pub(super) reports_url: Option<String>,
    /// True if reports are posted there.
    pub(super) reports_on: bool,
    pub(super) aggregation: Aggregation,
}

/// Creates the workspace at the first start, and connects an account if there never was one.
pub(super) async fn ready(gateway: &Gateway, bound: SocketAddr, directory: &Path) -> Result<Ready, Failure> {
    let look = |state: &State| (state.token_hash, state.accounts.is_empty());
    let (token_hash, _) = inspect(gateway, look).await?;
    if token_hash.is_none() {
        make(gateway, directory).await?;
    }
    if inspect(gateway, look).await?.1 {
        connect(gateway).await?;
    }
    let (reports_url, reports_on) = reporting(gateway, bound).await?;
    let look = |state: &webhook::State| state.aggregation;
    let seen = gateway.shard.inspect::<Webhook, _>(WebhookId::of(WORKSPACE), look).await;
    let aggregation = seen.map_err(|error| failed(&error))?.value;
    let (token_hash, mut ready) = inspect(gateway, |state| (state.token_hash, of(state))).await?;
    let token = token_hash.map(|hash| gateway.inbound_token(&hash)).transpose().map_err(|error| failed(&error))?;
    let lost = || Failure::new(Exit::Failed, "the demo's secret URL is lost").hint("begin anew with --reset");
    ready.inbound_token = token.flatten().ok_or_else(lost)?;
    Ok(Ready { reports_url, reports_on, aggregation, ..ready })
}

async fn inspect<T: Send + 'static>(
    gateway: &Gateway,
    look: impl Fn(&State) -> T + Clone + Send + 'static,
) -> Result<T, Failure> {
    let seen = gateway.shard.inspect::<Workspace, _>(WORKSPACE, look).await;
    Ok(seen.map_err(|error| failed(&error))?.value)
}

/// Returns what the workspace itself says.
fn of(state: &State) -> Ready {
    let usual = state.default_account();
    let mut accounts: Vec<_> =
        state.accounts.iter().filter(|(_, account)| account.standing() == Standing::Connected).collect();
    accounts.sort_by_key(|(id, _)| Some(**id) != usual);
    Ready {
        name: state.name.reveal().to_owned(),
        balance: state.balance,
        inbound_token: String::new(),
        inbound_enabled: !state.inbound_disabled,
        accounts: accounts.into_iter().map(|(_, account)| account.phone.reveal().to_owned()).collect(),
        stopped: state.nearly_active().map(|near| (near.phone.reveal().to_owned(), near.because)),
        reports_url: None,
        reports_on: false,
        aggregation: Aggregation::None,
    }
}

async fn make(gateway: &Gateway, directory: &Path) -> Result<(), Failure> {
    let wanted = Wanted {
        name: "Demo workspace".to_owned(),
        owner_name: "Demo Owner".to_owned(),
        owner_email: "owner@demo.example".to_owned(),
        language: "en".to_owned(),
        credits: CREDITS,
    };
    let made = workspaces::create(gateway, wanted, gateway.entropy.command_id()).await;
    let made = made.map_err(|error| failed(&error))?;
    write_private(&api_key_file(directory), &made.api_key).map_err(|error| failed(&error))
}

async fn connect(gateway: &Gateway) -> Result<(), Failure> {
    let [phone, full_name, email, transport] =
        [ACCOUNT_PHONE, "Demo Sales", "sales@demo.example", "simulator"].map(str::to_owned);
    let connect = gateway.connection(phone, full_name, email, transport, BY).ok_or_else(|| {
        Failure::new(Exit::Usage, "the demo needs the simulator").hint("set simulator.enabled = true")
    })?;
    let cause = Cause::request(BY, gateway.entropy.command_id(), None);
    match gateway.shard.execute::<Workspace>(WORKSPACE, Command::Connect(connect), cause).await {
        Ok(Answer::Connected(_)) => Ok(()),
        Ok(other) => Err(Failure::new(Exit::Failed, format!("unexpected answer {other:?}"))),
        Err(error) => Err(failed(&error)),
    }
}

/// Returns the URL that receives the reports, and whether they are posted. If none was ever set, sets it to the
/// simulator's receiver on this machine, whatever the public address is; if the demo's port has changed, updates it.
async fn reporting(gateway: &Gateway, bound: SocketAddr) -> Result<(Option<String>, bool), Failure> {
    let webhook = WebhookId::of(WORKSPACE);
    let look = |state: &webhook::State| {
        (state.webhook.is_some(), state.url.as_ref().map(|url| url.reveal().to_owned()), state.enabled)
    };
    let seen = gateway.shard.inspect::<Webhook, _>(webhook, look).await;
    let (is_set, url, enabled) = seen.map_err(|error| failed(&error))?.value;
    let wanted = echo_url(bound);
    let is_ours = url.as_ref().is_none_or(|url| url.ends_with(ECHO) && *url != wanted);
    if !is_ours || is_set && url.is_none() {
        return Ok((url, enabled));
    }
    KeyRing::kept_or_first(gateway.secrets.as_ref(), webhook, &gateway.entropy).map_err(|error| failed(&error))?;
    let (url, by) = (Some(Some(wanted.clone())), BY);
    let configure =
        Configure { webhook, url, aggregation: None, enabled: None, discard: false, by, reason: String::new() };
    let cause = Cause::request(BY, gateway.entropy.command_id(), None);
    let told = gateway.shard.execute::<Webhook>(webhook, webhook::Command::Configure(configure), cause).await;
    told.map(|_| (Some(wanted), enabled || !is_set)).map_err(|error| failed(&error))
}

/// The demo's own receiver.
pub(super) fn echo_url(bound: SocketAddr) -> String {
    format!("http://{bound}{ECHO}")
}

fn failed(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Failed, error.to_string())
}
