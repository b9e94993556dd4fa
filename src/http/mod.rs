//! The HTTP layer: authorizes callers, parses requests, renders responses. Contains no business rules.

mod admin;
mod api;
mod body;
mod call;
mod caller;
mod checkpoint;
mod connections;
mod docs;
mod error;
mod event_stream;
mod fuzzing;
mod health;
mod inbound;
mod json;
mod listed;

mod metrics;
mod openapi;
mod page;
mod routes;
mod send_body;
mod server;
mod submit;

pub use caller::Role;
pub use connections::{Connections, Limits as ConnectionLimits};
pub use fuzzing::{attempts_csv, judge_send_body};
pub use listed::Listed;
pub use routes::{configure, configure_for_any, description as openapi, routes};
pub use server::{KEEP_ALIVE, Size, serve};
