//! Pure rules, and the one shell that runs them as actors. Knows actix, but no bytes, no HTTP and no store.
//!
//! Read in this order: [`decider`] (the interface of all rules), [`phone`] and [`peer`] (recipients), then the rules:
//! [`workspace`], [`account`], [`chat`], [`webhook`]; then the code that runs them: [`runtime`].

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
