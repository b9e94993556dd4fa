//! Decides which messages must be reported to the CRM.

use events::ids::WebhookId;
use events::webhook::Aggregation;
use serde::Serialize;

/// The reporting settings of a workspace, as far as the rules need them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Reporting {
    pub webhook: WebhookId,
    pub aggregation: Aggregation,
    /// True if messages with a file are reported.
    pub attachments: bool,
    /// The most bytes of a report of several messages.
    pub bundle_bytes: u64,
}

/// The operator's settings for the reports of all workspaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reports {
    /// True if messages with a file are reported.
    pub attachments: bool,
    /// The most bytes of a report of several messages, without the gateway's own address.
    pub bundle_bytes: u64,
}

impl Reports {
    pub(crate) const fn of(self, webhook: WebhookId, aggregation: Aggregation) -> Reporting {
        Reporting { webhook, aggregation, attachments: self.attachments, bundle_bytes: self.bundle_bytes }
    }
}

/// A look-up of the settings: the outer `None` if not looked up yet, the inner one if nothing is reported.
pub type ReportingLookup = Option<Option<Reporting>>;

/// Returns the webhook to which a new message must be reported, if any.
pub(crate) fn owed(reporting: ReportingLookup, has_file: bool) -> Option<WebhookId> {
    reporting.flatten().filter(|reporting| reporting.attachments || !has_file).map(|reporting| reporting.webhook)
}
