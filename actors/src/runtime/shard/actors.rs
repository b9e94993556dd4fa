//! Looks at single actors, and rebuilds them, for an operator. A look wakes nobody.

use std::ops::RangeBounds as _;

use events::history::History;
use events::ids::StreamId;
use events::index::StreamRange;
use events::log::ReadError;
use events::record::{Position, Revision};
use tokio::sync::oneshot;

use super::ShardHandle;
use super::handle::{ATTEMPTS, CommandError};
use super::keeper::{Measure, WakeActor};
use crate::runtime::registry::Kind;
use crate::runtime::replay::{Basis, Replayed, replay, wake};
use crate::runtime::shell::{Gauge, Look, Looked, Rebuild, RenewSnapshot, Replaced};

/// A rebuilt actor: what it had beside what its records make, each as the caller views a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt<V> {
    /// Number of events in the state from the records.
    pub revision: Revision,
    /// What was in memory; `None` if the actor is asleep.
    pub memory: Option<Compared<V>>,
    /// What the actor would have woken as, from its snapshot and the events behind it.
    pub at_rest: Compared<V>,
}

/// Two views of what should be one state, and the numbers of events in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared<V> {
    pub had: (Revision, V),
    pub records: (Revision, V),
}

impl<V: PartialEq> Compared<V> {
    pub fn is_same(&self) -> bool {
        self.had == self.records
    }
}

impl<V: PartialEq> Rebuilt<V> {
    /// True if all that the actor had is what its records make.
    pub fn is_same(&self) -> bool {
        self.at_rest.is_same() && self.memory.as_ref().is_none_or(Compared::is_same)
    }
}

impl ShardHandle {
    /// Measures how busy these actors are, all at the same moment; `None` for each that is asleep.
    pub async fn measure(&self, streams: Vec<StreamId>) -> Vec<Option<Gauge>> {
        let asleep = vec![None; streams.len()];
        self.keeper.send(Measure(streams)).await.unwrap_or(asleep)
    }

    /// Returns the first awake actors within a range, ascending, at most `limit`; with `backwards`, the last ones.
    pub fn awake_streams(&self, range: StreamRange, backwards: bool, limit: usize) -> Vec<StreamId> {
        let mut awake: Vec<_> = self.registry.streams().into_iter().filter(|stream| range.contains(stream)).collect();
        awake.sort_unstable();
        if backwards {
            awake.drain(..awake.len().saturating_sub(limit));
        } else {
            awake.truncate(limit);
        }
        awake
    }

    /// Looks at an actor; `None` if it is asleep.
    pub async fn look<D: Kind>(&self, id: D::Id) -> Option<Looked<D::Effect>> {
        let address = D::table(&self.registry).get(&id).map(|address| address.clone())?;
        let (reply, looked) = oneshot::channel();
        address.do_send(Look::<D>(reply));
        looked.await.ok()
    }

    /// Folds an actor's state from its records alone, says what it had instead, and lets it go on with that state. One
    /// that is asleep stays so, unless its snapshot is wrong: then it wakes without it, and stores another one. Returns
    /// `None` if nothing ever happened in the stream.
    pub async fn rebuild<D: Kind, V: PartialEq + Send + 'static>(
        &self,
        id: D::Id,
        view: fn(&D::State) -> V,
    ) -> Result<Option<Rebuilt<V>>, CommandError<D::Rejection>> {
        for _ in 0..ATTEMPTS {
            let reached = self.watermark.settled().await;
            let read = self.history.run(move |history| at_rest::<D, V>(history, id, reached, view)).await;
            let (draft, at_rest) = read.map_err(|error| fault(&error))?;
            let revision = draft.revision;
            if revision == 0 {
                return Ok(None);
            }
            let Some(address) = D::table(&self.registry).get(&id).map(|address| address.clone()) else {
                let rebuilt = Rebuilt { revision, memory: None, at_rest };
                self.renew::<D, V>(id, &rebuilt).await;
                return Ok(Some(rebuilt));
            };
            let (reply, replaced) = oneshot::channel();
            address.do_send(Rebuild::<D, V> { draft, reached, view, reply });
            // If it fell asleep before it was rebuilt, what it would wake as may be something else now.
            let Ok(replaced) = replaced.await else { continue };
            let Replaced { had, had_revision, records, revision } = replaced.map_err(|error| fault(&error))?;
            let had = self.history.run(move |_| Ok(view(&had))).await.map_err(|error| fault(&error))?;
            let memory = Some(Compared { had: (had_revision, had), records: (revision, records) });
            let rebuilt = Rebuilt { revision, memory, at_rest };
            self.renew::<D, V>(id, &rebuilt).await;
            return Ok(Some(rebuilt));
        }
        Err(CommandError::Fault("the actor ended before it was rebuilt".to_owned()))
    }

    /// Has another snapshot stored if anything differed: a wrong one would be used at the next waking up.
    async fn renew<D: Kind, V: PartialEq>(&self, id: D::Id, rebuilt: &Rebuilt<V>) {
        if rebuilt.is_same() || self.keeper.send(WakeActor(D::stream(id), Basis::Records)).await.is_err() {
            return;
        }
        if let Some(address) = D::table(&self.registry).get(&id) {
            address.do_send(RenewSnapshot);
        }
    }
}

/// Folds a state from the records, and compares what the actor would wake as with it.
fn at_rest<D: Kind, V>(
    history: &History,
    id: D::Id,
    to: Position,
    view: fn(&D::State) -> V,
) -> Result<(Replayed<D::State>, Compared<V>), ReadError> {
    let woken = wake::<D>(id, history, to)?.replayed;
    let had = (woken.revision, view(&woken.state));
    drop(woken);
    let draft = replay::<D>(id, history, to)?;
    let records = (draft.revision, view(&draft.state));
    Ok((draft, Compared { had, records }))
}

fn fault<R: std::fmt::Debug>(error: &ReadError) -> CommandError<R> {
    CommandError::Fault(error.to_string())
}
