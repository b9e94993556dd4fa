//! What talks to `WhatsApp`, behind one trait without any vendor's types.

pub mod simulator;

use actors::account::outcome::Outcome;
use events::ids::MessageId;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

/// Hands messages to `WhatsApp` and reports what becomes of them. One object serves many accounts.
pub trait Transport: Send + Sync {
    /// What this transport can do; the same for as long as it lives.
    fn capabilities(&self) -> Capabilities;

    /// Tries once to hand a message over. The same command always carries the same message id.
    fn send(&self, message: Outgoing) -> BoxFuture<'_, Outcome>;

    /// Asks what became of a message of the account `from`, for recovery after a crash.
    fn lookup<'a>(&'a self, from: &'a str, id: MessageId) -> BoxFuture<'a, Lookup>;

    /// Reports updates to `sink` until [`stop`](Self::stop), in place of any earlier sink. Must be called on a
    /// tokio runtime.
    fn start(&self, sink: mpsc::Sender<Update>);

    /// Reports no further updates.
    fn stop(&self);
}

/// What a transport can do (WHATSAPP.md section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent yes-or-no facts, read one at a time")]
pub struct Capabilities {
    /// It takes our message id, so that a resend under the same id cannot make a second copy.
    pub own_message_id: bool,
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
    /// Plain text.
    pub text: String,
}

/// What a transport knows of a message that was handed over earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// `WhatsApp` has it.
    Sent,
    /// `WhatsApp` does not have it.
    NotSent,
    /// It cannot be told.
    Unknown,
}

/// How far a sent message got. May come twice, late and in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The phone of the account that sent the message, as the command spelled it.
    pub account_phone: String,
    /// The message.
    pub id: MessageId,
    /// How far it got.
    pub status: Status,
}

/// How far a sent message got, the nearer first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It is on the recipient's phone.
    Delivered,
    /// The recipient opened it.
    Read,
}
