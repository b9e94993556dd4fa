//! A workspace: takes messages in, charges for them, opens chats, connects accounts.

mod decide;
mod state;
#[cfg(test)]
mod tests;

use events::account::Origin;
use events::event::Event;
use events::ids::{AccountId, ChatId, MessageId, StreamId, WorkspaceId};
use events::index::{ChatEntry, Remembered};
use events::personal::Digest;
use events::record::Idempotency;
use events::time::Timestamp;

use crate::decider::{Decider, Decision, Due, Found, Never, Question};

pub use state::{Account, Standing, State};

/// Idempotency keys are remembered for this long.
pub const REMEMBERED_MS: u64 = 24 * 3_600_000;

/// The rules of workspaces.
pub struct Workspace;

/// What a workspace can be asked for.
#[derive(Debug, Clone)]
pub enum Command {
    /// Come to be.
    Create(Create),
    /// Take credits.
    Grant(Grant),
    /// Connect a number.
    Connect(Connect),
    /// Take a message in.
    Submit(Box<Submit>),
}

/// A new workspace.
#[derive(Debug, Clone)]
pub struct Create {
    /// Its number.
    pub workspace: WorkspaceId,
    /// Its name.
    pub name: String,
    /// The owner's full name.
    pub owner_name: String,
    /// The owner's address.
    pub owner_email: String,
    /// The owner's language.
    pub language: String,
    /// Credits to begin with.
    pub credits: u64,
    /// SHA-256 of the first API key.
    pub key_hash: Digest,
    /// SHA-256 of the inbound token.
    pub token_hash: Digest,
}

/// Credits from the operator.
#[derive(Debug, Clone)]
pub struct Grant {
    /// How many.
    pub amount: u64,
    /// Why.
    pub reason: String,
    /// Who gives them.
    pub by: String,
}

/// A number to connect.
#[derive(Debug, Clone)]
pub struct Connect {
    /// The number, in any spelling.
    pub phone: String,
    /// Who answers on it.
    pub full_name: String,
    /// That person's address.
    pub email: String,
    /// What carries its messages.
    pub transport: String,
    /// Whether that takes our message ids.
    pub own_message_id: bool,
    /// Shortest gap in milliseconds.
    pub gap_ms_min: u32,
    /// Longest gap in milliseconds.
    pub gap_ms_max: u32,
}

/// A message to send.
#[derive(Debug, Clone)]
pub struct Submit {
    /// Its id.
    pub message: MessageId,
    /// SHA-256 of the inbound token it came with; `None` when the caller is known otherwise.
    pub token_hash: Option<Digest>,
    /// To whom.
    pub recipient: Recipient,
    /// The number to send from, if one is named.
    pub sender: Option<String>,
    /// What to say.
    pub text: String,
    /// Where it came in.
    pub origin: Origin,
    /// The client's own key, if it gave one.
    pub idempotency: Option<Idempotency>,
    /// What was looked up.
    pub looked_up: LookedUp,
}

/// To whom a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// A chat of this workspace.
    Chat(ChatId),
    /// A person or group.
    Peer(crate::peer::Peer),
}

/// What a submitted message's look-ups gave; `None` is not looked up yet.
#[derive(Debug, Clone, Default)]
pub struct LookedUp {
    /// What the client's key stood for.
    pub remembered: Option<Option<Remembered>>,
    /// Where the named chat leads.
    pub chat: Option<Option<ChatEntry>>,
    /// The chat with the named recipient.
    pub peer: Option<Option<ChatId>>,
}

/// What a workspace answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It came to be.
    Created,
    /// The balance after a grant.
    Balance(u64),
    /// The account's id.
    Connected(AccountId),
    /// The message is queued.
    Accepted(Accepted),
}

/// A message that was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// Its id: the first one, where the client's key was seen before.
    pub message: MessageId,
    /// Who sends it; `None` where the client's key was seen before.
    pub account: Option<AccountId>,
    /// Credits left.
    pub balance: u64,
    /// Whether the client's key was seen before and nothing was done now.
    pub replayed: bool,
}

/// Why a workspace refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// There is no such workspace.
    UnknownWorkspace,
    /// There is one of that number.
    WorkspaceExists,
    /// Credits come in amounts of 1 to 2^53 - 1, and no more than that in all.
    InvalidAmount,
    /// The number is not E.164.
    InvalidPhone,
    /// The number is connected already.
    AccountExists(AccountId),
    /// No number is left for another account or chat.
    Full,
    /// The token is not the workspace's.
    WebhookNotFound,
    /// The key was used for another body.
    IdempotencyConflict,
    /// No account has the named number.
    AccountNotFound,
    /// No account is named and none is active.
    NoConnectedAccount,
    /// No chat has that id.
    ChatNotFound,
    /// The message costs more than there is.
    InsufficientCredits {
        /// What it costs.
        needed: u64,
        /// What there is.
        available: u64,
    },
}

impl Decider for Workspace {
    type Id = WorkspaceId;
    type State = State;
    type Command = Command;
    type Answer = Answer;
    type Rejection = Rejection;
    type Effect = Never;

    fn stream(id: WorkspaceId) -> StreamId {
        StreamId::Workspace(id)
    }

    fn asks(state: &State, command: &Command) -> Option<Question> {
        match command {
            Command::Submit(submit) => submit.asks(state),
            _ => None,
        }
    }

    fn told(command: &mut Command, found: Found) {
        if let Command::Submit(submit) = command {
            match found {
                Found::Remembered(remembered) => submit.looked_up.remembered = Some(remembered),
                Found::Chat(chat) => submit.looked_up.chat = Some(chat),
                Found::Peer(peer) => submit.looked_up.peer = Some(peer),
            }
        }
    }

    fn decide(state: &State, command: Command, now: Timestamp) -> Result<Decision<Answer>, Rejection> {
        match command {
            Command::Create(create) => decide::create(state, create),
            Command::Grant(grant) => decide::grant(state, grant),
            Command::Connect(connect) => decide::connect(state, connect),
            Command::Submit(submit) => decide::submit(state, *submit, now),
        }
    }

    fn apply(state: &mut State, event: &Event) {
        state.apply(event);
    }

    fn due(_state: &State) -> Due<Never> {
        Due::nothing()
    }
}
