//! Limits how many live streams a workspace may hold open at once.

use std::sync::Arc;

use dashmap::DashMap;
use events::ids::WorkspaceId;

/// Counts the open streams of all workspaces. Clones share the counts.
#[derive(Clone)]
pub struct StreamLimit {
    taken: Arc<DashMap<WorkspaceId, usize>>,
    per_workspace: usize,
}

/// A permit for one stream; dropping it frees the place.
pub struct StreamPermit {
    stream_limit: StreamLimit,
    workspace: WorkspaceId,
}

impl StreamLimit {
    pub fn new(per_workspace: usize) -> Self {
        Self { taken: Arc::default(), per_workspace }
    }

    /// Takes a permit, if the workspace has one left.
    pub fn take(&self, workspace: WorkspaceId) -> Option<StreamPermit> {
        let mut taken = self.taken.entry(workspace).or_insert(0);
        if *taken >= self.per_workspace {
            return None;
        }
        *taken += 1;
        Some(StreamPermit { stream_limit: self.clone(), workspace })
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        self.stream_limit.taken.remove_if_mut(&self.workspace, |_, taken| {
            *taken = taken.saturating_sub(1);
            *taken == 0
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_has_so_many_seats_and_takes_none_from_another() {
        let (stream_limit, mine, other) = (StreamLimit::new(2), WorkspaceId::nth(0), WorkspaceId::nth(1));
        let held = [stream_limit.take(mine), stream_limit.take(mine)];
        assert!(held.iter().all(Option::is_some) && stream_limit.take(mine).is_none());
        assert!(stream_limit.take(other).is_some());
    }

    #[test]
    fn a_seat_that_was_left_is_free_and_a_workspace_without_streams_is_forgotten() {
        let (stream_limit, mine) = (StreamLimit::new(1), WorkspaceId::nth(0));
        for _ in 0..3 {
            let permit = stream_limit.take(mine);
            assert!(permit.is_some() && stream_limit.clone().take(mine).is_none());
        }
        assert!(stream_limit.taken.is_empty());
    }
}
