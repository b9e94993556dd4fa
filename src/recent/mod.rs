//! The last rows of each workspace, such as attempts: kept in memory, saved once a second.
//!
//! Operational data, not history: a flood of requests grows neither the log nor the memory.

pub mod attempts;
pub(crate) mod mask;
mod request;
pub(crate) mod reseal;
mod ring;
pub(crate) mod slots;
pub mod traces;
mod underway;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use actors::runtime::shard::ShardHandle;
use dashmap::DashMap;
use dashmap::mapref::one::RefMut;
use events::history::{History, ReadMode};
use events::ids::WorkspaceId;
use events::log::{Log, Note, ReadError};
use events::notes::Space;
use events::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Notify;

pub use request::RequestView;
pub(crate) use request::is_false;
pub use ring::KEPT;
pub use underway::Begun;

use ring::Ring;
use slots::{Seed, Store, Unsaved, packed};
use underway::Droppings;

/// The interval between saves.
const SAVE: Duration = Duration::from_secs(1);
/// Most memory for rows of one kind, over all workspaces; above it, new rows are kept without their bodies.
const BYTES_MAX: usize = 64 << 20;
/// Numbers grow by at least this many per millisecond, so that they also grow across a restart.
const NUMBERS_PER_MS: u64 = 1_000;

/// Longest part of a body that is kept, in bytes.
pub const BODY_BYTES_MAX: usize = 16 << 10;

/// A kind of row in its raw form: cheap to keep, formatted only when it is shown or saved.
pub trait Row: Send + Sync + 'static {
    /// The form that owners see and that is saved: readable, without secrets.
    type View: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// The key space of these rows.
    const NOTES: Space;
    /// The key of the note with the highest number given when rows were last saved.
    const NEWEST: Space;
    /// Returns the time when it happened.
    fn at(&self) -> Timestamp;
    /// Formats the row with its number.
    fn view(&self, number: u64) -> Self::View;
    /// Returns the row's rough size in memory.
    fn bytes(&self) -> usize;
    /// Drops the long parts.
    fn drop_bodies(&mut self);
    /// Drops all that somebody wrote, or that quotes it.
    fn drop_texts(&mut self);
    /// True if the row is kept apart from the others and takes none of their places.
    fn is_aside(&self) -> bool {
        false
    }
    /// Like `is_aside`, for a saved row.
    fn was_aside(view: &Self::View) -> bool {
        let _ = view;
        false
    }
}

/// The last rows of each workspace. Clones share them.
pub struct Recent<R: Row>(Arc<Rings<R>>);

struct Rings<R: Row> {
    by_workspace: DashMap<WorkspaceId, Ring<R>>,
    /// Workspaces with unsaved rows.
    changed: Mutex<Vec<WorkspaceId>>,
    /// Held while saving: whoever saves last before a stop waits for the save under way, and no older row is written
    /// over a newer one.
    saving: tokio::sync::Mutex<()>,
    /// Notified when rows are unsaved, when loaded rows take memory, and on drop.
    touched: Arc<Notify>,
    bytes: AtomicUsize,
    last: AtomicU64,
    droppings: Droppings,
}

impl<R: Row> Clone for Recent<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R: Row> Default for Recent<R> {
    fn default() -> Self {
        Self(Arc::new(Rings {
            by_workspace: DashMap::new(),
            changed: Mutex::default(),
            saving: tokio::sync::Mutex::default(),
            touched: Arc::default(),
            bytes: AtomicUsize::default(),
            last: AtomicU64::default(),
            droppings: Droppings::default(),
        }))
    }
}

impl<R: Row> Recent<R> {
    /// Continues after the highest number saved in this log, even if the clock was set back.
    pub fn open(log: &dyn Log) -> Result<Self, ReadError> {
        let recent = Self::default();
        recent.0.last.store(newest::<R>(log)?, Ordering::Relaxed);
        Ok(recent)
    }

    /// Returns the moment of a request that begins now.
    pub fn begin(&self) -> Begun {
        self.0.droppings.now()
    }

    /// Stores a row and returns its number. Cheap: formats and reads nothing.
    pub fn push(&self, workspace: WorkspaceId, row: R) -> u64 {
        self.push_of(workspace, self.begin(), row)
    }

