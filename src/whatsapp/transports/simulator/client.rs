//! The simulator's HTTP client: one method per route. Tells whether a failed request may have arrived.

use std::time::Duration;

use actors::account::outcome::Outcome;
use events::ids::MessageId;
use reqwest::{Client, RequestBuilder, Response, redirect};
use serde::de::DeserializeOwned;

use super::NumberedUpdate;
use super::send_body::SendBody;
use super::update_view::{self, UpdateView};
use super::wire::{ListView, LookupView, OutcomeView};
use crate::net::lack;
use crate::whatsapp::transports::{MessageLookup, Outgoing};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Shorter than the server's five seconds, so that no request uses a connection that is being closed.
const IDLE_CONNECTION_KEPT: Duration = Duration::from_secs(3);
const POLL_WAIT_MS: u64 = 10_000;
/// Far more than the longest answer: half a megabyte of updates with all their characters escaped.
const ANSWER_BYTES_MAX: usize = 8 << 20;

/// Calls a simulator process at one address.
#[derive(Clone)]
pub(super) struct SimulatorClient {
    client: Client,
    base: String,
}

/// Why there is no usable answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// There was no connection, so nothing was sent.
    #[error("no connection to the simulator")]
    NotConnected(#[source] reqwest::Error),
    /// The request may have arrived.
    #[error("the answer was lost")]
    Lost(#[source] reqwest::Error),
    #[error("the answer has more than {ANSWER_BYTES_MAX} bytes")]
    TooLarge,
    #[error("the answer cannot be read")]
    Unreadable(#[from] serde_json::Error),
    #[error("the answer cannot be understood")]
    NotAnUpdate(#[from] update_view::Unreadable),
}

impl SimulatorClient {
    /// Connects on first use. `timeout` applies to a whole request.
    pub(super) fn new(base: &str, timeout: Duration) -> reqwest::Result<Self> {
        let client = crate::net::client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(timeout)
            .pool_idle_timeout(IDLE_CONNECTION_KEPT)
            .build()?;
        client.get(base).build()?;
        Ok(Self { client, base: base.trim_end_matches('/').to_owned() })
    }

    pub(super) async fn send(&self, message: Outgoing) -> Result<Outcome, Fault> {
        let request = self.client.post(format!("{}/sim/v1/send", self.base)).json(&SendBody::from(message));
        Ok(answer::<OutcomeView>(request).await?.0)
    }

    pub(super) async fn lookup(&self, id: MessageId) -> Result<MessageLookup, Fault> {
        let request = self.client.get(format!("{}/sim/v1/messages/{id}", self.base));
        Ok(answer::<LookupView>(request).await?.lookup)
    }

    /// Updates numbered above `after`, the oldest first; empty if none comes within ten seconds.
    pub(super) async fn updates(&self, after: u64) -> Result<Vec<NumberedUpdate>, Fault> {
        let url = format!("{}/sim/v1/updates?after={after}&wait_ms={POLL_WAIT_MS}", self.base);
        let list: ListView<UpdateView> = answer(self.client.get(url)).await?;
        Ok(list.data.into_iter().map(NumberedUpdate::try_from).collect::<Result<_, _>>()?)
    }
}

impl From<reqwest::Error> for Fault {
    fn from(error: reqwest::Error) -> Self {
        // If this gateway lacks the means, that shows before anything is sent.
        if lack::is_ours(&error) || error.is_connect() { Self::NotConnected(error) } else { Self::Lost(error) }
    }
}

async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, Fault> {
    let response = request.send().await?.error_for_status()?;
    Ok(serde_json::from_slice(&bounded_body(response).await?)?)
}

async fn bounded_body(mut response: Response) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_BYTES_MAX {
            return Err(Fault::TooLarge);
        }
    }
    Ok(body)
}
