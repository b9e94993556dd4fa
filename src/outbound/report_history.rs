//! Where the log tells how a message was reported: in the bundle that it is in, and in that bundle's tries.

use std::ops::{ControlFlow, RangeInclusive};

use events::event::Event;
use events::history::{History, Of};
use events::ids::{ChatId, DeliveryId, MessageId, StreamId};
use events::log::ReadError;
use events::record::{Position, Record};

/// Events of a chat that are looked through for a bundle: a full one has 1,000 messages of a few events each.
const LOOKED_THROUGH_MAX: usize = 16_384;

/// The chat of a message that is owed, where an event says that it is.
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

/// Shows the event of the bundle that a message is in and all that became of that, up to `to`, as long as more are wanted;
/// nothing while it waits. The message was owed at `from`. Only a bundle's first message is in the index with it.
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
