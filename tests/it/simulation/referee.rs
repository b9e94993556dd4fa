//! A small model of what may be in the log, checked event by event against what the disk really keeps.

use std::collections::{BTreeMap, BTreeSet};

use events::account::{DeferReason, SettledAs};
use events::event::Event;
use events::ids::{AccountId, ChatId, MessageId, WorkspaceId};
use events::record::{Position, Record};
use events::time::Timestamp;

use super::disk::Disk;

const GAP_MS_MIN: u64 = 1_500;
const DAY_MS: u64 = 24 * 3_600_000;

/// What the log said so far.
#[derive(Default)]
pub struct Referee {
    pub position: Position,
    pub trace: Vec<String>,
    pub messages: BTreeMap<MessageId, Told>,
    pub balances: BTreeMap<WorkspaceId, i128>,
    pub accounts: BTreeMap<AccountId, Line>,
    chats: BTreeMap<(AccountId, String), ChatId>,
    keys: BTreeMap<(WorkspaceId, String), Timestamp>,
    pub counts: BTreeMap<&'static str, u64>,
}

/// One message's story.
#[derive(Debug, Clone)]
pub struct Told {
    pub account: AccountId,
    pub chat: ChatId,
    pub to: String,
    pub text: String,
    pub queued_at: Position,
    pub end: Option<End>,
    pub uncertain: bool,
    pub settled_by_hand: bool,
    cost: u64,
    charged: u64,
    refunded: u64,
    tries: u32,
    held: bool,
    rank: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Sent,
    Failed,
}

/// One account's story.
#[derive(Debug, Default)]
pub struct Line {
    pub blocked: bool,
    pub trying: Option<MessageId>,
    last_outcome: Option<Timestamp>,
    waiting: BTreeMap<Position, MessageId>,
}

type Verdict = Result<(), String>;

fn require(holds: bool, rule: &str) -> Verdict {
    if holds { Ok(()) } else { Err(rule.to_owned()) }
}

impl Referee {
    /// Reads on in what is durable.
    pub fn catch_up(&mut self, disk: &Disk) -> Verdict {
        for record in disk.synced_after(self.position) {
            self.see(&record).map_err(|rule| format!("{rule} (at position {})", record.first))?;
        }
        Ok(())
    }

    fn see(&mut self, record: &Record) -> Verdict {
        require(record.first == self.position + 1, "positions have a gap")?;
        self.position = record.last();
        self.trace.push(format!("{} {:?}", record.recorded_at.ms(), record.events));
        self.see_key(record)?;
        let mut paid = BTreeSet::new();
        for event in &record.events {
            *self.counts.entry(event.name()).or_default() += 1;
            self.see_money(event, &mut paid)?;
            self.see_event(record.recorded_at, event)?;
        }
        self.see_whole(record)
    }

