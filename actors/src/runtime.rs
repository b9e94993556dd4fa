//! Runs the rules as actors: each shell holds one actor's state, the shard holds the shells of one thread.

mod admission;
pub mod agenda;
pub mod clock;
pub mod port;
pub mod registry;
mod remarks;
pub mod replay;
pub mod shard;
pub mod shell;
pub mod vault_room;
pub mod vital;
