//! What came of one try to hand a message to `WhatsApp`: the error taxonomy that every transport maps to.

use serde::{Deserialize, Serialize};

/// What one try came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// `WhatsApp` took it.
    Sent,
    /// It will never be sent: refund.
    Failed(Permanent),
    /// Not now; the try does not count.
    RateLimited {
        /// How long to leave it alone.
        after_ms: u64,
        /// Who must wait.
        scope: Scope,
    },
    /// The account has no connection; the try does not count and the queue keeps its order.
    NotConnected,
    /// A fault at the other side; tried again, three times at most.
    ServerError,
    /// It may have been sent or not.
    Unknown,
    /// The account itself cannot send; its queue stops.
    Stopped {
        /// Why.
        reason: StopReason,
        /// When it may send again in milliseconds from now, where that is known.
        until_ms: Option<u64>,
    },
}

/// Why a message can never be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Permanent {
    /// The number or JID is malformed.
    RecipientInvalid,
    /// A well-formed number without `WhatsApp`.
    NotOnWhatsApp,
    /// `WhatsApp` or the recipient does not want it.
    Refused,
    /// Free text is not allowed at this time (Cloud API's 24 hours).
    WindowClosed,
    /// The content is not acceptable.
    ContentRejected,
}

/// Who must wait after a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Only messages to this recipient.
    Pair,
    /// All messages of the account.
    Account,
}

/// Why an account cannot send at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum StopReason {
    /// `WhatsApp` blocked the account.
    Blocked,
    /// Its credentials were refused.
    Unauthorised,
    /// It is set up wrongly at the provider.
    Misconfigured,
}
