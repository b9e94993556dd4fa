//! One suite for every store of records: tests the guarantees of a log, its index, its sequencer and its writer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a broken helper fails the test")]
#![allow(clippy::indexing_slicing, clippy::print_stderr, reason = "the same; and words for people")]

#[path = "../shared/hand.rs"]
mod hand;

mod desk;
mod facts;
mod store;
mod watched;

mod batches;
mod erasing;
mod history;
mod long;
mod lookups;
mod notes;
mod reading;
mod remaking;
mod removals;
mod reopening;
mod secrets;
mod sequencing;
mod series;
mod snapshots;
mod streams;
mod tail;
mod titles;
mod writing;
