//! E-mails to the owners of workspaces: written in their language, kept in an outbox, handed to a mail server.
//!
//! An e-mail never contains a secret or the text of a message.

mod fault;
mod language;
pub mod letters;
mod line;
mod mail_queue;
mod message;
mod outbox;
mod smtp;
mod trust;

use events::time::Timestamp;
use futures_util::future::BoxFuture;

pub use fault::{Fault, Reply};
pub use language::Language;
pub use mail_queue::MailQueue;
pub use outbox::{KEPT, MailState, MailView};
pub use smtp::{SetupError, Smtp};
pub use trust::Authorities;

/// An e-mail to hand over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The part before the `@` of its Message-ID: 1 to 64 ASCII letters, digits, `.`, `_` and `-`. The same mail has
    /// the same id each time it is handed over.
    pub id: String,
    /// When the reported event happened; becomes the `Date` header.
    pub at: Timestamp,
    pub to: Recipient,
    /// One line.
    pub subject: String,
    /// For readers without HTML.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// The recipient of an e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The recipient's own name; may be empty.
    pub name: String,
    /// Such as `ada@acme.example`.
    pub address: String,
}

/// Sends e-mails.
pub trait Mailer: Send + Sync {
    /// Hands an e-mail to the mail server, which is then responsible for its delivery.
    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), Fault>>;
}
