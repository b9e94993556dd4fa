//! Whether what is said is owed to the CRM.

use events::ids::WebhookId;
use events::webhook::Aggregation;
use serde::Serialize;

/// Where a workspace's messages are reported, as far as rules must know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Reporting {
    /// Which webhook.
    pub webhook: WebhookId,
    /// How messages are gathered.
    pub aggregation: Aggregation,
    /// Whether messages with a file are reported.
    pub attachments: bool,
    /// A report of several messages has no more bytes than this.
    pub bundle_bytes: u64,
}

/// What the operator says of the reports of all workspaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reports {
    /// Whether messages with a file are reported.
    pub attachments: bool,
    /// A report of several messages has no more bytes than this, the gateway's own address aside.
    pub bundle_bytes: u64,
}

impl Reports {
    pub(crate) const fn of(self, webhook: WebhookId, aggregation: Aggregation) -> Reporting {
        Reporting { webhook, aggregation, attachments: self.attachments, bundle_bytes: self.bundle_bytes }
    }
}

/// The look-up of it; the outer `None` is not looked up yet, the inner one: nothing is reported.
pub type ReportingLookup = Option<Option<Reporting>>;

/// Who is owed a report of a message that is said now.
pub(crate) fn owed(reporting: ReportingLookup, has_file: bool) -> Option<WebhookId> {
    reporting.flatten().filter(|reporting| reporting.attachments || !has_file).map(|reporting| reporting.webhook)
}
