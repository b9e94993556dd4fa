//! Answers the look-ups of rules; every answer sees all that is sequenced.

use events::chat::Responsible;
use events::ids::WorkspaceId;
use events::index::{IndexKey, ReportingEntry, Series};
use events::log::ReadError;
use events::record::Position;

use super::Shard;
use crate::decider::{Holder, LookupRequest, LookupResult};

/// The most chats of one title that a rule gets.
const NAMED_MAX: usize = 256;

impl Shard {
    /// Looks something up; sees every sequenced event.
    pub(crate) fn look_up(&self, workspace: WorkspaceId, question: &LookupRequest) -> Result<LookupResult, ReadError> {
        let sequencer = self.sequencer.borrow();
        let index = sequencer.index();
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
                let first = index.positions(Series::Message(*message), 1, Position::MAX, 1)?;
                LookupResult::Known(!first.is_empty())
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
            LookupRequest::Room(chats) => LookupResult::Room(self.handle.room.has(workspace, *chats)),
            LookupRequest::Remembered(key) => {
                LookupResult::Remembered(index.find(&IndexKey::Idempotency(workspace, *key))?)
            }
        })
    }
}
