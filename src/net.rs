//! Calls that go out and limits on those that come in: which addresses are called and how, how much one client may ask for.

pub mod client;
pub mod guard;
pub mod lack;
pub mod rate_limit;
pub mod stream_limit;
pub mod turns;
