//! What happened: event types, their frozen bytes and the append-only log. Knows no actor and no HTTP.
//!
//! Read in this order: [`ids`], [`time`], [`who`], [`event`] and its four families, [`record`] (one commit), [`codec`]
//! (bytes), [`chain`] (hashes), [`log`] (what a store must do), [`index`] (look-ups), [`sequencer`] (order first),
//! [`writer`] (then durability), [`snapshot`] (shortcuts), [`tally`] (figures).

pub mod characters;
pub mod ids;
pub mod personal;
pub mod time;
pub mod who;

pub mod account;
pub mod chat;
pub mod event;
pub mod webhook;
pub mod workspace;

pub mod chain;
pub mod codec;
pub mod record;

mod closing;
mod doors;
mod leftovers;
pub mod log;
pub mod memory_log;
mod pages;
mod room;
pub mod scratch;
pub mod sled_log;
mod unwinding;
mod witness;

pub mod index;
pub mod reading;
pub mod sequencer;
pub mod snapshot;
pub mod tally;
pub mod verify;
pub mod watermark;
pub mod writer;
