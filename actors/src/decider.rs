//! The interface of all rules: decide, apply, due. No clock, no randomness, no I/O.

use std::fmt::{Debug, Display};
use std::hash::Hash;

use events::chat::Responsible;
use events::event::Event;
use events::ids::{AccountId, ChatId, MessageId, StreamId};
use events::index::{AccountEntry, ChatEntry, Remembered};
use events::personal::ShortDigest;
use events::time::Timestamp;
use events::who::Who;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::reporting::Reporting;

/// The rules of one kind of actor.
pub trait Decider: Sized + Unpin + 'static {
    /// Identifies one actor of this kind.
    type Id: Copy + Eq + Hash + Debug + Display + Send + Sync + Unpin + 'static;
    /// The state that the rules keep: all of it can be serialized and read again.
    type State: Default + PartialEq + Debug + Serialize + DeserializeOwned + Send + Unpin + 'static;
    type Command: Send + 'static;
    /// The result of an accepted command.
    type Answer: Send + 'static;
    /// Why a command was refused.
    type Rejection: Debug + Send + 'static;
    /// Something to be done outside the actor.
    type Effect: Ord + Clone + Debug + Send + Unpin + 'static;

    fn stream(id: Self::Id) -> StreamId;

    /// Returns what must be looked up before `command` can be decided; called again until there is nothing more.
    fn next_lookup(_state: &Self::State, _command: &Self::Command) -> Option<LookupRequest> {
        None
    }

    /// Puts the result of a look-up into the command.
    fn resolve(_command: &mut Self::Command, _found: LookupResult) {}

    /// Takes the results of all look-ups out of the command again: others may decide before it is decided.
    fn forget_lookups(_command: &mut Self::Command) {}

    /// Decides a command: returns an answer and the events that it causes, or none if nothing is left to do.
    fn decide(
        state: &Self::State,
        command: Self::Command,
        now: Timestamp,
    ) -> Result<Decision<Self::Answer>, Self::Rejection>;

    /// Folds one event into the state. Never refuses: the event has happened.
    fn apply(state: &mut Self::State, event: &Event);

    /// Lists all that is outstanding, in the same way after an append and after a replay.
    fn due(state: &Self::State) -> Due<Self::Effect>;

    /// Returns the command to give when `wake_at` has come.
    fn wake_up() -> Option<Self::Command> {
        None
    }

    /// Returns the command to give if this effect was outstanding when the process ended, so that it may or may not
    /// have happened. `None` if doing it again is harmless.
    fn interrupted(_effect: &Self::Effect) -> Option<Self::Command> {
        None
    }

    /// Returns who is recorded as the originator of the effect's outcome.
    fn answered_by(_effect: &Self::Effect) -> Who {
        Who::System
    }

    /// True if the process waits for this effect before it ends; by default if its interruption would leave a trace.
    fn is_awaited(effect: &Self::Effect) -> bool {
        Self::interrupted(effect).is_some()
    }
}

/// The events that a command causes, and the answer to its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<A> {
    /// In order; none if nothing is left to do.
    pub events: Vec<Event>,
    pub answer: A,
}

impl<A> Decision<A> {
    /// Returns a decision without events.
    pub const fn nothing(answer: A) -> Self {
        Self { events: Vec::new(), answer }
    }

    pub const fn of(events: Vec<Event>, answer: A) -> Self {
        Self { events, answer }
    }
}

/// All that is outstanding in an actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due<E> {
    /// Effects to start as soon as their cause is durable.
    pub effects: Vec<E>,
    /// Effects to start at their time: the earliest ones, not necessarily all.
    pub later: Vec<(Timestamp, E)>,
    /// Time at which to give the wake-up command.
    pub wake_at: Option<Timestamp>,
    /// Messages that wait in this actor.
    pub waiting: u64,
    /// Time at which the last of them is sent, roughly.
    pub empty_at: Option<Timestamp>,
}

impl<E> Due<E> {
    pub const fn nothing() -> Self {
        Self { effects: Vec::new(), later: Vec::new(), wake_at: None, waiting: 0, empty_at: None }
    }

    /// True if the actor may sleep until something happens to it.
    pub const fn is_nothing(&self) -> bool {
        self.effects.is_empty() && self.later.is_empty() && self.wake_at.is_none() && self.waiting == 0
    }
}

/// Something that a rule may look up. The result sees every sequenced event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookupRequest {
    /// The chat that an account has with a recipient in canonical spelling.
    Peer(AccountId, String),
    /// A chat's account, recipient and title.
    Chat(ChatId),
    /// The teammate responsible for a chat.
    Responsible(ChatId),
    /// The chats of the asking workspace with this title, as [`title`](events::characters::title) compares it.
    Named(String),
    /// True if a message is known.
    Known(MessageId),
    /// The request that an idempotency key stands for in the asking workspace.
    Remembered(ShortDigest),
    /// An account's phone number, its owner's name and address, and its transport.
    Account(AccountId),
    /// The accounts that hold an E.164 number, in any workspace.
    Holders(String),
    /// True if a person gave the chat its title.
    NamedByHand(ChatId),
    /// The webhook to which the asking workspace's messages are reported.
    Reporting,
    /// True if a chat was erased.
    Erased(ChatId),
    /// True if the asking workspace may have this many chats; 0 asks for the workspace itself.
    Room(u64),
}

/// An account that holds a number: it was connected, and nobody but possibly the transport has disconnected it since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub account: AccountId,
    /// The name of the transport.
    pub transport: String,
}

impl From<(AccountId, String)> for Holder {
    fn from((account, transport): (AccountId, String)) -> Self {
        Self { account, transport }
    }
}

/// The result of a look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookupResult {
    /// Answers [`LookupRequest::Peer`].
    Peer(Option<ChatId>),
    /// Answers [`LookupRequest::Chat`].
    Chat(Option<ChatEntry>),
    /// Answers [`LookupRequest::Responsible`].
    Responsible(Option<Responsible>),
    /// Answers [`LookupRequest::Named`]; if very many chats have the title, with the first ones.
    Named(Vec<(ChatId, ChatEntry)>),
    /// Answers [`LookupRequest::Known`].
    Known(bool),
    /// Answers [`LookupRequest::Remembered`].
    Remembered(Option<Remembered>),
    /// Answers [`LookupRequest::Account`].
    Account(Option<AccountEntry>),
    /// Answers [`LookupRequest::Holders`].
    Holders(Vec<Holder>),
    /// Answers [`LookupRequest::NamedByHand`].
    NamedByHand(bool),
    /// Answers [`LookupRequest::Reporting`]; `None` if they are not reported.
    Reporting(Option<Reporting>),
    /// Answers [`LookupRequest::Erased`].
    Erased(bool),
    /// Answers [`LookupRequest::Room`].
    Room(bool),
}

/// The effect type of actors that have no effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Never {}