    /// A client's key stands for one message within a day.
    fn see_key(&mut self, record: &Record) -> Verdict {
        let queues = record.events.iter().any(|event| matches!(event, Event::MessageQueued(_)));
        if let (Some(given), true) = (&record.cause.idempotency, queues) {
            let key = (record.workspace, given.key.clone());
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

    fn see_event(&mut self, now: Timestamp, event: &Event) -> Verdict {
        match event {
            Event::AccountConnected(e) => {
                require(self.accounts.insert(e.account, Line::default()).is_none(), "an account connected twice")
            }
            Event::ChatOpened(e) => {
                let key = (e.account, e.peer.reveal().to_owned());
                require(self.chats.insert(key, e.chat).is_none(), "two chats with one recipient")
            }
            Event::MessageQueued(e) => {
                let told = Told {
                    account: e.account,
                    chat: e.chat,
                    to: e.to.reveal().to_owned(),
                    text: e.text.reveal().to_owned(),
                    queued_at: self.position,
                    end: None,
                    uncertain: false,
                    settled_by_hand: false,
                    cost: e.cost,
                    charged: 0,
                    refunded: 0,
                    tries: 0,
                    held: false,
                    rank: 0,
                };
                let line = self.accounts.get_mut(&e.account).ok_or("queued in an unknown account")?;
                line.waiting.insert(self.position, e.message);
                require(self.messages.insert(e.message, told).is_none(), "one id, two messages")
            }
            Event::SendStarted(e) => self.started(now, e.account, e.message, e.try_number),
            Event::SendDeferred(e) => {
                let told = self.tried(e.account, e.message, e.at)?;
                told.held = e.reason == DeferReason::PairRateLimited;
                Ok(())
            }
            Event::SendUncertain(e) => {
                let told = self.tried(e.account, e.message, e.at)?;
                told.uncertain = true;
                let place = told.queued_at;
                self.accounts.get_mut(&e.account).ok_or("unknown account")?.waiting.remove(&place);
                Ok(())
            }
            Event::MessageSent(e) => self.ended(e.account, e.message, e.at, End::Sent),
            Event::MessageFailed(e) => self.ended(e.account, e.message, e.at, End::Failed),
            Event::MessageSettled(e) => {
                let told = self.messages.get_mut(&e.message).ok_or("settled an unknown message")?;
                require(told.uncertain && told.end.is_none(), "settled what was not uncertain")?;
                told.uncertain = false;
                told.settled_by_hand = e.how == events::account::SettledHow::Owner;
                told.end = Some(if e.settled_as == SettledAs::Sent { End::Sent } else { End::Failed });
                Ok(())
            }
            Event::MessageDelivered(e) => self.rises(e.message, 1),
            Event::MessageRead(e) => self.rises(e.message, 2),
            Event::AccountBlocked(e) => {
                self.accounts.get_mut(&e.account).ok_or("unknown account")?.blocked = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn started(&mut self, now: Timestamp, account: AccountId, message: MessageId, number: u32) -> Verdict {
        let line = self.accounts.get_mut(&account).ok_or("unknown account")?;
        require(line.trying.replace(message).is_none(), "two tries at once")?;
        require(!line.blocked, "a blocked account sends")?;
        let paced = line.last_outcome.is_none_or(|at| now.since_ms(at) >= GAP_MS_MIN);
        require(paced, "sent before the gap was over")?;
        let own = self.messages.get(&message).ok_or("a try of an unknown message")?;
        require(own.end.is_none() && !own.uncertain, "a try of a message that is done with")?;
        let mut held = BTreeSet::new();
        for earlier in line.waiting.range(..own.queued_at).map(|(_, id)| &self.messages[id]) {
            require(earlier.chat != own.chat, "overtaken within a chat")?;
            let waits = earlier.held || held.contains(&earlier.chat);
            require(waits, "overtaken within an account, for no reason")?;
            held.insert(earlier.chat);
        }
        let told = self.messages.get_mut(&message).ok_or("unknown message")?;
        told.tries += 1;
        require(told.tries == number, "tries are not counted right")
    }

    fn tried(&mut self, account: AccountId, message: MessageId, at: Timestamp) -> Result<&mut Told, String> {
        let line = self.accounts.get_mut(&account).ok_or("unknown account")?;
        require(line.trying.take() == Some(message), "an outcome of no try")?;
        line.last_outcome = Some(at);
        Ok(self.messages.get_mut(&message).ok_or("unknown message")?)
    }

    fn ended(&mut self, account: AccountId, message: MessageId, at: Timestamp, end: End) -> Verdict {
        let line = self.accounts.get_mut(&account).ok_or("unknown account")?;
        if line.trying == Some(message) {
            line.trying = None;
            line.last_outcome = Some(at);
        }
        let told = self.messages.get_mut(&message).ok_or("unknown message")?;
        require(told.end.replace(end).is_none(), "a message ended twice")?;
        line.waiting.remove(&told.queued_at);
        Ok(())
    }

    fn rises(&mut self, message: MessageId, rank: u8) -> Verdict {
        let told = self.messages.get_mut(&message).ok_or("a receipt of an unknown message")?;
        require(told.rank < rank, "a state went backwards")?;
        told.rank = rank;
        Ok(())
    }

    /// Queued means charged, failed means refunded, in the same commit.
    fn see_whole(&self, record: &Record) -> Verdict {
        for message in record.events.iter().filter_map(Event::message) {
            let told = self.messages.get(&message).ok_or("an event of an unknown message")?;
            require(told.charged == 1, "queued without a charge")?;
            require((told.end == Some(End::Failed)) == (told.refunded == 1), "failed and refunded do not go together")?;
        }
        Ok(())
    }

    /// Messages that wait or are being tried in accounts that may send.
    pub fn outstanding(&self) -> usize {
        self.accounts.values().filter(|line| !line.blocked).map(|line| line.waiting.len()).sum()
    }
}
