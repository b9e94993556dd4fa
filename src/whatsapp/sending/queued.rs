//! What the log says of a queued message.

use events::event::Event;
use events::ids::{AccountId, ChatId, MessageId};
use events::index::{Index, Series};
use events::log::{Log, ReadError};
use events::reading;
use events::record::Position;

/// A message as it was queued.
pub(crate) struct Queued {
    /// Who sends.
    pub(crate) account: AccountId,
    /// The conversation.
    pub(crate) chat: ChatId,
    /// The recipient as the transport gets it.
    pub(super) to: String,
    /// What is said.
    pub(super) text: String,
    /// What is sent along.
    pub(super) file: Option<QueuedFile>,
}

/// A file to fetch.
#[derive(Clone)]
pub(super) struct QueuedFile {
    pub(super) url: String,
    pub(super) name: String,
}

/// Reads a message; `None` if it was never queued.
pub(crate) fn queued(log: &dyn Log, index: &Index, message: MessageId) -> Result<Option<Queued>, ReadError> {
    let first = index.positions(Series::Message(message), 1, Position::MAX, 1)?;
    let mut found = None;
    reading::visit(log, &first, |_, _, event| {
        if let Event::MessageQueued(e) = event {
            let file = e.file.as_ref();
            found = Some(Queued {
                account: e.account,
                chat: e.chat,
                to: e.to.reveal().to_owned(),
                text: e.text.reveal().to_owned(),
                file: file
                    .map(|file| QueuedFile { url: file.url.reveal().to_owned(), name: file.name.reveal().to_owned() }),
            });
        }
    })?;
    Ok(found)
}
