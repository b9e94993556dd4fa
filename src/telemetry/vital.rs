//! Ends the process when a vital part fails: a restart is better than a gateway that answers but does nothing.

use std::panic;
use std::process;
use std::sync::Once;
use std::thread;

use actors::runtime::vital;

use super::{last_words, say};

/// Name prefixes of the other vital threads: our own for log lines, and those of third-party crates.
const THREADS: [&str; 4] = ["actix-server accept", "log-lines", "sled", "log flusher"];

static WATCHED: Once = Once::new();

/// Logs these words, then ends the process with exit code 1 and without clean-up.
pub fn end(words: &str) -> ! {
    tracing::error!("{words}; ending at once");
    last_words();
    process::exit(1)
}

/// Makes panics go to the log from now on, and end the process if they hit a vital part.
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