    /// Stores the row of a request that began then; without its texts if rows that are about somebody were dropped since.
    pub fn push_of(&self, workspace: WorkspaceId, begun: Begun, mut row: R) -> u64 {
        let held = &self.0;
        if held.bytes.load(Ordering::Relaxed).saturating_add(row.bytes()) > BYTES_MAX {
            row.drop_bodies();
        }
        let number = held.number(row.at().ms());
        let mut ring = held.ring(workspace);
        if ring.dropped_at() > begun {
            row.drop_texts();
        }
        held.bytes.fetch_add(row.bytes(), Ordering::Relaxed);
        let was_saved = ring.is_saved();
        let freed = ring.push(number, row);
        drop(ring);
        held.freed(freed);
        if was_saved {
            held.changed.lock().unwrap_or_else(PoisonError::into_inner).push(workspace);
            held.touched.notify_one();
        }
        number
    }

    /// Returns the number of the newest row over all workspaces.
    pub fn last_number(&self) -> u64 {
        self.0.last.load(Ordering::Relaxed)
    }

    /// Returns the rows of all workspaces with numbers above this one, as far as they are in memory, the oldest first.
    pub fn since(&self, number: u64) -> Vec<(u64, WorkspaceId, R::View)> {
        let rings = self.0.by_workspace.iter().filter(|ring| ring.newest() > number);
        let mut rows: Vec<_> = rings
            .flat_map(|ring| {
                let new = ring.entries().into_iter().take_while(|(place, _)| *place > number);
                new.map(|(place, what)| (place, *ring.key(), what.view(place))).collect::<Vec<_>>()
            })
            .collect();
        rows.sort_unstable_by_key(|(number, ..)| *number);
        rows
    }

    /// Returns the last rows, newest first, each with its number. May read the disk.
    pub fn list(&self, history: &History, workspace: WorkspaceId) -> Result<Vec<(u64, R::View)>, ReadError> {
        self.list_in(Store::of(history), workspace)
    }

    fn list_in(&self, store: Store<'_>, workspace: WorkspaceId) -> Result<Vec<(u64, R::View)>, ReadError> {
        self.0.load(store, workspace)?;
        let entries = self.0.by_workspace.get(&workspace).map(|ring| ring.entries());
        Ok(entries.into_iter().flatten().map(|(number, what)| (number, what.view(number))).collect())
    }

    /// Saves new rows, one second after the first of them, until all other handles to the rows are dropped.
    pub async fn save_each_second(self, shard: ShardHandle, reading: ReadMode) {
        let (held, touched) = (Arc::downgrade(&self.0), Arc::clone(&self.0.touched));
        drop(self);
        loop {
            touched.notified().await;
            tokio::time::sleep(SAVE).await;
            let Some(recent) = Weak::upgrade(&held).map(Self) else { return };
            recent.save(&shard, reading).await;
            recent.0.make_room();
        }
    }

    /// Saves new rows. All rows pushed before are durable when this returns.
    pub async fn save(&self, shard: &ShardHandle, reading: ReadMode) {
        let write = async |notes| {
            shard.note(notes).await;
        };
        self.save_with(shard.history(), reading, write).await;
    }

    async fn save_with(&self, history: &History, reading: ReadMode, write: impl AsyncFn(Vec<Note>)) {
        let _alone = self.0.saving.lock().await;
        let changed = std::mem::take(&mut *self.0.changed.lock().unwrap_or_else(PoisonError::into_inner));
        if !changed.is_empty() {
            write(vec![newest_note::<R>(self.last_number())]).await;
        }
        for workspace in changed {
            let (held, history) = (Arc::clone(&self.0), history.clone());
            match reading.read(move || held.unsaved(Store::of(&history), workspace)).await {
                Ok(batches) => {
                    for notes in batches {
                        write(notes).await;
                    }
                }
                Err(error) => tracing::warn!(workspace_id = %workspace, %error, "attempts or tries cannot be saved"),
            }
        }
    }
}

impl<R: Row> Drop for Rings<R> {
    fn drop(&mut self) {
        self.touched.notify_one();
    }
}

