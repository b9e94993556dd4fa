//! Makes seeds ahead of need, so that no decision waits for a disk: a record must not be durable before its seed is.
//!
//! A rule that opens a chat looks up whether there is room; each such look-up also says how many chats the workspace
//! has now. A thread of its own makes more when little is left.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use events::ids::WorkspaceId;
use events::vault::{Vault, VaultError};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

/// Chats whose seeds share a block of the vault.
const BLOCK: u64 = 252;
/// The least and the most chats for which seeds are made ahead; between them it is an eighth of the workspace's chats.
const AHEAD_MIN: u64 = 4 * BLOCK;
const AHEAD_MAX: u64 = 64 * BLOCK;
/// Workspaces whose own seeds are made ahead.
const WORKSPACES_AHEAD: u64 = 64;

/// How many chats of a workspace need seeds.
type Wanted = (WorkspaceId, u64);

/// Knows how much room there is, and asks for more.
#[derive(Clone)]
pub struct Room {
    vault: Arc<dyn Vault>,
    asked: UnboundedSender<Wanted>,
    /// Counts how many times more was made.
    made: watch::Receiver<u64>,
    given_up: Arc<AtomicU64>,
}

/// Makes room when it is asked to.
pub struct Filler {
    vault: Arc<dyn Vault>,
    asked: UnboundedReceiver<Wanted>,
    made: watch::Sender<u64>,
}

/// Returns both ends.
pub(crate) fn room(vault: Arc<dyn Vault>) -> (Room, Filler) {
    let (sender, asked) = unbounded_channel();
    let (made, seen) = watch::channel(0);
    let room = Room { vault: Arc::clone(&vault), asked: sender, made: seen, given_up: Arc::default() };
    (room, Filler { vault, asked, made })
}

impl Room {
    /// True if the workspace may have this many chats; 0 asks for the workspace itself. Asks for more if little is
    /// left.
    pub(crate) fn has(&self, workspace: WorkspaceId, chats: u64) -> bool {
        let room = self.vault.room(workspace);
        if self.is_little(workspace, chats, room) {
            // Without a filler nothing more is made; then there is no room, which is what the caller learns.
            let _ = self.asked.send((workspace, chats));
        }
        room.is_some_and(|room| room >= chats)
    }

    /// True if a quarter of what is made ahead is used.
    fn is_little(&self, workspace: WorkspaceId, chats: u64, room: Option<u64>) -> bool {
        let Some(room) = room else { return true };
        if chats == 0 {
            let later = WorkspaceId::nth(workspace.ordinal().saturating_add(WORKSPACES_AHEAD / 4 * 3));
            return self.vault.room(later).is_none();
        }
        room.saturating_sub(chats) < ahead(chats) / 4 * 3
    }

    /// Counts a request that waited for room in vain.
    pub fn give_up(&self) {
        self.given_up.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns how many requests waited for room in vain.
    pub fn given_up(&self) -> u64 {
        self.given_up.load(Ordering::Relaxed)
    }

    /// Returns what waits until more was made since this was called.
    pub fn more(&self) -> impl Future<Output = ()> + use<> {
        let mut made = self.made.clone();
        made.mark_unchanged();
        async move {
            if made.changed().await.is_err() {
                // Nobody makes any more: the filler has ended, and with it the gateway.
                pending::<()>().await;
            }
        }
    }
}

/// Returns for how many chats seeds are made ahead.
fn ahead(chats: u64) -> u64 {
    (chats / 8).clamp(AHEAD_MIN, AHEAD_MAX)
}

impl Filler {
    /// Makes room until the gateway ends, on a thread of its own.
    pub fn run(mut self) -> Result<(), VaultError> {
        self.prepare()?;
        while let Some(first) = self.asked.blocking_recv() {
            self.fill(first)?;
        }
        Ok(())
    }

    /// Like [`Filler::run`], as a task, for virtual time.
    pub async fn run_inline(self) -> Result<(), VaultError> {
        self.run_slowly(async || {}).await
    }

    /// Like [`Filler::run_inline`], on a disk that takes so long before anything is made.
    pub async fn run_slowly(mut self, pause: impl AsyncFn()) -> Result<(), VaultError> {
        pause().await;
        self.prepare()?;
        while let Some(first) = self.asked.recv().await {
            pause().await;
            self.fill(first)?;
        }
        Ok(())
    }

    /// Makes the first workspace's seeds before anybody asks.
    fn prepare(&self) -> Result<(), VaultError> {
        self.vault.extend(&[(WorkspaceId::nth(0), 0)])?;
        self.tell();
        Ok(())
    }

    fn fill(&mut self, first: Wanted) -> Result<(), VaultError> {
        let (mut wanted, mut new) = (BTreeMap::new(), None);
        for (workspace, chats) in std::iter::once(first).chain(std::iter::from_fn(|| self.asked.try_recv().ok())) {
            let known: &mut u64 = wanted.entry(workspace).or_default();
            *known = chats.max(*known);
            new = if chats == 0 { new.max(Some(workspace.ordinal())) } else { new };
        }
        let later = new.into_iter().flat_map(|first| (1..WORKSPACES_AHEAD).map(move |nth| first.saturating_add(nth)));
        let wanted: Vec<Wanted> = wanted
            .into_iter()
            .map(|(workspace, chats)| (workspace, if chats > 0 { chats.saturating_add(ahead(chats)) } else { 0 }))
            .chain(later.map(|ordinal| (WorkspaceId::nth(ordinal), 0)))
            .collect();
        self.vault.extend(&wanted)?;
        self.tell();
        Ok(())
    }

    fn tell(&self) {
        self.made.send_modify(|made| *made = made.wrapping_add(1));
    }
}

#[cfg(test)]
mod tests {
    use events::vault::MemoryVault;
    use futures_util::FutureExt;

