//! The one shape of every refusal and fault: `{"status", "data": {}, "message", "error"}`.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use actors::runtime::shard::AskError;
use actors::workspace::Rejection;
use bytes::Bytes;
use events::log::ReadError;
use serde_json::{Value, json};

use crate::codes;
use crate::gateway::Gateway;

/// After so long a full or busy gateway is worth another try.
const RETRY_AFTER_S: u32 = 1;

/// Why a request was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    param: Option<Cow<'static, str>>,
    hint: Option<Box<str>>,
    /// The methods that the path takes, where another was used.
    allowed: Option<Box<str>>,
    retry_after_s: Option<u32>,
}

impl Refused {
    /// A refusal with its stable code, which the catalogue lists with this status, and words for people.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        debug_assert_eq!(codes::find(code).and_then(codes::Code::status), Some(status.as_u16()), "{code}");
        Self { status, code, message: message.into(), param: None, hint: None, allowed: None, retry_after_s: None }
    }

    /// 400.
    pub(super) fn bad(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 400: a field's value is of no use.
    pub(super) fn invalid(param: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::bad("invalid_value", message).naming(param)
    }

    /// 404.
    pub(super) fn not_found(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// The field that it is about.
    pub(super) fn naming(mut self, param: impl Into<Cow<'static, str>>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Its stable code.
    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    /// The same, with one thing more to do about it.
    pub(super) fn hinting_too(mut self, hint: &str) -> Self {
        let before = self.hint.take().map_or_else(String::new, |before| format!("{before}. "));
        self.hint = Some(format!("{before}{hint}").into());
        self
    }

    /// What to do about it.
    pub(super) fn hinting(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into().into());
        self
    }

    /// When to try again, in seconds.
    pub(super) fn retrying_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// More than the configured flood limit.
    pub(super) fn too_many_requests(retry_after_s: u32) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests; slow down")
            .retrying_after(retry_after_s)
    }

    /// The key is missing or wrong: the two are indistinguishable.
    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "The key is missing or wrong")
            .hinting("Send it as: Authorization: Bearer <key>")
    }

    /// Too much at once, or too little room: ours to mend.
    pub(super) fn overloaded() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "Too much at once; try again shortly")
            .retrying_after(RETRY_AFTER_S)
    }

    /// This gateway lacks the means for it at the moment.
    pub(super) fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message).retrying_after(RETRY_AFTER_S)
    }

    /// Too little room on the disk.
    pub(super) fn disk_full() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "disk_full", "The disk is full; nothing new is taken")
            .retrying_after(RETRY_AFTER_S)
    }

    /// A fault of ours: an actor answered what was not asked.
    pub(super) fn unexpected(answer: &actors::workspace::Answer) -> Self {
        Self::fault(&format!("unexpected answer {answer:?}"))
    }

    /// A fault of ours; the details are in the log under the request's id.
    pub(super) fn fault(error: &dyn fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something broke on our side")
    }

    /// The answer, for the request of this id; the link leads to the gateway at `base_url`.
    pub(super) fn answer(&self, request_id: &str, base_url: &str, strict: bool) -> HttpResponse {
        let body = self.body(request_id, base_url, strict);
        let mut answer = HttpResponse::build(self.status);
        if self.status == StatusCode::UNAUTHORIZED {
            answer.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(allowed) = &self.allowed {
            answer.insert_header((ALLOW, &**allowed));
        }
        if let Some(seconds) = self.retry_after_s {
            answer.insert_header((RETRY_AFTER, seconds));
        }
        answer.json(body)
    }

    /// The body of the answer.
    pub(super) fn body(&self, request_id: &str, base_url: &str, strict: bool) -> Value {
        let mut body = json!({"status": self.status.as_u16(), "data": {}, "message": self.message});
        if let (false, Some(body)) = (strict, body.as_object_mut()) {
            body.insert("error".to_owned(), self.details(request_id, base_url));
        }
        body
    }

    fn details(&self, request_id: &str, base_url: &str) -> Value {
        let link = format!("{base_url}/docs/errors#{}", self.code);
        json!({"code": self.code, "param": self.param, "hint": self.hint, "link": link, "request_id": request_id})
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        self.answer("", "", false)
    }
}

impl From<ReadError> for Refused {
    fn from(error: ReadError) -> Self {
        Self::fault(&error)
    }
}

