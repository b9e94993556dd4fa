//! Crashes at every step of every write, with every fate of what was not synced.

use events::personal::Digest;
use events::vault::memory_media::Fate::{self, Kept, Lost, Torn};
use events::vault::memory_vault::MemoryDisk;
use events::vault::{MemoryVault, Owner, Side, Vault, VaultError};

use crate::desk::{BLOCK, CHATS, chat, mark, marks, own, owners, workspace};

const FATES: [Fate; 8] = [Kept, Lost, Torn(1), Torn(17), Torn(30), Torn(2_000), Torn(4_070), Torn(4_095)];
/// The most writes and syncs of anything here, opening included.
const STEPS: u64 = 12;

/// What is interrupted.
#[derive(Debug, Clone, Copy)]
enum Step {
    Extend(u64),
    Destroy(Owner),
    Renew(Owner),
}

fn steps() -> [Step; 6] {
    let [_, _, ring, _] = own(workspace());
    let extended = [Step::Extend(CHATS[1]), Step::Extend(CHATS[2])];
    let changed = [Step::Destroy(chat(1)), Step::Destroy(chat(248)), Step::Renew(ring), Step::Renew(chat(2))];
    [extended[0], extended[1], changed[0], changed[1], changed[2], changed[3]]
}

impl Step {
    fn run(self, vault: &dyn Vault) -> Result<(), VaultError> {
        match self {
            Self::Extend(chats) => vault.extend(&[(workspace(), chats)]),
            Self::Destroy(owner) => vault.destroy(owner),
            Self::Renew(owner) => vault.renew(owner),
        }
    }

    const fn owner(self) -> Option<Owner> {
        match self {
            Self::Extend(_) => None,
            Self::Destroy(owner) | Self::Renew(owner) => Some(owner),
        }
    }
}

/// A disk with a vault of one block, before and after something was interrupted.
struct Scene {
    disk: MemoryDisk,
    step: Step,
    owners: Vec<Owner>,
    before: Vec<Option<Digest>>,
    /// True if the step returned before the crash.
    is_done: bool,
}

impl Scene {
    /// Runs the step until so many writes and syncs of it are over.
    fn stopped(step: Step, after: u64) -> Self {
        let (disk, owners) = (MemoryDisk::new(5), owners(CHATS[0]));
        let vault = MemoryVault::create(&disk).unwrap();
        vault.extend(&[(workspace(), CHATS[0])]).unwrap();
        let before = marks(&vault, &owners);
        disk.fail_after(Some(after));
        let is_done = step.run(&vault).is_ok();
        if is_done {
            assert_durable(&disk);
        }
        disk.fail_after(None);
        Self { disk, step, owners, before, is_done }
    }

    /// Crashes with a fate for each copy.
    fn crash(&self, [a, b]: [Fate; 2]) {
        self.disk.crash(|side, _| if side == Side::A { a } else { b });
    }

    /// Opens the vault and checks what was promised.
    fn check(&self) -> MemoryVault {
        let vault = MemoryVault::open(&self.disk).unwrap().vault;
        assert_durable(&self.disk);
        assert!(self.disk.file(Side::A).bytes() == self.disk.file(Side::B).bytes(), "the files differ");
        for (owner, before) in self.owners.iter().zip(&self.before) {
            let after = mark(&vault, *owner);
            if self.step.owner() != Some(*owner) {
                assert_eq!(after, *before, "{owner}");
            } else if matches!(self.step, Step::Destroy(_)) {
                assert!(after.is_none() || (!self.is_done && after == *before), "{owner}");
            } else {
                assert!(after.is_some() && (after != *before || !self.is_done), "{owner}");
            }
        }
        let room = vault.room(workspace()).unwrap();
        assert!(room >= CHATS[0]);
        if let (Step::Extend(chats), true) = (self.step, self.is_done) {
            assert!(room >= chats);
        }
        assert!((1..=room).all(|nth| vault.key(chat(nth)).is_ok()));
        vault
    }
}

