//! The rules for reports: each message is owed once, in one bundle, in order, and within its window.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use events::account::SettledAs;
use events::event::Event;
use events::ids::{ChatId, DeliveryId, MessageId, WebhookId};
use events::time::Timestamp;
use events::webhook::{Aggregation, BundleFlushed, BundleOpened};

use super::{Delivery, Referee, Verdict, require};

const MESSAGES_MAX: usize = 1_000;
/// The longest delay until a window closes while the gateway is running.
const LATE_MS: u64 = 30_000;

/// The state of a chat's reports.
#[derive(Debug, Default)]
pub struct Owing {
    /// Messages that are owed and in no bundle yet.
    pub pending: VecDeque<MessageId>,
    window: Option<Window>,
    windows: u64,
    reported: bool,
}

#[derive(Debug)]
struct Window {
    number: u64,
    opened_at: Timestamp,
    /// True if one of its bundles has been flushed.
    closing: bool,
}

/// The gathering settings of a webhook.
#[derive(Debug, Default)]
pub struct Gathering {
    aggregation: Aggregation,
    changed_at: Timestamp,
    flushed_at: Option<Timestamp>,
}

/// The state of all chats' reports.
#[derive(Debug, Default)]
pub struct Reports {
    pub chats: BTreeMap<ChatId, Owing>,
    said: BTreeSet<MessageId>,
    gathering: BTreeMap<WebhookId, Gathering>,
    /// The time since when the gateway is running.
    pub alive_since: Timestamp,
}

impl Owing {
    /// Nothing of the chat is reported any more.
    pub(super) fn forget(&mut self) {
        self.pending.clear();
        self.window = None;
    }
}

impl Reports {
    /// The number of messages that are owed and in no bundle yet.
    pub fn pending(&self) -> usize {
        self.chats.values().map(|owing| owing.pending.len()).sum()
    }
}

impl Referee {
    pub(super) fn see_reports(&mut self, now: Timestamp, event: &Event) -> Verdict {
        match event {
            Event::MessageSent(e) => self.said(e.message, e.chat, e.owed, None),
            Event::MessageSettled(e) if e.settled_as == SettledAs::Sent => self.said(e.message, e.chat, e.owed, None),
            Event::MessageDelivered(e) => self.said(e.message, e.chat, e.owed, None),
            Event::MessageRead(e) => self.said(e.message, e.chat, e.owed, None),
            Event::MessageReceived(e) => self.said(e.message, e.chat, e.owed, Some(e.file.is_some())),
            Event::WebhookConfigured(e) => {
                let gathering = self.reports.gathering.entry(e.webhook).or_default();
                (gathering.aggregation, gathering.changed_at) = (e.aggregation, now);
                Ok(())
            }
            Event::FlushRequested(e) => {
                self.reports.gathering.entry(e.webhook).or_default().flushed_at = Some(e.at);
                Ok(())
            }
            Event::BundleOpened(e) => self.opened(e),
            Event::BundleFlushed(e) => self.flushed(e),
            _ => Ok(()),
        }
    }

    /// A message is owed once, and only if there is a URL; one with a file only if attachments are reported.
    fn said(
        &mut self,
        message: MessageId,
        chat: ChatId,
        owed: Option<WebhookId>,
        received_file: Option<bool>,
    ) -> Verdict {
        let webhook = WebhookId::of(chat.workspace());
        let has_file =
            received_file.unwrap_or_else(|| self.messages.get(&message).is_some_and(|told| told.file.is_some()));
        let has_url = self.hooks.get(&webhook).is_some_and(|hook| hook.url.is_some());
        let wanted = (has_url && (self.attachments || !has_file)).then_some(webhook);
        // A receipt may come before the answer, so only the first of these events decides.
        if !self.reports.said.insert(message) {
            return Ok(());
        }
        // Its account may not know that the chat is erased; the chat does.
        if self.is_erased(chat) {
            return Ok(());
        }
        require(owed == wanted, "owed to nobody, or not owed though there is a URL")?;
        if owed.is_some() {
            self.reports.chats.entry(chat).or_default().pending.push_back(message);
        }
        Ok(())
    }

    fn opened(&mut self, e: &BundleOpened) -> Verdict {
        require(e.webhook.workspace() == e.chat.workspace(), "another workspace's window")?;
        require(!self.is_erased(e.chat), "a window of an erased chat")?;
        let owing = self.reports.chats.get_mut(&e.chat).ok_or("a window for nothing")?;
        require(owing.pending.front() == Some(&e.message), "a window that begins elsewhere")?;
        require(owing.window.as_ref().is_none_or(|window| window.closing), "two windows of one chat")?;
        owing.windows += 1;
        require(e.window == owing.windows, "windows are not counted right")?;
        owing.window = Some(Window { number: e.window, opened_at: e.at, closing: false });
        Ok(())
    }

    fn flushed(&mut self, e: &BundleFlushed) -> Verdict {
        require(!self.is_erased(e.chat), "a bundle of an erased chat")?;
        let owing = self.reports.chats.get_mut(&e.chat).ok_or("a bundle of nothing")?;
        let window = owing.window.as_mut().ok_or("a bundle of no window")?;
        require(window.number == e.window, "a bundle of another window")?;
        require((1..=MESSAGES_MAX).contains(&e.messages.len()), "an empty or too large bundle")?;
        require(e.aggregated || e.messages.len() == 1, "several messages in the format of one")?;
        for message in &e.messages {
            let next = owing.pending.pop_front();
            require(next == Some(*message), "not owed, or not in the order in which it became owed")?;
        }
        require(e.is_new_chat != owing.reported, "new is a chat in its first bundle, and only there")?;
        owing.reported = true;
        if e.messages.len() == MESSAGES_MAX {
            *self.counts.entry("burst bundles").or_default() += 1;
        }
        if e.messages.len() > 1 {
            *self.counts.entry("several in one bundle").or_default() += 1;
        }
        // A full bundle does not wait for its window.
        if !std::mem::replace(&mut window.closing, true) && e.messages.len() < MESSAGES_MAX {
            let gathering = self.reports.gathering.get(&e.webhook).ok_or("a bundle of an unknown webhook")?;
            gathering.closed(window.opened_at, e.at, self.reports.alive_since)?;
        }
        let delivery = DeliveryId::of(e.messages[0]);
        let made = Delivery::new(e.webhook, e.chat, e.messages.clone(), self.deliveries.len() as u64);
        require(self.deliveries.insert(delivery, made).is_none(), "one id, two deliveries")?;
        self.hook(e.webhook).owe(e.chat, delivery)
    }
}

impl Gathering {
    /// A window stays open as long as its webhook's setting says, and no longer.
    fn closed(&self, opened_at: Timestamp, at: Timestamp, alive_since: Timestamp) -> Verdict {
        let due = opened_at.plus_ms(self.aggregation.window_ms());
        let is_flushed = self.flushed_at.is_some_and(|at| opened_at <= at);
        let changed = at.since_ms(self.changed_at) <= LATE_MS;
        require(at >= due || is_flushed || changed, "a window closed too early")?;
        let latest = due.max(self.changed_at).max(alive_since).plus_ms(LATE_MS);
        require(at <= latest, "a bundle spans more than its window")
    }
}
