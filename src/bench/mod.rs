//! Measuring: what `benches/` and `tidings bench` share. Knows no rule.

pub mod append;
pub mod disk;
pub mod figures;
pub mod lives;
pub mod load;
pub mod receiver;
