//! Finds in the log how a message was reported: the bundle that contains it, and that bundle's tries.

use std::ops::{ControlFlow, RangeInclusive};

use events::event::Event;
use events::history::{History, Of};
use events::ids::{ChatId, DeliveryId, MessageId, StreamId};
use events::log::ReadError;
use events::record::{Position, Record};

/// Events of a chat that are searched for a bundle; a full bundle has 1,000 messages of a few events each.
const LOOKED_THROUGH_MAX: usize = 16_384;

/// The message's chat, if this event makes a report of the message due.
pub fn owed_in(event: &Event) -> Option<ChatId> {
    match event {
        Event::MessageReceived(e) => e.owed.map(|_| e.chat),
        Event::MessageSent(e) => e.owed.map(|_| e.chat),
        Event::MessageSettled(e) => e.owed.map(|_| e.chat),
        Event::MessageDelivered(e) => e.owed.map(|_| e.chat),
        Event::MessageRead(e) => e.owed.map(|_| e.chat),
        _ => None,
    }
}

/// Passes to `each` the event of the bundle that contains a message, and then the webhook's events about that
/// delivery, up to `to` or until `each` breaks; passes nothing if there is no bundle yet. The message's report became
/// due at `from`. The index knows the bundle only by its first message, so the chat's events are searched for it.
pub fn reported(
    history: &History,
    (chat, message): (ChatId, MessageId),
    (from, to): (Position, Position),
    mut each: impl FnMut(Position, &Record, &Event) -> ControlFlow<()>,
) -> Result<(), ReadError> {
    let Some((flushed, delivery)) = bundle_of(history, (chat, message), from..=to)? else { return Ok(()) };
    history.walk(Of::Message(delivery.first()), flushed..=to, |position, record, event| {
        let is_of_webhook = event.streams().into_iter().flatten().any(|it| matches!(it, StreamId::Webhook(_)));
        if is_of_webhook { each(position, record, event) } else { ControlFlow::Continue(()) }
    })
}

fn bundle_of(
    history: &History,
    (chat, message): (ChatId, MessageId),
    range: RangeInclusive<Position>,
) -> Result<Option<(Position, DeliveryId)>, ReadError> {
    let (mut found, mut left) = (None, LOOKED_THROUGH_MAX);
    history.walk(Of::Stream(StreamId::Chat(chat)), range, |position, _, event| {
        if let Event::BundleFlushed(e) = event
            && e.messages.contains(&message)
        {
            found = e.delivery().map(|delivery| (position, delivery));
        }
        left -= 1;
        if found.is_some() || left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(found)
}
