//! Lists the streams of a log, one after the other, without reading their events.

use std::collections::BTreeSet;

use super::Index;
use super::keys::Series;
use crate::ids::{AccountId, ChatId, StreamId, WebhookId, WorkspaceId};
use crate::log::ReadError;
use crate::notes::Space;

/// The letters of the kinds of streams in keys, in the order of [`StreamId`].
const KINDS: [u8; 5] = *b"wachl";

impl Index {
    /// Returns the streams behind `after` that have events, at most `limit`, in their order; with none, from the first
    /// one on. Sees all sequenced commits.
    pub fn streams(&self, after: Option<StreamId>, limit: usize) -> Result<Vec<StreamId>, ReadError> {
        // Memory before disk: entries that are stored in between are seen twice, never missed.
        let mut found = self.unstored_streams(after, limit);
        let mut left = limit;
        let first_kind = after.map_or(0, kind);
        for (nth, letter) in KINDS.iter().enumerate().skip(first_kind) {
            let prefix = Space::Streams.key(&[&[*letter]]);
            let mut start = after.filter(|_| nth == first_kind).map_or_else(|| prefix.clone(), behind);
            while left > 0 {
                let Some(stream) = self.log.notes(&prefix, &start, 1)?.pop().and_then(|(key, _)| stream_of(&key))
                else {
                    break;
                };
                start = behind(stream);
                found.insert(stream);
                left -= 1;
            }
        }
        Ok(found.into_iter().take(limit).collect())
    }

    /// Returns the first streams behind `after` among those with entries in memory.
    fn unstored_streams(&self, after: Option<StreamId>, limit: usize) -> BTreeSet<StreamId> {
        let memory = self.memory();
        let all = memory.flushing.iter().map(AsRef::as_ref).chain(std::iter::once(&memory.active));
        all.flat_map(|entries| entries.streams(after).take(limit)).collect()
    }
}

/// Returns the place of a stream's kind in [`KINDS`].
const fn kind(stream: StreamId) -> usize {
    match stream {
        StreamId::Workspace(_) => 0,
        StreamId::Account(_) => 1,
        StreamId::Chat(_) => 2,
        StreamId::Webhook(_) => 3,
        StreamId::Log => 4,
    }
}

/// Returns the first key behind all blocks of a stream.
fn behind(stream: StreamId) -> Vec<u8> {
    let mut key = Series::Stream(stream).prefix();
    // The blocks' positions follow, of which none is the largest number.
    key.extend_from_slice(&[u8::MAX; 8]);
    key
}

/// Reads the stream from the key of one of its blocks.
fn stream_of(key: &[u8]) -> Option<StreamId> {
    let (kind, rest) = Space::Streams.rest(key)?.split_first()?;
    let number = u64::from_be_bytes(*rest.first_chunk()?);
    match kind {
        b'w' => WorkspaceId::new(number).map(StreamId::Workspace),
        b'a' => AccountId::new(number).map(StreamId::Account),
        b'c' => ChatId::new(number).map(StreamId::Chat),
        b'h' => WebhookId::new(number).map(StreamId::Webhook),
        b'l' => Some(StreamId::Log),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_read_from_the_key_of_any_of_its_blocks() {
        let workspace = WorkspaceId::nth(0);
        for stream in [
            StreamId::Workspace(workspace),
            StreamId::Account(AccountId::nth(workspace, 1).unwrap()),
            StreamId::Chat(ChatId::nth(workspace, 7).unwrap()),
            StreamId::Webhook(WebhookId::of(workspace)),
            StreamId::Log,
        ] {
            let block = Series::Stream(stream).block(4_711);
            assert_eq!(stream_of(&block), Some(stream));
            assert!(block < behind(stream) && block.starts_with(&Space::Streams.key(&[&[KINDS[kind(stream)]]])));
        }
        assert_eq!(stream_of(b"x"), None);
    }
}
