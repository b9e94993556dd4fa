//! Compares the log with the vault beside it before anybody reads a text: people put back a copy of one without the
//! other.

use std::collections::BTreeSet;

use crate::codec::{self, Opening};
use crate::event::Event;
use crate::ids::{ChatId, Position, WorkspaceId};
use crate::index::beside_vault::Notes;
use crate::log::{Log, ReadError};
use crate::record::Record;
use crate::vault::{FileVault, Owner, Turn, Vault, VaultError};

/// Why a log and a vault cannot be used together.
pub(super) enum CheckError {
    Read(ReadError),
    Vault(VaultError),
}

impl From<ReadError> for CheckError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<VaultError> for CheckError {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

/// Refuses a vault without seeds that the log needs, one that has forgotten what the log has not, and one with a block
/// that cannot be read. If an older one knows seeds of chats that were erased since, destroys them again; returns how many.
pub(super) fn agree(log: &dyn Log, vault: &FileVault) -> Result<usize, CheckError> {
    let erased_up_to = vault.erased_up_to();
    if erased_up_to > log.head().position {
        return Err(VaultError::Ahead(erased_up_to).into());
    }
    let notes = Notes::of(log)?;
    let destroyed = vault.destroyed()?;
    has_seeds(&notes, vault)?;
    let mut erased: BTreeSet<ChatId> = notes.erased()?.into_iter().collect();
    let mut forgotten = BTreeSet::new();
    for stored in log.read(notes.covered.saturating_add(1)) {
        let record = codec::decode(&stored?, Opening::Shut)?;
        has_seeds_for(&record, vault)?;
        for (position, event) in record.positioned() {
            match event {
                Event::ChatErased(e) => drop(erased.insert(e.chat)),
                Event::ChatKeyDestroyed(e) if position > erased_up_to => drop(forgotten.insert(e.chat)),
                _ => {}
            }
        }
    }
    if let Some(chat) = destroyed.difference(&erased).next() {
        return Err(VaultError::Newer(*chat).into());
    }
    let mut again = Vec::new();
    for chat in erased.difference(&destroyed) {
        // Otherwise its erasure is still under way, and goes on after the start; or its texts were lost with a vault, and
        // this one never knew them.
        if forgotten.contains(chat) || is_forgotten(log, &notes, *chat, erased_up_to)? {
            again.push(*chat);
        }
    }
    forget(vault, &again)?;
    Ok(again.len())
}

fn has_seeds(notes: &Notes<'_>, vault: &dyn Vault) -> Result<(), CheckError> {
    for ordinal in 0..notes.workspaces()? {
        has(vault, Owner::Workspace(WorkspaceId::nth(ordinal)), 0)?;
    }
    let mut first = ChatId::nth(WorkspaceId::nth(0), 1);
    while let Some(chat) = first.map_or(Ok(None), |first| notes.chat_from(first))? {
        let room = has(vault, Owner::Chat(chat), chat.nth_of_workspace())?;
        // The next chat in question is the first one behind the workspace's seeds.
        first = ChatId::nth(chat.workspace(), room.saturating_add(1)).or_else(|| ChatId::new(chat.number() + 1));
    }
    Ok(())
}

fn has_seeds_for(record: &Record, vault: &dyn Vault) -> Result<(), CheckError> {
    has(vault, Owner::Workspace(record.workspace), 0)?;
    for event in &record.events {
        if let owner @ Owner::Chat(chat) = event.owner() {
            has(vault, owner, chat.nth_of_workspace())?;
        }
    }
    Ok(())
}

/// Returns for how many chats the owner's workspace has seeds: at least this many.
fn has(vault: &dyn Vault, owner: Owner, chats: u64) -> Result<u64, VaultError> {
    vault.room(owner.workspace()).filter(|room| *room >= chats).ok_or(VaultError::Older(owner))
}

/// True if the log says, behind this position, that the chat's key is destroyed.
fn is_forgotten(log: &dyn Log, notes: &Notes<'_>, chat: ChatId, after: Position) -> Result<bool, ReadError> {
    let mut end = Position::MAX;
    loop {
        let positions = notes.positions_before(chat, end)?;
        for position in positions.iter().rev() {
            let stored = log.read(*position).next().transpose()?;
            let record = stored.map(|stored| codec::decode(&stored, Opening::Shut)).transpose()?;
            match record.as_ref().and_then(|record| record.event_at(*position)) {
                Some(Event::ChatKeyDestroyed(_)) => return Ok(*position > after),
                Some(Event::ChatErased(_)) => return Ok(false),
                _ => {}
            }
        }
        match positions.first().and_then(|first| first.checked_sub(1)) {
            Some(before) => end = before,
            None => return Ok(false),
        }
    }
}

/// Destroys the seeds of chats, and those under which rows about them were kept beside the log. The chats go last: as long
/// as they are there, the next start does all of it again.
fn forget(vault: &dyn Vault, chats: &[ChatId]) -> Result<(), VaultError> {
    let workspaces: BTreeSet<WorkspaceId> = chats.iter().map(|chat| chat.workspace()).collect();
    for workspace in workspaces {
        for turn in [Turn::A, Turn::B] {
            vault.renew(Owner::Ring(workspace, turn))?;
        }
    }
    chats.iter().try_for_each(|chat| vault.destroy(Owner::Chat(*chat)))
}
