//! How much of the log an agenda can be relied on for, and the note that says so.

use events::ids::{StreamId, StreamKind};
use events::log::Note;
use events::notes::Space;
use events::record::Position;

/// The kinds of actors that can have something outstanding, in the order in which a search goes through them: chats come
/// last, because there are most of them. A workspace has done everything once it has decided.
pub(super) const KINDS: [StreamKind; 3] = [StreamKind::Account, StreamKind::Webhook, StreamKind::Chat];

/// What the note has in place of a stream before the first one is searched.
const NO_STREAM: &[u8] = b"-";

/// The part of the log that an agenda covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Coverage {
    /// The events up to here.
    pub(crate) position: Position,
    /// The streams of which these events are known.
    pub(crate) streams: Streams,
}

/// The streams that an agenda covers, in the order of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Streams {
    #[default]
    All,
    /// A search has come to this one.
    UpTo(StreamId),
    /// A search is about to begin.
    None,
}

impl Streams {
    /// Returns the last stream of those that are covered while a search is under way.
    pub(crate) const fn last(self) -> Option<StreamId> {
        match self {
            Self::UpTo(stream) => Some(stream),
            Self::All | Self::None => None,
        }
    }
}

impl Coverage {
    pub(super) fn note(self) -> Note {
        let mut value = self.position.to_be_bytes().to_vec();
        match self.streams {
            Streams::All => {}
            Streams::UpTo(stream) => value.extend_from_slice(stream.to_string().as_bytes()),
            Streams::None => value.extend_from_slice(NO_STREAM),
        }
        (Space::AgendaCovered.key(&[]), Some(value))
    }

    /// Reads the note's value. What cannot be read covers nothing.
    pub(super) fn read(value: &[u8]) -> Self {
        let Some((position, stream)) = value.split_first_chunk() else { return Self::default() };
        let searched = || {
            let stream: StreamId = std::str::from_utf8(stream).ok()?.parse().ok()?;
            KINDS.contains(&stream.kind()).then_some(stream)
        };
        let streams = if stream.is_empty() { Streams::All } else { searched().map_or(Streams::None, Streams::UpTo) };
        Self { position: Position::from_be_bytes(*position), streams }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::facts::{account, chat, workspace};

    #[test]
    fn a_note_is_read_as_it_was_written_and_what_it_cannot_say_is_searched_again() {
        let [of_account, of_chat] = [StreamId::Account(account(1)), StreamId::Chat(chat(2))];
        for streams in [Streams::All, Streams::UpTo(of_account), Streams::UpTo(of_chat), Streams::None] {
            let covered = Coverage { position: 70_000, streams };
            assert_eq!(Coverage::read(&covered.note().1.unwrap()), covered);
        }
        let no_search = Coverage { position: 7, streams: Streams::UpTo(StreamId::Workspace(workspace())) };
        assert_eq!(Coverage::read(&no_search.note().1.unwrap()).streams, Streams::None);
        assert_eq!(Coverage::read(b"short"), Coverage::default());
    }
}
