//! Event types, their frozen bytes and the append-only log. Knows no actor and no HTTP.
//!
//! Read in this order: [`ids`], [`time`], [`who`], [`event`] and its four families, [`record`] (one commit),
//! [`codec`] (bytes), [`chain`] (hashes), [`log`] and [`secrets`] (the interface of a store), [`notes`] (all keys
//! beside the records), [`store`] (the implementation on disk), [`index`] (look-ups), [`sequencer`] (first the
//! order), [`writer`] (then durability), [`proof`] (what others can check), [`snapshot`] (faster replay), [`counters`] (metrics).

pub mod characters;
pub mod hex;
pub mod ids;
pub mod personal;
mod recent_cache;
pub mod time;
pub mod who;

pub mod account;
pub mod chat;
pub mod event;
pub mod webhook;
pub mod workspace;

pub mod checkpoint_key;
pub mod founding;
pub mod sealing;
pub mod vault;

pub mod chain;
pub mod codec;
pub mod record;
pub mod record_rules;

pub mod log;
pub mod notes;
pub mod proof;
pub mod secrets;
pub mod store;

pub mod history;
pub mod index;

pub mod counters;
pub mod rebuild;
pub mod sequencer;
pub mod snapshot;
pub mod tail;
pub mod verify;
pub mod watermark;
pub mod writer;
