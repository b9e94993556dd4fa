//! Notifies owners by e-mail that something stopped: a webhook that switched itself off, parked deliveries, or an
//! account that may not send. Retries until the mail is handed over; its content comes from the events of the stop.

pub mod mail;
mod parked;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use actors::account::Account;
use actors::runtime::shard::ShardHandle;
use actors::webhook::Webhook;
use actors::workspace::{Owner, Workspace};
use events::event::Event;
use events::history::{History, Of};
use events::ids::{AccountId, StreamId, WebhookId};
use events::log::ReadError;
use events::record::Record;
use events::time::Timestamp;
use events::webhook::DisabledBecause;

use crate::net::turns::Turns;
use crate::notices::mail::letters::{self, AccountStopped, LastError, Letter, Stop, WebhookDisabled, WebhookGone};
use crate::notices::mail::{Language, Mail, MailQueue, Recipient};

/// Waits between tries to hand a mail over, in seconds; the last one is repeated.
const RETRY_S: [u64; 6] = [5, 30, 120, 600, 1_800, 3_600];

/// Notifies owners.
pub struct Notices {
    shard: ShardHandle,
    mail_queue: Arc<MailQueue>,
    turns: Turns<StreamId>,
}

impl Notices {
    /// Reads the events and actors of `shard`, and puts mails into `mail_queue`.
    pub fn new(shard: ShardHandle, mail_queue: Arc<MailQueue>) -> Self {
        Self { shard, mail_queue, turns: Turns::of(1) }
    }

    /// Returns once the mail about the latest stop is handed over, or is kept if there is no mail server.
    pub async fn tell(&self, about: StreamId, notice: u64) {
        tracing::warn!(%about, notice, "stopped; the owner is told");
        let mut waits = RETRY_S.into_iter();
        let mut wait = waits.next().unwrap_or_default();
        loop {
            match self.try_once(about).await {
                Ok(()) => return,
                Err(error) => tracing::warn!(%about, notice, %error, "an owner could not be told yet"),
            }
            tokio::time::sleep(Duration::from_secs(wait)).await;
            wait = waits.next().unwrap_or(wait);
        }
    }

    /// One at a time for each stream: a late earlier notice also reports the latest stop, in the same mail.
    async fn try_once(&self, about: StreamId) -> Result<(), Untold> {
        let _turn = self.turns.turn(about).await;
        let found = self.shard.history().run(move |history| latest(history, about, is_stop)).await?;
        let stop = found.ok_or(Untold::NothingToTell)?;
        let (name, owner) = self.owner(about).await?;
        let letter = self.letter(about, &stop, &name, &owner).await?;
        let mail = Mail {
            // The id comes from the stop, not from the notice.
            id: format!("{}-{}", about.to_string().replace('/', "-"), stop.recorded_at.ms()),
            at: stop.recorded_at,
            to: Recipient { name: owner.full_name.reveal().to_owned(), address: owner.email.reveal().to_owned() },
            subject: letter.subject,
            text: letter.text,
            html: letter.html,
        };
        Ok(self.mail_queue.deliver(&self.shard, about.workspace(), &mail).await?)
    }
}

