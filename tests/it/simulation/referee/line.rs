//! The rules for accounts: who may send when, in which order, and after which gap.

use std::collections::{BTreeMap, BTreeSet};

use events::account::{
    DeferReason, FetchFailed, MessageAccepted, MessageFailed, MessageSent, SendDeferred, SendUncertain, SettledAs,
    SettledHow,
};
use events::event::Event;
use events::ids::{AccountId, MessageId, WorkspaceId};
use events::record::Position;
use events::time::Timestamp;
use events::who::Who;
use events::workspace::{AccountConnected, AccountDisconnected};

use super::{DAY_MS, End, MessageStory, Referee, Verdict, require};

/// A message that was accepted counts as sent after this time.
const MINUTE_MS: u64 = 60_000;

/// The story of one account.
#[derive(Debug, Default)]
pub struct Line {
    pub phone: String,
    pub blocked: bool,
    pub paused: bool,
    /// The time since when it is disconnected, and whether the transport may reconnect it.
    pub disconnected: Option<(Timestamp, bool)>,
    pub trying: Option<MessageId>,
    pub waiting: BTreeMap<Position, MessageId>,
    connection: u64,
    gap_ms_min: u64,
    last_outcome: Option<Timestamp>,
}

impl Line {
    pub fn may_send(&self) -> bool {
        !self.blocked && !self.paused && self.disconnected.is_none()
    }
}

impl Referee {
    pub(super) fn line(&mut self, account: AccountId) -> Result<&mut Line, String> {
        self.accounts.get_mut(&account).ok_or_else(|| "unknown account".to_owned())
    }

    fn story(&mut self, message: MessageId) -> Result<&mut MessageStory, String> {
        self.messages.get_mut(&message).ok_or_else(|| "unknown message".to_owned())
    }

    /// The account that sends by default: of those that may send, the one that a person connected last.
    pub(super) fn default_account(&self, workspace: WorkspaceId) -> Option<AccountId> {
        let active = self.accounts.iter().filter(|(id, line)| id.workspace() == workspace && line.may_send());
        active.max_by_key(|(_, line)| line.connection).map(|(id, _)| *id)
    }

