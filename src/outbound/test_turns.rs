//! Limits test reports: each workspace runs one at a time, and at most six a minute.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use events::ids::WorkspaceId;
use tokio::time::Instant;

/// Tests of one workspace within a minute.
pub const TESTS_PER_MINUTE: usize = 6;
const MINUTE: Duration = Duration::from_mins(1);
/// Wait for a running test to end.
const SOON: Duration = Duration::from_secs(1);
/// Above this number of workspaces, those without a recent test are removed.
const WORKSPACES_KEPT: usize = 1_024;

/// Running tests, and tests begun within the last minute. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct TestTurns(Arc<Mutex<BTreeMap<WorkspaceId, RecentTests>>>);

#[derive(Debug, Default)]
struct RecentTests {
    is_under_way: bool,
    /// The oldest first.
    begun: VecDeque<Instant>,
}

/// A running test; when it is dropped, the next one can begin.
#[derive(Debug)]
pub struct TestTurn {
    turns: TestTurns,
    workspace: WorkspaceId,
}

impl TestTurns {
    /// The workspace's turn, or how long to wait for it.
    pub fn take(&self, workspace: WorkspaceId, now: Instant) -> Result<TestTurn, Duration> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_past = |begun: &Instant| now.duration_since(*begun) >= MINUTE;
        if all.len() > WORKSPACES_KEPT {
            all.retain(|_, tests| tests.is_under_way || !tests.begun.back().is_none_or(is_past));
        }
        let tests = all.entry(workspace).or_default();
        tests.begun.retain(|begun| !is_past(begun));
        if let Some(first) = tests.begun.front().filter(|_| tests.begun.len() >= TESTS_PER_MINUTE) {
            return Err(MINUTE.saturating_sub(now.duration_since(*first)));
        }
        if tests.is_under_way {
            return Err(SOON);
        }
        tests.is_under_way = true;
        tests.begun.push_back(now);
        Ok(TestTurn { turns: self.clone(), workspace })
    }
}

impl Drop for TestTurn {
    fn drop(&mut self) {
        let mut all = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tests) = all.get_mut(&self.workspace) {
            tests.is_under_way = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_test_at_a_time_and_six_a_minute() {
        let (turns, now) = (TestTurns::default(), Instant::now());
        let workspace = WorkspaceId::nth(0);
        let at = |s| now + Duration::from_secs(s);
        let first = turns.take(workspace, at(0)).unwrap();
        assert_eq!(turns.take(workspace, at(1)).unwrap_err(), SOON);
        assert!(turns.take(WorkspaceId::nth(1), at(1)).is_ok(), "others do not wait");
        drop(first);
        for s in 1..6 {
            assert!(turns.take(workspace, at(s)).is_ok(), "{s}");
        }
        assert_eq!(turns.take(workspace, at(6)).unwrap_err(), Duration::from_secs(54));
        assert_eq!(turns.take(workspace, at(59)).unwrap_err(), SOON);
        assert!(turns.take(workspace, at(60)).is_ok());
        assert_eq!(turns.take(workspace, at(60)).unwrap_err(), Duration::from_secs(1));
    }

    #[test]
    fn who_has_not_tested_lately_is_forgotten() {
        let (turns, now) = (TestTurns::default(), Instant::now());
        for nth in 0..=WORKSPACES_KEPT as u64 {
            drop(turns.take(WorkspaceId::nth(nth), now).unwrap());
        }
        let _kept = turns.take(WorkspaceId::nth(5_000), now + MINUTE).unwrap();
        assert_eq!(turns.0.lock().unwrap().len(), 1);
    }
}