fn assert_durable(disk: &MemoryDisk) {
    assert!(Side::BOTH.into_iter().all(|side| disk.file(side).unsynced().is_empty()));
}

fn pairs() -> impl Iterator<Item = [Fate; 2]> {
    FATES.into_iter().flat_map(|a| FATES.map(|b| [a, b]))
}

#[test]
fn whatever_a_crash_leaves_of_a_write_no_promise_is_broken() {
    for step in steps() {
        for after in 0..STEPS {
            for fates in pairs() {
                let scene = Scene::stopped(step, after);
                assert!(scene.is_done == (after >= 4), "{step:?} has four steps");
                scene.crash(fates);
                let vault = scene.check();
                // The vault goes on from there.
                step.run(&vault).unwrap();
                vault.extend(&[(workspace(), CHATS[2])]).unwrap();
                let last = marks(&vault, &owners(CHATS[2]));
                assert_eq!(marks(&MemoryVault::open(&scene.disk).unwrap().vault, &owners(CHATS[2])), last);
            }
        }
    }
}

#[test]
fn each_block_of_a_longer_write_has_a_fate_of_its_own() {
    let fates = [Kept, Lost, Torn(10), Torn(3_000)];
    for after in 0..5 {
        for [one, two, three] in fates.iter().flat_map(|a| fates.iter().flat_map(|b| fates.map(|c| [*a, *b, c]))) {
            let scene = Scene::stopped(Step::Extend(900), after);
            let mut next = [one, two, three].into_iter().cycle();
            scene.disk.crash(|_, _| next.next().unwrap());
            let room = scene.check().room(workspace()).unwrap();
            let kept = [one, two, three].iter().take_while(|fate| **fate == Kept).count() as u64;
            // When a is durable, nothing is lost any more; before that, what lies behind a torn block is cut off.
            let expected = match after {
                0 => CHATS[0],
                1 => CHATS[0] + kept * 252,
                _ => CHATS[0] + 3 * 252,
            };
            assert_eq!(room, expected, "{after} {one:?} {two:?} {three:?}");
        }
    }
}

#[test]
fn mending_can_be_interrupted_too() {
    for step in steps() {
        for after in 1..4 {
            for first in some_pairs() {
                let is_over = |amid: &u64| some_pairs().any(|second| opens_amid(step, after, first, *amid, second));
                assert!((0..STEPS).find(is_over).is_some_and(|amid| amid >= 2));
            }
        }
    }
}

fn some_pairs() -> impl Iterator<Item = [Fate; 2]> {
    let fates = [Kept, Lost, Torn(2_000)];
    fates.into_iter().flat_map(move |a| fates.map(|b| [a, b]))
}

/// Crashes in the step and again while the vault is opened. True if opening needed no more writes and syncs than that.
fn opens_amid(step: Step, after: u64, first: [Fate; 2], amid: u64, second: [Fate; 2]) -> bool {
    let scene = Scene::stopped(step, after);
    scene.crash(first);
    scene.disk.fail_after(Some(amid));
    let is_opened = MemoryVault::open(&scene.disk).is_ok();
    scene.crash(second);
    scene.check();
    is_opened
}

/// What the next process finds may not be on the disk yet: it must be before anyone relies on it.
#[test]
fn what_is_found_after_the_process_was_killed_survives_a_power_cut() {
    for step in steps() {
        for after in 0..4 {
            for fates in pairs() {
                let scene = Scene::stopped(step, after);
                let vault = scene.check();
                let room = vault.room(workspace()).unwrap();
                let promised = marks(&vault, &owners(room));
                drop(vault);
                scene.crash(fates);
                let vault = scene.check();
                assert_eq!(vault.room(workspace()), Some(room));
                assert_eq!(marks(&vault, &owners(room)), promised);
            }
        }
    }
}

