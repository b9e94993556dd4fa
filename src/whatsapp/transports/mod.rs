//! What talks to `WhatsApp`, behind one trait without any vendor's types.

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

/// Adds HTTP routes that a transport needs, such as those that it is called back at.
pub type Routes = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// Hands messages to `WhatsApp` and reports what becomes of them. One object serves many accounts.
pub trait Transport: Send + Sync {
    /// What this transport can do; the same for as long as it lives.
    fn capabilities(&self) -> Capabilities;

    /// Tries once to hand a message over. The same command always carries the same message id.
    fn send(&self, message: Outgoing) -> BoxFuture<'_, Outcome>;

    /// Asks what became of a message of the account `from`, for recovery after a crash.
    fn lookup<'a>(&'a self, from: &'a str, id: MessageId) -> BoxFuture<'a, NumberLookup>;

    /// Reports updates to `sink` until [`stop`](Self::stop), in place of any earlier sink. Must be called on a
    /// tokio runtime.
    fn start(&self, sink: mpsc::Sender<Update>);

    /// Reports no further updates.
    fn stop(&self);
}

/// What a transport can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent yes-or-no facts, read one at a time")]
pub struct Capabilities {
    /// It takes our message id, so that a resend under the same id cannot make a second copy.
    pub own_message_id: bool,
    /// Where one number may be connected once only.
    pub once: Once,
    /// It sends to groups.
    pub groups: bool,
    /// It reports what was typed on the phone itself.
    pub phone_echo: bool,
    /// It can tell whether a number has `WhatsApp` without sending.
    pub registered_check: bool,
    /// Free text needs no open conversation.
    pub free_text_any_time: bool,
    /// It reports delivered and read.
    pub receipts: bool,
    /// Longest text, in characters.
    pub text_max: usize,
    /// Largest file, in bytes.
    pub file_max: u64,
}

/// One message to hand over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its own id, the same at every try.
    pub id: MessageId,
    /// The sending account's phone.
    pub from: String,
    /// A phone as the user gave it, or a JID.
    pub to: String,
    /// Plain text, empty where there is only a file; with a file it is the caption.
    pub text: String,
    /// What goes along. Text and file are one message.
    pub file: Option<Attachment>,
}

/// A file to hand over with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// What the recipient's phone calls it.
    pub name: String,
    /// Its media type, such as `image/png`.
    pub mime: String,
    /// All of it, at most `file_max` bytes of the transport's [`Capabilities`].
    pub bytes: Bytes,
}

/// What a transport knows of a message that was handed over earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberLookup {
    /// `WhatsApp` has it.
    Sent,
    /// `WhatsApp` does not have it.
    NotSent,
    /// It cannot be told.
    Unknown,
}
