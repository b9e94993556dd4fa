//! Says which block and which slot of it hold an owner's seed, by arithmetic on ids alone.

use super::{Owner, Turn};
use crate::ids::{ChatId, WorkspaceId};

/// The secret from which an owner's key is derived.
pub(super) type Seed = [u8; 16];

/// What stands in the place of a seed that was destroyed.
pub(super) const DESTROYED: Seed = [0; 16];

/// Seeds of one block.
pub(super) const SEEDS: u32 = 252;
/// The first seeds of a workspace's first block are its own; those of its chats follow.
const OWN_SEEDS: u32 = 4;

/// Names a block: the number of its workspace, and its index among the blocks of that workspace.
pub(super) type BlockName = (u64, u32);

/// Where a seed lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) block: BlockName,
    /// Below [`SEEDS`].
    pub(super) slot: u32,
}

impl Place {
    /// Returns the place of an owner's seed; `None` beyond the last block, which no chat is.
    pub(super) fn of(owner: Owner) -> Option<Self> {
        let own = |workspace: WorkspaceId, slot| Some(Self { block: (workspace.number(), 0), slot });
        match owner {
            Owner::Chat(chat) => Self::of_chat(chat),
            Owner::Workspace(workspace) => own(workspace, 0),
            Owner::Lookups(workspace) => own(workspace, 1),
            Owner::Ring(workspace, Turn::A) => own(workspace, 2),
            Owner::Ring(workspace, Turn::B) => own(workspace, 3),
            Owner::Secrets => own(WorkspaceId::LOG, OWN_SEEDS),
            Owner::Phones => own(WorkspaceId::LOG, OWN_SEEDS + 1),
            Owner::WireIds => own(WorkspaceId::LOG, OWN_SEEDS + 2),
        }
    }

    fn of_chat(chat: ChatId) -> Option<Self> {
        let (index, slot) = index_and_slot(chat.nth_of_workspace())?;
        Some(Self { block: (chat.workspace().number(), index), slot })
    }
}

impl Place {
    /// Returns the chat whose seed lies here; `None` for a workspace's own seeds.
    pub(super) fn chat(self) -> Option<ChatId> {
        let (workspace, index) = self.block;
        let at = u64::from(index).saturating_mul(u64::from(SEEDS)).saturating_add(u64::from(self.slot));
        ChatId::nth(WorkspaceId::new(workspace)?, at.checked_sub(u64::from(OWN_SEEDS - 1))?)
    }
}

fn index_and_slot(nth: u64) -> Option<(u32, u32)> {
    let at = u32::try_from(nth).ok()?.checked_add(OWN_SEEDS - 1)?;
    Some((at / SEEDS, at % SEEDS))
}

/// Returns how many blocks a workspace needs for this many chats. No workspace has more than [`ChatId::NTH_MAX`].
pub(super) fn blocks_for(chats: u64) -> u32 {
    index_and_slot(chats.min(ChatId::NTH_MAX)).map_or(1, |(index, _)| index.saturating_add(1))
}

/// Returns for how many chats so many blocks of a workspace have seeds. The log has no chats.
pub(super) fn chats_in(workspace: WorkspaceId, blocks: u32) -> u64 {
    let seeds = u64::from(blocks).saturating_mul(u64::from(SEEDS));
    if workspace == WorkspaceId::LOG { 0 } else { seeds.saturating_sub(u64::from(OWN_SEEDS)).min(ChatId::NTH_MAX) }
}

impl Owner {
    /// Returns what goes into the derivation of the owner's key. Never changed: the keys would change.
    pub(super) const fn kind_and_number(self) -> (u8, u64) {
        match self {
            Self::Chat(id) => (1, id.number()),
            Self::Workspace(id) => (2, id.number()),
            Self::Lookups(id) => (3, id.number()),
            Self::Ring(id, Turn::A) => (4, id.number()),
            Self::Ring(id, Turn::B) => (5, id.number()),
            Self::Secrets => (6, 0),
            Self::Phones => (7, 0),
            Self::WireIds => (8, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACE: WorkspaceId = WorkspaceId::nth(0);

    fn of_chat(nth: u64) -> (u32, u32) {
        let place = Place::of(Owner::Chat(ChatId::nth(WORKSPACE, nth).unwrap())).unwrap();
        assert_eq!(place.block.0, 1001);
        (place.block.1, place.slot)
    }

    #[test]
    fn chats_follow_the_seeds_of_their_workspace_without_a_gap() {
        assert_eq!([1, 2, 248, 249, 250].map(of_chat), [(0, 4), (0, 5), (0, 251), (1, 0), (1, 1)]);
        assert_eq!([500, 501, ChatId::NTH_MAX].map(of_chat), [(1, 251), (2, 0), (396_825, 102)]);
    }

    #[test]
    fn the_chat_of_a_place_is_the_one_whose_place_it_is() {
        for nth in [1, 2, 248, 249, 250, 500, 501, ChatId::NTH_MAX] {
            let chat = ChatId::nth(WORKSPACE, nth).unwrap();
            assert_eq!(Place::of(Owner::Chat(chat)).unwrap().chat(), Some(chat));
        }
        for slot in 0..OWN_SEEDS {
            assert_eq!(Place { block: (1001, 0), slot }.chat(), None, "{slot}");
        }
    }

    #[test]
    fn no_two_owners_of_a_block_share_a_place() {
        let own = |id| [Owner::Workspace(id), Owner::Lookups(id), Owner::Ring(id, Turn::A), Owner::Ring(id, Turn::B)];
        let log = own(WorkspaceId::LOG).into_iter().chain([Owner::Secrets, Owner::Phones, Owner::WireIds]);
        let slots = |owners: Vec<Owner>| owners.into_iter().map(|owner| Place::of(owner).unwrap().slot);
        assert!(slots(log.collect()).eq(0..7));
        assert!(slots(own(WORKSPACE).to_vec()).eq(0..4));
    }

    #[test]
    fn as_many_chats_fit_into_blocks_as_blocks_are_needed_for_them() {
        assert_eq!([0, 1, 248, 249, 500, 501].map(blocks_for), [1, 1, 1, 2, 2, 3]);
        assert_eq!([1, 2, 3].map(|blocks| chats_in(WORKSPACE, blocks)), [248, 500, 752]);
        assert_eq!(chats_in(WORKSPACE, blocks_for(u64::MAX)), ChatId::NTH_MAX);
        assert_eq!(chats_in(WorkspaceId::LOG, 1), 0);
    }
}
