//! Refusals: a code of the catalogue, a message, the field it concerns, a hint.

use std::borrow::Cow;
use std::fmt;

use actors::decider::Never;
use actors::runtime::shard::CommandError;
use actors::workspace::{Inactive, Inactivity, Rejection};
use events::log::ReadError;

use crate::codes;

/// Seconds until a retry, for a full or busy gateway.
const RETRY_AFTER_S: u32 = 1;

/// The reason why a request was refused. The catalogue defines the kind of its code, and so the response's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    code: &'static str,
    message: Cow<'static, str>,
    param: Option<Cow<'static, str>>,
    hint: Option<Box<str>>,
    retry_after_s: Option<u32>,
}

impl Refusal {
    /// Creates a refusal with a stable code of the catalogue, and a message for people.
    pub fn new(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        debug_assert!(codes::find(code).and_then(codes::Code::status).is_some(), "{code}");
        Self { code, message: message.into(), param: None, hint: None, retry_after_s: None }
    }

    /// The refusal of a field's value.
    pub fn invalid(param: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("invalid_value", message).naming(param)
    }

    /// Sets the field that it concerns.
    #[must_use]
    pub fn naming(mut self, param: impl Into<Cow<'static, str>>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Sets the hint.
    #[must_use]
    pub fn hinting(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into().into());
        self
    }

    /// Adds another hint.
    #[must_use]
    pub fn hinting_too(mut self, hint: &str) -> Self {
        let before = self.hint.take().map_or_else(String::new, |before| format!("{before}. "));
        self.hint = Some(format!("{before}{hint}").into());
        self
    }

    /// Sets the time to wait before a retry, in seconds.
    #[must_use]
    pub fn retrying_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Returns the message for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the field that it concerns, if any.
    pub fn param(&self) -> Option<&str> {
        self.param.as_deref()
    }

    /// Returns the hint, if any.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns the time to wait before a retry, in seconds, if a retry helps.
    pub fn retry_after_s(&self) -> Option<u32> {
        self.retry_after_s
    }

    /// The refusal if a rate limit is exceeded.
    pub fn too_many_requests(retry_after_s: u32) -> Self {
        Self::new("too_many_requests", "Too many requests; slow down").retrying_after(retry_after_s)
    }

    /// The refusal if the key is missing or wrong, without telling which.
    pub fn unauthorized() -> Self {
        Self::new("unauthorized", "The key is missing or wrong").hinting("Send it as: Authorization: Bearer <key>")
    }

    /// The refusal if the gateway is overloaded, which the caller cannot fix.
    pub fn overloaded() -> Self {
        Self::new("overloaded", "Too much at once; try again shortly").retrying_after(RETRY_AFTER_S)
    }

    /// The refusal of whatever would change or use an erased chat.
    pub fn chat_erased() -> Self {
        Self::new("chat_erased", "The chat was erased")
            .hinting("the same contact gets a new chat: send by phone, to a group by its JID")
    }

    /// The refusal if this gateway lacks the means at the moment.
    pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("unavailable", message).retrying_after(RETRY_AFTER_S)
    }

    /// The refusal if the disk is full.
    pub fn disk_full() -> Self {
        Self::new("disk_full", "The disk is full; nothing new is taken").retrying_after(RETRY_AFTER_S)
    }

    /// The fault of an actor that answers something unexpected.
    pub fn unexpected(answer: &dyn fmt::Debug) -> Self {
        Self::fault(&format!("unexpected answer {answer:?}"))
    }

    /// A fault on our side; its details are in the log under the request's id.
    pub fn fault(error: &dyn fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new("internal", "Something broke on our side")
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Refusal {}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        Self::fault(&error)
    }
}

impl<R: fmt::Debug + Into<Self>> From<CommandError<R>> for Refusal {
    fn from(error: CommandError<R>) -> Self {
        match error {
            CommandError::Rejected(rejection) => rejection.into(),
            CommandError::Overloaded => Self::overloaded(),
            CommandError::Fault(what) => Self::fault(&what),
        }
    }
}

