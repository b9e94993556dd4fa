//! Answers the look-ups of rules; every answer sees all that is sequenced.

use events::chat::Responsible;
use events::ids::WorkspaceId;
use events::index::{ChatEntry, IndexKey, ReportingEntry, Series};
use events::log::ReadError;
use events::record::Position;

use super::ShardHandle;
use crate::decider::{Holder, LookupRequest, LookupResult};

/// The most chats of one title that a rule gets.
const NAMED_MAX: usize = 256;

impl ShardHandle {
    /// Looks something up; sees every sequenced event.
    pub(crate) fn look_up(&self, workspace: WorkspaceId, question: &LookupRequest) -> Result<LookupResult, ReadError> {
        let index = self.index.as_ref();
        Ok(match question {
            LookupRequest::Peer(account, canonical) => LookupResult::Peer(index.peer(*account, canonical)?),
            LookupRequest::Chat(chat) => LookupResult::Chat(index.chat(*chat)?),
            LookupRequest::Responsible(chat) => {
                LookupResult::Responsible(index.find::<Option<Responsible>>(&IndexKey::Responsible(*chat))?.flatten())
            }
            LookupRequest::Named(name) => {
                let mut found = Vec::new();
                for chat in index.named(workspace, name, NAMED_MAX)? {
                    found.extend(index.chat(chat)?.map(|entry| (chat, entry)));
                }
                LookupResult::Named(found)
            }
            LookupRequest::Known(message) => {
                LookupResult::Known(!index.latest(Series::Message(*message), Position::MAX, 1)?.is_empty())
            }
            LookupRequest::Holders(phone) => {
                LookupResult::Holders(index.holders(phone)?.into_iter().map(Holder::from).collect())
            }
            LookupRequest::NamedByHand(chat) => LookupResult::NamedByHand(index.is_named_by_hand(*chat)?),
            LookupRequest::Account(account) => LookupResult::Account(index.find(&IndexKey::Account(*account))?),
            LookupRequest::Reporting => {
                let set: Option<ReportingEntry> = index.find(&IndexKey::Reporting(workspace))?;
                let entry = if set.is_some() { set } else { index.find(&IndexKey::Listening(workspace))? };
                LookupResult::Reporting(entry.map(|entry| self.reports.of(entry.webhook, entry.aggregation)))
            }
            LookupRequest::Erased(chat) => LookupResult::Erased(index.erased(*chat)?.is_some()),
            LookupRequest::Room(chats) => LookupResult::Room(self.room.has(workspace, *chats)),
            LookupRequest::Remembered(key) => {
                LookupResult::Remembered(index.find(&IndexKey::Idempotency(workspace, *key))?)
            }
        })
    }

    /// True if the answer comes from memory; otherwise the disk may have to be read.
    pub(crate) fn is_at_hand(&self, workspace: WorkspaceId, question: &LookupRequest) -> Result<bool, ReadError> {
        let index = self.index.as_ref();
        Ok(match question {
            LookupRequest::Peer(account, canonical) => index.has_peer_at_hand(*account, canonical)?,
            LookupRequest::Chat(chat) => {
                let entry = IndexKey::Chat(*chat);
                let is_over = |known: bool| !known || index.is_at_hand(&IndexKey::Title(*chat));
                index.is_at_hand(&entry) && is_over(index.find::<ChatEntry>(&entry)?.is_some())
            }
            LookupRequest::Responsible(chat) => index.is_at_hand(&IndexKey::Responsible(*chat)),
            LookupRequest::NamedByHand(chat) => index.is_at_hand(&IndexKey::NamedByHand(*chat)),
            LookupRequest::Erased(chat) => index.is_at_hand(&IndexKey::Erased(*chat)),
            LookupRequest::Account(account) => index.is_at_hand(&IndexKey::Account(*account)),
            LookupRequest::Reporting => {
                let entry = IndexKey::Reporting(workspace);
                let is_over = |set: bool| set || index.is_at_hand(&IndexKey::Listening(workspace));
                index.is_at_hand(&entry) && is_over(index.find::<ReportingEntry>(&entry)?.is_some())
            }
            LookupRequest::Remembered(key) => index.is_at_hand(&IndexKey::Idempotency(workspace, *key)),
            LookupRequest::Room(_) => true,
            // Sets and series are not kept as such; once read, their pages are in the store's cache.
            LookupRequest::Named(_) | LookupRequest::Known(_) | LookupRequest::Holders(_) => false,
        })
    }
}