/// Why an owner could not be notified.
#[derive(Debug, thiserror::Error)]
enum Untold {
    #[error("no event says what there is to tell")]
    NothingToTell,
    #[error("an actor does not answer: {0}")]
    Actor(String),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Mail(#[from] crate::notices::mail::Fault),
}

/// The latest commit of this stream with such an event.
fn latest(history: &History, about: StreamId, is_meant: fn(&Event) -> bool) -> Result<Option<Record>, ReadError> {
    let mut found = None;
    history.walk_back(Of::Stream(about), 1..=history.head().position, |_, record, _| {
        found = record.events.iter().any(is_meant).then(|| record.clone());
        if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(found)
}

fn is_stop(event: &Event) -> bool {
    match event {
        Event::WebhookDisabled(e) => e.because != DisabledBecause::Owner,
        Event::AccountBlocked(_) => true,
        _ => false,
    }
}

fn stopped_by(reason: &str, until: Option<Timestamp>) -> Stop {
    match reason {
        "account_unauthorised" => Stop::Unauthorised,
        "account_misconfigured" => Stop::Misconfigured,
        _ => Stop::Blocked { until },
    }
}

impl Notices {
    /// The workspace's name and its owner.
    async fn owner(&self, about: StreamId) -> Result<(String, Owner), Untold> {
        let look = self
            .shard
            .inspect::<Workspace, _>(about.workspace(), |state| (state.name.reveal().to_owned(), state.owner.clone()));
        Ok(look.await.map_err(|error| Untold::Actor(error.to_string()))?.value)
    }

    async fn letter(&self, about: StreamId, stop: &Record, name: &str, owner: &Owner) -> Result<Letter, Untold> {
        match about {
            StreamId::Webhook(webhook) => self.of_webhook(webhook, stop, name, owner).await,
            StreamId::Account(account) => self.of_account(account, stop, name, owner).await,
            StreamId::Workspace(_) | StreamId::Chat(_) | StreamId::Log => Err(Untold::NothingToTell),
        }
    }

    async fn of_webhook(
        &self,
        webhook: WebhookId,
        stop: &Record,
        workspace: &str,
        owner: &Owner,
    ) -> Result<Letter, Untold> {
        let look = self.shard.inspect::<Webhook, _>(webhook, |state| (state.url.clone(), state.owed.len()));
        let (url, owed) = look.await.map_err(|error| Untold::Actor(error.to_string()))?.value;
        let url = url.unwrap_or_default();
        let (url, at, language) = (url.reveal(), stop.recorded_at, Language::of(&owner.language));
        let owner = owner.full_name.reveal();
        let failed = stop.events.iter().find_map(|event| match event {
            Event::DeliveryFailed(e) => Some(LastError { code: &e.code, status: e.status }),
            _ => None,
        });
        let disabled = stop.events.iter().find_map(|event| match event {
            Event::WebhookDisabled(e) => Some(e),
            _ => None,
        });
        let (disabled, last_error) = disabled.zip(failed).ok_or(Untold::NothingToTell)?;
        if disabled.because == DisabledBecause::Gone {
            return Ok(letters::webhook_gone(&WebhookGone { owner, workspace, url, owed, at }, language));
        }
        let errors_in_a_row = u64::from(disabled.errors);
        let what = WebhookDisabled { owner, workspace, url, errors_in_a_row, last_error, owed, at };
        Ok(letters::webhook_disabled(&what, language))
    }

    async fn of_account(
        &self,
        account: AccountId,
        stop: &Record,
        workspace: &str,
        owner: &Owner,
    ) -> Result<Letter, Untold> {
        let waiting = self.shard.inspect::<Account, _>(account, |state| state.queue.len());
        let waiting = waiting.await.map_err(|error| Untold::Actor(error.to_string()))?.value;
        let look = self.shard.inspect::<Workspace, _>(account.workspace(), move |state| {
            state.accounts.get(&account).map(|account| account.phone.clone())
        });
        let phone = look.await.map_err(|error| Untold::Actor(error.to_string()))?.value.unwrap_or_default();
        let stopped = stop.events.iter().find_map(|event| match event {
            Event::AccountBlocked(e) => Some(stopped_by(&e.reason, e.until)),
            _ => None,
        });
        let (owner, language) = (owner.full_name.reveal(), Language::of(&owner.language));
        let (phone, at) = (phone.reveal(), stop.recorded_at);
        let stop = stopped.ok_or(Untold::NothingToTell)?;
        let what = AccountStopped { owner, workspace, account, phone, stop, waiting, at };
        Ok(letters::account_stopped(&what, language))
    }
}
