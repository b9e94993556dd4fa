//! E-mails to the owners of workspaces: written in their language, kept in an outbox, handed to a mail server.
//!
//! No secret and no text of a message is ever in one.

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

/// An e-mail that is to be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Stands before the `@` of its Message-ID: ASCII letters, digits, `.`, `_` and `-`, 1 to 64 of them. The same mail
    /// has the same id however often it is handed over.
    pub id: String,
    /// When what it tells of happened; its `Date`.
    pub at: Timestamp,
    /// Whom it is for.
    pub to: Recipient,
    /// One line.
    pub subject: String,
    /// For those who read no HTML.
    pub text: String,
    /// The same as a page.
    pub html: String,
}

/// Whom an e-mail is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// As they call themselves; may be empty.
    pub name: String,
    /// Such as `ada@acme.example`.
    pub address: String,
}

/// What takes e-mails to their recipients.
pub trait Mailer: Send + Sync {
    /// Hands an e-mail over. Once that has gone well, its delivery is the mail server's affair.
    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), Fault>>;
}
