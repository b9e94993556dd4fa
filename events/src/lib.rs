//! What happened: event types, their frozen bytes and the append-only log. Knows no actor and no HTTP.
//!
//! Read in this order: [`ids`], [`time`], [`who`], [`event`] and its four families, [`record`] (one commit), [`codec`]
//! (bytes), [`chain`] (hashes), [`log`] and [`secrets`] (what a store must do), [`notes`] (all keys beside the
//! records), [`store`] (the one on the disk), [`index`] (look-ups), [`sequencer`] (order first), [`writer`] (then
//! durability), [`snapshot`] (shortcuts), [`tally`] (figures).

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

pub mod log;
pub mod notes;
pub mod secrets;
pub mod store;

pub mod history;
pub mod index;

pub mod counters;
pub mod sequencer;
pub mod snapshot;
pub mod tail;
pub mod verify;
pub mod watermark;
pub mod writer;
