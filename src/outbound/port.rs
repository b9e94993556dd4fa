//! The port of outbound webhooks: posts deliveries and notifies owners.

use std::sync::Arc;
use std::time::Duration;

use actors::runtime::clock::wall_now;
use actors::runtime::port::Port;
use actors::runtime::shard::ShardHandle;
use actors::webhook::{Command, Outcome, Outside, State, Tried, Webhook};
use events::ids::{ChatId, DeliveryId, StreamId, WebhookId};
use events::log::ReadError;
use events::secrets::Secrets;
use events::time::Timestamp;
use futures_util::future::LocalBoxFuture;

use super::recorded_poster::{Nothing, Posted, UNEXPLAINED};
use super::{Fault, KeyRing, LISTENER, RecordedPoster, ReportPost, Request, body, rebuild};
use crate::notices::Notices;

/// Limit of tries to read a delivery, with a pause after each: a read error is not the receiver's fault.
const READS_MAX: u32 = 10;
const READ_AGAIN: Duration = Duration::from_secs(1);

/// If this gateway lacks the means to post a delivery, it tries again after this pause, up to this many times; then
/// the delivery becomes due again.
const POST_AGAIN: Duration = Duration::from_secs(1);
const POSTED_MAX: u32 = 60;

/// The port. Clones share its state.
#[derive(Clone)]
pub struct OutboundPort {
    /// Gives access to the actors and the log.
    pub shard: ShardHandle,
    /// Holds the signing keys.
    pub secrets: Arc<dyn Secrets>,
    pub poster: RecordedPoster,
    /// Notifies owners.
    pub notices: Arc<Notices>,
    /// The gateway's public URL, without a slash at the end.
    pub base_url: Arc<str>,
    /// The wait after the first error in a row, the second, and so on, in milliseconds.
    pub retry_ms: Arc<[u64]>,
}

impl Port<Outside, Command> for OutboundPort {
    fn perform(&self, effect: Outside) -> LocalBoxFuture<'static, Command> {
        let posting = self.clone();
        Box::pin(async move {
            match effect {
                Outside::Post { webhook, chat, delivery, try_number, by_hand } => {
                    // If nothing was tried, nothing has happened: the delivery is still due.
                    let tried = posting.insist(Report { webhook, chat, delivery, by_hand }).await;
                    tried.map_or(Command::Asked, |(outcome, by_listener)| {
                        let retry_ms = Arc::clone(&posting.retry_ms);
                        Command::Tried(Tried { delivery, try_number, outcome, by_listener, retry_ms })
                    })
                }
                Outside::Notify { webhook, notice } => {
                    posting.notices.tell(StreamId::Webhook(webhook), notice).await;
                    Command::Notified { notice }
                }
                Outside::Watch { webhook, instead } => {
                    posting.poster.listeners().gone(webhook.workspace(), instead).await;
                    Command::ListenersGone { instead }
                }
                Outside::NotifyParked { webhook, notice } => {
                    let parkings = posting.notices.tell_of_parked(webhook, notice).await;
                    Command::ToldOfParked { notice, parkings }
                }
            }
        })
    }
}

/// A report to be posted.
#[derive(Clone, Copy)]
struct Report {
    webhook: WebhookId,
    chat: ChatId,
    delivery: DeliveryId,
    by_hand: bool,
}

fn failed(code: &str) -> Outcome {
    Outcome::Failed { code: code.to_owned(), status: None, retry_after_ms: None }
}

impl OutboundPort {
    /// Posts as soon as this gateway has the means; `None` if it still lacks them after a minute of trying. What a listener
    /// has left goes to whoever is the receiver by then.
    async fn insist(&self, report: Report) -> Option<(Outcome, bool)> {
        for _ in 0..POSTED_MAX {
            match self.post(report).await {
                Posted::Report(outcome, by_listener) => return Some((outcome, by_listener)),
                Posted::Nothing(Nothing::ListenersLeft) if self.is_left_to_url(report).await => {}
                Posted::Nothing(Nothing::ListenersLeft) => return Some((failed(Fault::ListenerGone.code()), true)),
                Posted::Nothing(Nothing::LackedMeans) => tokio::time::sleep(POST_AGAIN).await,
            }
        }
        None
    }

    async fn is_left_to_url(&self, Report { webhook, chat, delivery, .. }: Report) -> bool {
        let look = move |state: &State| state.is_left_to_url(chat, delivery);
        self.shard.inspect::<Webhook, _>(webhook, look).await.is_ok_and(|seen| seen.value)
    }

    async fn post(&self, Report { webhook, chat, delivery, by_hand }: Report) -> Posted {
        let (made_at, at, request) = match self.request(webhook, delivery).await {
            Ok(made) => made,
            Err(outcome) => return Posted::Report(outcome, false),
        };
        let made_at = (!by_hand).then_some(made_at);
        let posting = ReportPost { webhook, made_at, delivery: delivery.to_string(), at, request };
        // Unreadable means that nobody knows: then nothing is kept.
        self.poster.post(posting, || self.shard.index().erased(chat).map_or(true, |erased| erased.is_some())).await
    }

    /// When the report was made, the time, and the request to post now, with the current URL and the current keys; or the
    /// outcome if there is none.
    async fn request(
        &self,
        webhook: WebhookId,
        delivery: DeliveryId,
    ) -> Result<(Timestamp, Timestamp, Request), Outcome> {
        let url = if webhook.is_of_listeners() {
            LISTENER.into()
        } else {
            let url = self.shard.inspect::<Webhook, _>(webhook, |state| state.url.clone()).await;
            url.ok().and_then(|seen| seen.value).ok_or_else(|| failed(UNEXPLAINED))?
        };
        let read = || {
            let (secrets, base_url) = (Arc::clone(&self.secrets), Arc::clone(&self.base_url));
            self.shard.history().run(move |history| {
                let found = rebuild(history, delivery)?;
                let keys = KeyRing::kept(secrets.as_ref(), WebhookId::of(webhook.workspace()))?;
                let found = found.and_then(|(flushed, bundle)| {
                    // Without a text: it was erased with its chat, or is lost with the vault.
                    let is_erased = flushed.chat_name.readable().is_none()
                        || bundle.messages.iter().any(|said| said.text.readable().is_none());
                    Some((is_erased, flushed.at, body::json(&bundle, &base_url).ok()?))
                });
                Ok::<_, ReadError>(found.zip(keys))
            })
        };
        for _ in 0..READS_MAX {
            match read().await {
                Ok(Some(((true, ..), _))) => return Err(Outcome::Erased),
                Ok(Some(((false, made_at, body), keys))) => {
                    let url = url.reveal().to_owned();
                    let request = Request::signed(url, &delivery.to_string(), wall_now(), body, &keys);
                    return Ok((made_at, self.shard.clock().now(), request));
                }
                Ok(None) => {
                    tracing::error!(%webhook, %delivery, "a delivery or its keys are not in the log");
                    return Err(failed(UNEXPLAINED));
                }
                Err(error) => tracing::error!(%webhook, %delivery, %error, "a delivery cannot be read"),
            }
            tokio::time::sleep(READ_AGAIN).await;
        }
        Err(failed(UNEXPLAINED))
    }
}
