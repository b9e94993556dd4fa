//! The echo's routes, in the gateway itself or in a simulator process of its own.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, web};

use super::super::access::Access;
use super::super::fields::Fields;
use super::super::refusal::{SimulatorRefusal, method_not_allowed};
use super::super::wire::ListView;
use super::view::{RequestView, SettingsView};
use super::{Echo, Name, Request, Settings};
use crate::whatsapp::transports::Routes;

/// Longer bodies are refused.
const BODY_BYTES_MAX: usize = 2 << 20;

type Body = Result<web::Bytes, actix_web::Error>;

/// Adds the routes by their full paths.
pub fn configure(cfg: &mut web::ServiceConfig, access: Access, echo: Echo) {
    let at = |path: &str| {
        let resource = web::resource(format!("{}{{name}}{path}", super::PATH));
        resource.wrap(from_fn(move |request, next| access.admit(request, next)))
    };
    cfg.app_data(web::Data::new(echo))
        .service(at("").app_data(web::PayloadConfig::new(BODY_BYTES_MAX)).route(web::to(receive)))
        .service(at("/requests").route(web::get().to(requests)).default_service(web::to(method_not_allowed)))
        .service(at("/settings").route(web::put().to(set)).default_service(web::to(method_not_allowed)));
}

/// The routes of a gateway's own receivers.
pub fn of(access: Access, echo: Echo) -> Routes {
    Arc::new(move |cfg| configure(cfg, access, echo.clone()))
}

/// Takes a request by any method, and answers as its receiver is configured to.
async fn receive(
    echo: web::Data<Echo>,
    name: web::Path<String>,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, SimulatorRefusal> {
    let arrived = arrived(&request).with_body(&body?);
    let Settings { status, retry_after, .. } = echo.receive(parse(&name)?, arrived).await?;
    let mut answer = HttpResponse::build(status);
    if let Some(seconds) = retry_after {
        answer.insert_header((header::RETRY_AFTER, seconds.to_string()));
    }
    Ok(answer.finish())
}

async fn requests(echo: web::Data<Echo>, name: web::Path<String>) -> Result<HttpResponse, SimulatorRefusal> {
    let kept = echo.requests(&parse(&name)?);
    Ok(HttpResponse::Ok().json(ListView::of(kept.iter().map(|kept| RequestView::from(kept.as_ref())))))
}

/// Replaces all settings and returns the new ones.
async fn set(echo: web::Data<Echo>, name: web::Path<String>, body: Body) -> Result<HttpResponse, SimulatorRefusal> {
    let settings = Fields::parse(&body?)?.into_settings()?;
    echo.set(parse(&name)?, settings)?;
    Ok(HttpResponse::Ok().json(SettingsView::from(settings)))
}

fn parse(name: &str) -> Result<Name, SimulatorRefusal> {
    Name::parse(name).ok_or_else(|| SimulatorRefusal::field("name", "has 1 to 100 letters, digits, - and _"))
}

fn arrived(request: &HttpRequest) -> Request {
    let header = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let mut headers: Vec<_> = request.headers().iter().map(header).collect();
    headers.sort_by(|(name, _), (other, _)| name.cmp(other));
    Request {
        method: request.method().to_string(),
        query: request.query_string().to_owned(),
        headers,
        ..Request::default()
    }
}
