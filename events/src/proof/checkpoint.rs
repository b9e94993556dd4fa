//! A checkpoint: the size and root of the tree at some moment, signed. Whoever keeps one elsewhere finds out later if
//! anything before it was changed.
//!
//! Its text is that of C2SP's `tlog-checkpoint`, its signature that of C2SP's `signed-note`:
//!
//! ```text
//! tidings/<log id>/<generation>
//! <number of events>
//! <root of the tree, base64>
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

/// What a checkpoint says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    pub log: LogId,
    /// 0 until a backup is restored, and one more after each.
    pub generation: u64,
    /// The number of events, which is the position of the last one.
    pub size: Position,
    pub root: Digest,
}

impl fmt::Display for Checkpoint {
    /// Writes what is signed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { log, generation, size, root } = self;
        write!(f, "tidings/{log}/{generation}\n{size}\n{}\n", STANDARD.encode(root.0))
    }
}

impl Checkpoint {
    /// Returns the signed note.
    pub fn signed(&self, keys: &[&CheckpointKey]) -> String {
        note::signed(&self.to_string(), self.log, keys)
    }

    /// Reads a note, and checks that this key signed it.
    pub fn open(note: &str, key: &VerifierKey) -> Result<Self, NoteError> {
        note::check(note, key, read)
    }

    /// Reads a note without looking at its signatures.
    pub fn unverified(note: &str) -> Result<Self, NoteError> {
        read(note::parts(note)?.0).ok_or(NoteError::Malformed)
    }
}

fn read(text: &str) -> Option<Checkpoint> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    let (log, generation) = lines.next()?.strip_prefix("tidings/")?.split_once('/')?;
    let (size, root) = (lines.next()?, lines.next()?);
    let root = STANDARD.decode(root).ok()?.try_into().ok()?;
    let read = Checkpoint {
        log: log.parse().ok()?,
        generation: generation.parse().ok()?,
        size: size.parse().ok()?,
        root: Digest(root),
    };
    // Only what is written in the one way is read: no sign, no leading zero, no fourth line.
    (read.to_string() == text).then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: LogId = LogId([0xab; 16]);

    fn key(byte: u8) -> CheckpointKey {
        CheckpointKey::of_seed([byte; 32]).unwrap()
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint { log: LOG, generation: 0, size: 17, root: Digest([7; 32]) }
    }

    fn verifier(byte: u8) -> VerifierKey {
        key(byte).verifier(LOG).to_string().parse().unwrap()
    }

    #[test]
    fn a_note_says_what_was_signed() {
        let note = checkpoint().signed(&[&key(1)]);
        let text = "tidings/abababababababababababababababab/0\n17\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n";
        assert!(note.starts_with(text), "{note}");
        assert_eq!(note.lines().count(), 5);
        assert_eq!(Checkpoint::open(&note, &verifier(1)), Ok(checkpoint()));
        assert_eq!(Checkpoint::unverified(&note), Ok(checkpoint()));
    }

    #[test]
    fn either_of_two_keys_opens_a_note() {
        let note = checkpoint().signed(&[&key(1), &key(2)]);
        assert_eq!(Checkpoint::open(&note, &verifier(1)), Ok(checkpoint()));
        assert_eq!(Checkpoint::open(&note, &verifier(2)), Ok(checkpoint()));
        assert_eq!(Checkpoint::open(&note, &verifier(3)), Err(NoteError::OtherKey));
    }

    #[test]
    fn a_changed_note_is_forged() {
        let note = checkpoint().signed(&[&key(1)]);
        for (from, to) in [("\n17\n", "\n18\n"), ("/0\n", "/1\n"), ("BwcH", "BwcI"), ("tidings/ab", "tidings/ac")] {
            let changed = note.replacen(from, to, 1);
            assert_ne!(changed, note);
            assert_eq!(Checkpoint::open(&changed, &verifier(1)), Err(NoteError::Forged), "{changed}");
        }
        let at = note.rfind(' ').unwrap() + 20;
        let letter = if note.as_bytes()[at] == b'A' { "B" } else { "A" };
        let mut changed = note.clone();
        changed.replace_range(at..=at, letter);
        assert_eq!(Checkpoint::open(&changed, &verifier(1)), Err(NoteError::Forged));
    }

    #[test]
    fn what_is_no_note_is_named() {
        let note = checkpoint().signed(&[&key(1)]);
        let fourth = note.replacen("\n\n", "\nmore\n\n", 1);
        let signed = note.replacen("\n17\n", "\n+17\n", 1);
        let zero = note.replacen("\n17\n", "\n017\n", 1);
        let long = format!("{note}{}", "x".repeat(note::NOTE_BYTES_MAX));
        let two = note.repeat(2);
        let more = format!("{note}more\n");
        let unsigned = note.split_inclusive('\n').take(4).collect::<String>();
        for bad in [&two, &more, &unsigned, note.trim_end()] {
            assert_eq!(Checkpoint::open(bad, &verifier(1)), Err(NoteError::Malformed), "{bad:?}");
        }
        for bad in ["", "\n\n", "tidings/ab/0\n17\n", &fourth, &signed, &zero, &long, &note.replace('\n', "\r\n")] {
            assert_eq!(Checkpoint::open(bad, &verifier(1)), Err(NoteError::Malformed), "{bad:?}");
        }
    }
}
