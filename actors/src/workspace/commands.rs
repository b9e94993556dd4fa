//! The commands of a workspace, and its answers.

use events::account::{File, Origin};
use events::chat::{MessageKind, ReceivedFile, Responsible};
use events::ids::{AccountId, ChatId, MessageId, WorkspaceId};
use events::index::{ChatEntry, Remembered};
use events::personal::{Digest, Personal};
use events::record::Idempotency;
use events::time::Timestamp;
use events::who::Who;

use super::again::Again;
use super::connect::Connect;
use super::doubt::Doubt;
use crate::account::pacing::Gap;
use crate::peer::Peer;
use crate::reporting;

/// Commands of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Create the workspace.
    Create(Create),
    /// Change its name or its owner.
    ChangeOwner(ChangeOwner),
    /// Add credits.
    Grant(Grant),
    /// Connect a number.
    Connect(Connect),
    /// Do something with an account.
    Account(AccountId, AccountCommand),
    /// Change the gap between two messages, for every account.
    ChangePacing(Gap, Who),
    /// Add a person who answers chats.
    AddTeammate(Teammate, Who),
    /// Remove a teammate.
    RemoveTeammate(u32, Who),
    /// Create an API key.
    CreateKey(CreateKey),
    /// Revoke an API key.
    RevokeKey(u32, Who),
    /// Change the settings of the inbound webhook.
    SetInbound(SetInbound),
    /// Replace the inbound token.
    ReplaceToken(Digest, Who),
    /// Change a chat's title or its responsible teammate.
    ChangeChat(ChangeChat),
    /// Accept a message to be sent.
    Submit(Box<Submit>),
    /// Record a message that was not sent through us.
    Receive(Box<Receive>),
}

/// A new workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    pub workspace: WorkspaceId,
    pub name: String,
    pub owner_name: String,
    pub owner_email: String,
    /// As a BCP 47 tag.
    pub language: String,
    /// Credits to begin with.
    pub credits: u64,
    /// SHA-256 of the first API key.
    pub key_hash: Digest,
    /// SHA-256 of the inbound token.
    pub token_hash: Digest,
    /// True if there are seeds for it; `None` if not looked up yet.
    pub room: Option<bool>,
}

/// New name, or new data of the owner; `None` leaves a field unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeOwner {
    pub name: Option<String>,
    pub owner_name: Option<String>,
    pub owner_email: Option<String>,
    /// As a BCP 47 tag.
    pub language: Option<String>,
    pub by: Who,
}

/// Credits from the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub amount: u64,
    pub reason: String,
    pub by: Who,
}

/// Commands for an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountCommand {
    /// Hold its queue.
    Pause {
        /// The requester.
        by: Who,
        reason: String,
    },
    /// Let its queue go on, after a pause or a block.
    Resume {
        /// The requester.
        by: Who,
        reason: String,
    },
    /// End its connection.
    Disconnect {
        /// The requester.
        by: Who,
        reason: String,
    },
    /// The transport reports whether the account has a connection.
    Connection {
        /// True if it has one.
        connected: bool,
    },
}

/// A person who answers chats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Teammate {
    pub full_name: String,
    pub email: String,
}

/// A new API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateKey {
    /// SHA-256 of the key.
    pub key_hash: Digest,
    /// Its purpose.
    pub name: String,
    pub by: Who,
}

/// New settings of the inbound webhook; `None` leaves a setting unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetInbound {
    /// True to accept messages, false to refuse all of them.
    pub enabled: Option<bool>,
    /// True to refuse unknown fields, phone numbers that are not E.164, and broken text.
    pub strict: Option<bool>,
    pub by: Who,
    pub reason: String,
}

/// A new title or responsible teammate of a chat; `None` leaves it unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeChat {
    pub chat: ChatId,
    /// The title.
    pub name: Option<String>,
    /// The e-mail address of the responsible teammate; `Some(None)` if nobody is responsible.
    pub responsible: Option<Option<String>>,
    pub by: Who,
    pub looked_up: ChatLookups,
}

/// The results of a chat's look-ups; `None` if not looked up yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatLookups {
    pub chat: Option<Option<ChatEntry>>,
    /// True if the chat was erased.
    pub erased: Option<bool>,
    pub responsible: Option<Option<Responsible>>,
}

/// A message to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submit {
    pub message: MessageId,
    /// SHA-256 of the inbound token of the request; `None` if the caller was identified otherwise.
    pub token_hash: Option<Digest>,
    pub recipient: Recipient,
    /// The number to send from, if the request names one.
    pub sender: Option<String>,
    /// Blank only if there is a file.
    pub text: String,
    pub file: Option<File>,
    /// The way in which the message was submitted.
    pub origin: Origin,
    /// Unknown fields of the request, which a strict webhook refuses.
    pub unknown_fields: Vec<String>,
    /// A doubt that causes a warning, or with a strict webhook a rejection.
    pub doubt: Option<Doubt>,
    /// True for a dry run, which only returns the verdict.
    pub dry_run: bool,
    /// The client's idempotency key, if it gave one.
    pub idempotency: Option<Idempotency>,
    pub looked_up: SubmitLookups,
}

/// The recipient of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// A chat of this workspace.
    Chat(ChatId),
    /// A person or group.
    Peer(Peer),
    /// The chat with exactly this title, among those of the sender if one is named.
    Name(String),
}

