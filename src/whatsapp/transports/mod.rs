//! Transports to `WhatsApp`, behind one trait without any vendor's types.

pub mod simulator;
mod update;

use std::sync::Arc;

use actix_web::web::ServiceConfig;
use actors::account::outcome::Outcome;
use actors::workspace::Once;
use bytes::Bytes;
use events::ids::MessageId;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

pub use self::update::{Connection, IncomingFile, IncomingMessage, Status, StatusUpdate, Update};
use super::wire_ids::OwnWireId;

/// Adds HTTP routes that a transport needs, such as those that it is called back at.
pub type Routes = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// Hands messages to `WhatsApp` and reports their progress. One object serves many accounts.
pub trait Transport: Send + Sync {
    /// Returns the transport's capabilities, which never change during its lifetime.
    fn capabilities(&self) -> Capabilities;

    /// Tries once to hand a message over. Every try of a message carries the same ids.
    fn send(&self, message: Outgoing) -> BoxFuture<'_, Outcome>;

    /// Asks whether `WhatsApp` has a message of the account `from`, for recovery after a crash.
    fn lookup<'a>(&'a self, from: &'a str, id: MessageId) -> BoxFuture<'a, MessageLookup>;

    /// Sends updates to `sink` until [`stop`](Self::stop), replacing any earlier sink. Must be called on a tokio
    /// runtime.
    fn start(&self, sink: mpsc::Sender<Update>);

    /// Stops reporting updates.
    fn stop(&self);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent yes-or-no facts, read one at a time")]
pub struct Capabilities {
    /// Takes our wire id, so that a resend under the same id cannot make a second copy.
    pub own_message_id: bool,
    /// The scope in which a number can be connected only once.
    pub once: Once,
    /// Can send to groups.
    pub groups: bool,
    /// Reports messages typed on the phone itself.
    pub phone_echo: bool,
    /// Can tell whether a number has `WhatsApp` without sending.
    pub registered_check: bool,
    /// Can send free text without an open conversation.
    pub free_text_any_time: bool,
    /// Reports when messages were delivered and read.
    pub receipts: bool,
    /// Longest text, in characters.
    pub text_max: usize,
    /// Largest file, in bytes.
    pub file_max: u64,
}

/// A message to hand over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The message's id among ours, which no recipient sees.
    pub id: MessageId,
    /// The id under which `WhatsApp` is to know it, where it takes ours.
    pub wire_id: OwnWireId,
    /// The sending account's phone.
    pub from: String,
    /// A phone as the user gave it, or a JID.
    pub to: String,
    /// Plain text, empty if there is only a file; with a file it is the caption.
    pub text: String,
    /// The attached file. Text and file are one message.
    pub file: Option<Attachment>,
}

/// A file that belongs to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The name that the recipient sees.
    pub name: String,
    /// The media type, such as `image/png`.
    pub mime: String,
    /// The whole file, at most `file_max` bytes of the transport's [`Capabilities`].
    pub bytes: Bytes,
}

/// A transport's answer about a message that was handed over earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageLookup {
    /// `WhatsApp` has it.
    Sent,
    /// `WhatsApp` does not have it.
    NotSent,
    /// The transport cannot tell.
    Unknown,
}
