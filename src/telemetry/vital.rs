//! What the process does not go on without: where such a part fails, the process ends at once, for a restart does more
//! good than a gateway that answers and does nothing.

use std::panic;
use std::process;
use std::sync::Once;
use std::thread;

use actors::runtime::vital;

use super::{last_words, say};

/// Vital threads of other people's crates, by the beginnings of their names.
const THREADS: [&str; 4] = ["actix-server accept", "log-lines", "sled", "log flusher"];

static WATCHED: Once = Once::new();

/// Ends the process with these words, exit code 1 and no clean-up.
pub fn end(words: &str) -> ! {
    tracing::error!("{words}; ending at once");
    last_words();
    process::exit(1)
}

/// From now on a panic is told like everything else, and ends the process if it is one of a vital part.
pub(super) fn watch_panics() {
    WATCHED.call_once(|| {
        panic::set_hook(Box::new(|panic| {
            let thread = thread::current();
            let name = thread.name().unwrap_or("without a name");
            let is_vital = vital::is_running() || THREADS.iter().any(|vital| name.starts_with(vital));
            let end = if is_vital { "; ending at once" } else { "" };
            say(&format!("panic on thread {name}: {panic}{end}\n"));
            if is_vital {
                last_words();
                process::exit(1);
            }
        }));
    });
}
