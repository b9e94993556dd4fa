//! The outcome of one try to hand a message to `WhatsApp`: the error taxonomy that every transport maps to. `decide` says
//! what follows.

use events::ids::WireId;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// `WhatsApp` sent the message.
    Sent,
    /// `WhatsApp` took the message, and says later whether it sent it.
    Accepted(Acceptance),
    /// It can never be sent.
    Failed(Permanent),
    /// Not now; the try does not count.
    RateLimited {
        /// How long to wait.
        after_ms: u64,
        /// The messages that must wait.
        scope: Scope,
    },
    /// The account has no connection; the try does not count, and the queue keeps its order.
    NotConnected,
    /// A server error on the other side; tried three times at most.
    ServerError,
    /// The message may have been sent or not.
    Unknown,
    /// The account itself cannot send; its queue stops.
    Stopped {
        reason: StopReason,
        /// Milliseconds from now until it may send again, if known.
        until_ms: Option<u64>,
    },
}

/// What is known of a message that `WhatsApp` took.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// The id under which `WhatsApp` speaks of it, if that is not ours.
    pub wire_id: Option<WireId>,
    /// The recipient as `WhatsApp` spells it, if it says so: a phone number or a JID.
    pub address: Option<String>,
}

/// Reasons for which a message can never be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Permanent {
    /// The number or JID is malformed.
    RecipientInvalid,
    /// A well-formed number without `WhatsApp`.
    NotOnWhatsApp,
    /// `WhatsApp` or the recipient refuses it.
    Refused,
    /// Free text is not allowed at this time (Cloud API's 24 hours).
    WindowClosed,
    /// The content is not acceptable.
    ContentRejected,
    /// Its chat was erased: nobody knows any more what it said, or to whom.
    ChatErased,
}

impl Permanent {
    /// Returns the failure code of a message that fails for this reason.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RecipientInvalid => "recipient_invalid",
            Self::NotOnWhatsApp => "not_on_whatsapp",
            Self::Refused => "refused",
            Self::WindowClosed => "window_closed",
            Self::ContentRejected => "content_rejected",
            Self::ChatErased => "chat_erased",
        }
    }
}

/// The messages that must wait after a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Only messages to this recipient.
    Pair,
    /// All messages of the account.
    Account,
}

/// Reasons for which an account cannot send at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum StopReason {
    /// `WhatsApp` blocked the account.
    Blocked,
    /// Its credentials were refused.
    Unauthorised,
    /// It is set up wrongly at the provider.
    Misconfigured,
}
