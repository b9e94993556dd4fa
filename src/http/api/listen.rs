//! Reports for programs on this machine, as server-sent events, and their answers.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use crate::http::call::Call;
use crate::http::caller::{bearer, require_this_machine};
use crate::http::event_stream::{self, Feed, TICK};
use crate::secrets::digest;
use crate::service::listen::{self, AnswerBody, Listening, News};
use crate::service::refusal::Refusal;

/// Streams each report as it is posted.
pub(in crate::http) async fn open(call: Call, request: HttpRequest) -> Result<HttpResponse, Refusal> {
    require_this_machine(&request)?;
    let instead = call.query()?.flag("instead")?;
    if event_stream::wants_headers_only(&request) {
        return Ok(event_stream::headers().finish());
    }
    // It is recorded who listens.
    call.gateway.rate_limits.check_changes(call.workspace).map_err(Refusal::too_many_requests)?;
    let permit = event_stream::permit(&call.gateway, call.workspace)?;
    let key = digest(bearer(&request).unwrap_or_default());
    let listening = listen::open(call.scope(), call.gateway.clone().into_inner(), key, instead).await?;
    Ok(event_stream::answer(call.gateway.clone(), &request, listening, permit))
}

/// Answers a report in place of the receiver.
pub(in crate::http) async fn answer(
    mut call: Call,
    number: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Refusal> {
    require_this_machine(&request)?;
    let answer: AnswerBody = call.body().await?;
    Ok(HttpResponse::Ok().json(listen::answer(call.scope(), &number, answer)?))
}

impl Feed for Listening {
    fn opening(&self) -> String {
        ": listening\n\n".to_owned()
    }

    async fn read_on(&mut self) -> Option<String> {
        let news = self.next(TICK).await;
        let news = news.inspect_err(|error| tracing::error!(%error, "a listener cannot be served")).ok()??;
        let mut text = String::new();
        for news in news {
            match news {
                News::Standing(standing) => event("standing", &standing, &mut text)?,
                News::Report(report) => event("report", &report, &mut text)?,
            }
        }
        Some(text)
    }

    fn heartbeat(&mut self) -> String {
        ": still here\n\n".to_owned()
    }
}

/// Writes an event. JSON contains no line feeds, so the data is one line.
fn event(name: &str, data: &impl Serialize, out: &mut String) -> Option<()> {
    let data = serde_json::to_string(data).ok()?;
    for part in ["event: ", name, "\ndata: ", &data, "\n\n"] {
        out.push_str(part);
    }
    Some(())
}
