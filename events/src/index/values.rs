//! The values of the index.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::chat::{ChatOpened, Responsible};
use crate::ids::{AccountId, ChatId, MessageId, WebhookId, WorkspaceId};
use crate::personal::{Digest, Personal, ShortDigest};
use crate::time::Timestamp;
use crate::webhook::Aggregation;
use crate::workspace::AccountConnected;

/// A value of the index.
pub trait Value: DeserializeOwned {}

impl Value for WorkspaceId {}
impl Value for ChatId {}
impl Value for u64 {}
impl Value for bool {}
impl Value for Personal {}
impl Value for Option<Responsible> {}

/// The account and recipient of a chat, and its title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatEntry {
    /// The account that holds the conversation.
    pub account: AccountId,
    /// The recipient as the transport gets it.
    pub to: Personal,
    /// The chat's title.
    pub name: Personal,
    /// The person's phone number, if known.
    pub phone: Option<Personal>,
    pub is_group: bool,
    /// The digests by which it is looked up: of its recipient, and of other addresses that became known.
    pub peers: Vec<ShortDigest>,
}

impl Value for ChatEntry {}

impl ChatEntry {
    /// Makes an entry that is looked up by nothing.
    pub fn new(account: AccountId, to: &str, name: &str, phone: Option<&str>, is_group: bool) -> Self {
        let phone = phone.map(Personal::from);
        Self { account, to: to.into(), name: name.into(), phone, is_group, peers: Vec::new() }
    }
}

/// An account's phone number, its owner's name and address, and its transport.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountEntry {
    /// In E.164.
    pub phone: Personal,
    /// The person who answers on it.
    pub full_name: Personal,
    /// That person's e-mail address.
    pub email: Personal,
    /// The name of the transport.
    pub transport: String,
}

impl Value for AccountEntry {}

/// The webhook to which a workspace's messages are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportingEntry {
    pub webhook: WebhookId,
    pub aggregation: Aggregation,
}

impl Value for ReportingEntry {}

/// An API key that is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyEntry {
    /// The workspace that it gives access to.
    pub workspace: WorkspaceId,
    /// Its number in the workspace.
    pub key: u32,
}

impl Value for KeyEntry {}

/// The request that an idempotency key was used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// The message that was accepted.
    pub message: MessageId,
    /// Digest of the request body.
    pub body: Digest,
    /// Time at which the request was accepted.
    pub at: Timestamp,
}

impl Value for Remembered {}

impl From<&AccountConnected> for AccountEntry {
    fn from(e: &AccountConnected) -> Self {
        Self {
            phone: e.phone.clone(),
            full_name: e.full_name.clone(),
            email: e.email.clone(),
            transport: e.transport.clone(),
        }
    }
}

impl From<&ChatOpened> for ChatEntry {
    fn from(e: &ChatOpened) -> Self {
        Self {
            account: e.account,
            to: e.to.clone(),
            name: e.name.clone(),
            phone: e.phone.clone(),
            is_group: e.is_group,
            peers: Vec::new(),
        }
    }
}

/// The erasure of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasedEntry {
    /// The account that held the conversation.
    pub account: AccountId,
    pub is_group: bool,
    pub at: Timestamp,
}

impl Value for ErasedEntry {}
