//! The gateway's operations for its interfaces: typed rows, refusals, pages of lists. Knows nothing of HTTP, the
//! command line or web pages, and no transport by name; the interfaces parse, call this, and render.

pub mod as_of;
mod exact;
pub mod fields;
mod gone;
pub mod page;
pub mod refusal;
pub mod schema;
pub mod scope;
#[cfg(test)]
mod small_log;
mod vault_room;

pub mod accounts;
pub mod actors;
pub mod chats;
pub mod deliveries;
pub mod erasures;
pub mod event_query;
pub mod event_stats;
pub mod events;
pub mod files;
pub mod follow;
pub mod inbound;
pub mod json_diff;
pub mod keys;
pub mod ledger;
pub mod listen;
pub mod log_level;
mod message_story;
pub mod messages;
mod nearest_chat;
pub mod outbound;
pub mod outbox;
mod ownership;
pub mod proofs;
mod receiver_url;
pub mod recent;
pub mod replay;
pub mod settings;
pub mod state_diff;
pub mod states;
pub mod submit;
pub mod teammates;
pub mod timeline;
pub mod trace;
pub mod verification;
pub mod wording;
pub mod workspaces;
