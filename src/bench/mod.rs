//! Measuring: what `benches/` and `tidings bench` share. Knows no rule.

pub mod append;
pub mod disk;
pub mod figures;
pub mod load;
pub mod receiver;
pub mod synthetic;
