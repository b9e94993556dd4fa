//! Counts e-mails by result.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// Counters of the outcomes. Clones share them.
#[derive(Clone, Default)]
pub struct Mails(Family<Outcome, Counter>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    result: &'static str,
}

impl Mails {
    /// The mail server took the e-mail.
    pub const HANDED_OVER: &'static str = "handed_over";
    /// The e-mail is only kept in the outbox.
    pub const KEPT: &'static str = "kept";

    /// Counts one result: handed over, kept, or a fault's code.
    pub fn count(&self, result: &'static str) {
        self.0.get_or_create(&Outcome { result }).inc();
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        let help = "E-mails by result: handed_over, kept in the outbox only, or the fault's code; each try counts";
        registry.register("mails", help, self.0.clone());
    }
}
