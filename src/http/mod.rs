//! The HTTP edge: who may call, what was said, what is answered. Holds no rule.

mod accounts;
mod body;
mod caller;
mod chats;
mod credits;
mod docs;
mod error;
mod events;
mod fields;
mod files;
mod health;
mod inbound;
mod inbound_settings;
mod keys;
mod messages;
mod metrics;
mod openapi;
mod page;
mod routes;
mod send_body;
mod streams;
mod teammates;
mod timeline;
mod told;
mod workspace;
mod workspaces;

pub use caller::Role;
pub use error::Refused;
pub use events::{EventRow, Filter, rows};
pub use files::{FileCheckView, check as check_file};
pub use openapi::text as openapi;
pub use routes::{Listed, configure, routes};
pub use streams::{StateView, position_of, state_view};
pub use workspaces::{Created, Wanted, make as make_workspace};
