//! Limits the commands in flight, fairly between workspaces: a single one gets at most half of all permits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;
use events::ids::WorkspaceId;

/// Counts commands in flight. Clones share the count.
#[derive(Clone)]
pub(crate) struct Admission {
    limit: usize,
    total: Arc<AtomicUsize>,
    shares: Arc<DashMap<WorkspaceId, usize>>,
}

/// A permit for one command in flight; returned when dropped.
pub(crate) struct Permit {
    admission: Admission,
    workspace: WorkspaceId,
}

impl Admission {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, total: Arc::default(), shares: Arc::default() }
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }

    pub(crate) const fn limit(&self) -> usize {
        self.limit
    }

    /// Returns a permit, unless the workspace already holds at least as many as are still free.
    pub(crate) fn enter(&self, workspace: WorkspaceId) -> Option<Permit> {
        let mut share = self.shares.entry(workspace).or_default();
        let free = self.limit.checked_sub(self.total.load(Ordering::Relaxed))?;
        if *share >= free {
            return None;
        }
        *share += 1;
        self.total.fetch_add(1, Ordering::Relaxed);
        Some(Permit { admission: self.clone(), workspace })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.admission.total.fetch_sub(1, Ordering::Relaxed);
        if let Some(mut share) = self.admission.shares.get_mut(&self.workspace) {
            *share = share.saturating_sub(1);
        }
        self.admission.shares.remove_if(&self.workspace, |_, share| *share == 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_workspace_leaves_room_for_others() {
        let admission = Admission::new(100);
        let (greedy, other) = (WorkspaceId::nth(0), WorkspaceId::nth(1));
        let held: Vec<_> = std::iter::from_fn(|| admission.enter(greedy)).collect();
        assert_eq!(held.len(), 50);
        assert!(admission.enter(other).is_some());
        drop(held);
        assert!(admission.enter(greedy).is_some());
        assert!(admission.shares.is_empty() && admission.total.load(Ordering::Relaxed) == 0);
    }
}
