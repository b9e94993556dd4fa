//! A small model of what the log may contain, checked event by event against what is durable on the disk.

mod desk;
mod erasing;
mod fuse;
mod hook;
mod line;
mod owner;
mod reports;
mod turns;

use std::collections::{BTreeMap, BTreeSet};

use events::account::MessageQueued;
use events::event::Event;
use events::ids::{AccountId, ChatId, DeliveryId, MessageId, StreamId, WebhookId, WorkspaceId};
use events::personal::ShortDigest;
use events::record::{Position, Record};
use events::time::Timestamp;
use events::who::Who;

use super::disk::Disk;
use super::leaks::Leaks;
use desk::{InboundWebhook, Room};
pub use hook::{Delivery, Fate, OutboundWebhook};
pub use line::Line;
use reports::Reports;

const DAY_MS: u64 = 24 * 3_600_000;

/// The state of the model: what the log has said so far.
#[derive(Default)]
pub struct Referee {
    pub position: Position,
    /// The time of the latest event.
    pub now: Timestamp,
    pub messages: BTreeMap<MessageId, MessageStory>,
    pub balances: BTreeMap<WorkspaceId, i128>,
    pub accounts: BTreeMap<AccountId, Line>,
    pub chats: BTreeMap<ChatId, Room>,
    /// Texts that were received or typed, with the account that got them.
    pub heard: BTreeSet<(AccountId, String)>,
    heard_ids: BTreeSet<MessageId>,
    /// The chats that each text was said in.
    told_in: BTreeMap<String, BTreeSet<ChatId>>,
    /// The texts that nobody may read any more.
    pub leaks: Leaks,
    peers: BTreeMap<(AccountId, String), ChatId>,
    doors: BTreeMap<WorkspaceId, InboundWebhook>,
    keys: BTreeMap<(WorkspaceId, ShortDigest), Timestamp>,
    connections: u64,
    pub hooks: BTreeMap<WebhookId, OutboundWebhook>,
    pub deliveries: BTreeMap<DeliveryId, Delivery>,
    pub reports: Reports,
    /// The waits after errors in a row, in seconds.
    pub retry_s: Vec<u32>,
    /// True if messages with a file are reported.
    pub attachments: bool,
    /// The notices to owners, according to the log.
    pub told: Vec<Notice>,
    /// The notices about parked deliveries, according to the log.
    pub told_of_parked: Vec<ParkedNotice>,
    /// The ids of the letters about each stop of a webhook or account, in order.
    pub stops: BTreeMap<StreamId, Vec<String>>,
    pub counts: BTreeMap<&'static str, u64>,
    /// Every event's workspace and name; the first is at position 1.
    pub events: Vec<(WorkspaceId, &'static str)>,
}

/// A notice to an owner about a stop.
#[derive(Debug)]
pub struct Notice {
    pub about: StreamId,
    pub number: u64,
    pub at: Position,
}

/// A notice to an owner about parked deliveries.
#[derive(Debug)]
pub struct ParkedNotice {
    /// The id of the letter.
    pub id: String,
    /// True if a letter must have been sent: since the last notice there were always parked deliveries.
    pub has_letter: bool,
    pub at: Position,
}

/// The story of one message.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts")]
pub struct MessageStory {
    pub account: AccountId,
    pub chat: ChatId,
    pub to: String,
    pub text: String,
    /// The URL and the name of its file.
    pub file: Option<(String, String)>,
    /// The chat's title when the message was queued, and the number of chats in the workspace with that title.
    pub title: (String, usize),
    /// True if it was queued in the account that sends by default.
    pub by_default: bool,
    pub queued_at: Position,
    pub end: Option<End>,
    /// When it was taken, if it was before it ended.
    pub accepted_at: Option<Timestamp>,
    /// When it ended first.
    pub ended_at: Timestamp,
    pub uncertain: bool,
    pub settled_by_hand: bool,
    pub tries: u32,
    /// The shortest gap in force at any of its tries.
    pub gap_ms_min: u64,
    at: Timestamp,
    cost: u64,
    charged: u64,
    refunded: u64,
    held: bool,
    maybe_sent: bool,
    lacks_file: bool,
    /// The number of failed fetches in a row, and the earliest time of the next one.
    fetches: u32,
    fetch_at: Timestamp,
    pub rank: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Sent,
    Failed,
}

type Verdict = Result<(), String>;

fn require(holds: bool, rule: &str) -> Verdict {
    if holds { Ok(()) } else { Err(rule.to_owned()) }
}

impl Referee {
    /// Checks all events that have become durable since the last call.
    pub fn catch_up(&mut self, disk: &Disk) -> Verdict {
        disk.ever_written().broken().map_or(Ok(()), Err)?;
        for record in disk.synced_after(self.position) {
            self.see(&record).map_err(|rule| format!("{rule} (at position {})", record.first))?;
        }
        Ok(())
    }

