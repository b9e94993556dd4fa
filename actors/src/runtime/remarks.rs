//! What an operator should read in the log lines of the process when it becomes a fact: ids only.

use events::event::Event;

/// Writes the line of an event that has one.
pub(crate) fn remark(event: &Event) {
    if let Event::DeliveryParked(e) = event {
        tracing::warn!(
            webhook_id = %e.webhook,
            chat_id = %e.chat,
            delivery_id = %e.delivery,
            failures = e.failures,
            "a delivery is parked: its receiver refuses it again and again"
        );
    }
}
