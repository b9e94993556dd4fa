//! Doors for random bytes: parsers and writers of the edge that can be asked without a gateway.

use actix_web::ResponseError as _;
use events::account::Origin;

use super::api::tables;
use super::send_body::SendBody;
use crate::recent::attempts::AttemptView;

const TEXT_CHARS_MAX: usize = 65_536;

/// Whether a body of the inbound webhook would be taken as far as it alone can tell, or else the status it gets.
pub fn judge_send_body(bytes: &[u8]) -> Result<(), u16> {
    let parsed = SendBody::parse(bytes, Origin::Inbound, None, TEXT_CHARS_MAX, &mut Vec::new());
    parsed.map(drop).map_err(|refused| refused.status_code().as_u16())
}

/// The table that a workspace's attempts are downloaded as; `None` if they cannot be written.
pub fn attempts_csv(views: &[AttemptView]) -> Option<Vec<u8>> {
    tables::csv(views).ok()
}