impl<R: Row> Rings<R> {
    /// Returns the rows of a workspace; of those that are new in memory, nobody knows when some were dropped.
    fn ring(&self, workspace: WorkspaceId) -> RefMut<'_, WorkspaceId, Ring<R>> {
        self.by_workspace.entry(workspace).or_insert_with(|| Ring::new(self.droppings.now()))
    }

    /// Returns the next number: rows of a later millisecond have higher ones, even after a restart.
    fn number(&self, at_ms: i64) -> u64 {
        let floor = u64::try_from(at_ms).unwrap_or(0).saturating_mul(NUMBERS_PER_MS);
        let next = |last: u64| Some(last.saturating_add(1).max(floor));
        let before = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or_default();
        before.saturating_add(1).max(floor)
    }

    /// Loads rows that were saved earlier.
    fn load(&self, store: Store<'_>, workspace: WorkspaceId) -> Result<(), ReadError> {
        if self.by_workspace.get(&workspace).is_some_and(|ring| ring.is_loaded()) {
            return Ok(());
        }
        let stored = slots::read(store, (R::NOTES, workspace))?;
        let added = self.ring(workspace).merge(stored);
        self.bytes.fetch_add(added, Ordering::Relaxed);
        self.touched.notify_one();
        Ok(())
    }

    /// Returns the notes that save new rows, in batches that never split a row.
    fn unsaved(&self, store: Store<'_>, workspace: WorkspaceId) -> Result<Vec<Vec<Note>>, ReadError> {
        self.load(store, workspace)?;
        let Some((turn, unsaved)) =
            self.by_workspace.get_mut(&workspace).map(|mut ring| (ring.turn(), ring.take_unsaved()))
        else {
            return Ok(Vec::new());
        };
        let seed = (store.vault, Seed::Ring(turn));
        let (mut written, mut rows) = (Vec::new(), Vec::new());
        for place in unsaved {
            let view = place.what.view(place.number);
            let (place_of, to) = ((R::NOTES, workspace), (place.slot, place.number));
            let (notes, parts) = match slots::notes(seed, place_of, to, &view, place.parts_before) {
                Ok(made) => made,
                Err(Unsaved::Vault(error)) => return Err(error),
                Err(Unsaved::TooLong | Unsaved::Destroyed) => continue,
            };
            written.push((place.slot, parts));
            rows.push(notes);
        }
        if let Some(mut ring) = self.by_workspace.get_mut(&workspace) {
            ring.written(&written);
        }
        Ok(packed(rows))
    }

    /// When memory gets short, drops saved rings from memory, those that got no new row for longest first.
    fn make_room(&self) {
        if self.bytes.load(Ordering::Relaxed) <= BYTES_MAX / 2 {
            return;
        }
        let mut saved: Vec<_> =
            self.by_workspace.iter().filter(|ring| ring.is_saved()).map(|ring| (ring.newest(), *ring.key())).collect();
        saved.sort_unstable();
        for (_, workspace) in saved {
            if self.bytes.load(Ordering::Relaxed) <= BYTES_MAX / 4 {
                return;
            }
            if let Some((_, ring)) = self.by_workspace.remove_if(&workspace, |_, ring| ring.is_saved()) {
                self.freed(ring.bytes());
            }
        }
    }

    fn freed(&self, bytes: usize) {
        let less = |all: usize| Some(all.saturating_sub(bytes));
        let _ = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

#[cfg(test)]
mod tests;

/// Reads the rows of a workspace that are saved in a log, the newest first, each with its number.
pub fn saved<R: Row>(history: &History, workspace: WorkspaceId) -> Result<Vec<(u64, R::View)>, ReadError> {
    Recent::<R>::default().list(history, workspace)
}

/// The note with the highest number given.
fn newest_note<R: Row>(number: u64) -> Note {
    (R::NEWEST.key(&[]), Some(number.to_be_bytes().to_vec()))
}

/// Reads the highest number given when rows were last saved.
fn newest<R: Row>(log: &dyn Log) -> Result<u64, ReadError> {
    let note = log.note(R::NEWEST.prefix())?;
    Ok(note.and_then(|note| note.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))).unwrap_or(0))
}
