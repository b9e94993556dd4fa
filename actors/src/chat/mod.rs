//! A chat: how far its messages got. States never go backwards.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use events::account::SettledAs;
use events::chat::{MessageDelivered, MessageRead};
use events::event::Event;
use events::ids::{ChatId, MessageId, StreamId};
use events::time::Timestamp;
use serde::Serialize;

use crate::decider::{Decider, Decision, Due, Never};

/// Receipts are taken for this many of a chat's latest messages.
pub const MESSAGES_MAX: usize = 1_000;

/// The rules of chats.
pub struct Chat;

/// What a chat can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// A receipt arrived; it may be late, twice or out of order.
    Receipt {
        /// For which message.
        message: MessageId,
        /// What it says.
        receipt: Receipt,
    },
}

/// What a receipt says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// The recipient's phone has it.
    Delivered,
    /// The recipient has read it.
    Read,
}

/// How far a message got: a rank that only rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// On its way.
    Queued,
    /// `WhatsApp` took it.
    Sent,
    /// It failed, which may turn out after it was sent.
    Failed,
    /// The recipient's phone has it.
    Delivered,
    /// The recipient has read it.
    Read,
}

/// How far each of the latest messages got.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct State {
    chat: Option<ChatId>,
    stages: BTreeMap<MessageId, Stage>,
    order: VecDeque<MessageId>,
}

impl State {
    fn add(&mut self, message: MessageId) {
        self.stages.insert(message, Stage::Queued);
        self.order.push_back(message);
        if self.order.len() > MESSAGES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.stages.remove(&oldest);
        }
    }

    fn rise(&mut self, message: MessageId, to: Stage) {
        if let Some(stage) = self.stages.get_mut(&message) {
            *stage = to.max(*stage);
        }
    }
}

impl Decider for Chat {
    type Id = ChatId;
    type State = State;
    type Command = Command;
    type Answer = ();
    type Rejection = Never;
    type Effect = Never;

    fn stream(id: ChatId) -> StreamId {
        StreamId::Chat(id)
    }

    fn decide(state: &State, command: Command, now: Timestamp) -> Result<Decision<()>, Never> {
        let Command::Receipt { message, receipt } = command;
        let (Some(chat), Some(reached)) = (state.chat, state.stages.get(&message)) else {
            return Ok(Decision::nothing(()));
        };
        let event: Option<Event> = match receipt {
            Receipt::Delivered if *reached < Stage::Delivered => {
                Some(MessageDelivered { message, chat, at: now }.into())
            }
            Receipt::Read if *reached < Stage::Read => Some(MessageRead { message, chat, at: now }.into()),
            _ => None,
        };
        Ok(Decision::of(event.into_iter().collect(), ()))
    }

    fn apply(state: &mut State, event: &Event) {
        match event {
            Event::ChatOpened(e) => state.chat = Some(e.chat),
            Event::MessageQueued(e) => state.add(e.message),
            Event::MessageSent(e) => state.rise(e.message, Stage::Sent),
            Event::MessageFailed(e) => state.rise(e.message, Stage::Failed),
            Event::MessageSettled(e) => match e.settled_as {
                SettledAs::Sent => state.rise(e.message, Stage::Sent),
                SettledAs::Failed => state.rise(e.message, Stage::Failed),
            },
            Event::MessageDelivered(e) => state.rise(e.message, Stage::Delivered),
            Event::MessageRead(e) => state.rise(e.message, Stage::Read),
            _ => {}
        }
    }

    fn due(_state: &State) -> Due<Never> {
        Due::nothing()
    }
}
