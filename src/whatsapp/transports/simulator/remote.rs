//! The simulated `WhatsApp` in a process of its own, over HTTP: its phones survive when the gateway is killed.

use std::time::Duration;

use actors::account::outcome::Outcome;
use events::ids::MessageId;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use super::CAPABILITIES;
use super::client::{Fault, SimulatorClient};
use super::update_task::UpdateTask;
use crate::whatsapp::transports::{Capabilities, MessageLookup, Outgoing, Transport, Update};

const TIMEOUT: Duration = Duration::from_secs(30);
const BACK_OFF: Duration = Duration::from_secs(1);

/// A transport to a simulator process.
pub struct Remote {
    simulator: SimulatorClient,
    feed: UpdateTask,
}

/// The text is not the base URL of a simulator.
#[derive(Debug, thiserror::Error)]
#[error("the simulator's address cannot be used")]
pub struct InvalidAddress(#[source] reqwest::Error);

impl Remote {
    /// A transport to the simulator at this base URL, such as `http://127.0.0.1:9000`. Connects on first use.
    pub fn new(base: &str) -> Result<Self, InvalidAddress> {
        Self::with_timeout(base, TIMEOUT)
    }

    pub(super) fn with_timeout(base: &str, timeout: Duration) -> Result<Self, InvalidAddress> {
        let simulator = SimulatorClient::new(base, timeout).map_err(InvalidAddress)?;
        Ok(Self { simulator, feed: UpdateTask::default() })
    }
}

impl Transport for Remote {
    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn send(&self, message: Outgoing) -> BoxFuture<'_, Outcome> {
        self.simulator.send(message).map(|answer| answer.unwrap_or_else(|fault| outcome_of(&fault))).boxed()
    }

    fn lookup<'a>(&'a self, _from: &'a str, id: MessageId) -> BoxFuture<'a, MessageLookup> {
        self.simulator.lookup(id).map(|answer| answer.unwrap_or(MessageLookup::Unknown)).boxed()
    }

    fn start(&self, sink: mpsc::Sender<Update>) {
        self.feed.run(poll(self.simulator.clone(), sink));
    }

    fn stop(&self) {
        self.feed.stop();
    }
}

fn outcome_of(fault: &Fault) -> Outcome {
    match fault {
        Fault::NotConnected(_) => Outcome::NotConnected,
        Fault::Lost(_) | Fault::TooLarge | Fault::Unreadable(_) | Fault::NotAnUpdate(_) => Outcome::Unknown,
    }
}

async fn poll(simulator: SimulatorClient, sink: mpsc::Sender<Update>) {
    let mut after = 0;
    loop {
        match simulator.updates(after).await {
            Ok(updates) => {
                for numbered in updates {
                    after = numbered.sequence;
                    if sink.send(numbered.update).await.is_err() {
                        return;
                    }
                }
            }
            Err(fault) => {
                tracing::debug!(%fault, "cannot poll the simulator");
                tokio::time::sleep(BACK_OFF).await;
            }
        }
    }
}
