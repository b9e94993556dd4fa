//! What a workspace can be asked for, and what it answers.

use events::account::{File, Origin};
use events::chat::{ReceivedFile, Responsible};
use events::ids::{AccountId, ChatId, MessageId, WorkspaceId};
use events::index::{ChatEntry, Remembered};
use events::personal::Digest;
use events::record::Idempotency;
use events::time::Timestamp;
use events::who::Who;

use super::connect::Connect;
use super::doubt::Doubt;
use crate::account::pacing::Gap;
use crate::peer::Peer;
use crate::reporting;

/// What a workspace can be asked for.
#[derive(Debug, Clone)]
pub enum Command {
    /// Come to be.
    Create(Create),
    /// Change its name or its owner.
    ChangeOwner(ChangeOwner),
    /// Take credits.
    Grant(Grant),
    /// Connect a number.
    Connect(Connect),
    /// Do something with an account.
    Account(AccountId, AccountCommand),
    /// Wait differently between two messages of every account.
    ChangePacing(Gap, Who),
    /// Add somebody who answers chats.
    AddTeammate(Teammate, Who),
    /// Remove a teammate.
    RemoveTeammate(u32, Who),
    /// Make an API key.
    CreateKey(CreateKey),
    /// Revoke an API key.
    RevokeKey(u32, Who),
    /// Switch the inbound webhook.
    SetInbound(SetInbound),
    /// Replace the inbound token.
    ReplaceToken(Digest, Who),
    /// Change a chat's title or its responsible teammate.
    ChangeChat(ChangeChat),
    /// Take a message in.
    Submit(Box<Submit>),
    /// Note what was said, but not through us.
    Receive(Box<Receive>),
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

/// New particulars; `None` leaves one as it is.
#[derive(Debug, Clone)]
pub struct ChangeOwner {
    /// The workspace's name.
    pub name: Option<String>,
    /// The owner's full name.
    pub owner_name: Option<String>,
    /// The owner's address.
    pub owner_email: Option<String>,
    /// The owner's language.
    pub language: Option<String>,
    /// Who wants it.
    pub by: Who,
}

/// Credits from the operator.
#[derive(Debug, Clone)]
pub struct Grant {
    /// How many.
    pub amount: u64,
    /// Why.
    pub reason: String,
    /// Who gives them.
    pub by: Who,
}

/// What can be done with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountCommand {
    /// Hold its queue.
    Pause {
        /// Who wants it.
        by: Who,
        /// Why.
        reason: String,
    },
    /// Let its queue go on, whether it was paused or blocked.
    Resume {
        /// Who wants it.
        by: Who,
        /// Why.
        reason: String,
    },
    /// End its connection.
    Disconnect {
        /// Who wants it.
        by: Who,
        /// Why.
        reason: String,
    },
    /// Its transport says whether it has a connection.
    Connection {
        /// Whether it has.
        connected: bool,
    },
}

/// Somebody who answers chats.
#[derive(Debug, Clone)]
pub struct Teammate {
    /// Full name.
    pub full_name: String,
    /// Address.
    pub email: String,
}

/// A new API key.
#[derive(Debug, Clone)]
pub struct CreateKey {
    /// SHA-256 of the key.
    pub key_hash: Digest,
    /// What it is for.
    pub name: String,
    /// Who wants it.
    pub by: Who,
}

/// New settings of the inbound webhook; `None` leaves one as it is.
#[derive(Debug, Clone)]
pub struct SetInbound {
    /// Whether it takes messages.
    pub enabled: Option<bool>,
    /// Whether it refuses unknown fields and phones that are not E.164.
    pub strict: Option<bool>,
    /// Who wants it.
    pub by: Who,
    /// Why.
    pub reason: String,
}

/// New particulars of a chat; `None` leaves one as it is.
#[derive(Debug, Clone)]
pub struct ChangeChat {
    /// Which chat.
    pub chat: ChatId,
    /// Its title.
    pub name: Option<String>,
    /// The address of the teammate who is responsible; `Some(None)`: nobody is.
    pub responsible: Option<Option<String>>,
    /// Who wants it.
    pub by: Who,
    /// What was looked up.
    pub looked_up: ChatLookups,
}

