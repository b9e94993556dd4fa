//! Events of an account: its queue, its tries, their outcomes. Frozen once released.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, ChatId, MessageId, WebhookId, WorkspaceId};
use crate::personal::Personal;
use crate::time::Timestamp;
use crate::who::Who;

/// Where a message came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The inbound webhook.
    Inbound,
    /// The workspace's API.
    Api,
}

/// A file that goes with a message, as the sender named it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Where it is fetched from.
    pub url: Personal,
    /// What it is called: a base name.
    pub name: Personal,
}

/// A message was accepted for sending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageQueued {
    /// Its id.
    pub message: MessageId,
    /// Who pays.
    pub workspace: WorkspaceId,
    /// Who sends.
    pub account: AccountId,
    /// The conversation.
    pub chat: ChatId,
    /// The recipient as the transport gets it: a phone as it was given, or a JID.
    pub to: Personal,
    /// What is said; empty only with a file.
    pub text: Personal,
    /// What is sent along.
    pub file: Option<File>,
    /// What was charged.
    pub cost: u64,
    /// Where it came in.
    pub origin: Origin,
    /// When.
    pub at: Timestamp,
}

/// The message's file was fetched, so that it can leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFetched {
    /// Which message.
    pub message: MessageId,
    /// Who sends.
    pub account: AccountId,
    /// How large it is, in bytes.
    pub size: u64,
    /// What it is, by its content, such as `image/png`.
    pub mime: String,
}

/// The message's file could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchFailed {
    /// Which message.
    pub message: MessageId,
    /// Who sends.
    pub account: AccountId,
    /// 1 for the first fetch; from 1 on again where the file had come and was lost since.
    pub fetch_number: u32,
    /// Why, in one stable word such as `not_a_direct_link`.
    pub code: String,
    /// What is known besides, in words: it may hold addresses.
    pub detail: Personal,
    /// When.
    pub at: Timestamp,
    /// When it is fetched again; `None`: not at all.
    pub again_at: Option<Timestamp>,
}

/// A try is about to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendStarted {
    /// Which message.
    pub message: MessageId,
    /// Who sends.
    pub account: AccountId,
    /// 1 for the first try.
    pub try_number: u32,
}

/// Why a try will be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeferReason {
    /// A fault at the other side. Counts.
    ServerError,
    /// No answer came, and the transport knows the id. Counts.
    OutcomeUnknown,
    /// No connection. Does not count.
    NotConnected,
    /// Too fast for this recipient: others go first. Does not count.
    PairRateLimited,
    /// Too fast for the account. Does not count.
    AccountRateLimited,
    /// The account was stopped. Does not count.
    AccountStopped,
    /// The process ended meanwhile, so nobody knows what came of it, and the transport knows the id. Does not count.
    Interrupted,
    /// The file, which had come, is not kept any more: it is fetched once more. Does not count.
    FileGone,
}

/// The message keeps its place and is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendDeferred {
    /// Which message.
    pub message: MessageId,
    /// Who sends.
    pub account: AccountId,
    /// The try that ended.
    pub try_number: u32,
    /// Why.
    pub reason: DeferReason,
    /// When it ended.
    pub at: Timestamp,
    /// The next try is not before this.
    pub not_before: Timestamp,
}

/// Nobody knows whether the message was sent; it waits to be settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendUncertain {
    /// Which message.
    pub message: MessageId,
    /// Who sends.
    pub account: AccountId,
    /// The try that ended.
    pub try_number: u32,
    /// When it ended.
    pub at: Timestamp,
}

/// `WhatsApp` took the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageSent {
    /// Which message.
    pub message: MessageId,
    /// Who sent it.
    pub account: AccountId,
    /// The conversation.
    pub chat: ChatId,
    /// The try that did it.
    pub try_number: u32,
    /// When.
    pub at: Timestamp,
    /// Who is owed a report of it.
    pub owed: Option<WebhookId>,
}

/// The message will not be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageFailed {
    /// Which message.
    pub message: MessageId,
    /// Who should have sent it.
    pub account: AccountId,
    /// The conversation.
    pub chat: ChatId,
    /// Why, in one stable word such as `not_on_whatsapp`.
    pub code: String,
    /// When.
    pub at: Timestamp,
}

/// How an uncertain message was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettledAs {
    /// It was sent.
    Sent,
    /// It was not sent.
    Failed,
}

/// What settled it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettledHow {
    /// Somebody said so.
    Owner,
    /// A receipt arrived.
    Status,
}

/// An uncertain message was settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageSettled {
    /// Which message.
    pub message: MessageId,
    /// Who sent it or not.
    pub account: AccountId,
    /// The conversation.
    pub chat: ChatId,
    /// The verdict.
    pub settled_as: SettledAs,
    /// What settled it.
    pub how: SettledHow,
    /// Who said so.
    pub by: Who,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// Who is owed a report of it.
    pub owed: Option<WebhookId>,
}
