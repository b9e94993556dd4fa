//! What listening programs change in the state of a webhook.

use events::time::Timestamp;
use events::webhook::{ListeningEnded, ListeningStarted};

use super::State;

impl State {
    pub(super) fn listening_started(&mut self, started: &ListeningStarted) {
        self.webhook = Some(started.webhook);
        self.listening.start(started.instead);
        if !self.enabled {
            self.enabled = true;
            self.begin_anew();
        }
    }

    pub(super) fn listening_ended(&mut self, ended: &ListeningEnded) {
        if self.webhook != Some(ended.webhook) {
            // Failures of those who listened in place of the URL say nothing about this receiver.
            return self.begin_anew();
        }
        self.listening.end(ended.instead);
        if !ended.instead {
            self.forget_all(ended.at);
        }
    }

    /// Forgets all that is owed to listeners. Windows that are still open close at once, and add nothing.
    pub(super) fn forget_all(&mut self, at: Timestamp) {
        *self = Self {
            webhook: self.webhook,
            windows: std::mem::take(&mut self.windows),
            flushed_at: Some(at),
            deliveries: self.deliveries,
            starts: self.starts,
            listening: self.listening,
            ..Self::default()
        };
    }
}
