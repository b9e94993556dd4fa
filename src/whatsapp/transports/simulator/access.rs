//! Guards the simulator: only programs on this machine and requests with the operator's key may use it. A foreign web
//! page may not, even if the browser that shows it runs on this machine.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, ResponseError as _};
use events::personal::Digest;
use futures_util::StreamExt;
use futures_util::stream::unfold;
use tokio::time::{Instant, timeout_at};

use super::refusal::SimulatorRefusal;
use crate::net::hang_up::HangUp;
use crate::net::this_machine;
use crate::secrets::{digest, same};

/// How long a body may take to arrive.
const BODY_DEADLINE: Duration = Duration::from_secs(8);

/// The service of a route behind [`Access`].
pub(super) trait Guarded:
    ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<BoxBody>, Error = Error, InitError = ()>
{
}

impl<F> Guarded for F where
    F: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<BoxBody>, Error = Error, InitError = ()>
{
}

/// Decides which requests are let in.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    operators_key: Option<Digest>,
}

impl Access {
    /// Also lets in, from anywhere, the operator, whose key has this hash.
    pub const fn new(operators_key: Digest) -> Self {
        Self { operators_key: Some(operators_key) }
    }

    /// Lets in only programs on this machine.
    pub const fn without_key() -> Self {
        Self { operators_key: None }
    }

    /// Lets a request through, or refuses it.
    pub(super) async fn admit(
        self,
        mut request: ServiceRequest,
        next: Next<impl MessageBody + 'static>,
    ) -> Result<ServiceResponse<BoxBody>, Error> {
        let is_late = Rc::<Cell<bool>>::default();
        let payload = within(BODY_DEADLINE, request.take_payload(), Rc::clone(&is_late));
        request.set_payload(payload);
        let mut answer = if self.is_open_to(request.peer_addr(), request.headers()) {
            next.call(request).await?.map_into_boxed_body()
        } else {
            request.into_response(SimulatorRefusal::Closed.error_response())
        };
        answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let (true, Some(connection)) = (is_late.get(), answer.request().conn_data::<HangUp>()) {
            connection.hang_up();
        }
        Ok(answer)
    }

    fn is_open_to(self, peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
        self.is_operator(headers) || this_machine::is_sender(peer, headers)
    }

    fn is_operator(self, headers: &HeaderMap) -> bool {
        let Some(key) = self.operators_key else { return false };
        let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.split_once(' '));
        given.is_some_and(|(scheme, given)| scheme.eq_ignore_ascii_case("bearer") && same(&digest(given.trim()), &key))
    }
}

/// Makes a body break off, and says so, unless it has arrived by the deadline.
fn within(deadline: Duration, payload: Payload, is_late: Rc<Cell<bool>>) -> Payload {
    let until = Instant::now() + deadline;
    let pieces = unfold(Some((payload, is_late)), move |rest| async move {
        let (mut payload, is_late) = rest?;
        if let Ok(piece) = timeout_at(until, payload.next()).await {
            return Some((piece?, Some((payload, is_late))));
        }
        is_late.set(true);
        Some((Err(PayloadError::Incomplete(None)), None))
    });
    Payload::Stream { payload: Box::pin(pieces) }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;

    use super::*;

    const HERE: &str = "127.0.0.1:50000";
    const KEY: &str = "adm_0123456789ABCDEFGHIJKL0123456789ABCDEFGH";

    fn is_open(peer: &str, headers: &[(&'static str, &str)]) -> bool {
        let header = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        let headers: HeaderMap = headers.iter().map(header).collect();
        Access::new(digest(KEY)).is_open_to(Some(peer.parse().unwrap()), &headers)
    }

    #[test]
    fn a_program_on_this_machine_comes_in_by_every_loopback_name() {
        for host in [
            "127.0.0.1:8080",
            "127.0.0.1",
            "[::1]:8080",
            "[::1]",
            "localhost:8080",
            "LOCALHOST",
            "a.localhost:1",
            "0.0.0.0:80",
        ] {
            assert!(is_open(HERE, &[("host", host)]), "{host}");
        }
        assert!(is_open("[::1]:50000", &[("host", "localhost")]));
        assert!(is_open("[::ffff:127.0.0.1]:50000", &[("host", "localhost")]));
    }

    // DNS rebinding: once the page is loaded, the owner of the name makes it resolve to this machine.
    #[test]
    fn a_rebound_name_does_not_come_in() {
        for host in [
            "evil.example",
            "evil.example:8080",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "10.0.0.1",
            "[::2]:80",
            "",
        ] {
            assert!(!is_open(HERE, &[("host", host)]), "{host}");
        }
        assert!(!is_open(HERE, &[]), "without a name");
    }

    // A page of another origin, shown by a browser on this machine.
    #[test]
    fn a_foreign_page_does_not_come_in_and_our_own_does() {
        let from = |origin: &str| is_open(HERE, &[("host", "127.0.0.1:8080"), ("origin", origin)]);
        for origin in
            ["http://evil.example", "null", "", "http://127.0.0.1:3000", "http://localhost:8080", "127.0.0.1:8080"]
        {
            assert!(!from(origin), "{origin}");
        }
        assert!(from("http://127.0.0.1:8080"));
        for (site, comes_in) in [("cross-site", false), ("same-site", false), ("same-origin", true), ("none", true)] {
            assert_eq!(is_open(HERE, &[("host", "127.0.0.1:8080"), ("sec-fetch-site", site)]), comes_in, "{site}");
        }
    }

    #[test]
    fn others_come_in_neither_directly_nor_through_a_proxy_on_this_machine() {
        for peer in ["192.0.2.7:50000", "10.0.0.7:50000", "[2001:db8::7]:50000"] {
            assert!(!is_open(peer, &[("host", "localhost")]), "{peer}");
        }
        for name in ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-real-ip", "via"] {
            assert!(!is_open(HERE, &[("host", "localhost"), (name, "127.0.0.1")]), "{name}");
        }
    }

    #[test]
    fn the_operators_key_opens_from_everywhere_and_no_other_key_does() {
        let anywhere = [("host", "tidings.example"), ("x-forwarded-for", "192.0.2.7")];
        let with = |key: &str| is_open("192.0.2.7:1", &[&anywhere[..], &[("authorization", key)]].concat());
        assert!(with(&format!("Bearer {KEY}")) && with(&format!("bearer  {KEY}")));
        for wrong in ["Bearer adm_x", "Bearer ", KEY, &format!("Basic {KEY}")] {
            assert!(!with(wrong), "{wrong}");
        }
        let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {KEY}")).unwrap())]);
        assert!(!Access::without_key().is_open_to(Some("192.0.2.7:1".parse().unwrap()), &headers));
    }
}