impl From<Never> for Refusal {
    fn from(rejection: Never) -> Self {
        match rejection {}
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::UnknownWorkspace => Self::new("workspace_not_found", "Workspace not found"),
            Rejection::WorkspaceExists => Self::new("conflict", "Workspace exists already; try again"),
            Rejection::InvalidAmount => {
                Self::invalid("amount", "amount must be 1 to 9007199254740991, and no more than that in all")
            }
            Rejection::InvalidPhone => Self::invalid("phone", "phone must be a number in international format")
                .hinting("Such as +12025550100: 7 to 15 digits, the first not 0"),
            Rejection::InvalidGap => Self::invalid(
                "pacing",
                format!("gap_ms_min must not be above gap_ms_max, nor that above {}", actors::workspace::GAP_MS_MAX),
            ),
            Rejection::TeammateExists(teammate) => Self::new("teammate_exists", "A teammate has this address")
                .hinting(format!("It is teammate {teammate}")),
            Rejection::TeammateNotFound => Self::new("teammate_not_found", "Teammate not found"),
            Rejection::KeyNotFound => Self::new("key_not_found", "Key not found"),
            Rejection::LastKey => Self::new("last_key", "The last key cannot be revoked")
                .hinting("Make another one first: POST /api/v1/keys"),
            Rejection::AccountNotConnected => {
                Self::new("account_not_connected", "The account has no connection").hinting("Connect it again first")
            }
            Rejection::WebhookDisabled => Self::new("webhook_disabled", "Webhook is disabled"),
            Rejection::UnknownField(field) => Self::new("unknown_field", format!("Unknown field \"{field}\""))
                .naming(field)
                .hinting("This webhook is strict: it takes the documented fields only"),
            Rejection::PhoneNotE164(why) => Self::new("invalid_phone", phone_refused(&why))
                .naming("phone")
                .hinting("Such as +12025550101; this webhook is strict"),
            Rejection::BrokenText(what) => {
                Self::new("invalid_value", what).naming("text").hinting("This webhook is strict")
            }
            Rejection::ChatNameAmbiguous(chats) => Self::new("chat_name_ambiguous", "Several chats have this name")
                .naming("chat_name")
                .hinting(format!("{chats} chats have it: name the account, or give chat_id, jid or phone")),
            Rejection::AccountExists(account) => {
                Self::new("account_exists", "Account exists already").hinting(format!("It is account {account}"))
            }
            Rejection::NumberTaken => Self::new("number_taken", "The number is connected in another workspace")
                .naming("phone")
                .hinting("With that workspace's key: tidings account disconnect, or DELETE /api/v1/accounts/{id}"),
            Rejection::NoRoom(_) => Self::overloaded(),
            Rejection::Full => Self::new("limit_reached", "No room for more of these in this workspace"),
            Rejection::WebhookNotFound => Self::new("webhook_not_found", "Webhook not found"),
            Rejection::IdempotencyConflict => {
                Self::new("idempotency_conflict", "The Idempotency-Key was used for another body")
            }
            Rejection::AccountNotFound => Self::new("account_not_found", "WhatsApp account not found"),
            Rejection::NoConnectedAccount(inactive) => no_connected_account(inactive),
            Rejection::ChatNotFound => Self::new("chat_not_found", "Chat not found"),
            Rejection::ChatErased => Self::chat_erased(),
            Rejection::InsufficientCredits { needed, available } => Self::new(
                "insufficient_credits",
                format!("Insufficient credits: {needed} needed, {available} available"),
            ),
        }
    }
}

/// The refusal if no account is active: names the nearest one and how to make it active.
fn no_connected_account(inactive: Option<Inactive>) -> Refusal {
    let refuse = |message: String| Refusal::new("no_connected_account", message);
    let Some(Inactive { account, phone, because }) = inactive else {
        return refuse("No WhatsApp account is connected".to_owned())
            .hinting("Connect one: tidings account connect, or POST /api/v1/accounts");
    };
    let phone = phone.reveal();
    let resume = format!("tidings account resume {account}, or POST /api/v1/accounts/{account}/resume");
    let connect = format!("tidings account connect --phone {phone} --full-name NAME --email ADDRESS");
    let (message, way_out) = match because {
        Inactivity::Paused => (format!("WhatsApp account {phone} is paused"), format!("Resume it: {resume}")),
        Inactivity::Blocked => (
            format!("WhatsApp does not let account {phone} send"),
            format!("Resume it once the cause is gone: {resume}"),
        ),
        Inactivity::Disconnected => (
            format!("WhatsApp account {phone} is not connected"),
            format!("Connect it again: {connect}, or POST /api/v1/accounts"),
        ),
    };
    refuse(message)
        .hinting(way_out)
        .hinting_too("A message that names the account (\"whatsapp account phone\") is accepted and waits")
}

impl From<actors::account::Rejection> for Refusal {
    fn from(rejection: actors::account::Rejection) -> Self {
        match rejection {
            actors::account::Rejection::NotUncertain => {
                Self::new("not_uncertain", "Only an uncertain message can be settled")
            }
        }
    }
}

impl From<actors::webhook::Rejection> for Refusal {
    fn from(rejection: actors::webhook::Rejection) -> Self {
        match rejection {
            actors::webhook::Rejection::NoUrl => Self::new("no_webhook_url", "There is no URL to report to")
                .hinting("Set one first: PATCH /api/v1/outbound {\"url\": \"https://...\"}"),
            actors::webhook::Rejection::StillOwed => {
                Self::new("delivery_owed", "The delivery waits for its turn anyway")
            }
            actors::webhook::Rejection::ChatErased => Self::chat_erased(),
            actors::webhook::Rejection::NotOwed => {
                Self::new("delivery_not_owed", "The delivery is neither owed nor parked")
            }
        }
    }
}

impl From<crate::outbound::TooManyKeys> for Refusal {
    fn from(too_many: crate::outbound::TooManyKeys) -> Self {
        Self::new("too_many_signing_keys", "Five signing keys are valid already")
            .hinting(format!("The oldest ends at {}: replace the key after that", too_many.until))
    }
}

fn phone_refused(why: &str) -> String {
    match why {
        "" => "phone is not a number in international format".to_owned(),
        why => format!("phone {why}"),
    }
}
