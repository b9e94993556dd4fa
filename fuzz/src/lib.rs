//! What must hold for any bytes from outside. Each function panics if a promise is broken.
//!
//! The tests run them over the kept corpus; the programs in `targets/` search for more inputs.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a panic is a finding"
)]

pub mod attempts;
pub mod guard;
pub mod inbound;
pub mod phones;
pub mod records;

/// A function that judges an input.
pub type Judge = fn(&[u8]);

/// All of them, each by the name of its program in `targets/` and of its folder in `corpus/`.
pub const ALL: &[(&str, Judge)] = &[
    ("attempts_csv", attempts::write),
    ("guard", guard::judge),
    ("inbound_body", inbound::judge_body),
    ("inbound_request", inbound::serve),
    ("phones", phones::judge),
    ("record", records::judge),
];
