//! The ports through which the actors reach the outside world, made once the actors can be reached.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actors::runtime::port::Ports;
use actors::runtime::shard::ShardHandle;
use events::secrets::Secrets;
use events::vault::Vault;

use super::VaultFailed;
use super::forget_port::ForgetPort;
use crate::notices::Notices;
use crate::notices::mail::MailQueue;
use crate::outbound::port::OutboundPort;
use crate::outbound::{RecordedPoster, Tries};
use crate::recent::attempts::Attempts;
use crate::whatsapp::sending::{Fetching, SentCache, TransportPort, Transports};
use crate::whatsapp::wire_ids::WireIds;

/// Everything outside that actors reach through their ports.
#[derive(Clone)]
pub(super) struct PortParts {
    pub(super) transports: Arc<Transports>,
    pub(super) wire_ids: WireIds,
    pub(super) fetching: Arc<Fetching>,
    pub(super) handover_timeout: Duration,
    pub(super) sent_cache: SentCache,
    pub(super) poster: RecordedPoster,
    pub(super) secrets: Arc<dyn Secrets>,
    pub(super) base_url: Arc<str>,
    /// Waiting times after the first, second, ... error in a row, in milliseconds.
    pub(super) retry_ms: Arc<[u64]>,
    pub(super) mail_queue: Arc<MailQueue>,
    pub(super) vault: Arc<dyn Vault>,
    pub(super) vault_failed: VaultFailed,
    pub(super) attempts: Attempts,
    pub(super) tries: Tries,
}

impl PortParts {
    /// Makes the ports once the shard can be reached.
    pub(super) fn make_ports(self) -> Box<dyn FnOnce(&ShardHandle) -> Ports + Send> {
        Box::new(|shard| self.ports(shard))
    }

    fn ports(self, shard: &ShardHandle) -> Ports {
        let notices = Arc::new(Notices::new(shard.clone(), self.mail_queue));
        let sending = TransportPort {
            history: shard.history().clone(),
            transports: self.transports,
            wire_ids: self.wire_ids,
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
        let forgetting = ForgetPort {
            shard: shard.clone(),
            vault: self.vault,
            vault_failed: self.vault_failed,
            attempts: self.attempts,
            tries: self.tries,
            turning: Arc::default(),
        };
        Ports { send: Rc::new(sending), forget: Rc::new(forgetting), post: Rc::new(posting) }
    }
}
