//! Outgoing calls and limits on incoming ones: which addresses may be called and how, and how much one client may
//! request.

pub mod client;
pub mod guard;
pub mod hang_up;
pub mod lack;
pub mod rate_limit;
pub mod stream_limit;
pub mod this_machine;
pub mod turns;
pub mod wrong_keys;
