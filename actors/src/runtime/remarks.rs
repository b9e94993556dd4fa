//! Writes log lines about recorded events that an operator should know of; they contain ids only.

use events::event::Event;

/// Writes the log line of an event, if it has one.
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
