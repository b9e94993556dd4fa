//! What a rule is: decide, apply, due. No clock, no randomness, no I/O.

use std::fmt::{Debug, Display};
use std::hash::Hash;

use events::chat::Responsible;
use events::event::Event;
use events::ids::{AccountId, ChatId, MessageId, StreamId};
use events::index::{AccountEntry, ChatEntry, Remembered};
use events::time::Timestamp;
use events::who::Who;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::reporting::Reporting;

/// Rules of one kind of actor.
pub trait Decider: Sized + Unpin + 'static {
    /// Names one actor of this kind.
    type Id: Copy + Eq + Hash + Debug + Display + Send + Sync + Unpin + 'static;
    /// What the rules remember: all of it can be written down and read again.
    type State: Default + PartialEq + Debug + Serialize + DeserializeOwned + Send + Unpin + 'static;
    /// A wish.
    type Command: Send + 'static;
    /// What the one who wished learns.
    type Answer: Send + 'static;
    /// Why a wish was refused.
    type Rejection: Debug + Send + 'static;
    /// Something to be done outside.
    type Effect: Ord + Clone + Debug + Unpin + 'static;

    /// The actor's stream.
    fn stream(id: Self::Id) -> StreamId;

    /// What must be looked up before `command` can be decided; asked again until there is nothing more.
    fn next_lookup(_state: &Self::State, _command: &Self::Command) -> Option<LookupRequest> {
        None
    }

    /// Puts what was looked up into the command.
    fn resolve(_command: &mut Self::Command, _found: LookupResult) {}

    /// Answers a command with the events it causes; with none if nothing is left to do.
    fn decide(
        state: &Self::State,
        command: Self::Command,
        now: Timestamp,
    ) -> Result<Decision<Self::Answer>, Self::Rejection>;

    /// Folds one fact into the state. Never refuses: the fact has happened.
    fn apply(state: &mut Self::State, event: &Event);

    /// Lists all that is outstanding, after an append and after a replay alike.
    fn due(state: &Self::State) -> Due<Self::Effect>;

    /// The command that a wake-up stands for.
    fn wake_up() -> Option<Self::Command> {
        None
    }

    /// The command that tells that an effect was outstanding when the process ended, so it may have happened or not.
    /// `None`: doing it again is harmless.
    fn interrupted(_effect: &Self::Effect) -> Option<Self::Command> {
        None
    }

    /// Who answers an effect by what comes of it.
    fn answered_by(_effect: &Self::Effect) -> Who {
        Who::System
    }

    /// Whether the process waits for an effect under way before it ends: so for what would leave a trace.
    fn is_awaited(effect: &Self::Effect) -> bool {
        Self::interrupted(effect).is_some()
    }
}

/// The events that a command causes, and what to tell the one who gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<A> {
    /// In order; none if there is nothing left to do.
    pub events: Vec<Event>,
    /// What to tell.
    pub answer: A,
}

impl<A> Decision<A> {
    /// Nothing left to do.
    pub const fn nothing(answer: A) -> Self {
        Self { events: Vec::new(), answer }
    }

    /// These events.
    pub const fn of(events: Vec<Event>, answer: A) -> Self {
        Self { events, answer }
    }
}

/// All that is outstanding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due<E> {
    /// To be done as soon as its cause is durable.
    pub effects: Vec<E>,
    /// To be done when its time has come: the earliest ones, not necessarily all.
    pub later: Vec<(Timestamp, E)>,
    /// When to give the wake-up command.
    pub wake_at: Option<Timestamp>,
    /// Messages that wait in this actor.
    pub waiting: u64,
    /// When the last of them leaves, roughly.
    pub empty_at: Option<Timestamp>,
}

impl<E> Due<E> {
    /// Nothing outstanding.
    pub const fn nothing() -> Self {
        Self { effects: Vec::new(), later: Vec::new(), wake_at: None, waiting: 0, empty_at: None }
    }
}

/// What a rule may look up. The answer sees every sequenced fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookupRequest {
    /// Which chat an account has with a recipient in canonical spelling.
    Peer(AccountId, String),
    /// Where a chat leads.
    Chat(ChatId),
    /// Who is responsible for a chat.
    Responsible(ChatId),
    /// Which chats of the asking workspace have exactly this title.
    Named(String),
    /// Whether a message is known.
    Known(MessageId),
    /// What a client's key stood for in the asking workspace.
    Remembered(String),
    /// What an account is.
    Account(AccountId),
    /// Who holds a number in E.164, in any workspace.
    Holders(String),
    /// Whether somebody gave a chat its title.
    NamedByHand(ChatId),
    /// Where the messages of the asking workspace are reported.
    Reporting,
}

/// An account that holds a number: it was connected, and nobody has ended that since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Which account.
    pub account: AccountId,
    /// What carries its messages.
    pub transport: String,
}

impl From<(AccountId, String)> for Holder {
    fn from((account, transport): (AccountId, String)) -> Self {
        Self { account, transport }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookupResult {
    /// Answers [`Question::Peer`].
    Peer(Option<ChatId>),
    /// Answers [`Question::Chat`].
    Chat(Option<ChatEntry>),
    /// Answers [`Question::Responsible`].
    Responsible(Option<Responsible>),
    /// Answers [`Question::Named`]; of very many chats, the first ones.
    Named(Vec<(ChatId, ChatEntry)>),
    /// Answers [`Question::Known`].
    Known(bool),
    /// Answers [`Question::Remembered`].
    Remembered(Option<Remembered>),
    /// Answers [`Question::Account`].
    Account(Option<AccountEntry>),
    /// Answers [`Question::Holders`].
    Holders(Vec<Holder>),
    /// Answers [`Question::NamedByHand`].
    NamedByHand(bool),
    /// Answers [`Question::Reporting`]; `None`: nowhere.
    Reporting(Option<Reporting>),
}

/// An effect of actors that have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Never {}
