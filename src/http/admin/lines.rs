//! Responses of JSON lines, written as their rows become known.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::ACCEPT;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::{Stream, unfold};
use serde::Serialize;
use tokio::time::timeout;

use crate::readiness::Readiness;
use crate::service::refusal::Refusal;
use crate::service::verification::Verification;

const TYPE: &str = "application/x-ndjson";
/// Interval between two lines on how far a verification has come.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// True if the client asks for lines in place of one JSON object.
pub(super) fn are_accepted(request: &HttpRequest) -> bool {
    let accepted = request.headers().get_all(ACCEPT).filter_map(|accepted| accepted.to_str().ok());
    let named = |range: &str| range.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(TYPE);
    accepted.flat_map(|accepted| accepted.split(',')).any(named)
}

/// Answers with these lines. A stream that fails breaks the connection off, so that nobody takes a part for the whole.
pub(super) fn answer<E: Into<Box<dyn Error>> + 'static>(
    lines: impl Stream<Item = Result<Bytes, E>> + 'static,
) -> HttpResponse {
    HttpResponse::Ok().content_type(TYPE).streaming(lines)
}

/// Returns a line on the progress at once and every half second, and the verdict last. The verification is given up with
/// the stream, and at a stop of the gateway.
pub(super) fn of_verification(
    verification: Verification,
    readiness: Arc<Readiness>,
) -> impl Stream<Item = Result<Bytes, Refusal>> {
    let progress = |verification: &Verification| line(&verification.progress());
    unfold((Some(verification), true), move |(left, is_first)| {
        let readiness = Arc::clone(&readiness);
        async move {
            let verification = left?;
            if is_first {
                return Some((progress(&verification), (Some(verification), false)));
            }
            let told = timeout(TELL_EVERY, verification.verdict()).await;
            match told {
                Err(_) if !readiness.is_stopping() => Some((progress(&verification), (Some(verification), false))),
                Ok(verdict) => Some((verdict.and_then(|verdict| line(&verdict)), (None, false))),
                Err(_) => Some((Err(Refusal::unavailable("The gateway is stopping")), (None, false))),
            }
        }
    })
}

fn line(row: &impl Serialize) -> Result<Bytes, Refusal> {
    let text = serde_json::to_string(row).map_err(|error| Refusal::fault(&error))?;
    Ok(Bytes::from(text + "\n"))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn lines_are_for_those_who_name_them() {
        let accepted =
            |accept: &str| are_accepted(&TestRequest::default().insert_header((ACCEPT, accept)).to_http_request());
        assert!(accepted(TYPE) && accepted("application/json;q=0.5, Application/X-NDJSON; q=1"));
        assert!(!accepted("application/json") && !accepted("*/*") && !accepted("application/x-ndjson-like"));
        assert!(!are_accepted(&TestRequest::default().to_http_request()));
    }
}
