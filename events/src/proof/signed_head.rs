//! The hash of the last record at the moment of a checkpoint, signed beside it.
//!
//! A checkpoint's root is made of lines, and comparing it means making them all again. Whoever finds that the chain of the
//! records leads to the hash that was signed knows as much, since the lines follow from the records, and needs a fraction
//! of the time. Nobody else can use it: an import has other records for the same lines, and other hashes. So it is a note
//! of its own, beside the checkpoint and not in it:
//!
//! ```text
//! tidings/<log id>/<generation>/records
//! <position of the last event>
//! <hash of its record, base64>
//! <hash of the stored blocks of lines, base64>
//!
//! — tidings/<log id> <signature, base64>
//! ```

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::checkpoint_key::{CheckpointKey, VerifierKey};
use crate::founding::LogId;
use crate::ids::Position;
use crate::personal::Digest;
use crate::proof::note::{self, NoteError};

/// What such a note says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedHead {
    pub log: LogId,
    /// As that of the checkpoint.
    pub generation: u64,
    /// The position of the last event of the last record.
    pub size: Position,
    /// The hash of that record.
    pub record: Digest,
    /// The hash of what is stored of the whole blocks of lines.
    pub blocks: Digest,
}

impl fmt::Display for SignedHead {
    /// Writes what is signed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { log, generation, size, record, blocks } = self;
        let [record, blocks] = [record, blocks].map(|digest| STANDARD.encode(digest.0));
        write!(f, "tidings/{log}/{generation}/records\n{size}\n{record}\n{blocks}\n")
    }
}

impl SignedHead {
    /// Returns the signed note.
    pub fn signed(&self, keys: &[&CheckpointKey]) -> String {
        note::signed(&self.to_string(), self.log, keys)
    }

    /// Reads a note, and checks that this key signed it.
    pub fn open(note: &str, key: &VerifierKey) -> Result<Self, NoteError> {
        note::check(note, key, read)
    }
}

fn read(text: &str) -> Option<SignedHead> {
    let digest = |text: &str| STANDARD.decode(text).ok()?.try_into().ok().map(Digest);
    let mut lines = text.strip_suffix('\n')?.split('\n');
    let (log, generation) = lines.next()?.strip_prefix("tidings/")?.strip_suffix("/records")?.split_once('/')?;
    let (size, record, blocks) = (lines.next()?, digest(lines.next()?)?, digest(lines.next()?)?);
    let (log, generation, size) = (log.parse().ok()?, generation.parse().ok()?, size.parse().ok()?);
    let read = SignedHead { log, generation, size, record, blocks };
    // Only what is written in the one way is read.
    (read.to_string() == text).then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::checkpoint::Checkpoint;

    const LOG: LogId = LogId([0xab; 16]);

    #[test]
    fn a_head_is_read_as_it_was_signed_and_is_no_checkpoint() {
        let key = CheckpointKey::of_seed([1; 32]).unwrap();
        let head = SignedHead { log: LOG, generation: 2, size: 17, record: Digest([7; 32]), blocks: Digest([8; 32]) };
        let note = head.signed(&[&key]);
        assert!(note.starts_with("tidings/abababababababababababababababab/2/records\n17\nBwcH"), "{note}");
        let verifier = key.verifier(LOG);
        assert_eq!(SignedHead::open(&note, &verifier), Ok(head));
        assert_eq!(Checkpoint::open(&note, &verifier), Err(NoteError::Malformed));
        let checkpoint = Checkpoint { log: LOG, generation: 2, size: 17, root: Digest([7; 32]) }.signed(&[&key]);
        assert_eq!(SignedHead::open(&checkpoint, &verifier), Err(NoteError::Malformed));
        assert_eq!(SignedHead::open(&note.replacen("\n17\n", "\n18\n", 1), &verifier), Err(NoteError::Forged));
        assert_eq!(SignedHead::open(&note.replacen("\n17\n", "\n017\n", 1), &verifier), Err(NoteError::Malformed));
        let other = CheckpointKey::of_seed([2; 32]).unwrap().verifier(LOG);
        assert_eq!(SignedHead::open(&note, &other), Err(NoteError::OtherKey));
    }
}