    fn see(&mut self, record: &Record) -> Verdict {
        require(record.first == self.position + 1, "positions have a gap")?;
        self.position = record.last();
        self.now = record.recorded_at;
        see_cause(record)?;
        self.see_key(record)?;
        let mut paid = BTreeSet::new();
        for event in &record.events {
            self.events.push((record.workspace, event.name()));
            *self.counts.entry(event.name()).or_default() += 1;
            self.see_stop(record.recorded_at, event);
            self.see_money(event, &mut paid)?;
            self.see_desk(record.cause.by, event)?;
            self.see_line(event)?;
            self.see_reports(record.recorded_at, event)?;
            self.see_delivery(event)?;
            self.see_try(record.recorded_at, event)?;
        }
        self.see_consequences()?;
        self.see_whole(record)
    }

    /// An idempotency key stands for only one message within a day.
    fn see_key(&mut self, record: &Record) -> Verdict {
        let queues = record.events.iter().any(|event| matches!(event, Event::MessageQueued(_)));
        if let (Some(given), true) = (record.cause.idempotency(), queues) {
            let key = (record.workspace, given.key);
            let before = self.keys.insert(key, record.recorded_at);
            let renewed = before.is_none_or(|at| record.recorded_at.since_ms(at) >= DAY_MS);
            require(renewed, "one idempotency key, two messages")?;
        }
        Ok(())
    }

    fn see_money(&mut self, event: &Event, paid: &mut BTreeSet<MessageId>) -> Verdict {
        let (workspace, change) = match event {
            Event::CreditsGranted(e) => (e.workspace, i128::from(e.amount)),
            Event::CreditCharged(e) => {
                require(paid.insert(e.message), "charged twice in one commit")?;
                let told = self.messages.get_mut(&e.message).ok_or("charged for a message that is not queued")?;
                told.charged += 1;
                require(told.charged == 1 && told.cost == e.amount, "not charged exactly once")?;
                (e.workspace, -i128::from(e.amount))
            }
            Event::CreditRefunded(e) => {
                let told = self.messages.get_mut(&e.message).ok_or("refund for an unknown message")?;
                told.refunded += 1;
                require(told.refunded == 1 && told.cost == e.amount, "refunded twice, or not what was charged")?;
                (e.workspace, i128::from(e.amount))
            }
            _ => return Ok(()),
        };
        let balance = self.balances.entry(workspace).or_default();
        *balance += change;
        require(*balance >= 0, "the balance is below zero")
    }

