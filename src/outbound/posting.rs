//! The port of outbound webhooks: asks chats for their bundles, posts deliveries, has owners told.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actors::chat::{self, Chat};
use actors::clock::wall_now;
use actors::port::Port;
use actors::shard::{Reading, ShardHandle};
use actors::webhook::{Command, Effect, Outcome, Tried, Webhook};
use events::ids::{ChatId, DeliveryId, StreamId, WebhookId};
use events::log::{Log, ReadError};
use events::record::Cause;
use events::time::Timestamp;
use futures_util::future::LocalBoxFuture;

use super::trying::UNEXPLAINED;
use super::{KeyRing, Request, Trying, body, rebuild};
use crate::notices::Notices;

/// What cannot be read is no error of the receiver's: it is read so often, with a wait in between.
const READS_MAX: u32 = 10;
const READ_AGAIN: Duration = Duration::from_secs(1);

/// The port. Clones share what they hold.
#[derive(Clone)]
pub struct Posting {
    /// Where the texts are.
    pub log: Arc<dyn Log>,
    /// Where the actors are; known once the shard has been launched.
    pub shard: Arc<OnceLock<ShardHandle>>,
    /// What posts.
    pub trying: Trying,
    /// What tells owners.
    pub notices: Arc<Notices>,
    /// Where the log is read.
    pub reading: Reading,
    /// What users type, without a slash at the end.
    pub base_url: Arc<str>,
    /// The wait after the first error in a row, the second, and so on, in milliseconds.
    pub retry_ms: Arc<[u64]>,
}

impl Port<Webhook> for Posting {
    fn perform(&self, effect: Effect) -> LocalBoxFuture<'static, Command> {
        let posting = self.clone();
        Box::pin(async move {
            match effect {
                Effect::Close { chat, window, aggregated } => posting.close(chat, window, aggregated).await,
                Effect::Post { webhook, delivery, try_number, .. } => {
                    let outcome = posting.post(webhook, delivery).await;
                    Command::Tried(Tried { delivery, try_number, outcome, retry_ms: Arc::clone(&posting.retry_ms) })
                }
                Effect::Notify { webhook, notice } => {
                    posting.notices.tell(StreamId::Webhook(webhook), notice).await;
                    Command::Notified { notice }
                }
                Effect::NotifyParked { webhook, notice } => {
                    let parkings = posting.notices.tell_of_parked(webhook, notice).await;
                    Command::ToldOfParked { notice, parkings }
                }
            }
        })
    }
}

impl Posting {
    async fn close(&self, chat: ChatId, window: u64, aggregated: bool) -> Command {
        let close = chat::Command::Close { window, aggregated, looked_up: chat::LookedUp::default() };
        if let Some(shard) = self.shard.get()
            && let Err(error) = shard.report::<Chat>(chat, close, Cause::system()).await
        {
            tracing::error!(chat_id = %chat, %error, "a window could not be closed");
        }
        Command::Asked
    }

    async fn post(&self, webhook: WebhookId, delivery: DeliveryId) -> Outcome {
        match self.request(webhook, delivery).await {
            Some((at, request)) => self.trying.post(webhook.workspace(), delivery.to_string(), at, request).await.1,
            None => Outcome::Failed { code: UNEXPLAINED.to_owned(), status: None, retry_after_ms: None },
        }
    }

    /// The delivery as it is posted now: to the URL of now, signed with the keys of now.
    async fn request(&self, webhook: WebhookId, delivery: DeliveryId) -> Option<(Timestamp, Request)> {
        let shard = self.shard.get()?;
        let url = shard.look::<Webhook, _>(webhook, |state| state.url.clone()).await.ok()?.value?;
        let (posting, index) = (self.clone(), Arc::clone(shard.index()));
        let read = || {
            let (posting, index) = (posting.clone(), Arc::clone(&index));
            self.reading.read(move || {
                let found = rebuild(posting.log.as_ref(), &index, delivery)?;
                let keys = KeyRing::kept(posting.log.as_ref(), webhook)?;
                let found = found.and_then(|(_, bundle)| body::json(&bundle, &posting.base_url).ok());
                Ok::<_, ReadError>(found.zip(keys))
            })
        };
        for _ in 0..READS_MAX {
            match read().await {
                Ok(Some((body, keys))) => {
                    let url = url.reveal().to_owned();
                    return Some((
                        shard.clock().now(),
                        Request::signed(url, &delivery.to_string(), wall_now(), body, &keys),
                    ));
                }
                Ok(None) => {
                    tracing::error!(%webhook, %delivery, "a delivery or its keys are not in the log");
                    return None;
                }
                Err(error) => tracing::error!(%webhook, %delivery, %error, "a delivery cannot be read"),
            }
            tokio::time::sleep(READ_AGAIN).await;
        }
        None
    }
}
