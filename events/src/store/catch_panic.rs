//! Turns panics of the store into errors: it panics on some damaged files, which then count as unreadable.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Prefix of the names of the store's own threads.
const STORES_THREADS: &str = "sled";

static QUIET: Once = Once::new();
/// Number of calls in progress.
static CALLS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static IS_CALLING: Cell<bool> = const { Cell::new(false) };
}

/// Returns what `call` returns, or the message of its panic, which is reported nowhere else.
pub(crate) fn without_panic<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    QUIET.call_once(be_quiet_in_calls);
    CALLS.fetch_add(1, Ordering::Relaxed);
    let outer = IS_CALLING.replace(true);
    let returned = panic::catch_unwind(AssertUnwindSafe(call));
    IS_CALLING.set(outer);
    CALLS.fetch_sub(1, Ordering::Relaxed);
    returned.map_err(|words| {
        let words =
            words.downcast_ref::<String>().map(String::as_str).or_else(|| words.downcast_ref::<&str>().copied());
        words.unwrap_or("the store gives up").to_owned()
    })
}

/// Silences panics within calls; all others are reported as before.
fn be_quiet_in_calls() {
    let told = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let is_the_stores = || thread::current().name().is_some_and(|name| name.starts_with(STORES_THREADS));
        let is_calling = IS_CALLING.try_with(Cell::get).unwrap_or(false);
        let is_called = CALLS.load(Ordering::Relaxed) > 0 && is_the_stores();
        if !(is_calling || is_called) {
            told(panic);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_panic_are_returned() {
        assert_eq!(without_panic(|| 7), Ok(7));
        assert_eq!(without_panic(|| panic!("torn")), Err::<(), _>("torn".to_owned()));
        assert_eq!(without_panic(|| panic!("{} pages", 3)), Err::<(), _>("3 pages".to_owned()));
    }
}
