//! The demo's workspace: created at the first start, with a connected account and reports sent to the simulator's
//! receiver.

use std::net::SocketAddr;
use std::path::Path;

use actors::webhook::{self, Configure, Webhook};
use actors::workspace::{Answer, Command, Workspace};
use events::ids::{WebhookId, WorkspaceId};
use events::record::Cause;
use events::who::Who;

use crate::cli::data_dir::{ACCOUNT_PHONE, api_key_file};
use crate::cli::exit::{Exit, Failure};
use crate::gateway::{Gateway, write_private};
use crate::outbound::KeyRing;
use crate::service::workspaces::{self, Wanted};

const CREDITS: u64 = 1_000;
const WORKSPACE: WorkspaceId = WorkspaceId::nth(0);
/// The simulator's receiver for the demo's reports.
const ECHO: &str = "/sim/v1/echo/demo";
const BY: Who = Who::Operator;

/// The demo's workspace, ready to use.
pub(super) struct Ready {
    /// The URL to post messages to.
    pub(super) inbound_url: String,
    /// Number of connected accounts.
    pub(super) accounts: usize,
    /// The URL that receives the reports, if any.
    pub(super) reports_url: Option<String>,
}

/// Creates the workspace at the first start, and connects an account if there is none.
pub(super) async fn ready(gateway: &Gateway, bound: SocketAddr, directory: &Path) -> Result<Ready, Failure> {
    let seen = gateway.shard.inspect::<Workspace, _>(WORKSPACE, |state| state.token_hash).await;
    let token_hash = seen.map_err(|error| failed(&error))?.value;
    let inbound_url = match token_hash {
        Some(hash) => gateway.inbound_url(&hash).map_err(|error| failed(&error))?,
        None => Some(make(gateway, directory).await?),
    };
    if accounts(gateway).await? == 0 {
        connect(gateway).await?;
    }
    let lost = || Failure::new(Exit::Failed, "the demo's secret URL is lost").hint("begin anew with --reset");
    let inbound_url = inbound_url.ok_or_else(lost)?;
    Ok(Ready { inbound_url, accounts: accounts(gateway).await?, reports_url: reporting(gateway, bound).await? })
}

async fn accounts(gateway: &Gateway) -> Result<usize, Failure> {
    let seen = gateway.shard.inspect::<Workspace, _>(WORKSPACE, |state| state.accounts.len()).await;
    Ok(seen.map_err(|error| failed(&error))?.value)
}

async fn make(gateway: &Gateway, directory: &Path) -> Result<String, Failure> {
    let wanted = Wanted {
        name: "Demo workspace".to_owned(),
        owner_name: "Demo Owner".to_owned(),
        owner_email: "owner@demo.example".to_owned(),
        language: "en".to_owned(),
        credits: CREDITS,
    };
    let made = workspaces::create(gateway, wanted, gateway.entropy.command_id()).await;
    let made = made.map_err(|error| failed(&error))?;
    write_private(&api_key_file(directory), &made.api_key).map_err(|error| failed(&error))?;
    Ok(made.inbound_url)
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

/// Returns the URL that receives the reports. If none was ever set, sets it to the simulator's receiver on this
/// machine, whatever the public address is; if the demo's port has changed, updates it.
async fn reporting(gateway: &Gateway, bound: SocketAddr) -> Result<Option<String>, Failure> {
    let webhook = WebhookId::of(WORKSPACE);
    let look =
        |state: &webhook::State| (state.webhook.is_some(), state.url.as_ref().map(|url| url.reveal().to_owned()));
    let seen = gateway.shard.inspect::<Webhook, _>(webhook, look).await;
    let (is_set, url) = seen.map_err(|error| failed(&error))?.value;
    let wanted = format!("http://{bound}{ECHO}");
    let is_ours = url.as_ref().is_none_or(|url| url.ends_with(ECHO) && *url != wanted);
    if !is_ours || is_set && url.is_none() {
        return Ok(url);
    }
    KeyRing::kept_or_first(gateway.secrets.as_ref(), webhook, &gateway.entropy).map_err(|error| failed(&error))?;
    let (url, by) = (Some(Some(wanted.clone())), BY);
    let configure =
        Configure { webhook, url, aggregation: None, enabled: None, discard: false, by, reason: String::new() };
    let cause = Cause::request(BY, gateway.entropy.command_id(), None);
    let told = gateway.shard.execute::<Webhook>(webhook, webhook::Command::Configure(configure), cause).await;
    told.map(|_| Some(wanted)).map_err(|error| failed(&error))
}

fn failed(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Failed, error.to_string())
}
