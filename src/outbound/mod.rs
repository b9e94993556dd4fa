//! Reports to the CRM's own URL: posted, signed, remembered. When to try is not decided here.

mod answer;
mod fault;
mod http;
mod key_ring;
mod poster;
mod retry_after;
mod signing;
mod verification;

pub use answer::Response;
pub use fault::Fault;
pub use http::Http;
pub use key_ring::{KeyRing, OVERLAP_MS};
pub use poster::{Answered, Poster, Request};
pub use retry_after::RETRY_AFTER_MAX;
pub use signing::{NotAKey, SigningKey};
pub use verification::{Signature, SignedBy};

/// Longest part of a body that is kept of an answer, in bytes.
pub const BODY_BYTES_MAX: usize = 16 << 10;
