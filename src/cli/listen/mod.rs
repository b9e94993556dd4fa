//! `tidings listen`: receives a webhook's reports on this machine and prints each of them.

mod forward;
mod received_report;
mod report;
mod seen_ids;

use std::net::TcpListener;
use std::sync::{Mutex, PoisonError};

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use actors::runtime::clock::wall_now;

use self::forward::Forward;
use self::received_report::ReceivedReport;
use self::seen_ids::SeenIds;
use super::args::{Cli, ListenArgs};
use super::exit::{Exit, Failure};
use super::screen::{fitted, width};
use super::{print, say};
use crate::outbound::{SignedBy, SigningKey};

/// Larger bodies are refused. The largest report is smaller than this.
const BODY_BYTES_MAX: usize = 16 << 20;
/// The column where the signature's verdict starts; continuation lines are indented to it.
const INDENT: usize = 17;
/// How long requests in progress may take to finish at shutdown.
const SHUTDOWN_S: u64 = 1;

/// Receives until it is stopped.
pub(super) fn run(cli: &Cli, args: &ListenArgs) -> Result<(), Failure> {
    super::logging(cli.json)?;
    let desk = web::Data::new(Desk::new(cli, args)?);
    let cannot = |error: std::io::Error| {
        let message = format!("cannot listen on {}: {error}", args.listen);
        Failure::new(Exit::Failed, message).hint("choose another address with --listen")
    };
    actix::System::new().block_on(async {
        let listener = TcpListener::bind(args.listen).map_err(cannot)?;
        let bound = listener.local_addr().map_err(cannot)?;
        let limit = web::PayloadConfig::new(BODY_BYTES_MAX);
        let app = move || App::new().app_data(desk.clone()).app_data(limit.clone()).default_service(web::to(receive));
        let running = HttpServer::new(app).workers(1).shutdown_timeout(SHUTDOWN_S).listen(listener).map_err(cannot)?;
        say(&format!("Receiving at http://{bound}/ - Ctrl-C ends it\n"));
        running.run().await.map_err(cannot)
    })
}

/// The state that all requests share.
struct Desk {
    key: Option<SigningKey>,
    forward: Option<Forward>,
    status: StatusCode,
    seen: Mutex<SeenIds>,
    json: bool,
    colour: bool,
}

impl Desk {
    fn new(cli: &Cli, args: &ListenArgs) -> Result<Self, Failure> {
        let given = args.secret.clone().filter(|key| !key.is_empty());
        let key = given.or_else(|| asked_for(cli, args)).map(|key| key.parse()).transpose();
        let key = key.map_err(|error| Failure::because(Exit::Usage, &error).hint("use --secret whsec_..."))?;
        let forward = args.forward_to.clone().map(Forward::new).transpose();
        Ok(Self {
            key,
            forward: forward.map_err(|error| Failure::because(Exit::Failed, &error))?,
            status: StatusCode::from_u16(args.answer).map_err(|error| Failure::because(Exit::Usage, &error))?,
            seen: Mutex::default(),
            json: cli.json,
            colour: super::colour(&std::io::stdout()),
        })
    }

    /// Returns the response, and the error if the request could not be passed on.
    async fn answer(&self, request: &HttpRequest, body: &web::Bytes) -> (HttpResponse, Option<String>) {
        let Some(forward) = &self.forward else { return (HttpResponse::new(self.status), None) };
        match forward.pass_on(request, body.clone()).await {
            Ok(answer) => (answer, None),
            Err(fault) => (HttpResponse::BadGateway().finish(), Some(fault)),
        }
    }

    fn is_duplicate(&self, id: Option<&str>) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        id.is_some_and(|id| !seen.is_new(id))
    }
}

/// Asks the gateway for its signing key. Continues without it on failure: this receiver may be started before the
/// gateway.
fn asked_for(cli: &Cli, args: &ListenArgs) -> Option<String> {
    super::outbound::key(cli, &args.access).unwrap_or_else(|failure| {
        say(&format!("Signatures are not verified: {}\n", failure.message));
        None
    })
}

async fn receive(desk: web::Data<Desk>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let at = wall_now();
    let signed = signed_by(request.headers());
    let signature = desk.key.as_ref().map(|key| key.verify(signed, &body, at));
    let is_duplicate = desk.is_duplicate(signed.id);
    let (answer, fault) = desk.answer(&request, &body).await;
    let status = answer.status().as_u16();
    let told =
        ReceivedReport { at, request: &request, body: &body, id: signed.id, signature, is_duplicate, status, fault };
    let told = if desk.json { told.json() } else { fitted(&told.line(desk.colour), width(), INDENT) };
    // Send the response even if stdout was closed.
    let _ = print(&told);
    answer
}

fn signed_by(headers: &HeaderMap) -> SignedBy<'_> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    SignedBy {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    }
}
