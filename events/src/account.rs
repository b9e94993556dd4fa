//! Events of an account: its message queue, the tries to send, and their outcomes. Frozen once released.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, ChatId, MessageId, WebhookId, WireId, WorkspaceId};
use crate::personal::Personal;
use crate::time::Timestamp;
use crate::who::Who;

/// The interface through which a message came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The inbound webhook.
    Inbound,
    /// The workspace's HTTP API.
    Api,
}

/// A file attached to a message, as the sender named it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// The address from which it is downloaded.
    pub url: Personal,
    /// The base name of the file.
    pub name: Personal,
}

/// A message was accepted for sending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageQueued {
    pub message: MessageId,
    /// The workspace that pays.
    pub workspace: WorkspaceId,
    /// The account that sends.
    pub account: AccountId,
    pub chat: ChatId,
    /// The recipient as the transport gets it: a phone number as it was given, or a JID.
    pub to: Personal,
    /// The text; empty only if there is a file.
    pub text: Personal,
    /// The attached file.
    pub file: Option<File>,
    /// The bytes that its text and file take in a report at most.
    pub report_bytes: u32,
    /// Credits charged.
    pub cost: u64,
    pub origin: Origin,
    pub at: Timestamp,
}

/// The message's file was fetched, so that the message can be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFetched {
    pub message: MessageId,
    /// The account that sends.
    pub account: AccountId,
    /// In bytes.
    pub size: u64,
    /// The media type detected from the content, such as `image/png`.
    pub mime: String,
}

/// The message's file could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchFailed {
    pub message: MessageId,
    /// The account that sends.
    pub account: AccountId,
    pub chat: ChatId,
    /// 1 for the first fetch; starts again from 1 if the file had been fetched and was lost since.
    pub fetch_number: u32,
    /// The reason, as one stable word such as `not_a_direct_link`.
    pub code: String,
    /// Further detail in words; it may contain addresses.
    pub detail: Personal,
    pub at: Timestamp,
    /// Time of the next fetch; `None` if there is none.
    pub again_at: Option<Timestamp>,
}

/// A try to send begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendStarted {
    pub message: MessageId,
    /// The account that sends.
    pub account: AccountId,
    /// 1 for the first try.
    pub try_number: u32,
}

/// Why a try will be repeated. A reason that counts uses up one of the message's limited tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeferReason {
    /// The other side failed. Counts.
    ServerError,
    /// No answer came. The transport remembers the message id, so trying again sends no duplicate. Counts.
    OutcomeUnknown,
    /// No connection. Does not count.
    NotConnected,
    /// Too fast for this recipient: messages to others go first. Does not count.
    PairRateLimited,
    /// Too fast for the account. Does not count.
    AccountRateLimited,
    /// The account was stopped. Does not count.
    AccountStopped,
    /// The process ended during the try, so the outcome is unknown; the transport remembers the message id. Does not
    /// count.
    Interrupted,
    /// The file was fetched but is no longer stored, so it is fetched once more. Does not count.
    FileGone,
}

/// The message keeps its place in the queue and is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendDeferred {
    pub message: MessageId,
    /// The account that sends.
    pub account: AccountId,
    /// The try that ended.
    pub try_number: u32,
    pub reason: DeferReason,
    /// Time at which the try ended.
    pub at: Timestamp,
    /// The earliest time of the next try.
    pub not_before: Timestamp,
}

/// Nobody knows whether the message was sent; it waits to be settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendUncertain {
    pub message: MessageId,
    /// The account that sends.
    pub account: AccountId,
    /// The try that ended.
    pub try_number: u32,
    /// Time at which the try ended.
    pub at: Timestamp,
}

/// `WhatsApp` took the message, but has not said that it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageAccepted {
    pub message: MessageId,
    /// The account that sends.
    pub account: AccountId,
    pub chat: ChatId,
    /// The try that was accepted.
    pub try_number: u32,
    /// The id under which `WhatsApp` speaks of it, if that is not our own.
    pub wire_id: Option<WireId>,
    pub at: Timestamp,
}

/// `WhatsApp` sent the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageSent {
    pub message: MessageId,
    /// The account that sent it.
    pub account: AccountId,
    pub chat: ChatId,
    /// The try that succeeded.
    pub try_number: u32,
    /// The id under which `WhatsApp` speaks of it, if that is not our own.
    pub wire_id: Option<WireId>,
    pub at: Timestamp,
    /// The webhook to which this must be reported.
    pub owed: Option<WebhookId>,
}

/// The message will not be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageFailed {
    pub message: MessageId,
    /// The account that should have sent it.
    pub account: AccountId,
    pub chat: ChatId,
    /// The reason, as one stable word such as `not_on_whatsapp`.
    pub code: String,
    pub at: Timestamp,
}

/// The verdict on an uncertain message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettledAs {
    /// It was sent.
    Sent,
    /// It was not sent.
    Failed,
}

/// The evidence that settled an uncertain message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettledHow {
    /// A person decided it.
    Owner,
    /// A receipt arrived.
    Status,
}

/// An uncertain message was settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageSettled {
    pub message: MessageId,
    /// The account that sent it or failed to.
    pub account: AccountId,
    pub chat: ChatId,
    pub settled_as: SettledAs,
    pub how: SettledHow,
    pub by: Who,
    /// The reason given.
    pub reason: Personal,
    pub at: Timestamp,
    /// The webhook to which this must be reported.
    pub owed: Option<WebhookId>,
}
