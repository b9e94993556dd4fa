//! The code of the fuzz targets. Each function panics if a promise is broken.

pub mod attempts;
pub mod guard;
pub mod inbound;
pub mod phones;
