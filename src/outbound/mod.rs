//! Reports to the CRM's own URL: builds, signs, posts and records them. Other code decides which are due, and when.

pub mod bundle;

pub mod body;
pub mod permalink;
pub mod port;
mod rebuild;
mod report_history;
pub mod testing;

mod answer;
mod fault;
mod guarded_poster;
mod http_poster;
mod key_ring;
mod listeners;
mod recorded_poster;
mod retry_after;
mod signing;
mod signing_key;
mod test_turns;
mod tries;
mod verification;

pub use answer::Response;
pub use fault::Fault;
pub use guarded_poster::GuardedPoster;
pub use http_poster::{Answered, HttpPoster, Request};
pub use key_ring::{KeyRing, KeysError, OVERLAP_MS, TooManyKeys};
pub use listeners::{Answering, Handed, LISTENER, Listener, Listeners};
pub use rebuild::rebuild;
pub use recorded_poster::{RecordedPoster, ReportPost};
pub use report_history::{owed_in, reported};
pub use retry_after::RETRY_AFTER_MAX;
pub use signing_key::{NotAKey, SigningKey};
pub use test_turns::{TESTS_PER_MINUTE, TestTurn, TestTurns};
pub use tries::{ResponseView, Tries, Try, TryView};
pub use verification::{Signature, SignedBy};

pub use crate::recent::BODY_BYTES_MAX;
