//! What third parties can check without this program: every event as a line of JSON, the tree over all lines, and signed
//! checkpoints of it.

pub mod blocks;
pub mod checker;
pub mod checkpoint;
pub mod exported;
pub mod import;
pub mod line;
pub mod note;
pub mod prover;
pub mod signed_head;
pub mod tree;
