//! Notifies owners of parked deliveries: one e-mail for all that were parked since the last one. `actors::webhook`
//! decides when, at most one an hour.

use std::time::Duration;

use actors::webhook::{State, Webhook};
use events::event::Event;
use events::ids::{StreamId, WebhookId};
use events::personal::Personal;
use events::time::Timestamp;

use super::{Notices, RETRY_S, Untold, latest};
use crate::notices::mail::letters::{self, DeliveriesParked, LastError};
use crate::notices::mail::{Language, Mail, Recipient};

/// The parked deliveries of a webhook now.
struct Parked {
    url: Personal,
    count: u64,
    /// Number of times that deliveries were parked so far.
    parkings: u64,
    /// When the last one was parked; `None` if nothing is parked any more.
    latest: Option<Timestamp>,
}

impl Parked {
    fn of(state: &State) -> Self {
        Self {
            url: state.url.clone().unwrap_or_default(),
            count: state.parked.len() as u64,
            parkings: state.parkings(),
            latest: state.parked.values().map(|parked| parked.at).max(),
        }
    }
}

impl Notices {
    /// Returns once the mail about parked deliveries is handed over, or is kept if there is no mail server. The
    /// result says how often deliveries had been parked when the mail was written.
    pub async fn tell_of_parked(&self, webhook: WebhookId, notice: u64) -> u64 {
        tracing::warn!(webhook_id = %webhook, notice, "deliveries were parked; the owner is told");
        let mut waits = RETRY_S.into_iter();
        let mut wait = waits.next().unwrap_or_default();
        loop {
            match self.try_parked(webhook, notice).await {
                Ok(parkings) => return parkings,
                Err(error) => {
                    tracing::warn!(webhook_id = %webhook, notice, %error, "an owner could not be told of parked deliveries yet");
                }
            }
            tokio::time::sleep(Duration::from_secs(wait)).await;
            wait = waits.next().unwrap_or(wait);
        }
    }

    async fn try_parked(&self, webhook: WebhookId, notice: u64) -> Result<u64, Untold> {
        let about = StreamId::Webhook(webhook);
        let _turn = self.turns.turn(about).await;
        let look = self.shard.inspect::<Webhook, _>(webhook, Parked::of);
        let parked = look.await.map_err(|error| Untold::Actor(error.to_string()))?.value;
        // Somebody may have dealt with all of them in the meantime.
        let Some(at) = parked.latest else { return Ok(parked.parkings) };
        let found = self.shard.history().run(move |history| latest(history, about, is_parking)).await?;
        let events = found.map(|record| record.events).unwrap_or_default();
        let last_error = events.iter().find_map(|event| match event {
            Event::DeliveryFailed(e) => Some(LastError { code: &e.code, status: e.status }),
            _ => None,
        });
        let (name, owner) = self.owner(about).await?;
        let (workspace, url) = (name.as_str(), parked.url.reveal());
        let what =
            DeliveriesParked { owner: owner.full_name.reveal(), workspace, url, parked: parked.count, last_error, at };
        let letter = letters::deliveries_parked(&what, Language::of(&owner.language));
        let mail = Mail {
            // The id comes from the notice: deliveries parked between two tries change the letter, but not its id.
            id: format!("{}-parked-{notice}", about.to_string().replace('/', "-")),
            at,
            to: Recipient { name: owner.full_name.reveal().to_owned(), address: owner.email.reveal().to_owned() },
            subject: letter.subject,
            text: letter.text,
            html: letter.html,
        };
        self.mail_queue.deliver(&self.shard, about.workspace(), &mail).await?;
        Ok(parked.parkings)
    }
}

const fn is_parking(event: &Event) -> bool {
    matches!(event, Event::DeliveryParked(_))
}
