//! The events that concern one message, over all streams: its own, and those of the bundle that reports it.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use events::event::Event;
use events::history::{History, Of};
use events::ids::{ChatId, MessageId, StreamId};
use events::log::ReadError;
use events::record::{Position, Record};

use crate::outbound::{owed_in, reported};

/// The largest number of events in a story: tries are bounded, deferrals are not.
pub(super) const EVENTS_MAX: usize = 10_000;
/// Events of a chat that are searched for the opening of a window.
const LOOKED_THROUGH_MAX: usize = 16_384;

/// A message's report: its chat, and the position where it became due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owed {
    pub(super) chat: ChatId,
    pub(super) at: Position,
}

/// Passes the events that name a message, and those of the delivery that reports it, to `each`, until it breaks. What
/// belongs to both may be passed twice.
pub(super) fn walk(
    history: &History,
    message: MessageId,
    to: Position,
    mut each: impl FnMut(Position, &Record, &Event) -> ControlFlow<()>,
) -> Result<Option<Owed>, ReadError> {
    let mut owed = None;
    history.walk(Of::Message(message), 1..=to, |position, record, event| {
        owed = owed.or(owed_in(event).map(|chat| Owed { chat, at: position }));
        each(position, record, event)
    })?;
    if let Some(Owed { chat, at }) = owed {
        reported(history, (chat, message), (at, to), each)?;
    }
    Ok(owed)
}

/// Returns the positions of the events that concern a message, ascending: also of the one that opened its bundle's
/// window.
pub(super) fn positions(history: &History, message: MessageId, to: Position) -> Result<Vec<Position>, ReadError> {
    let mut found = BTreeSet::new();
    let mut window = None;
    let owed = walk(history, message, to, |position, _, event| {
        found.insert(position);
        if let Event::BundleFlushed(e) = event
            && e.messages.contains(&message)
        {
            window = Some(e.window);
        }
        if found.len() >= EVENTS_MAX { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    if let Some(owed) = owed {
        found.extend(opened(history, owed, window, to)?);
    }
    Ok(found.into_iter().collect())
}

/// Finds the event that opened the window for a message's report: this window, or the one that was open last.
pub(super) fn opened(
    history: &History,
    owed: Owed,
    window: Option<u64>,
    to: Position,
) -> Result<Option<Position>, ReadError> {
    let chat = Of::Stream(StreamId::Chat(owed.chat));
    let (mut found, mut left, mut closed) = (None, LOOKED_THROUGH_MAX, Vec::new());
    // The chat's first unreported message opens the window, just after its report became due.
    let mut each = |position: Position, event: &Event| {
        match event {
            Event::BundleFlushed(e) if position < owed.at => closed.push(e.window),
            Event::BundleOpened(e) if window.is_none_or(|window| window == e.window) => {
                found = Some(position).filter(|_| !closed.contains(&e.window));
                left = 1;
            }
            _ => {}
        }
        left -= 1;
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    history.walk_back(chat, 1..=owed.at, |position, _, event| each(position, event))?;
    if found.is_none() {
        left = LOOKED_THROUGH_MAX;
        history.walk(chat, owed.at..=to, |position, _, event| {
            if let Event::BundleOpened(e) = event
                && window.is_none_or(|window| window == e.window)
            {
                found = Some(position);
            }
            left -= 1;
            if found.is_some() || left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
    }
    Ok(found)
}
