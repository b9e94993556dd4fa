//! What concerns the log itself: the event with which it begins, and a change of the key that signs it.

use serde::{Deserialize, Serialize};

use crate::hex::hex_bytes;
use crate::time::Timestamp;

/// The format of records and of everything beside them. A store of another format is refused.
pub const FORMAT: u16 = 1;

hex_bytes!(
    /// Tells two logs apart: 128 random bits.
    LogId,
    16
);

/// The log was created; always its first event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogCreated {
    pub log: LogId,
    /// The format in which it is written.
    pub format: u16,
    pub created_at: Timestamp,
    /// The key that verifies the signatures of this log's checkpoints at first: Ed25519, as C2SP's signed notes write
    /// it, `name+hash+base64`.
    pub checkpoint_key: String,
}

/// Another key signs the checkpoints from here on, because the one before was lost with its vault, or did not come along
/// with an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointKeyChanged {
    /// The key that verifies the signatures from now on, as in [`LogCreated`].
    pub checkpoint_key: String,
    pub at: Timestamp,
}
