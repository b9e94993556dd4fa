//! What an auditor gets: exports, the proofs of single lines, and signed checkpoints of the whole log.

pub mod checkpoint_files;
pub mod checkpoint_keys;
pub mod comparison;
pub mod export;
pub mod kept_checkpoint;
pub mod log_identity;
pub mod proof_keeper;
pub mod proofs;
pub mod verification;
pub mod verifications;
