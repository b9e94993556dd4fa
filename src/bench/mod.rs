//! Measurement code shared by `benches/` and `tidings bench`. Contains no business rules.

pub mod append;
pub mod disk;
pub mod figures;
pub mod load;
pub mod receiver;
pub mod synthetic;
