//! What owners are written about, in their language: the webhook was switched off, deliveries were parked, an
//! account has stopped sending.
//!
//! A letter knows no secrets and no texts of messages, and shows addresses without what may be secret in them.

mod account;
mod address;
mod page;
mod webhook;
mod words;

pub use account::{AccountStopped, Stop, account_stopped};
pub use webhook::{
    DeliveriesParked, LastError, WebhookDisabled, WebhookGone, deliveries_parked, webhook_disabled, webhook_gone,
};

/// A letter that is written and has no recipient yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// For those who read no HTML.
    pub text: String,
    /// The same as a page.
    pub html: String,
}
