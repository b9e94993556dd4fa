//! Calls into a store that gives up on some damaged files by a panic: one more way of being unreadable.

use std::panic::{self, AssertUnwindSafe};

/// What `call` returns, or the words of its panic, which nobody else hears.
pub(crate) fn without_panic<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    let told = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let returned = panic::catch_unwind(AssertUnwindSafe(call));
    panic::set_hook(told);
    returned.map_err(|words| {
        let words =
            words.downcast_ref::<String>().map(String::as_str).or_else(|| words.downcast_ref::<&str>().copied());
        words.unwrap_or("the store gives up").to_owned()
    })
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
