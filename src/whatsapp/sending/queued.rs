//! Reads a queued message from the log.

use events::event::Event;
use events::history::History;
use events::ids::{AccountId, ChatId, MessageId};
use events::log::ReadError;

/// A message as it was queued.
pub(crate) struct Queued {
    /// The account that sends.
    pub(crate) account: AccountId,
    pub(crate) chat: ChatId,
    /// The recipient, as the transport takes it.
    pub(super) to: String,
    pub(super) text: String,
    pub(super) file: Option<QueuedFile>,
    /// True if its chat was erased, so that nobody knows any more what it said, or to whom.
    pub(super) is_erased: bool,
}

/// A file to fetch.
#[derive(Clone)]
pub(super) struct QueuedFile {
    pub(super) url: String,
    pub(super) name: String,
}

/// Reads a message; `None` if it was never queued.
pub(crate) fn queued(history: &History, message: MessageId) -> Result<Option<Queued>, ReadError> {
    let Some(Event::MessageQueued(e)) = history.first(message)? else { return Ok(None) };
    let file = e.file.as_ref();
    let texts = [Some(&e.to), Some(&e.text), file.map(|file| &file.url), file.map(|file| &file.name)];
    let is_erased = texts.into_iter().flatten().any(|text| text.readable().is_none());
    let file = file.map(|file| QueuedFile { url: file.url.reveal().to_owned(), name: file.name.reveal().to_owned() });
    Ok(Some(Queued {
        account: e.account,
        chat: e.chat,
        to: e.to.reveal().to_owned(),
        text: e.text.reveal().to_owned(),
        file,
        is_erased,
    }))
}