    fn queued(&mut self, e: &MessageQueued) -> Verdict {
        let room = self.chats.get(&e.chat).ok_or("queued in an unknown chat")?;
        require(room.account == e.account, "queued in another account's chat")?;
        require(room.erasure.is_none(), "queued in an erased chat")?;
        let (has_file, has_text) = (e.file.is_some(), !e.text.reveal().trim().is_empty());
        require(e.cost == if has_file && has_text { 2 } else { 1 }, "another cost")?;
        let title = room.title.clone();
        let alike = |room: &&Room| room.title == title && room.account.workspace() == e.workspace;
        let alike = self.chats.values().filter(alike).count();
        let told = MessageStory {
            account: e.account,
            chat: e.chat,
            to: e.to.reveal().to_owned(),
            text: e.text.reveal().to_owned(),
            file: e.file.as_ref().map(|file| (file.url.reveal().to_owned(), file.name.reveal().to_owned())),
            title: (title, alike),
            by_default: self.default_account(e.workspace) == Some(e.account),
            queued_at: self.position,
            end: None,
            accepted_at: None,
            ended_at: Timestamp::default(),
            uncertain: false,
            settled_by_hand: false,
            tries: 0,
            gap_ms_min: u64::MAX,
            at: e.at,
            cost: e.cost,
            charged: 0,
            refunded: 0,
            held: false,
            maybe_sent: false,
            lacks_file: has_file,
            fetches: 0,
            fetch_at: Timestamp::default(),
            rank: 0,
        };
        if has_text {
            self.told(e.chat, e.text.reveal());
        }
        let place = self.position;
        self.line(e.account)?.waiting.insert(place, e.message);
        require(self.messages.insert(e.message, told).is_none(), "one id, two messages")
    }

    /// In the same commit, a queued message must be charged and a failed one refunded.
    fn see_whole(&self, record: &Record) -> Verdict {
        let ours = record.events.iter().filter(|event| !is_of_reports(event));
        for message in ours.filter_map(Event::message) {
            let told = self.messages.get(&message).ok_or("an event of an unknown message")?;
            require(told.charged == 1, "queued without a charge")?;
            require((told.end == Some(End::Failed)) == (told.refunded == 1), "failed and refunded do not go together")?;
        }
        Ok(())
    }

    /// Returns the first event of a workspace after a position.
    pub fn next_event(&self, workspace: WorkspaceId, after: Position) -> Option<(Position, &'static str)> {
        let behind = self.events.iter().enumerate().skip(usize::try_from(after).unwrap());
        let found = behind.map(|(at, event)| (at as Position + 1, event)).find(|(_, event)| event.0 == workspace);
        found.map(|(position, (_, name))| (position, *name))
    }

    /// Begins a life of the gateway at this time of its clock.
    pub fn begin_life(&mut self, now: Timestamp) {
        self.reports.alive_since = now;
        self.see_life();
    }

    /// The number of messages that accounts can send now, of webhooks with work to do, of messages that wait for a
    /// bundle, and of what erasures have left to do.
    pub fn outstanding(&self) -> usize {
        let sending = self.accounts.values().filter(|line| line.may_send()).map(|line| line.waiting.len());
        let reporting = self.hooks.values().filter(|hook| hook.is_busy()).count();
        let accepted = self.messages.values().filter(|told| told.accepted_at.is_some() && told.end.is_none());
        sending.sum::<usize>() + accepted.count() + reporting + self.reports.pending() + self.erasing()
    }
}

/// True for events that may concern a message that was never queued.
const fn is_of_reports(event: &Event) -> bool {
    matches!(
        event,
        Event::MessageReceived(_)
            | Event::BundleOpened(_)
            | Event::BundleFlushed(_)
            | Event::DeliveryStarted(_)
            | Event::DeliverySucceeded(_)
            | Event::DeliveryFailed(_)
            | Event::DeliveryParked(_)
            | Event::DeliveryResent(_)
            | Event::SingleDeliveryDiscarded(_)
    )
}

/// An event that no request caused must name the earlier event that it followed from. Only a transport reports on its
/// own.
fn see_cause(record: &Record) -> Verdict {
    let (cause, by) = (&record.cause, record.cause.by);
    let is_asked = matches!(by, Who::Operator | Who::Key(_) | Who::Inbound);
    require(is_asked == (cause.command > 0), "a request without an id, or an id without a request")?;
    match cause.because() {
        Some(position) => require(!is_asked && (1..record.first).contains(&position), "follows from no earlier event"),
        None => require(is_asked || by == Who::Transport, "acted of itself and names no event"),
    }
}
