//! Why a message waited for its turn: the messages of its account before it, the gap, and what happened to the account.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use events::event::Event;
use events::history::{History, Of};
use events::ids::{AccountId, MessageId, StreamId};
use events::log::ReadError;
use events::record::{Position, Record};
use events::time::Timestamp;

use super::step::{Step, StepKind};
use super::words;
use crate::service::wording::{counted, duration};

/// Events of an account that are looked through.
const LOOKED_THROUGH_MAX: usize = 16_384;
/// Events of an account that are searched backwards for the message before.
const BACK_MAX: usize = 256;
/// A shorter wait is none.
const WAIT_MS_MIN: u64 = 100;

/// What happened between the moment when a message was queued and its first try.
#[derive(Default)]
pub(super) struct Waited {
    /// Other messages of the account that were done meanwhile.
    before_it: BTreeSet<MessageId>,
    /// When the last try before its own ended.
    done_at: Option<Timestamp>,
    pub(super) account_steps: Vec<(Position, Step)>,
    pub(super) note: Option<String>,
}

/// Looks at the account from the queuing of a message until its first try, or until now.
pub(super) fn of(
    history: &History,
    account: AccountId,
    message: MessageId,
    ((queued, _), until): ((Position, Timestamp), Position),
) -> Result<Waited, ReadError> {
    let stream = Of::Stream(StreamId::Account(account));
    let (mut waited, mut left) = (Waited::default(), BACK_MAX);
    history.walk_back(stream, 1..=queued, |_, record, event| {
        left -= 1;
        if ends_a_try(event) && event.message() != Some(message) {
            waited.done_at = Some(record.recorded_at);
        }
        if waited.done_at.is_some() || left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    left = LOOKED_THROUGH_MAX;
    history.walk(stream, queued..=until, |position, record, event| {
        left -= 1;
        waited.take(message, position, record, event);
        if left == 0 {
            waited.note = Some(format!("What happened to the account after position {position} is not shown."));
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    Ok(waited)
}

const fn ends_a_try(event: &Event) -> bool {
    matches!(
        event,
        Event::MessageSent(_)
            | Event::MessageFailed(_)
            | Event::SendDeferred(_)
            | Event::SendUncertain(_)
            | Event::MessageAccepted(_)
    )
}

impl Waited {
    fn take(&mut self, message: MessageId, position: Position, record: &Record, event: &Event) {
        if let Some(text) = words::of_account(event) {
            self.account_steps.push((position, Step::of(position, record, StepKind::Account, text)));
        }
        if let Some(other) = event.message().filter(|other| *other != message && ends_a_try(event)) {
            self.done_at = Some(record.recorded_at);
            self.before_it.insert(other);
        }
    }

    /// Describes the wait before the first try; `None` if there was none to speak of.
    pub(super) fn paced(&self, queued: Timestamp, started: Timestamp) -> Option<Step> {
        let waited_ms = started.since_ms(queued);
        if waited_ms < WAIT_MS_MIN {
            return None;
        }
        let before = match self.before_it.len() as u64 {
            0 => String::new(),
            others => format!(", behind {} of the account", counted(others, "other message")),
        };
        let gap = self.done_at.map_or_else(String::new, |done| {
            format!("; the try before it had ended {} earlier", duration(started.since_ms(done)))
        });
        Some(Step {
            at: started.to_string(),
            position: None,
            kind: StepKind::Paced,
            text: format!("It waited {} for its turn{before}{gap}", duration(waited_ms)),
            id: None,
            status: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_with_what_was_before_it() {
        let at = Timestamp::from_ms;
        let mut waited = Waited { done_at: Some(at(1_200)), ..Waited::default() };
        assert_eq!(waited.paced(at(1_000), at(1_099)), None);
        let text = waited.paced(at(1_000), at(3_150)).unwrap().text;
        assert_eq!(text, "It waited 2.1 s for its turn; the try before it had ended 1.9 s earlier");
        waited.before_it.extend([MessageId::from_bits(1), MessageId::from_bits(2)]);
        let text = waited.paced(at(1_000), at(3_150)).unwrap().text;
        assert!(text.contains(", behind 2 other messages of the account;"), "{text}");
    }
}
