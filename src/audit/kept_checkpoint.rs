//! A checkpoint that somebody kept, and the signed head of the same moment if that was kept with it.

use events::checkpoint_key::VerifierKey;
use events::proof::checkpoint::Checkpoint;
use events::proof::note::NoteError;
use events::proof::signed_head::SignedHead;

/// What somebody kept of a moment. The signatures are verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptCheckpoint {
    pub checkpoint: Checkpoint,
    /// The signed head of the same moment, if it was kept with the checkpoint.
    pub head: Option<SignedHead>,
}

impl KeptCheckpoint {
    /// Opens the notes that were kept with the first of these keys that fits.
    pub fn open(checkpoint: &str, head: Option<&str>, keys: &[VerifierKey]) -> Result<Self, NoteError> {
        let mut refused = NoteError::OtherKey;
        for key in keys {
            match Self::open_with(checkpoint, head, key) {
                Err(NoteError::OtherKey) => {}
                Err(error) => refused = error,
                opened => return opened,
            }
        }
        Err(refused)
    }

    /// Opens the notes with a key. A head that does not belong to the checkpoint is passed over.
    fn open_with(checkpoint: &str, head: Option<&str>, key: &VerifierKey) -> Result<Self, NoteError> {
        let checkpoint = Checkpoint::open(checkpoint, key)?;
        let Checkpoint { log, generation, size, .. } = checkpoint;
        let head = head.and_then(|note| SignedHead::open(note, key).ok());
        let head = head.filter(|head| (head.log, head.generation, head.size) == (log, generation, size));
        Ok(Self { checkpoint, head })
    }
}

impl From<Checkpoint> for KeptCheckpoint {
    fn from(checkpoint: Checkpoint) -> Self {
        Self { checkpoint, head: None }
    }
}
