//! Entry points for fuzzing: parsers and writers of the HTTP layer that need no gateway.

use actix_web::ResponseError as _;
use events::account::Origin;

use super::api::tables;
use super::send_body::SendBody;
use crate::recent::attempts::AttemptView;

const TEXT_CHARS_MAX: usize = 65_536;

/// Judges a body of the inbound webhook, as far as the body alone allows; the error is the status of its refusal.
pub fn judge_send_body(bytes: &[u8]) -> Result<(), u16> {
    let parsed = SendBody::parse(bytes, Origin::Inbound, None, TEXT_CHARS_MAX, &mut Vec::new());
    parsed.map(drop).map_err(|refused| refused.status_code().as_u16())
}

/// Writes the table in which a workspace's attempts are downloaded; `None` if that fails.
pub fn attempts_csv(views: &[AttemptView]) -> Option<Vec<u8>> {
    tables::csv(views).ok()
}