/// It was killed before what it mended was durable, and so was not counted on yet.
#[test]
fn what_is_found_after_the_process_was_killed_while_mending_survives_a_power_cut() {
    for step in steps() {
        for (after, amid) in (0..4).flat_map(|after| (0..STEPS).map(move |amid| (after, amid))) {
            let scene = Scene::stopped(step, after);
            scene.disk.fail_after(Some(amid));
            let _ = MemoryVault::open(&scene.disk);
            scene.disk.fail_after(None);
            let vault = scene.check();
            let room = vault.room(workspace()).unwrap();
            let promised = marks(&vault, &owners(room));
            drop(vault);
            scene.crash([Lost, Lost]);
            assert_eq!(marks(&scene.check(), &owners(room)), promised);
        }
    }
}

#[test]
fn a_file_that_is_made_again_can_be_torn_once_more() {
    for side in Side::BOTH {
        for amid in 0..STEPS {
            for fate in FATES {
                let disk = MemoryDisk::new(5);
                let vault = MemoryVault::create(&disk).unwrap();
                vault.extend(&[(workspace(), CHATS[2])]).unwrap();
                let before = marks(&vault, &owners(CHATS[2]));
                drop(vault);
                let bytes = disk.file(side).bytes();
                disk.file(side).set_bytes(Vec::new());
                disk.fail_after(Some(amid));
                let _ = MemoryVault::open(&disk);
                let mut count = 0;
                disk.crash(|_, _| {
                    count += 1;
                    if count == 2 { fate } else { Kept }
                });
                assert_eq!(marks(&MemoryVault::open(&disk).unwrap().vault, &owners(CHATS[2])), before);
                assert!(disk.file(side).bytes() == bytes);
            }
        }
    }
}

#[test]
fn after_a_failed_write_the_vault_only_reads() {
    for step in steps() {
        for after in 0..4 {
            let (disk, owners) = (MemoryDisk::new(5), owners(CHATS[0]));
            let vault = MemoryVault::create(&disk).unwrap();
            vault.extend(&[(workspace(), CHATS[0])]).unwrap();
            let before = marks(&vault, &owners);
            disk.fail_after(Some(after));
            assert!(matches!(step.run(&vault), Err(error @ VaultError::Unwritten(_)) if error.is_write()));
            disk.fail_after(None);
            for refused in steps() {
                assert!(matches!(refused.run(&vault), Err(VaultError::Closed)));
            }
            assert!(vault.extend(&[(workspace(), CHATS[0])]).is_ok(), "nothing has to be written for that");
            assert_eq!(vault.room(workspace()), Some(CHATS[0]));
            for (owner, before) in owners.iter().zip(before).filter(|(owner, _)| step.owner() != Some(**owner)) {
                assert_eq!(mark(&vault, *owner), before);
            }
            let unsynced = Side::BOTH.map(|side| disk.file(side).unsynced().len());
            assert!(unsynced.iter().sum::<usize>() <= 2, "the refused steps wrote nothing");
        }
    }
}

#[test]
fn a_run_with_the_same_seed_is_the_same() {
    let bytes = |seed| {
        let disk = MemoryDisk::new(seed);
        let vault = MemoryVault::create(&disk).unwrap();
        vault.extend(&[(workspace(), CHATS[1])]).unwrap();
        vault.renew(chat(7)).unwrap();
        (disk.file(Side::A).bytes(), vault.unique())
    };
    assert!(bytes(1) == bytes(1) && bytes(1) != bytes(2));
    let [one, other] = [1, 1].map(MemoryVault::new);
    one.extend(&[(workspace(), 1)]).unwrap();
    other.extend(&[(workspace(), 1)]).unwrap();
    assert_eq!(mark(&one, chat(1)), mark(&other, chat(1)));
    assert_eq!(bytes(1).0.len(), 3 * BLOCK);
}