/// The results of a submitted message's look-ups; `None` if not looked up yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubmitLookups {
    /// The first message with this idempotency key.
    pub remembered: Option<Option<Remembered>>,
    /// The chat that the request names.
    pub chat: Option<Option<ChatEntry>>,
    /// True if that chat was erased.
    pub erased: Option<bool>,
    /// The chat with the recipient that the request names.
    pub peer: Option<Option<ChatId>>,
    /// The chats with the given title.
    pub named: Option<Vec<(ChatId, ChatEntry)>>,
    /// True if there is a seed for a new chat.
    pub room: Option<bool>,
}

/// A message that was not sent through us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receive {
    /// The account that saw it.
    pub account: AccountId,
    /// `WhatsApp`'s own id of it.
    pub wire_id: String,
    /// The digest of its wire id under a key of the log.
    pub wire_digest: Digest,
    /// The message of ours that it is if we sent it; `None` if it cannot be one.
    pub own: Option<MessageId>,
    /// The person or group of the conversation.
    pub peer: Peer,
    /// Another address of that person, or of the author in a group, if the update names one.
    pub also: Option<Peer>,
    /// True if it was typed on the account's own phone.
    pub from_me: bool,
    pub kind: MessageKind,
    /// The author.
    pub sender: String,
    /// The author's name, or empty if unknown.
    pub sender_name: String,
    /// The title of the conversation, or empty if unknown.
    pub chat_name: String,
    pub text: String,
    pub file: Option<ReceivedFile>,
    /// When it was written.
    pub at: Timestamp,
    pub looked_up: ReceiveLookups,
}

/// The results of a received message's look-ups; `None` if not looked up yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReceiveLookups {
    /// The chat with this person or group.
    pub peer: Option<Option<ChatId>>,
    /// The chat that the person's other address leads to.
    pub also: Option<Option<ChatId>>,
    /// For each of the ids that it may have been recorded under, true if a message has it.
    pub known: Vec<bool>,
    /// The data of that chat.
    pub chat: Option<Option<ChatEntry>>,
    /// True if somebody gave that chat its title.
    pub named_by_hand: Option<bool>,
    /// The workspace's reporting settings.
    pub reporting: reporting::ReportingLookup,
    /// True if there is a seed for a new chat.
    pub room: Option<bool>,
}

/// Answers of a workspace to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The command has been carried out, or there was nothing to change.
    Done,
    /// The balance after a grant.
    Balance(u64),
    Connected(AccountId),
    /// The number of a key or teammate.
    Numbered(u32),
    Accepted(Accepted),
    /// The verdict of a dry run.
    Verdict(Verdict),
}

/// A message that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// Its id; for a repeated idempotency key, the id of the first message.
    pub message: MessageId,
    /// The sending account; `None` for a repeated idempotency key.
    pub account: Option<AccountId>,
    /// Credits left.
    pub balance: u64,
    /// True for a repeated idempotency key: nothing was done now.
    pub replayed: bool,
}

/// The result of a dry run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The account that would send the message.
    pub account: AccountId,
    /// The chat; `None` if a new one would be opened.
    pub chat: Option<ChatId>,
    /// Credits that the message would cost.
    pub cost: u64,
    /// Credits available.
    pub balance: u64,
}

/// An account that cannot send now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inactive {
    pub account: AccountId,
    /// E.164.
    pub phone: Personal,
    pub because: Inactivity,
}

/// Why an account cannot send now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inactivity {
    Paused,
    Blocked,
    Disconnected,
}

/// Reasons for which a workspace rejects a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    UnknownWorkspace,
    WorkspaceExists,
    /// A grant is 1 to 2^53 - 1 credits, and a balance is at most 2^53 - 1.
    InvalidAmount,
    /// The number is not E.164.
    InvalidPhone,
    /// The shortest gap is above the longest, or the longest above [`GAP_MS_MAX`](super::GAP_MS_MAX).
    InvalidGap,
    /// The number is connected already.
    AccountExists(AccountId),
    /// Another workspace holds the number.
    NumberTaken,
    /// A teammate with this e-mail address exists.
    TeammateExists(u32),
    TeammateNotFound,
    KeyNotFound,
    /// The last key cannot be revoked: nobody could use the API any more.
    LastKey,
    /// The seeds for new chats or workspaces are used up; more are being made, and then the command may be given again.
    NoRoom(Again<Command>),
    /// The maximum number of accounts, chats, keys or teammates is reached.
    Full,
    /// The inbound token is not that of the workspace, or there is no such workspace.
    WebhookNotFound,
    /// The inbound webhook is switched off.
    WebhookDisabled,
    /// A strict webhook refuses this unknown field.
    UnknownField(String),
    /// A strict webhook refuses phone numbers that are not E.164; says why this one is not, if known.
    PhoneNotE164(String),
    /// A strict webhook refuses broken text; says what is broken.
    BrokenText(String),
    /// The idempotency key was used with another body.
    IdempotencyConflict,
    /// No account has the named number.
    AccountNotFound,
    /// The request names no account, and none is active; says which one could be, if any was ever connected.
    NoConnectedAccount(Option<Inactive>),
    /// The account has no connection.
    AccountNotConnected,
    /// No chat has that id or title.
    ChatNotFound,
    /// The chat was erased.
    ChatErased,
    /// Several chats have that title; says how many.
    ChatNameAmbiguous(u64),
    /// The message costs more credits than are available.
    InsufficientCredits {
        /// The cost of the message.
        needed: u64,
        available: u64,
    },
}
