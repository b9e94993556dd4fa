//! Reports to the CRM's own URL: what is sent, and everything that a receiver may do instead of accepting it.

mod answers;
pub mod crash;
mod fuse;
mod gateway;
mod listening;
mod listening_commands;
mod neighbours;
pub mod owner;
pub mod receiver;
mod signatures;
mod targets;
mod tls;
mod tries;
mod urls;

use std::time::Duration;

use tidings::config::Success;
use tidings::net::guard::Guard;
use tidings::outbound::{Answered, GuardedPoster, HttpPoster, Request};

use crate::files::guard;
use crate::files::site::{Reply, Site};

/// For tests that are not about the deadline.
const PATIENT: Duration = Duration::from_secs(30);

fn request(url: &str) -> Request {
    let headers = [("content-type", "application/json"), ("user-agent", "Tidings/1.2"), ("webhook-id", "dlv_1")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Request { url: url.to_owned(), headers, body: b"{\"chat\":\"\xd0\x90\"}".to_vec() }
}

async fn post_by(guard: Guard, url: &str) -> Answered {
    GuardedPoster::within(guard, PATIENT, Success::Any2xx).post(request(url)).await
}

async fn post_within(deadline: Duration, url: &str) -> Answered {
    GuardedPoster::within(guard(&["127.0.0.0/8"]), deadline, Success::Any2xx).post(request(url)).await
}

async fn post(url: &str) -> Answered {
    post_within(PATIENT, url).await
}

/// Posts to a receiver with this reply; returns the result, and the number of bytes that its endless part has sent.
async fn answered(reply: Reply) -> (Answered, usize) {
    let site = Site::on("127.0.0.1", reply).await;
    let answered = post(&site.url("/hook")).await;
    (answered, site.written())
}

fn code(answered: &Answered) -> &'static str {
    answered.fault.as_ref().map_or("", tidings::outbound::Fault::code)
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Reply {
    Reply::Bytes([format!("HTTP/1.1 {status} X\r\n{headers}\r\n").as_bytes(), body].concat())
}
