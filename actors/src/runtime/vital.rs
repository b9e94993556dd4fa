//! Marks work without which the process cannot go on. Nobody handles a panic there, so the panic hook of the process
//! asks here if a panic hit such work.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;

thread_local! {
    static IS_RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// Restores the previous value, even when unwinding.
struct Outer(bool);

impl Drop for Outer {
    fn drop(&mut self) {
        IS_RUNNING.set(self.0);
    }
}

/// True if vital work runs on this thread right now.
pub fn is_running() -> bool {
    IS_RUNNING.try_with(Cell::get).unwrap_or(false)
}

/// Runs a task; a panic in it must end the process.
pub async fn task<F: Future>(task: F) -> F::Output {
    let mut task = pin!(task);
    poll_fn(move |context| during(|| task.as_mut().poll(context))).await
}

/// Does the same for work that is no task, such as the work of a thread.
pub fn during<T>(work: impl FnOnce() -> T) -> T {
    let _outer = Outer(IS_RUNNING.replace(true));
    work()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_task_itself_is_vital() {
        let vital = task(async {
            let before = is_running();
            tokio::task::yield_now().await;
            before && is_running()
        });
        let other = async {
            let before = is_running();
            tokio::task::yield_now().await;
            before || is_running()
        };
        assert_eq!(tokio::join!(vital, other), (true, false));
        assert!(!is_running());
    }

    #[test]
    fn a_panic_ends_it_too() {
        let panicked = std::panic::catch_unwind(|| during(|| assert!(!is_running(), "as it must")));
        assert!(panicked.is_err() && !is_running());
    }
}
