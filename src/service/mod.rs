//! What can be asked of a gateway and done with it: typed rows, refusals, pages. Knows no HTTP, no command line, no page
//! and no transport by name; the faces parse, call this and render.

pub mod as_of;
pub mod fields;
pub mod page;
pub mod refusal;
pub mod schema;
pub mod scope;

pub mod accounts;
pub mod chats;
pub mod deliveries;
pub mod events;
pub mod files;
pub mod follow;
pub mod inbound;
pub mod keys;
pub mod ledger;
pub mod messages;
pub mod outbound;
pub mod outbox;
mod receiver_url;
pub mod recent;
pub mod settings;
pub mod states;
pub mod submit;
pub mod teammates;
pub mod timeline;
mod titles;
pub mod workspaces;
