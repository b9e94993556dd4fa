//! The messages that a chat has to report: gathered in windows, then made into bundles.

use std::collections::VecDeque;

use events::ids::{MessageId, WebhookId};
use events::time::Timestamp;
use events::webhook::{BundleFlushed, BundleOpened};
use serde::{Deserialize, Serialize};

use super::Frame;

/// Maximum number of messages in a bundle.
pub const BUNDLE_MESSAGES_MAX: usize = 1_000;
/// Maximum number of bundles of one message each that are made in one commit.
pub const BUNDLES_AT_ONCE: usize = 250;

/// Owed messages that are not yet in a bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reports {
    /// Messages in no window yet.
    pub(super) pending: VecDeque<Owed>,
    /// The open window.
    pub(super) window: Option<Window>,
    /// Number of windows so far.
    pub(super) windows: u64,
    /// True if any message of this chat was ever reported to the webhook's receiver.
    pub(super) reported: bool,
    /// The same, to listeners alone.
    listened: bool,
}

/// A message that is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owed {
    pub(super) message: MessageId,
    pub(super) webhook: WebhookId,
    bytes: u64,
}

/// Messages that will be reported together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Window {
    pub(super) number: u64,
    pub(super) webhook: WebhookId,
    opened_at: Timestamp,
    pub(super) messages: VecDeque<Gathered>,
    /// The size of its messages, in bytes.
    bytes: u64,
    /// The maximum size of its messages; a single message may be larger.
    room_bytes: u64,
    /// Bytes that each message takes in addition to its text and file.
    line_bytes: u64,
    /// Set once a bundle was taken from it: the rest follows at once; true if in the aggregated format.
    pub(super) closing: Option<bool>,
}

/// A message of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Gathered {
    pub(super) message: MessageId,
    bytes: u64,
}

impl Window {
    /// Returns how many of its messages, oldest first, fit into a report of `bundle_bytes`; at least one.
    pub(super) fn fitting(&self, frame: Frame, bundle_bytes: u64) -> usize {
        let (room, mut taken) = (frame.room_bytes(bundle_bytes), 0_u64);
        let fits = |gathered: &&Gathered| {
            taken = taken.saturating_add(frame.line_bytes).saturating_add(gathered.bytes);
            taken <= room
        };
        self.messages.iter().take(BUNDLE_MESSAGES_MAX).take_while(fits).count().max(1)
    }

    fn is_full(&self) -> bool {
        self.messages.len() >= BUNDLE_MESSAGES_MAX || self.bytes >= self.room_bytes
    }

    fn takes(&self, owed: &Owed) -> bool {
        let fits = self.with(owed) <= self.room_bytes || self.messages.is_empty();
        self.webhook == owed.webhook && self.closing.is_none() && !self.is_full() && fits
    }

    fn with(&self, owed: &Owed) -> u64 {
        self.bytes.saturating_add(self.line_bytes).saturating_add(owed.bytes)
    }

    fn push(&mut self, owed: &Owed) {
        self.bytes = self.with(owed);
        self.messages.push_back(Gathered { message: owed.message, bytes: owed.bytes });
    }
}

impl Reports {
    pub(super) fn owe(&mut self, message: MessageId, webhook: WebhookId, bytes: u64) {
        self.pending.push_back(Owed { message, webhook, bytes });
        self.gather();
    }

    pub(super) fn len(&self) -> u64 {
        let gathered = self.window.as_ref().map_or(0, |window| window.messages.len());
        (self.pending.len() as u64).saturating_add(gathered as u64)
    }

    /// Moves pending messages into the window while it takes them.
    fn gather(&mut self) {
        let Some(window) = &mut self.window else { return };
        while let Some(owed) = self.pending.front().filter(|owed| window.takes(owed)) {
            window.push(owed);
            self.pending.pop_front();
        }
    }

    pub(super) fn opened(&mut self, opened: &BundleOpened) {
        self.windows = opened.window;
        self.window = Some(Window {
            number: opened.window,
            webhook: opened.webhook,
            opened_at: opened.at,
            messages: VecDeque::new(),
            bytes: 0,
            room_bytes: opened.room_bytes,
            line_bytes: opened.line_bytes,
            closing: None,
        });
        self.gather();
    }

    pub(super) fn flushed(&mut self, flushed: &BundleFlushed) {
        if flushed.webhook.is_of_listeners() {
            self.listened = true;
        } else {
            self.reported = true;
        }
        let Some(window) = self.window.as_mut().filter(|window| window.number == flushed.window) else { return };
        window.closing = Some(flushed.aggregated);
        window.messages.retain(|gathered| !flushed.messages.contains(&gathered.message));
        if window.messages.is_empty() {
            self.window = None;
        }
    }

    /// True if nobody who gets this webhook's reports has heard of this chat.
    pub(super) const fn is_new_to(&self, webhook: WebhookId) -> bool {
        if webhook.is_of_listeners() { !self.listened } else { !self.reported }
    }

    /// True if something must be done at once: open a window, close a full one, or go on closing.
    pub(super) fn is_due(&self) -> bool {
        match &self.window {
            None => !self.pending.is_empty(),
            Some(window) => window.closing.is_some() || self.is_full(),
        }
    }

    /// True if the window takes no more messages, or not the next one.
    pub(super) fn is_full(&self) -> bool {
        self.window
            .as_ref()
            .is_some_and(|window| window.is_full() || self.pending.front().is_some_and(|owed| !window.takes(owed)))
    }
}
