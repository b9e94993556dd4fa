//! The ports through which the actors reach the outside world, made once the actors can be reached.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actors::runtime::port::Ports;
use actors::runtime::shard::ShardHandle;
use events::secrets::Secrets;

use crate::notices::Notices;
use crate::notices::mail::MailQueue;
use crate::outbound::RecordedPoster;
use crate::outbound::port::OutboundPort;
use crate::whatsapp::sending::{Fetching, SentCache, TransportPort, Transports};

/// The dependencies of the ports, besides the actors.
pub(super) struct PortParts {
    pub(super) transports: Arc<Transports>,
    pub(super) fetching: Arc<Fetching>,
    pub(super) handover_timeout: Duration,
    pub(super) sent_cache: SentCache,
    pub(super) poster: RecordedPoster,
    pub(super) secrets: Arc<dyn Secrets>,
    pub(super) base_url: Arc<str>,
    /// Waiting times after the first, second, ... error in a row, in milliseconds.
    pub(super) retry_ms: Arc<[u64]>,
    pub(super) mail_queue: Arc<MailQueue>,
}

impl PortParts {
    /// Makes the ports for the actors of this shard.
    pub(super) fn ports(self, shard: &ShardHandle) -> Ports {
        let notices = Arc::new(Notices::new(shard.clone(), self.mail_queue));
        let sending = TransportPort {
            history: shard.history().clone(),
            transports: self.transports,
            fetching: self.fetching,
            handover_timeout: self.handover_timeout,
            notices: Arc::clone(&notices),
            sent_cache: self.sent_cache,
        };
        let posting = OutboundPort {
            shard: shard.clone(),
            poster: self.poster,
            secrets: self.secrets,
            notices,
            base_url: self.base_url,
            retry_ms: self.retry_ms,
        };
        Ports { send: Rc::new(sending), post: Rc::new(posting) }
    }
}
