//! Drops rows that are about somebody for good: all others are saved under the other one of a workspace's two seeds, and
//! then the seed of before is made anew. The disk may keep what was overwritten, but nothing opens it any more.

use std::sync::Arc;

use actors::runtime::shard::ShardHandle;
use events::history::History;
use events::ids::WorkspaceId;
use events::log::{Note, ReadError};
use events::vault::Turn;
use tokio::sync::MutexGuard;

use super::ring::Under;
use super::slots::{self, Seed, Store, Unsaved, packed};
use super::{Recent, Rings, Row};

/// While somebody has this, no row is saved by anybody else.
pub struct SavingLock<'a>(#[expect(dead_code, reason = "held until it is dropped")] MutexGuard<'a, ()>);

impl<R: Row> Recent<R> {
    /// Lets nobody else save rows; waits for a save under way.
    pub async fn hold(&self) -> SavingLock<'_> {
        SavingLock(self.0.saving.lock().await)
    }

    /// Returns the seeds under which rows of a workspace are saved: one, or both if the last time that they took turns
    /// was broken off. May read the disk.
    pub async fn under(&self, history: &History, workspace: WorkspaceId) -> Result<Under, ReadError> {
        let held = Arc::clone(&self.0);
        history
            .run(move |history| {
                held.load(Store::of(history), workspace)?;
                Ok(held.by_workspace.get(&workspace).map_or_else(Under::default, |ring| ring.under()))
            })
            .await
    }

    /// Drops the rows of a workspace that are about somebody, and saves all others under this seed, so that the other
    /// one can be renewed. All of it is durable when this returns `Ok(true)`.
    pub async fn reseal(
        &self,
        _held: &SavingLock<'_>,
        shard: &ShardHandle,
        (workspace, turn): (WorkspaceId, Turn),
        is_about: impl Fn(&R::View) -> bool + Send + 'static,
    ) -> Result<bool, ReadError> {
        let rows = Arc::clone(&self.0);
        let resealed = shard.history().run(move |history| rows.resealed(Store::of(history), workspace, turn, is_about));
        for notes in resealed.await? {
            if !shard.note(notes).await {
                return Ok(false);
            }
        }
        if let Some(mut ring) = self.0.by_workspace.get_mut(&workspace) {
            ring.resealed();
        }
        Ok(true)
    }

    /// Drops rows of a workspace that are about somebody from memory, if they came in meanwhile.
    pub fn drop_from_memory(&self, workspace: WorkspaceId, is_about: impl Fn(&R::View) -> bool) {
        let now = self.0.droppings.next();
        if let Some(mut ring) = self.0.by_workspace.get_mut(&workspace) {
            let freed = ring.retain(now, |view| !is_about(view));
            drop(ring);
            self.0.freed(freed);
        }
    }
}

impl<R: Row> Rings<R> {
    /// Returns the notes that save all rows but those that are about somebody under this seed, in batches.
    pub(super) fn resealed(
        &self,
        store: Store<'_>,
        workspace: WorkspaceId,
        turn: Turn,
        is_about: impl Fn(&R::View) -> bool,
    ) -> Result<Vec<Vec<Note>>, ReadError> {
        self.load(store, workspace)?;
        let Some(mut ring) = self.by_workspace.get_mut(&workspace) else { return Ok(Vec::new()) };
        let freed = ring.retain(self.droppings.next(), |view| !is_about(view));
        let (placed, vacated) = ring.reseal(turn);
        drop(ring);
        self.freed(freed);
        let place_of = (R::NOTES, workspace);
        let mut rows: Vec<Vec<Note>> =
            vacated.into_iter().map(|(slot, held)| slots::removals(place_of, slot, held)).collect();
        let mut written = Vec::new();
        for place in placed {
            let view = place.what.view(place.number);
            let (seed, to) = ((store.vault, Seed::Ring(turn)), (place.slot, place.number));
            match slots::notes(seed, place_of, to, &view, place.parts_before) {
                Ok((made, parts)) => {
                    written.push((place.slot, parts));
                    rows.push(made);
                }
                Err(Unsaved::Vault(error)) => return Err(error),
                Err(Unsaved::TooLong | Unsaved::Destroyed) => {}
            }
        }
        if let Some(mut ring) = self.by_workspace.get_mut(&workspace) {
            ring.written(&written);
        }
        Ok(packed(rows))
    }
}
