//! Who is who: chats by title, accounts by number, and what a chat is called now.

use std::collections::BTreeSet;

use super::keys::{IndexKey, SetKey};
use super::{AccountEntry, ChatEntry, Index};
use crate::ids::{AccountId, ChatId, WorkspaceId};
use crate::log::ReadError;

/// Workspaces that may have had one number, one after the other.
const ACCOUNTS_OF_A_NUMBER_MAX: usize = 10_000;

impl Index {
    /// A chat with its title of now; sees all sequenced commits.
    pub fn chat(&self, chat: ChatId) -> Result<Option<ChatEntry>, ReadError> {
        let Some(mut entry) = self.find::<ChatEntry>(&IndexKey::Chat(chat))? else { return Ok(None) };
        if let Some(title) = self.find(&IndexKey::Title(chat))? {
            entry.name = title;
        }
        Ok(Some(entry))
    }

    /// Chats of a workspace with this title, as [`title`](crate::characters::title) compares it, at most `limit`; sees
    /// all sequenced commits.
    pub fn named(&self, workspace: WorkspaceId, name: &str, limit: usize) -> Result<Vec<ChatId>, ReadError> {
        let members = self.members(SetKey::title(workspace, name), limit)?;
        Ok(members.into_iter().filter_map(ChatId::new).collect())
    }

    /// Accounts with this number in E.164, of all workspaces, at most `limit`; sees all sequenced commits.
    pub fn accounts_of(&self, phone: &str, limit: usize) -> Result<Vec<AccountId>, ReadError> {
        let members = self.members(SetKey::phone(phone), limit)?;
        Ok(members.into_iter().filter_map(AccountId::new).collect())
    }

    /// Accounts that hold this number in E.164 now, of all workspaces, each with what carries its messages; sees all
    /// sequenced commits.
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

    /// Whether somebody gave a chat its title; sees all sequenced commits.
    pub fn is_named_by_hand(&self, chat: ChatId) -> Result<bool, ReadError> {
        Ok(self.find(&IndexKey::NamedByHand(chat))?.unwrap_or(false))
    }

    fn members(&self, shared: SetKey, limit: usize) -> Result<Vec<u64>, ReadError> {
        // Memory before disk: what is stored in between is seen twice, never missed.
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
