//! The stores of the log: a sled store on the disk, or memory.

mod catch_panic;
mod closing_checksums;
mod disk_space;
mod head_file;
mod lifecycle;
pub mod memory_log;
mod pages;
pub mod scratch;
pub mod sled_log;
mod stale_files;
