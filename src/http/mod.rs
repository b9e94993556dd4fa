//! The HTTP edge: who may call, what was said, what is answered. Holds no rule.

mod accounts;
mod body;
mod caller;
mod chats;
mod credits;
mod error;
mod events;
mod fuzzing;
mod health;
mod inbound;
mod messages;
mod page;
mod routes;
mod send_body;
mod streams;
mod workspaces;

pub use error::Refused;
pub use events::{EventRow, Filter, rows};
pub use fuzzing::judge_send_body;
pub use routes::configure;
pub use streams::{StateView, position_of, state_view};
pub use workspaces::{Created, Wanted, make as make_workspace};