    pub(super) fn see_line(&mut self, event: &Event) -> Verdict {
        match event {
            Event::AccountConnected(e) => self.connected(e),
            Event::AccountDisconnected(e) => self.disconnected(e),
            Event::AccountPaused(e) => {
                let line = self.line(e.account)?;
                require(!line.paused && line.disconnected.is_none(), "paused for nothing")?;
                line.paused = true;
                Ok(())
            }
            Event::AccountResumed(e) => {
                let line = self.line(e.account)?;
                let held = line.paused || line.blocked;
                require(held && line.disconnected.is_none(), "resumed for nothing")?;
                (line.paused, line.blocked) = (false, false);
                Ok(())
            }
            Event::AccountBlocked(e) => {
                self.line(e.account)?.blocked = true;
                Ok(())
            }
            Event::PacingChanged(e) => {
                if let Some(account) = e.account {
                    self.line(account)?.gap_ms_min = e.gap_ms_min.into();
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn connected(&mut self, e: &AccountConnected) -> Verdict {
        let by_itself = e.by == Who::Transport;
        if !by_itself {
            self.connections += 1;
        }
        let (connections, is_new) = (self.connections, !self.accounts.contains_key(&e.account));
        let line = self.accounts.entry(e.account).or_default();
        require(is_new || line.disconnected.is_some(), "an account connected twice")?;
        require(is_new || line.phone == e.phone.reveal(), "an account got another number")?;
        if by_itself {
            require(line.disconnected.is_some_and(|(_, returns)| returns), "connected against the owner's will")?;
        } else {
            line.connection = connections;
        }
        line.disconnected = None;
        line.gap_ms_min = e.gap_ms_min.into();
        e.phone.reveal().clone_into(&mut line.phone);
        let namesakes =
            self.accounts.iter().filter(|(id, line)| id.workspace() == e.workspace && line.phone == e.phone.reveal());
        require(namesakes.count() == 1, "one number, two accounts")?;
        let holds =
            |line: &&Line| line.phone == e.phone.reveal() && line.disconnected.is_none_or(|(_, returns)| returns);
        require(self.accounts.values().filter(holds).count() == 1, "one number, held by two workspaces")
    }

    fn disconnected(&mut self, e: &AccountDisconnected) -> Verdict {
        let (line, by_itself) = (self.line(e.account)?, e.by == Who::Transport);
        // A person may disconnect for good what the transport has only lost.
        let ends = line.disconnected.is_none_or(|(_, returns)| returns && !by_itself);
        require(ends, "disconnected twice")?;
        let since = line.disconnected.map_or(e.at, |(since, _)| since);
        line.disconnected = Some((since, by_itself));
        Ok(())
    }

    pub(super) fn see_try(&mut self, now: Timestamp, event: &Event) -> Verdict {
        match event {
            Event::FileFetched(e) => {
                let told = self.story(e.message)?;
                require(told.end.is_none() && told.lacks_file, "a file that nobody waits for")?;
                require(now >= told.fetch_at, "a file was fetched again too early")?;
                let again = std::mem::take(&mut told.fetches) > 0;
                told.lacks_file = false;
                *self.counts.entry("fetched again").or_default() += u64::from(again);
                Ok(())
            }
            Event::FetchFailed(e) => self.fetch_failed(now, e),
            Event::SendStarted(e) => self.started(now, e.account, e.message, e.try_number),
            Event::SendDeferred(e) => self.deferred(e),
            Event::SendUncertain(e) => self.uncertain(now, e),
            Event::MessageAccepted(e) => self.accepted(e),
            Event::MessageSent(e) => self.sent(now, e),
            Event::MessageFailed(e) => self.failed(now, e),
            Event::MessageSettled(e) => {
                let told = self.story(e.message)?;
                require(told.uncertain && told.end.is_none(), "settled what was not uncertain")?;
                told.ended_at = e.at;
                told.uncertain = false;
                told.settled_by_hand = e.how == SettledHow::Owner;
                told.end = Some(if e.settled_as == SettledAs::Sent { End::Sent } else { End::Failed });
                Ok(())
            }
            Event::MessageDelivered(e) => self.rises(e.message, 1),
            Event::MessageRead(e) => self.rises(e.message, 2),
            _ => Ok(()),
        }
    }

    fn uncertain(&mut self, now: Timestamp, e: &SendUncertain) -> Verdict {
        if self.line(e.account)?.trying == Some(e.message) {
            self.tried(e.account, e.message, e.at)?;
        } else {
            let expired = self.is_expired(now, e.account, e.message)?;
            let chat = self.story(e.message)?.chat;
            let erased = self.is_erased(chat);
            let told = self.story(e.message)?;
            require((expired || erased || told.lacks_file) && told.maybe_sent, "uncertain for no reason")?;
        }
        let told = self.story(e.message)?;
        told.uncertain = true;
        let place = told.queued_at;
        self.line(e.account)?.waiting.remove(&place);
        Ok(())
    }

    fn deferred(&mut self, e: &SendDeferred) -> Verdict {
        self.tried(e.account, e.message, e.at)?;
        let told = self.story(e.message)?;
        told.held = e.reason == DeferReason::PairRateLimited;
        told.lacks_file |= e.reason == DeferReason::FileGone;
        told.maybe_sent |= matches!(e.reason, DeferReason::OutcomeUnknown | DeferReason::Interrupted);
        let once_more = u64::from(e.reason == DeferReason::FileGone);
        *self.counts.entry("files fetched once more").or_default() += once_more;
        Ok(())
    }

    /// At most three fetches in a row: the second after 2 s, the third after 10 s, or later if the server asks for
    /// that.
    fn fetch_failed(&mut self, now: Timestamp, e: &FetchFailed) -> Verdict {
        let tried = self.line(e.account)?.trying == Some(e.message);
        let told = self.story(e.message)?;
        require(told.end.is_none() && (told.lacks_file || tried), "a file that nobody waits for failed")?;
        require(now >= told.fetch_at, "a file was fetched again too early")?;
        told.fetches += 1;
        require(e.fetch_number == told.fetches, "fetches are not counted right")?;
        let Some(again_at) = e.again_at else { return Ok(()) };
        told.fetch_at = again_at;
        let wait_ms = again_at.since_ms(now);
        require(told.fetches < 3, "a fourth fetch")?;
        require(wait_ms >= if told.fetches == 1 { 2_000 } else { 10_000 } && wait_ms <= 60_000, "another wait")
    }

    fn started(&mut self, now: Timestamp, account: AccountId, message: MessageId, number: u32) -> Verdict {
        let line = self.accounts.get_mut(&account).ok_or("unknown account")?;
        require(line.trying.replace(message).is_none(), "two tries at once")?;
        require(!line.blocked, "a blocked account sends")?;
        require(!line.paused, "a paused account sends")?;
        require(line.disconnected.is_none(), "a disconnected account sends")?;
        let paced = line.last_outcome.is_none_or(|at| now.since_ms(at) >= line.gap_ms_min);
        require(paced, "sent before the gap was over")?;
        let own = self.messages.get(&message).ok_or("a try of an unknown message")?;
        require(own.account == account, "a try of another account's message")?;
        require(own.end.is_none() && !own.uncertain, "a try of a message that is done with")?;
        require(!own.lacks_file, "sent without its file")?;
        let erased = self.chats.get(&own.chat).is_some_and(|room| room.erasure.is_some());
        require(!erased, "a message of an erased chat is tried")?;
        let mut held = BTreeSet::new();
        for earlier in line.waiting.range(..own.queued_at).map(|(_, id)| &self.messages[id]) {
            require(earlier.chat != own.chat, "overtaken within a chat")?;
            let waits = earlier.held || earlier.lacks_file || held.contains(&earlier.chat);
            require(waits, "overtaken within an account, for no reason")?;
            held.insert(earlier.chat);
        }
        let gap_ms_min = line.gap_ms_min;
        let told = self.story(message)?;
        told.tries += 1;
        told.gap_ms_min = told.gap_ms_min.min(gap_ms_min);
        require(told.tries == number, "tries are not counted right")
    }

    fn tried(&mut self, account: AccountId, message: MessageId, at: Timestamp) -> Verdict {
        let line = self.line(account)?;
        require(line.trying.take() == Some(message), "an outcome of no try")?;
        line.last_outcome = Some(at);
        Ok(())
    }

    /// A message fails through a try, through its file, or after a day without a connection.
    fn failed(&mut self, now: Timestamp, e: &MessageFailed) -> Verdict {
        let tried = self.line(e.account)?.trying == Some(e.message);
        if e.code == "account_disconnected" {
            let expired = self.is_expired(now, e.account, e.message)?;
            require(expired && !tried && !self.story(e.message)?.maybe_sent, "given up too early")?;
            *self.counts.entry("expired").or_default() += 1;
        } else if e.code == "chat_erased" {
            let chat = self.story(e.message)?.chat;
            require(self.is_erased(chat), "failed as erased, though nobody erased its chat")?;
            require(tried || !self.story(e.message)?.maybe_sent, "failed as erased, though it may have been sent")?;
            *self.counts.entry(if tried { "erased while tried" } else { "erased while queued" }).or_default() += 1;
        } else {
            let told = self.story(e.message)?;
            let by_status =
                e.code == "refused" && (told.accepted_at.is_some() || told.maybe_sent || told.end.is_some());
            require(tried || told.lacks_file || by_status, "failed without a try")?;
            let late = told.end == Some(End::Sent);
            require(!late || told.rank == 0, "failed though it has arrived")?;
            require(!late || now.since_ms(told.ended_at) <= 7 * DAY_MS, "credits moved after seven days")?;
            if late {
                // A message that counted as sent has ended before.
                told.end = None;
                *self.counts.entry("refused late").or_default() += 1;
            }
            *self.counts.entry("refused after it was taken").or_default() += u64::from(by_status);
        }
        self.ended(e.account, e.message, e.at, End::Failed)
    }

    /// A message that was taken waits for no further try.
    fn accepted(&mut self, e: &MessageAccepted) -> Verdict {
        self.tried(e.account, e.message, e.at)?;
        let told = self.story(e.message)?;
        require(told.end.is_none() && !told.uncertain, "accepted what is done with")?;
        require(told.accepted_at.replace(e.at).is_none(), "accepted twice")?;
        let place = told.queued_at;
        self.line(e.account)?.waiting.remove(&place);
        Ok(())
    }

    /// A message is sent by a try, by a status of one that may have been sent, or a minute after it was accepted.
    fn sent(&mut self, now: Timestamp, e: &MessageSent) -> Verdict {
        let told = self.story(e.message)?;
        let (seen, accepted_at) = (told.maybe_sent, told.accepted_at);
        let trying = self.line(e.account)?.trying == Some(e.message);
        require(seen || accepted_at.is_some() || trying, "sent without a try")?;
        if let Some(at) = accepted_at {
            *self.counts.entry("counted as sent").or_default() += u64::from(now.since_ms(at) >= MINUTE_MS);
        }
        self.ended(e.account, e.message, e.at, End::Sent)
    }

    fn is_expired(&mut self, now: Timestamp, account: AccountId, message: MessageId) -> Result<bool, String> {
        let queued = self.story(message)?.at;
        let since = self.line(account)?.disconnected.map(|(since, _)| since.max(queued));
        Ok(since.is_some_and(|since| now.since_ms(since) >= DAY_MS))
    }

    fn ended(&mut self, account: AccountId, message: MessageId, at: Timestamp, end: End) -> Verdict {
        let line = self.line(account)?;
        if line.trying == Some(message) {
            line.trying = None;
            line.last_outcome = Some(at);
        }
        let told = self.story(message)?;
        require(told.end.replace(end).is_none(), "a message ended twice")?;
        told.ended_at = at;
        let place = told.queued_at;
        self.line(account)?.waiting.remove(&place);
        Ok(())
    }

    fn rises(&mut self, message: MessageId, rank: u8) -> Verdict {
        let told = self.story(message)?;
        require(told.rank < rank, "a state went backwards")?;
        told.rank = rank;
        Ok(())
    }
}
