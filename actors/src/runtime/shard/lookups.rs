//! Answers the look-ups of rules; every answer sees all that is sequenced.

use events::chat::Responsible;
use events::ids::WorkspaceId;
use events::index::{ErasedEntry, IndexKey, ReportingEntry, Series};
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
                self.reporting(if set.is_some() { set } else { index.find(&IndexKey::Listening(workspace))? })
            }
            LookupRequest::Erased(chat) => LookupResult::Erased(index.erased(*chat)?.is_some()),
            LookupRequest::Room(chats) => LookupResult::Room(self.room.has(workspace, *chats)),
            LookupRequest::Remembered(key) => {
                LookupResult::Remembered(index.find(&IndexKey::Idempotency(workspace, *key))?)
            }
        })
    }

    /// Does the same in memory; `None` if the disk may have to be read.
    pub(crate) fn at_hand(
        &self,
        workspace: WorkspaceId,
        question: &LookupRequest,
    ) -> Result<Option<LookupResult>, ReadError> {
        let index = self.index.as_ref();
        Ok(match question {
            LookupRequest::Peer(account, canonical) => index.peer_at_hand(*account, canonical)?.map(LookupResult::Peer),
            LookupRequest::Chat(chat) => index.chat_at_hand(*chat)?.map(LookupResult::Chat),
            LookupRequest::Responsible(chat) => {
                let found = index.find_at_hand::<Option<Responsible>>(&IndexKey::Responsible(*chat))?;
                found.map(|found| LookupResult::Responsible(found.flatten()))
            }
            LookupRequest::NamedByHand(chat) => {
                let found = index.find_at_hand(&IndexKey::NamedByHand(*chat))?;
                found.map(|found| LookupResult::NamedByHand(found.unwrap_or(false)))
            }
            LookupRequest::Erased(chat) => {
                let found = index.find_at_hand::<ErasedEntry>(&IndexKey::Erased(*chat))?;
                found.map(|found| LookupResult::Erased(found.is_some()))
            }
            LookupRequest::Account(account) => {
                index.find_at_hand(&IndexKey::Account(*account))?.map(LookupResult::Account)
            }
            LookupRequest::Reporting => match index.find_at_hand(&IndexKey::Reporting(workspace))? {
                Some(None) => {
                    index.find_at_hand(&IndexKey::Listening(workspace))?.map(|listening| self.reporting(listening))
                }
                found => found.map(|set| self.reporting(set)),
            },
            LookupRequest::Remembered(key) => {
                index.find_at_hand(&IndexKey::Idempotency(workspace, *key))?.map(LookupResult::Remembered)
            }
            LookupRequest::Room(chats) => Some(LookupResult::Room(self.room.has(workspace, *chats))),
            // Sets and series are not kept as such; once read, their pages are in the store's cache.
            LookupRequest::Named(_) | LookupRequest::Known(_) | LookupRequest::Holders(_) => None,
        })
    }

    fn reporting(&self, entry: Option<ReportingEntry>) -> LookupResult {
        LookupResult::Reporting(entry.map(|entry| self.reports.of(entry.webhook, entry.aggregation)))
    }
}
