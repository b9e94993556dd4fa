//! Finds chats by title and accounts by phone number, and returns the current title of a chat.

use std::collections::BTreeSet;

use super::keys::{IndexKey, SetKey};
use super::{AccountEntry, ChatEntry, ErasedEntry, Index};
use crate::ids::{AccountId, ChatId, WorkspaceId};
use crate::log::ReadError;

/// The most accounts looked up for one phone number, which may move from workspace to workspace.
const ACCOUNTS_OF_A_NUMBER_MAX: usize = 10_000;

impl Index {
    /// Returns a chat with its current title; sees all sequenced commits.
    pub fn chat(&self, chat: ChatId) -> Result<Option<ChatEntry>, ReadError> {
        let Some(mut entry) = self.find::<ChatEntry>(&IndexKey::Chat(chat))? else { return Ok(None) };
        if let Some(title) = self.find(&IndexKey::Title(chat))? {
            entry.name = title;
        }
        Ok(Some(entry))
    }

    /// Does the same in memory; `None` if the disk has to be read for it.
    pub fn chat_at_hand(&self, chat: ChatId) -> Result<Option<Option<ChatEntry>>, ReadError> {
        let mut entry = match self.find_at_hand::<ChatEntry>(&IndexKey::Chat(chat))? {
            Some(Some(entry)) => entry,
            other => return Ok(other),
        };
        let title = self.find_at_hand(&IndexKey::Title(chat))?;
        Ok(title.map(|title| {
            entry.name = title.unwrap_or(entry.name);
            Some(entry)
        }))
    }

    /// Returns the erasure of a chat, if it was erased; sees all sequenced commits.
    pub fn erased(&self, chat: ChatId) -> Result<Option<ErasedEntry>, ReadError> {
        self.find(&IndexKey::Erased(chat))
    }

    /// Returns the chat of an account with a recipient in canonical spelling; sees all sequenced commits.
    pub fn peer(&self, account: AccountId, canonical: &str) -> Result<Option<ChatId>, ReadError> {
        match self.keys_of(account.workspace())?.peer(account, canonical) {
            Some(lookup) => self.find(&lookup),
            None => Ok(None),
        }
    }

    /// Does the same in memory; `None` if the disk has to be read for it.
    pub fn peer_at_hand(&self, account: AccountId, canonical: &str) -> Result<Option<Option<ChatId>>, ReadError> {
        match self.keys_of(account.workspace())?.peer(account, canonical) {
            Some(lookup) => self.find_at_hand(&lookup),
            None => Ok(Some(None)),
        }
    }

    /// Returns the chats of a workspace with this title, as [`title`](crate::characters::title) compares it, at most
    /// `limit`; sees all sequenced commits.
    pub fn named(&self, workspace: WorkspaceId, name: &str, limit: usize) -> Result<Vec<ChatId>, ReadError> {
        let members = self.members(self.keys_of(workspace)?.title(name), limit)?;
        Ok(members.into_iter().filter_map(ChatId::new).collect())
    }

    /// Returns the accounts with this E.164 number in all workspaces, at most `limit`; sees all sequenced commits.
    pub fn accounts_of(&self, phone: &str, limit: usize) -> Result<Vec<AccountId>, ReadError> {
        let members = self.members(self.keys_of(WorkspaceId::LOG)?.phone(&phone.into()), limit)?;
        Ok(members.into_iter().filter_map(AccountId::new).collect())
    }

    /// Returns the accounts that hold this E.164 number now, in all workspaces, each with the name of its transport;
    /// sees all sequenced commits.
    pub fn holders(&self, phone: &str) -> Result<Vec<(AccountId, String)>, ReadError> {
        let mut holders = Vec::new();
        for account in self.accounts_of(phone, ACCOUNTS_OF_A_NUMBER_MAX)? {
            if self.find::<bool>(&IndexKey::Holds(account))?.unwrap_or(false) {
                let entry = self.find::<AccountEntry>(&IndexKey::Account(account))?.unwrap_or_default();
                holders.push((account, entry.transport));
            }
        }
        Ok(holders)
    }

    /// True if a person gave the chat its title; sees all sequenced commits.
    pub fn is_named_by_hand(&self, chat: ChatId) -> Result<bool, ReadError> {
        Ok(self.find(&IndexKey::NamedByHand(chat))?.unwrap_or(false))
    }

    fn members(&self, shared: Option<SetKey>, limit: usize) -> Result<Vec<u64>, ReadError> {
        let Some(shared) = shared else { return Ok(Vec::new()) };
        // Memory before disk: a member that is stored in between is seen twice, never missed.
        let known = self.memory().members(&shared);
        let prefix = shared.prefix();
        let stored = self.log.notes(&prefix, &prefix, limit.saturating_add(known.len()))?;
        let mut members: BTreeSet<u64> = stored.iter().map(|(key, _)| SetKey::member(key)).collect();
        for (member, has) in known {
            if has {
                members.insert(member)
            } else {
                members.remove(&member)
            };
        }
        Ok(members.into_iter().take(limit).collect())
    }
}