impl<R: fmt::Debug + Into<Self>> From<AskError<R>> for Refused {
    fn from(error: AskError<R>) -> Self {
        match error {
            AskError::Rejected(rejection) => rejection.into(),
            AskError::Overloaded => Self::overloaded(),
            AskError::Fault(what) => Self::fault(&what),
        }
    }
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        let conflict = |code, message| Self::new(StatusCode::CONFLICT, code, message);
        match rejection {
            Rejection::UnknownWorkspace => Self::not_found("workspace_not_found", "Workspace not found"),
            Rejection::WorkspaceExists => conflict("conflict", "Workspace exists already; try again"),
            Rejection::InvalidAmount => {
                Self::invalid("amount", "amount must be 1 to 9007199254740991, and no more than that in all")
            }
            Rejection::InvalidPhone => Self::invalid("phone", "phone must be a number in international format")
                .hinting("Such as +12025550100: 7 to 15 digits, the first not 0"),
            Rejection::InvalidGap => Self::invalid(
                "pacing",
                format!("gap_ms_min must not be above gap_ms_max, nor that above {}", actors::workspace::GAP_MS_MAX),
            ),
            Rejection::TeammateExists(teammate) => {
                conflict("teammate_exists", "A teammate has this address").hinting(format!("It is teammate {teammate}"))
            }
            Rejection::TeammateNotFound => Self::not_found("teammate_not_found", "Teammate not found"),
            Rejection::KeyNotFound => Self::not_found("key_not_found", "Key not found"),
            Rejection::LastKey => conflict("last_key", "The last key cannot be revoked")
                .hinting("Make another one first: POST /api/v1/keys"),
            Rejection::AccountNotConnected => {
                conflict("account_not_connected", "The account has no connection").hinting("Connect it again first")
            }
            Rejection::WebhookDisabled => Self::new(StatusCode::FORBIDDEN, "webhook_disabled", "Webhook is disabled"),
            Rejection::UnknownField(field) => Self::bad("unknown_field", format!("Unknown field \"{field}\""))
                .naming(field)
                .hinting("This webhook is strict: it takes the documented fields only"),
            Rejection::PhoneNotE164(why) => Self::bad("invalid_phone", phone_refused(&why))
                .naming("phone")
                .hinting("Such as +12025550101; this webhook is strict"),
            Rejection::BrokenText(what) => {
                Self::bad("invalid_value", what).naming("text").hinting("This webhook is strict")
            }
            Rejection::ChatNameAmbiguous(chats) => conflict("chat_name_ambiguous", "Several chats have this name")
                .naming("chat_name")
                .hinting(format!("{chats} chats have it: name the account, or give chat_id, jid or phone")),
            Rejection::AccountExists(account) => {
                conflict("account_exists", "Account exists already").hinting(format!("It is account {account}"))
            }
            Rejection::NumberTaken => conflict("number_taken", "The number is connected in another workspace")
                .naming("phone")
                .hinting("Disconnect it there first: DELETE /api/v1/accounts/{id} with that workspace's key"),
            Rejection::Full => conflict("limit_reached", "No room for more of these in this workspace"),
            Rejection::WebhookNotFound => Self::not_found("webhook_not_found", "Webhook not found"),
            Rejection::IdempotencyConflict => {
                conflict("idempotency_conflict", "The Idempotency-Key was used for another body")
            }
            Rejection::AccountNotFound => Self::not_found("account_not_found", "WhatsApp account not found"),
            Rejection::NoConnectedAccount => conflict("no_connected_account", "No WhatsApp account is connected"),
            Rejection::ChatNotFound => Self::not_found("chat_not_found", "Chat not found"),
            Rejection::InsufficientCredits { needed, available } => Self::new(
                StatusCode::PAYMENT_REQUIRED,
                "insufficient_credits",
                format!("Insufficient credits: {needed} needed, {available} available"),
            ),
        }
    }
}

impl From<actors::account::Rejection> for Refused {
    fn from(rejection: actors::account::Rejection) -> Self {
        match rejection {
            actors::account::Rejection::NotUncertain => {
                Self::new(StatusCode::CONFLICT, "not_uncertain", "Only an uncertain message can be settled")
            }
        }
    }
}

impl From<actors::webhook::Rejection> for Refused {
    fn from(rejection: actors::webhook::Rejection) -> Self {
        match rejection {
            actors::webhook::Rejection::NoUrl => {
                Self::new(StatusCode::CONFLICT, "no_webhook_url", "There is no URL to report to")
                    .hinting("Set one first: PATCH /api/v1/outbound {\"url\": \"https://...\"}")
            }
            actors::webhook::Rejection::StillOwed => {
                Self::new(StatusCode::CONFLICT, "delivery_owed", "The delivery waits for its turn anyway")
            }
            actors::webhook::Rejection::NotOwed => {
                Self::new(StatusCode::CONFLICT, "delivery_not_owed", "The delivery is neither owed nor parked")
            }
        }
    }
}

impl From<crate::outbound::TooManyKeys> for Refused {
    fn from(too_many: crate::outbound::TooManyKeys) -> Self {
        Self::new(StatusCode::CONFLICT, "too_many_signing_keys", "Five signing keys are valid already")
            .hinting(format!("The oldest ends at {}: replace the key after that", too_many.until))
    }
}

/// The whole answer to what was no request, with the status that the HTTP server chose; the connection ends with it.
pub(super) fn to_no_request(status: StatusCode, gateway: &Gateway) -> Bytes {
    gateway.metrics.requests().malformed(status);
    let refused = match status {
        StatusCode::REQUEST_TIMEOUT => {
            Refused::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", "The request's headers came too slowly")
        }
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            let words = "The request's headers are too long";
            Refused::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large", words)
        }
        _ => Refused::new(StatusCode::BAD_REQUEST, "malformed_request", "This is no HTTP request"),
    };
    let id = format!("req_{:016x}", gateway.chance.command_id());
    let body = refused.body(&id, &gateway.base_url, gateway.strict_errors).to_string();
    let reason = refused.status.canonical_reason().unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {} {reason}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nx-request-id: {id}\r\n\
         connection: close\r\n\r\n",
        refused.status.as_u16(),
        body.len()
    );
    Bytes::from(head + &body)
}

fn phone_refused(why: &str) -> String {
    match why {
        "" => "phone is not a number in international format".to_owned(),
        why => format!("phone {why}"),
    }
}

/// The path takes only these methods.
pub(super) fn method_not_allowed(allowed: String) -> Refused {
    let refused = Refused::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed");
    Refused { allowed: Some(allowed.into()), ..refused }
}

/// Nothing is at this path.
pub(super) fn nothing_here() -> Refused {
    Refused::not_found("not_found", "Not found")
}

/// As [`nothing_here`], for whatever no route takes.
pub(super) async fn not_found() -> Refused {
    nothing_here()
}

impl actix_web::Responder for Refused {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &actix_web::HttpRequest) -> HttpResponse {
        HttpResponse::from_error(self)
    }
}
