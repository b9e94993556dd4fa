//! Signed notes, as C2SP's `signed-note` writes them: a text, an empty line, and a line for each signature.

use crate::checkpoint_key::{CheckpointKey, VerifierKey};
use crate::founding::LogId;

/// The longest note that is read, in bytes; one with two signatures has about 400.
pub const NOTE_BYTES_MAX: usize = 4 << 10;
/// What stands before each signature.
const SIGNED_BY: &str = "\u{2014} ";

/// Why a text is not the note that it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("not a checkpoint: it must be three lines, an empty one, and the signatures")]
    Malformed,
    #[error("signed by another key")]
    OtherKey,
    #[error("the signature does not fit the text")]
    Forged,
}

/// Signs a text, which must end with a line feed.
pub(super) fn signed(text: &str, log: LogId, keys: &[&CheckpointKey]) -> String {
    let signature = |key: &&CheckpointKey| format!("{SIGNED_BY}{}\n", key.signature(log, text.as_bytes()));
    format!("{text}\n{}", keys.iter().map(signature).collect::<String>())
}

/// Reads the text of a note, and checks that this key signed it.
pub(super) fn check<T>(note: &str, key: &VerifierKey, read: impl FnOnce(&str) -> Option<T>) -> Result<T, NoteError> {
    let (text, signatures) = parts(note)?;
    let said = read(text).ok_or(NoteError::Malformed)?;
    let mut of_key =
        signatures.lines().filter_map(|line| line.strip_prefix(SIGNED_BY)).filter(|line| key.is_named_in(line));
    let signature = of_key.next().ok_or(NoteError::OtherKey)?;
    if key.verifies(text.as_bytes(), signature) { Ok(said) } else { Err(NoteError::Forged) }
}

/// Splits a note into its text and its signatures.
pub(super) fn parts(note: &str) -> Result<(&str, &str), NoteError> {
    let at = note.find("\n\n").filter(|_| note.len() <= NOTE_BYTES_MAX).ok_or(NoteError::Malformed)?;
    let (text, rest) = note.split_at_checked(at + 1).ok_or(NoteError::Malformed)?;
    // Whatever else stands there was not signed, and somebody may take it for a part of the note.
    let signatures = rest.strip_prefix('\n').and_then(|rest| rest.strip_suffix('\n')).unwrap_or_default();
    let are_signatures = signatures.split('\n').all(|line| line.starts_with(SIGNED_BY));
    if are_signatures { Ok((text, signatures)) } else { Err(NoteError::Malformed) }
}
