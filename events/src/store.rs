//! The stores of the log: a sled store on the disk, or memory.

mod catch_panic;
mod closing_checksums;
pub mod data_dir;
mod disk_space;
mod head_file;
pub mod identity;
pub mod import;
pub mod lifecycle;
pub mod lost_vault;
pub mod master_key_file;
pub mod memory_log;
mod pages;
pub mod rekey;
pub mod scratch;
pub mod sealed_secrets;
pub mod sled_log;
mod stale_files;
mod vault_check;
