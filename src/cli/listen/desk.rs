//! Takes each request: verifies its signature, answers it or passes it on, prints it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::forward::Forward;
use super::received::{Received, Reply};
use super::received_report::ReceivedReport;
use super::seen_ids::SeenIds;
use crate::cli::args::{Cli, ListenArgs};
use crate::cli::exit::{Exit, Failure};
use crate::cli::screen::{fitted, width};
use crate::cli::{outbound, print_to_reader, say};
use crate::outbound::{SignedBy, SigningKey};

/// The column where the signature's verdict starts; continuation lines are indented to it.
const INDENT: usize = 17;
/// The status if the server to forward to gave none.
const BAD_GATEWAY: u16 = 502;

/// The state that all requests share.
pub(super) struct Desk {
    key: Option<SigningKey>,
    forward: Option<Forward>,
    status: u16,
    seen: Mutex<SeenIds>,
    unread: AtomicBool,
    json: bool,
    colour: bool,
}

impl Desk {
    pub(super) fn new(cli: &Cli, args: &ListenArgs) -> Result<Self, Failure> {
        let given = args.secret.clone().filter(|key| !key.is_empty());
        let key = given.or_else(|| asked_for(cli, args)).map(|key| key.parse()).transpose();
        let key = key.map_err(|error| Failure::because(Exit::Usage, &error).hint("use --secret whsec_..."))?;
        let forward = args.forward_to.clone().map(Forward::new).transpose();
        Ok(Self {
            key,
            forward: forward.map_err(|error| Failure::because(Exit::Failed, &error))?,
            status: args.answer,
            seen: Mutex::default(),
            unread: AtomicBool::default(),
            json: cli.json,
            colour: crate::cli::colour(&std::io::stdout()),
        })
    }

    /// Prints a request, and returns the answer to it.
    pub(super) async fn take(&self, received: &Received) -> Reply {
        let signed = signed_by(received);
        let signature = self.key.as_ref().map(|key| key.verify(signed, &received.body, received.at));
        let is_duplicate = received.counts && self.is_duplicate(signed.id);
        let (reply, fault) = self.answer(received).await;
        let told = ReceivedReport { received, id: signed.id, signature, is_duplicate, status: reply.status, fault };
        let told = if self.json { told.json() } else { fitted(&told.line(self.colour), width(), INDENT) };
        if !print_to_reader(&told) {
            self.unread.store(true, Ordering::Relaxed);
        }
        reply
    }

    /// True once nobody reads what is printed.
    pub(super) fn is_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }

    /// Returns the answer, and the error if the request could not be passed on.
    async fn answer(&self, received: &Received) -> (Reply, Option<String>) {
        let Some(forward) = &self.forward else { return (Reply::of_status(self.status), None) };
        match forward.pass_on(received).await {
            Ok(reply) => (reply, None),
            Err(fault) => (Reply::of_status(BAD_GATEWAY), Some(fault)),
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
    outbound::key(cli, &args.access).unwrap_or_else(|failure| {
        say(&format!("Signatures are not verified: {}\n", failure.message));
        None
    })
}

fn signed_by(received: &Received) -> SignedBy<'_> {
    SignedBy {
        id: received.header("webhook-id"),
        timestamp: received.header("webhook-timestamp"),
        signature: received.header("webhook-signature"),
    }
}
