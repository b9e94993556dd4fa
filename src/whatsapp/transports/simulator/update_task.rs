//! The one task in which a transport reports updates.

use std::sync::{Mutex, PoisonError};

use actors::runtime::vital;
use tokio::task::JoinSet;

/// At most one running task; it ends when it is replaced, stopped or dropped.
#[derive(Default)]
pub(super) struct UpdateTask(Mutex<JoinSet<()>>);

impl UpdateTask {
    /// Runs this task on the current tokio runtime, replacing the earlier one.
    pub(super) fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = JoinSet::new();
        tasks.spawn(vital::task(task));
        self.replace(tasks);
    }

    pub(super) fn stop(&self) {
        self.replace(JoinSet::new());
    }

    fn replace(&self, tasks: JoinSet<()>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = tasks;
    }
}
