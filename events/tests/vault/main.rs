//! One suite for every vault: tests that seeds are durable before they are counted, that destroyed ones never come
//! back, and that whatever happens to one of the two copies is mended from the other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a broken helper fails the test")]
#![allow(clippy::indexing_slicing, reason = "the same")]

mod desk;

mod crashes;
mod damage;
mod endless;
mod files;
mod keys;
mod lost;
mod random;
mod rekey;
