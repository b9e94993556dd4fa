//! Where the log tells how a message was reported: in the bundle that it is in, and in that bundle's tries.

use events::event::Event;
use events::ids::{ChatId, DeliveryId, MessageId, StreamId};
use events::index::{Index, Series};
use events::log::{Log, ReadError};
use events::reading;
use events::record::Position;

/// Positions of a chat that are read at once.
const CHUNK: usize = 512;
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

/// Positions of the bundle that a message is in and of all that became of it, up to `to`, at most `limit`; none while it
/// waits. The message was owed at `from`. Only a bundle's first message is in the index with it.
pub fn reported(
    (log, index): (&dyn Log, &Index),
    (chat, message): (ChatId, MessageId),
    (from, to): (Position, Position),
    limit: usize,
) -> Result<Vec<Position>, ReadError> {
    let Some((flushed, delivery)) = bundle_of((log, index), (chat, message), (from, to))? else {
        return Ok(Vec::new());
    };
    let of_first = index.positions(Series::Message(delivery.first()), flushed, to, limit)?;
    let mut positions = Vec::new();
    reading::visit(log, &of_first, |position, _, event| {
        if event.streams().into_iter().flatten().any(|stream| matches!(stream, StreamId::Webhook(_))) {
            positions.push(position);
        }
    })?;
    Ok(positions)
}

fn bundle_of(
    (log, index): (&dyn Log, &Index),
    (chat, message): (ChatId, MessageId),
    (mut from, to): (Position, Position),
) -> Result<Option<(Position, DeliveryId)>, ReadError> {
    let mut found = None;
    for _ in 0..LOOKED_THROUGH_MAX / CHUNK {
        let positions = index.positions(Series::Stream(StreamId::Chat(chat)), from, to, CHUNK)?;
        reading::visit(log, &positions, |position, _, event| {
            if let Event::BundleFlushed(e) = event
                && e.messages.contains(&message)
            {
                found = found.or(e.delivery().map(|delivery| (position, delivery)));
            }
        })?;
        match positions.last() {
            Some(last) if found.is_none() && positions.len() == CHUNK => from = last.saturating_add(1),
            _ => break,
        }
    }
    Ok(found)
}