    use super::*;

    /// Both ends, where the first workspace is prepared.
    fn prepared() -> (Room, Filler) {
        let (room, filler) = room(Arc::new(MemoryVault::new(1)));
        filler.prepare().unwrap();
        (room, filler)
    }

    /// Fills if anybody asked; returns whether anybody did.
    fn fills(filler: &mut Filler) -> bool {
        let asked = filler.asked.try_recv();
        asked.map(|first| filler.fill(first).unwrap()).is_ok()
    }

    #[test]
    fn the_first_workspace_has_room_before_anybody_asks() {
        let vault = Arc::new(MemoryVault::new(1));
        let (room, filler) = super::room(Arc::clone(&vault) as Arc<dyn Vault>);
        assert_eq!(vault.room(WorkspaceId::nth(0)), None);
        filler.prepare().unwrap();
        // The workspace's own four seeds are in its first block too.
        assert_eq!(vault.room(WorkspaceId::nth(0)), Some(BLOCK - 4));
        assert!(room.has(WorkspaceId::nth(0), 0) && !room.has(WorkspaceId::nth(1), 0));
    }

    #[test]
    fn there_is_no_room_until_it_is_made() {
        let (room, mut filler) = prepared();
        for wanted in [(WorkspaceId::nth(0), 249), (WorkspaceId::nth(7), 0), (WorkspaceId::nth(200), 1)] {
            let has = || room.has(wanted.0, wanted.1);
            assert!(!has() && !has(), "{wanted:?}");
            assert!(fills(&mut filler) && has(), "{wanted:?}");
        }
    }

    #[test]
    fn more_is_asked_for_when_a_quarter_of_what_is_made_ahead_is_used() {
        let (room, mut filler) = prepared();
        let workspace = WorkspaceId::nth(0);
        assert!(room.has(workspace, 1) && fills(&mut filler));
        // Five blocks hold the first chat and the 1,008 ahead of it.
        let made = room.vault.room(workspace).unwrap();
        assert_eq!(made, 5 * BLOCK - 4);
        let last = made - AHEAD_MIN / 4 * 3;
        assert!(room.has(workspace, 1) && room.has(workspace, last) && !fills(&mut filler));
        assert!(room.has(workspace, last + 1) && fills(&mut filler));
        assert!(room.vault.room(workspace).unwrap() > last + AHEAD_MIN);
        assert!(room.has(workspace, last + 1) && !fills(&mut filler));
    }

    #[test]
    fn for_many_chats_an_eighth_of_them_is_made_ahead_but_no_more_than_fits_the_limit() {
        for (chats, wanted) in [(1, 1_008), (8_064, 1_008), (16_000, 2_000), (129_024, 16_128), (1_000_000, 16_128)] {
            assert_eq!(ahead(chats), wanted, "{chats}");
        }
        let (room, mut filler) = prepared();
        room.has(WorkspaceId::nth(0), 16_000);
        assert!(fills(&mut filler) && room.vault.room(WorkspaceId::nth(0)).unwrap() >= 18_000);
    }

    #[test]
    fn seeds_of_64_workspaces_are_made_together_and_more_when_16_of_them_are_used() {
        let (room, mut filler) = prepared();
        let has = |nth| room.has(WorkspaceId::nth(nth), 0);
        let is_made = |nth| room.vault.room(WorkspaceId::nth(nth)).is_some();
        assert!(has(0) && fills(&mut filler));
        assert!((0..64).all(is_made) && !is_made(64));
        assert!((0..16).all(has) && !fills(&mut filler));
        assert!(has(16) && fills(&mut filler));
        assert!((0..80).all(is_made) && !is_made(80));
    }

    #[test]
    fn what_many_ask_for_is_made_at_once() {
        let (room, mut filler) = prepared();
        let wanted = [(0, 300), (0, 2_000), (3, 0), (0, 1_000), (5, 700)];
        let has = |(nth, chats)| room.has(WorkspaceId::nth(nth), chats);
        assert!(!wanted.into_iter().any(has));
        assert!(fills(&mut filler) && !fills(&mut filler));
        assert!(wanted.into_iter().all(has));
    }

    #[test]
    fn who_waits_for_more_waits_until_the_next_filling() {
        let (room, mut filler) = prepared();
        let mut more = Box::pin(room.more());
        assert_eq!((&mut more).now_or_never(), None, "what was made before is no more");
        room.has(WorkspaceId::nth(0), 1);
        assert_eq!((&mut more).now_or_never(), None, "nothing was made yet");
        fills(&mut filler);
        assert_eq!(more.now_or_never(), Some(()));
        let last = room.more();
        drop(filler);
        assert_eq!(last.now_or_never(), None, "nobody makes more any more: the gateway ends");
    }

    #[test]
    fn the_filler_does_what_it_was_asked_and_ends_when_nobody_can_ask_any_more() {
        for runs in [Filler::run, |filler: Filler| filler.run_inline().now_or_never().unwrap()] {
            let vault = Arc::new(MemoryVault::new(1));
            let (room, filler) = room(Arc::clone(&vault) as Arc<dyn Vault>);
            assert!(!room.has(WorkspaceId::nth(9), 100));
            let more = room.more();
            drop(room);
            runs(filler).unwrap();
            assert_eq!(more.now_or_never(), Some(()));
            assert!(vault.room(WorkspaceId::nth(0)).is_some() && vault.room(WorkspaceId::nth(9)) >= Some(100));
        }
    }

    #[test]
    fn without_a_filler_what_there_is_can_be_used_up() {
        let (room, filler) = prepared();
        drop(filler);
        assert!(room.has(WorkspaceId::nth(0), 248) && !room.has(WorkspaceId::nth(0), 249));
    }
}
