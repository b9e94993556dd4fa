//! Who decides: pure rules, and the one shell that runs them as actors. Knows actix; no bytes, no HTTP, no store.
//!
//! Read in this order: [`decider`] (what a rule is), [`phone`] and [`peer`] (who is meant), then the rules:
//! [`workspace`], [`account`], [`chat`], [`webhook`]; then what runs them:
//! [`runtime`].

pub mod decider;
pub mod names;
pub mod peer;
pub mod phone;
pub mod reporting;

pub mod account;
pub mod chat;
pub mod webhook;
pub mod workspace;

pub mod runtime;

#[cfg(test)]
mod spec;
