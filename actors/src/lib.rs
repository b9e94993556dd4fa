//! Who decides: pure rules, and the one shell that runs them as actors. Knows actix; no bytes, no HTTP, no store.
//!
//! Read in this order: [`decider`] (what a rule is), [`phone`] and [`peer`] (who is meant), then the rules:
//! [`workspace`], [`account`], [`chat`], [`webhook`]; then what runs them: [`shell`], [`registry`], [`shard`].

pub mod decider;
pub mod peer;
pub mod phone;
pub mod reporting;

pub mod account;
pub mod chat;
pub mod webhook;
pub mod workspace;

mod admission;
mod agenda;
pub mod clock;
pub mod port;
pub mod registry;
mod remarks;
pub mod replay;
pub mod shard;
pub mod shell;

#[cfg(test)]
mod spec;
