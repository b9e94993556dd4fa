//! Tells owners of deliveries that were parked: one e-mail for all since the last one. When it is due is decided elsewhere.

use std::time::Duration;

use actors::webhook::{State, Webhook};
use events::event::Event;
use events::ids::{StreamId, WebhookId};
use events::personal::Personal;
use events::time::Timestamp;

use super::{Notices, RETRY_S, Untold, latest};
use crate::notices::mail::letters::{self, DeliveriesParked, LastError};
use crate::notices::mail::{Language, Mail, Recipient};

/// What is parked now.
struct Parked {
    url: Personal,
    count: u64,
    /// How often deliveries were parked until now.
    parkings: u64,
    /// When the latest was; `None`: nothing is parked any more.
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
    /// Returns when the mail about parked deliveries was handed over, or kept where there is no mail server; says how
    /// often deliveries had been parked when it was written.
    pub async fn tell_of_parked(&self, webhook: WebhookId, notice: u64) -> u64 {
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
        // Somebody may have seen to all of it meanwhile.
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
            // By the notice: what is parked while it is being handed over changes the letter, not its name.
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
