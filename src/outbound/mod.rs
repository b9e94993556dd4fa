//! Reports to the CRM's own URL: put together, posted, signed, remembered. What is owed, and when, is decided elsewhere.

pub mod bundle;

pub mod body;
pub mod permalink;
pub mod posting;
mod rebuild;
mod reported;
pub mod testing;

mod answer;
mod fault;
mod http;
mod key_ring;
mod poster;
mod retry_after;
mod signing;
mod signing_key;
mod tries;
mod trying;
mod turns;
mod verification;

pub use answer::Response;
pub use fault::Fault;
pub use http::Http;
pub use key_ring::{KeyRing, KeysError, OVERLAP_MS, TooManyKeys};
pub use poster::{Answered, Poster, Request};
pub use rebuild::rebuild;
pub use reported::{owed_in, reported};
pub use retry_after::RETRY_AFTER_MAX;
pub use signing_key::{NotAKey, SigningKey};
pub use tries::{ResponseView, Tries, Try, TryView};
pub use trying::Trying;
pub use turns::{TESTS_PER_MINUTE, Turn, Turns};
pub use verification::{Signature, SignedBy};

pub use crate::recent::BODY_BYTES_MAX;