/// What a chat's look-ups gave; `None` is not looked up yet.
#[derive(Debug, Clone, Default)]
pub struct ChatLookups {
    /// What the chat is.
    pub chat: Option<Option<ChatEntry>>,
    /// Who is responsible for it.
    pub responsible: Option<Option<Responsible>>,
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
    /// What to say; blank only with a file.
    pub text: String,
    /// What to send along.
    pub file: Option<File>,
    /// Where it came in.
    pub origin: Origin,
    /// Fields of the request that nobody knows: a strict webhook refuses them.
    pub unknown_fields: Vec<String>,
    /// What was warned of and only a strict webhook refuses.
    pub doubt: Option<Doubt>,
    /// Whether only the verdict is wanted.
    pub dry_run: bool,
    /// The client's own key, if it gave one.
    pub idempotency: Option<Idempotency>,
    /// The digest of the body as it came, which older versions kept beside the key.
    pub exact_body: Option<Digest>,
    /// What was looked up.
    pub looked_up: SubmitLookups,
}

/// To whom a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// A chat of this workspace.
    Chat(ChatId),
    /// A person or group.
    Peer(Peer),
    /// The chat with exactly this title, among those of the sender if one is named.
    Name(String),
}

/// What a submitted message's look-ups gave; `None` is not looked up yet.
#[derive(Debug, Clone, Default)]
pub struct SubmitLookups {
    /// What the client's key stood for.
    pub remembered: Option<Option<Remembered>>,
    /// Where the named chat leads.
    pub chat: Option<Option<ChatEntry>>,
    /// The chat with the named recipient.
    pub peer: Option<Option<ChatId>>,
    /// The chats with the given title.
    pub named: Option<Vec<(ChatId, ChatEntry)>>,
}

/// Something that was said, but not through us.
#[derive(Debug, Clone)]
pub struct Receive {
    /// Its id, derived from account, chat, sender and wire id.
    pub message: MessageId,
    /// The account that heard it.
    pub account: AccountId,
    /// The conversation.
    pub peer: Peer,
    /// Whether it was typed on the account's own phone.
    pub from_me: bool,
    /// Who said it.
    pub sender: String,
    /// What the sender is called, where that is known.
    pub sender_name: String,
    /// What the conversation is called, where that is known.
    pub chat_name: String,
    /// What was said.
    pub text: String,
    /// What came along.
    pub file: Option<ReceivedFile>,
    /// When it was said.
    pub at: Timestamp,
    /// What was looked up.
    pub looked_up: ReceiveLookups,
}

/// What the look-ups of something heard gave; `None` is not looked up yet.
#[derive(Debug, Clone, Default)]
pub struct ReceiveLookups {
    /// Whether it was heard before.
    pub known: Option<bool>,
    /// The chat with the other side.
    pub peer: Option<Option<ChatId>>,
    /// What that chat is.
    pub chat: Option<Option<ChatEntry>>,
    /// Whether somebody gave it its title.
    pub named_by_hand: Option<bool>,
    /// Whether it is reported.
    pub reporting: reporting::ReportingLookup,
}

/// What a workspace answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is so now.
    Done,
    /// The balance after a grant.
    Balance(u64),
    /// The account's id.
    Connected(AccountId),
    /// The number of a key or teammate.
    Numbered(u32),
    /// The message is queued.
    Accepted(Accepted),
    /// What would have become of the message.
    Verdict(Verdict),
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

/// What would become of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Who would send it.
    pub account: AccountId,
    /// The conversation; `None`: a new one.
    pub chat: Option<ChatId>,
    /// What it would cost.
    pub cost: u64,
    /// Credits that there are.
    pub balance: u64,
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
    /// The shortest gap is above the longest, or the longest above [`GAP_MS_MAX`](super::GAP_MS_MAX).
    InvalidGap,
    /// The number is connected already.
    AccountExists(AccountId),
    /// Another workspace has the number connected.
    NumberTaken,
    /// A teammate has that address already.
    TeammateExists(u32),
    /// There is no such teammate.
    TeammateNotFound,
    /// There is no such key.
    KeyNotFound,
    /// The last key cannot be revoked: nobody could get in any more.
    LastKey,
    /// No more of these.
    Full,
    /// The token is not the workspace's.
    WebhookNotFound,
    /// The inbound webhook is switched off.
    WebhookDisabled,
    /// A strict webhook knows no such field.
    UnknownField(String),
    /// A strict webhook wants E.164; why this is not.
    PhoneNotE164(String),
    /// A strict webhook takes no broken text; what is broken about it.
    BrokenText(String),
    /// The key was used for another body.
    IdempotencyConflict,
    /// No account has the named number.
    AccountNotFound,
    /// No account is named and none is active.
    NoConnectedAccount,
    /// The account has no connection.
    AccountNotConnected,
    /// No chat has that id or title.
    ChatNotFound,
    /// Several chats have that title.
    ChatNameAmbiguous(u64),
    /// The message costs more than there is.
    InsufficientCredits {
        /// What it costs.
        needed: u64,
        /// What there is.
        available: u64,
    },
}
