//! Letters to owners in their language: the webhook was switched off, deliveries were parked, an account has stopped
//! sending.
//!
//! A letter contains no secrets and no texts of messages, and shows URLs without the parts that may be secret.

mod account;
mod address;
mod page;
mod webhook;
mod words;

pub use account::{AccountStopped, Stop, account_stopped};
pub use webhook::{
    DeliveriesParked, LastError, WebhookDisabled, WebhookGone, deliveries_parked, webhook_disabled, webhook_gone,
};

/// A finished letter, without a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// For readers without HTML.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}
