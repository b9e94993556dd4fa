//! What the stored notes say of chats and workspaces without opening a single text: the start compares it with the vault
//! before anybody reads.

use super::damaged;
use super::keys::Series;
use super::positions::positions_of;
use super::remake;
use crate::codec::decode_value;
use crate::ids::{ChatId, Position, StreamId};
use crate::log::{Log, ReadError};
use crate::notes::Space;

/// Notes per read.
const AT_ONCE: usize = 1_024;

/// The stored notes of a log. What they say holds up to [`Notes::covered`]; the rest stands in the records.
pub(crate) struct Notes<'a> {
    log: &'a dyn Log,
    pub(crate) covered: Position,
}

impl<'a> Notes<'a> {
    /// Notes of another layout say nothing: they are about to be made again.
    pub(crate) fn of(log: &'a dyn Log) -> Result<Self, ReadError> {
        Ok(Self { log, covered: remake::known(log)?.unwrap_or_default() })
    }

    /// Returns the number of workspaces.
    pub(crate) fn workspaces(&self) -> Result<u64, ReadError> {
        let note = if self.covered == 0 { None } else { self.log.note(Space::Workspaces.prefix())? };
        note.map_or(Ok(0), |note| decode_value(&note).map_err(|error| damaged(0, &error)))
    }

    /// Returns the first chat from this one on, erased ones included.
    pub(crate) fn chat_from(&self, first: ChatId) -> Result<Option<ChatId>, ReadError> {
        let mut found = Vec::new();
        for space in [Space::Chats, Space::ErasedChats].into_iter().filter(|_| self.covered > 0) {
            let from = space.key(&[&first.number().to_be_bytes()]);
            found.extend(self.log.notes(space.prefix(), &from, 1)?.iter().filter_map(|(key, _)| chat(key)));
        }
        Ok(found.into_iter().min())
    }

    /// Returns all erased chats.
    pub(crate) fn erased(&self) -> Result<Vec<ChatId>, ReadError> {
        let (mut chats, mut from) = (Vec::new(), Space::ErasedChats.key(&[]));
        if self.covered == 0 {
            return Ok(chats);
        }
        loop {
            let found = self.log.notes(Space::ErasedChats.prefix(), &from, AT_ONCE)?;
            chats.extend(found.iter().filter_map(|(key, _)| chat(key)));
            let Some((last, _)) = found.last().filter(|_| found.len() == AT_ONCE) else { return Ok(chats) };
            from.clone_from(last);
            from.push(0);
        }
    }

    /// Returns the positions of a chat's events in the block that ends before `end`, or at it.
    pub(crate) fn positions_before(&self, chat: ChatId, end: Position) -> Result<Vec<Position>, ReadError> {
        let series = Series::Stream(StreamId::Chat(chat));
        let block = self.log.note_before(&series.prefix(), &series.block(end))?;
        block.map_or(Ok(Vec::new()), |(_, block)| positions_of(series, &block))
    }
}

fn chat(key: &[u8]) -> Option<ChatId> {
    ChatId::new(u64::from_be_bytes(*key.last_chunk::<8>()?))
}
