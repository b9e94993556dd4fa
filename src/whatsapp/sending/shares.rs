//! Limits how much runs at once in all, and shares it fairly: one workspace alone gets at most half, and workspaces
//! that wait take turns.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use events::ids::WorkspaceId;
use tokio::sync::oneshot;

/// Permits, shared fairly among workspaces. Clones share them.
#[derive(Clone)]
pub(crate) struct Shares(Arc<Mutex<State>>);

/// A permit; dropping it gives it back.
pub(crate) struct Share {
    shares: Shares,
    workspace: WorkspaceId,
    /// True if it was taken from the free permits, and so must be given back.
    is_taken: bool,
}

struct State {
    free: usize,
    held: BTreeMap<WorkspaceId, usize>,
    waiting: BTreeMap<WorkspaceId, VecDeque<oneshot::Sender<Share>>>,
    /// Workspaces that wait, the next one first.
    order: VecDeque<WorkspaceId>,
}

impl Shares {
    /// Starts with this many permits.
    pub(crate) fn of(places: usize) -> Self {
        let state = State { free: places, held: BTreeMap::new(), waiting: BTreeMap::new(), order: VecDeque::new() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Waits for a permit.
    pub(crate) async fn share(&self, workspace: WorkspaceId) -> Share {
        loop {
            let waits = {
                let mut state = self.state();
                if !state.waiting.contains_key(&workspace) && state.may(workspace) {
                    return self.take(&mut state, workspace);
                }
                let (given, waits) = oneshot::channel();
                state.wait(workspace, given);
                waits
            };
            // An error would mean that the sender was dropped, which never happens; then wait again.
            if let Ok(share) = waits.await {
                return share;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, state: &mut State, workspace: WorkspaceId) -> Share {
        state.free = state.free.saturating_sub(1);
        let held = state.held.entry(workspace).or_default();
        *held = held.saturating_add(1);
        Share { shares: self.clone(), workspace, is_taken: true }
    }

    /// Gives free permits to those who wait, one to each workspace in turn.
    fn hand_out(&self, state: &mut State) {
        while let Some(workspace) = state.next() {
            let Some(waiting) = state.waiting.get_mut(&workspace).and_then(VecDeque::pop_front) else { continue };
            let share = self.take(state, workspace);
            // The receiver is gone: the permit goes to the next one.
            if let Err(mut share) = waiting.send(share) {
                share.is_taken = false;
                state.give_back(workspace);
            }
        }
    }
}

impl State {
    /// True if a workspace may have another permit: while it holds fewer than are free.
    fn may(&self, workspace: WorkspaceId) -> bool {
        self.held.get(&workspace).copied().unwrap_or_default() < self.free
    }

    fn wait(&mut self, workspace: WorkspaceId, given: oneshot::Sender<Share>) {
        let waiting = self.waiting.entry(workspace).or_default();
        waiting.retain(|waiting| !waiting.is_closed());
        waiting.push_back(given);
        if !self.order.contains(&workspace) {
            self.order.push_back(workspace);
        }
    }

    /// The workspace whose turn it is, if a waiting one may have a permit; it moves to the end of the order.
    fn next(&mut self) -> Option<WorkspaceId> {
        let waiting = &mut self.waiting;
        waiting.retain(|_, waiting| {
            waiting.retain(|waiting| !waiting.is_closed());
            !waiting.is_empty()
        });
        self.order.retain(|workspace| waiting.contains_key(workspace));
        let place = self.order.iter().position(|workspace| self.may(*workspace))?;
        let workspace = self.order.remove(place)?;
        self.order.push_back(workspace);
        Some(workspace)
    }

    fn give_back(&mut self, workspace: WorkspaceId) {
        self.free = self.free.saturating_add(1);
        if let Some(held) = self.held.get_mut(&workspace) {
            *held = held.saturating_sub(1);
        }
        self.held.retain(|_, held| *held > 0);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.is_taken {
            let shares = self.shares.clone();
            let mut state = shares.state();
            state.give_back(self.workspace);
            shares.hand_out(&mut state);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use futures_util::future::BoxFuture;

    use super::*;

    fn workspace(nth: u64) -> WorkspaceId {
        WorkspaceId::nth(nth)
    }

    fn ask(shares: &Shares, nth: u64) -> BoxFuture<'static, Share> {
        let shares = shares.clone();
        async move { shares.share(workspace(nth)).await }.boxed()
    }

    /// Asks for a permit; `Err` with the waiting future if there is none.
    fn polled(shares: &Shares, nth: u64) -> Result<Share, BoxFuture<'static, Share>> {
        let mut asked = ask(shares, nth);
        (&mut asked).now_or_never().ok_or(asked)
    }

    #[test]
    fn one_workspace_gets_half_and_leaves_the_rest_to_others() {
        let shares = Shares::of(256);
        let (held, waiting): (Vec<_>, Vec<_>) = (0..700).map(|_| polled(&shares, 1)).partition(Result::is_ok);
        assert_eq!((held.len(), waiting.len()), (128, 572));
        for nth in 2..7 {
            assert!(polled(&shares, nth).is_ok());
        }
    }

    #[test]
    fn who_waits_gets_a_place_in_turn_with_the_others() {
        let shares = Shares::of(2);
        let first = polled(&shares, 1).ok().unwrap();
        let second = polled(&shares, 2).ok().unwrap();
        let mut greedy: Vec<_> = (0..3).map(|_| polled(&shares, 1).err().unwrap()).collect();
        let mut other = polled(&shares, 3).err().unwrap();
        drop(first);
        let got = (&mut greedy[0]).now_or_never();
        assert!(got.is_some() && (&mut other).now_or_never().is_none());
        drop(second);
        assert!((&mut other).now_or_never().is_some(), "one of the others comes before the second of the first");
        assert!((&mut greedy[1]).now_or_never().is_none());
        drop(got);
        assert!((&mut greedy[1]).now_or_never().is_some());
    }

    #[test]
    fn who_goes_away_leaves_the_place_to_the_next() {
        let shares = Shares::of(1);
        let held = polled(&shares, 1).ok().unwrap();
        let gone = polled(&shares, 2).err().unwrap();
        let mut stays = polled(&shares, 3).err().unwrap();
        let given_and_gone = polled(&shares, 4).err().unwrap();
        drop(gone);
        drop(held);
        assert!((&mut stays).now_or_never().is_some());
        drop(given_and_gone);
        assert!(polled(&shares, 5).is_ok());
        let state = shares.state();
        assert_eq!((state.free, state.held.len()), (1, 0));
    }
}
