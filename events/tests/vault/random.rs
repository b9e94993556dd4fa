//! Random sequences of everything that can happen to a vault, against a plain model of it.

use std::collections::{BTreeMap, BTreeSet};

use events::ids::{ChatId, WorkspaceId};
use events::personal::Digest;
use events::vault::memory_media::Fate;
use events::vault::memory_vault::MemoryDisk;
use events::vault::{MemoryVault, Owner, Side, Turn, Vault};
use proptest::prelude::*;

use crate::desk::mark;

#[derive(Debug, Clone)]
enum Step {
    Extend(WorkspaceId, u64),
    Destroy(Owner),
    Renew(Owner),
    Reopen,
    /// The step is interrupted after so many writes and syncs; then each write that was not synced has a fate.
    Crash(Box<Step>, u64, Vec<Fate>),
}

/// What is known of the seeds: their present marks, and all that must never be seen again.
#[derive(Default)]
struct Model {
    rooms: BTreeMap<WorkspaceId, u64>,
    marks: BTreeMap<Owner, Option<Digest>>,
    gone: BTreeSet<Digest>,
}

fn workspaces() -> [WorkspaceId; 3] {
    [WorkspaceId::LOG, WorkspaceId::nth(0), WorkspaceId::nth(1)]
}

/// The owners that are looked at in a workspace with room for so many chats.
fn owners(workspace: WorkspaceId, room: u64) -> Vec<Owner> {
    let rings = [Turn::A, Turn::B].map(|turn| Owner::Ring(workspace, turn));
    let own = [Owner::Workspace(workspace), Owner::Lookups(workspace), rings[0], rings[1]];
    let chats = [1, 2, 248, 249, 500, 501].into_iter().filter(|nth| *nth <= room);
    let chats = chats.filter_map(|nth| ChatId::nth(workspace, nth)).map(Owner::Chat);
    own.into_iter().chain(chats).collect()
}

fn owner() -> impl Strategy<Value = Owner> {
    let all: Vec<Owner> = workspaces().into_iter().flat_map(|workspace| owners(workspace, 501)).collect();
    prop::sample::select(all)
}

fn whole() -> impl Strategy<Value = Step> {
    let workspace = || prop::sample::select(workspaces().to_vec());
    prop_oneof![
        3 => (workspace(), 0..600_u64).prop_map(|(workspace, chats)| Step::Extend(workspace, chats)),
        3 => owner().prop_map(Step::Destroy),
        2 => owner().prop_map(Step::Renew),
        1 => Just(Step::Reopen),
    ]
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![Just(Fate::Kept), Just(Fate::Lost), (0..4_096_usize).prop_map(Fate::Torn)]
}

fn step() -> impl Strategy<Value = Step> {
    let fates = prop::collection::vec(fate(), 1..6);
    let crash = (whole(), 0..6_u64, fates).prop_map(|(step, after, fates)| Step::Crash(Box::new(step), after, fates));
    prop_oneof![3 => whole(), 1 => crash]
}

/// True if the step returned without an error.
fn run(vault: &MemoryVault, disk: &MemoryDisk, step: &Step) -> bool {
    match step {
        Step::Extend(workspace, chats) => vault.extend(&[(*workspace, *chats)]).is_ok(),
        Step::Destroy(owner) => vault.destroy(*owner).is_ok(),
        Step::Renew(owner) => vault.renew(*owner).is_ok(),
        Step::Reopen => MemoryVault::open(disk).is_ok(),
        Step::Crash(step, after, fates) => {
            disk.fail_after(Some(*after));
            let is_done = run(vault, disk, step);
            let mut fates = fates.iter().cycle();
            disk.crash(|_, _| *fates.next().unwrap());
            is_done
        }
    }
}

impl Model {
    /// Checks what can be seen of the vault after a step, and takes it over.
    fn follow(&mut self, vault: &MemoryVault, step: &Step, is_done: bool) {
        let step = if let Step::Crash(step, ..) = step { step } else { step };
        for workspace in workspaces() {
            self.follow_room(vault, workspace, step, is_done);
        }
        for (workspace, room) in self.rooms.clone() {
            for owner in owners(workspace, room) {
                self.follow_owner(mark(vault, owner), owner, step, is_done);
            }
        }
    }

    fn follow_room(&mut self, vault: &MemoryVault, workspace: WorkspaceId, step: &Step, is_done: bool) {
        let (room, known) = (vault.room(workspace), self.rooms.get(&workspace).copied());
        match step {
            Step::Extend(extended, chats) if *extended == workspace => {
                assert!(room >= known, "{workspace}: {room:?} after {known:?}");
                let wanted = if workspace == WorkspaceId::LOG { 0 } else { *chats };
                assert!(!is_done || room.is_some_and(|room| room >= wanted), "{workspace}: {room:?}");
            }
            _ => assert_eq!(room, known, "{workspace}"),
        }
        self.rooms.extend(room.map(|room| (workspace, room)));
    }

    fn follow_owner(&mut self, now: Option<Digest>, owner: Owner, step: &Step, is_done: bool) {
        let Some(known) = self.marks.insert(owner, now) else {
            assert!(now.is_some_and(|now| !self.gone.contains(&now)), "{owner} is new");
            return;
        };
        match step {
            Step::Destroy(changed) if *changed == owner => assert!(now.is_none() || (!is_done && now == known)),
            Step::Renew(changed) if *changed == owner => assert!(now != known || !is_done),
            _ => assert_eq!(now, known, "{owner}"),
        }
        if now != known {
            self.gone.extend(known);
        }
        assert!(now.is_none_or(|now| !self.gone.contains(&now)), "{owner} came back");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_vault_does_what_its_plain_model_does(steps in prop::collection::vec(step(), 1..24), seed in any::<u64>()) {
        let disk = MemoryDisk::new(seed);
        let mut vault = MemoryVault::create(&disk).unwrap();
        let mut model = Model::default();
        for step in &steps {
            let is_done = run(&vault, &disk, step);
            if matches!(step, Step::Reopen | Step::Crash(..)) {
                vault = MemoryVault::open(&disk).unwrap().vault;
                prop_assert!(disk.file(Side::A).bytes() == disk.file(Side::B).bytes());
            }
            model.follow(&vault, step, is_done);
        }
    }
}
