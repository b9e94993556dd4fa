//! Refusals of the simulator, all in one shape: `{"status", "data": {}, "message"}`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use events::ids::InvalidId;
use serde_json::json;

use super::echo::Full;
use super::send_body;
use super::world::TooManyDisconnected;

/// Why a request is not understood or not carried out.
#[derive(Debug, thiserror::Error)]
pub(super) enum SimulatorRefusal {
    #[error("the body cannot be read, or is too long")]
    Body(#[from] actix_web::Error),
    #[error("the body is not the JSON object that is wanted: {0}")]
    Json(#[from] serde_json::Error),
    #[error("`{name}` {rule}")]
    Field { name: &'static str, rule: String },
    #[error(transparent)]
    Message(#[from] send_body::Unreadable),
    #[error("not a message id")]
    Id(#[from] InvalidId),
    #[error("`after` and `wait_ms` are whole numbers")]
    Query,
    #[error(transparent)]
    Disconnected(#[from] TooManyDisconnected),
    #[error(transparent)]
    Full(#[from] Full),
    #[error(
        "the simulator takes requests of this machine only: to a loopback address, of no foreign page, through no proxy; \
         from elsewhere send the operator's key as `Authorization: Bearer adm_...`"
    )]
    Closed,
    #[error("no such address")]
    NotFound,
    #[error("this address takes other methods")]
    Method,
}

impl SimulatorRefusal {
    /// A field that breaks a rule; the name and the rule together make a sentence.
    pub(super) fn field(name: &'static str, rule: impl Into<String>) -> Self {
        Self::Field { name, rule: rule.into() }
    }
}

impl ResponseError for SimulatorRefusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Closed => StatusCode::FORBIDDEN,
            Self::Disconnected(_) | Self::Full(_) => StatusCode::CONFLICT,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let body = json!({"status": self.status_code().as_u16(), "data": {}, "message": self.to_string()});
        HttpResponse::build(self.status_code()).json(body)
    }
}

pub(super) async fn not_found() -> Result<HttpResponse, SimulatorRefusal> {
    Err(SimulatorRefusal::NotFound)
}

pub(super) async fn method_not_allowed() -> Result<HttpResponse, SimulatorRefusal> {
    Err(SimulatorRefusal::Method)
}
