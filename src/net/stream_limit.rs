//! How many live streams a workspace may hold open at once.

use std::sync::Arc;

use dashmap::DashMap;
use events::ids::WorkspaceId;

/// The open streams of all workspaces, counted. Clones share the count.
#[derive(Clone)]
pub struct Seats {
    taken: Arc<DashMap<WorkspaceId, usize>>,
    per_workspace: usize,
}

/// A place for one stream; free again when dropped.
pub struct Seat {
    seats: Seats,
    workspace: WorkspaceId,
}

impl Seats {
    /// So many for each workspace.
    pub fn new(per_workspace: usize) -> Self {
        Self { taken: Arc::default(), per_workspace }
    }

    /// Takes a place, if the workspace has one left.
    pub fn take(&self, workspace: WorkspaceId) -> Option<Seat> {
        let mut taken = self.taken.entry(workspace).or_insert(0);
        if *taken >= self.per_workspace {
            return None;
        }
        *taken += 1;
        Some(Seat { seats: self.clone(), workspace })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.taken.remove_if_mut(&self.workspace, |_, taken| {
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
        let (seats, mine, other) = (Seats::new(2), WorkspaceId::nth(0), WorkspaceId::nth(1));
        let held = [seats.take(mine), seats.take(mine)];
        assert!(held.iter().all(Option::is_some) && seats.take(mine).is_none());
        assert!(seats.take(other).is_some());
    }

    #[test]
    fn a_seat_that_was_left_is_free_and_a_workspace_without_streams_is_forgotten() {
        let (seats, mine) = (Seats::new(1), WorkspaceId::nth(0));
        for _ in 0..3 {
            let seat = seats.take(mine);
            assert!(seat.is_some() && seats.clone().take(mine).is_none());
        }
        assert!(seats.taken.is_empty());
    }
}
