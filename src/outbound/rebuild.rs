//! Puts a delivery together from the log: the bundle as it was made, the messages as they were said.

use events::event::Event;
use events::ids::{DeliveryId, MessageId};
use events::index::{Index, Series};
use events::log::{Log, ReadError};
use events::personal::Personal;
use events::reading;
use events::time::Timestamp;
use events::webhook::BundleFlushed;

use super::bundle::{AccountSide, Attachment, Bundle, ChatSide, Direction, Said};

/// Positions of a message that are read at once.
const CHUNK: usize = 64;

/// The bundle of a delivery as it is reported at every try, and the event that made it; `None` if there is no such
/// delivery.
pub fn rebuild(
    log: &dyn Log,
    index: &Index,
    delivery: DeliveryId,
) -> Result<Option<(BundleFlushed, Bundle)>, ReadError> {
    let Some(flushed) = flushed(log, index, delivery)? else { return Ok(None) };
    let mut messages = Vec::with_capacity(flushed.messages.len());
    for message in &flushed.messages {
        messages.extend(said(log, index, *message)?);
    }
    let bundle = bundle(&flushed, messages);
    Ok(Some((flushed, bundle)))
}

fn flushed(log: &dyn Log, index: &Index, delivery: DeliveryId) -> Result<Option<BundleFlushed>, ReadError> {
    let mut found = None;
    each(log, index, delivery.first(), |event| {
        if let Event::BundleFlushed(e) = event {
            found = Some(e.clone());
        }
        found.is_none()
    })?;
    Ok(found)
}

/// Shows a message's events from the first one on, as long as more are wanted.
fn each(
    log: &dyn Log,
    index: &Index,
    message: MessageId,
    mut wants_more: impl FnMut(&Event) -> bool,
) -> Result<(), ReadError> {
    let (mut from, mut more) = (1, true);
    while more {
        // What has a place and is not written yet cannot be read.
        let positions = index.positions(Series::Message(message), from, log.head().position, CHUNK)?;
        let Some(last) = positions.last() else { return Ok(()) };
        from = last.saturating_add(1);
        reading::visit(log, &positions, |_, _, event| more = more && wants_more(event))?;
    }
    Ok(())
}

fn bundle(flushed: &BundleFlushed, messages: Vec<Said>) -> Bundle {
    let account = &flushed.account;
    Bundle {
        aggregated: flushed.aggregated,
        account: AccountSide {
            full_name: account.full_name.clone(),
            email: account.email.clone(),
            phone: account.phone.clone(),
        },
        chat: ChatSide {
            id: flushed.chat,
            full_name: flushed.chat_name.clone(),
            phone: flushed.chat_phone.clone().unwrap_or_default(),
            is_group: flushed.is_group,
            is_new_chat: flushed.is_new_chat,
            responsible: flushed.responsible.clone(),
        },
        messages,
    }
}

/// A message as it was said: until the event by which it is owed.
fn said(log: &dyn Log, index: &Index, message: MessageId) -> Result<Option<Said>, ReadError> {
    let mut said = None;
    each(log, index, message, |event| tell(&mut said, event))?;
    Ok(said)
}

/// Whether more must be known.
fn tell(said: &mut Option<Said>, event: &Event) -> bool {
    let mut owed_at = |at: Timestamp| {
        if let Some(said) = said {
            said.at = at;
        }
        false
    };
    match event {
        Event::MessageSent(e) if e.owed.is_some() => owed_at(e.at),
        Event::MessageSettled(e) if e.owed.is_some() => owed_at(e.at),
        Event::MessageDelivered(e) if e.owed.is_some() => owed_at(e.at),
        Event::MessageRead(e) if e.owed.is_some() => owed_at(e.at),
        Event::MessageQueued(e) => {
            let file = e.file.as_ref();
            let file = file.map(|file| attachment(&file.name, 0, String::new(), Some(file.url.clone())));
            *said = Some(line(e.message, Direction::Sent, e.at, &e.text, file));
            true
        }
        Event::FileFetched(e) => {
            if let Some(file) = said.as_mut().and_then(|said| said.file.as_mut()) {
                (file.size, file.mime) = (e.size, e.mime.clone());
            }
            true
        }
        Event::MessageReceived(e) => {
            let direction = if e.from_me { Direction::Sent } else { Direction::Received };
            let file = e.file.as_ref().map(|file| attachment(&file.name, file.size, file.mime.clone(), None));
            *said = Some(line(e.message, direction, e.at, &e.text, file));
            false
        }
        _ => true,
    }
}

fn line(id: MessageId, direction: Direction, at: Timestamp, text: &Personal, file: Option<Attachment>) -> Said {
    Said { id, direction, at, sent_by: None, text: text.clone(), file }
}

fn attachment(name: &Personal, size: u64, mime: String, url: Option<Personal>) -> Attachment {
    Attachment { name: name.clone(), size, mime, url }
}
