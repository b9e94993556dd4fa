//! What the targets do with their bytes. Each panics if a promise is broken.

pub mod attempts;
pub mod guard;
pub mod inbound;
pub mod phones;
