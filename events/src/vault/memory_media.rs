//! A simulated disk: it keeps apart what was not synced, and a crash keeps, loses or tears each write of it.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::block::BLOCK_BYTES;
use super::media::Media;

/// A file of a simulated disk. Clones are the same file.
#[derive(Clone)]
pub struct MemoryMedia {
    file: Arc<Mutex<Simulated>>,
    power: Power,
}

#[derive(Default)]
struct Simulated {
    /// What readers see.
    current: Vec<u8>,
    /// What a crash leaves at least.
    durable: Vec<u8>,
    /// Where reads fail.
    broken_at: Option<u64>,
    /// Changes of `durable` that are in `current` only, in order.
    unsynced: Vec<Unsynced>,
}

/// A change that a crash may undo. Longer writes are one change for each block of 4,096 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsynced {
    /// Bytes were written.
    Write {
        /// Where they begin in the file.
        offset: u64,
        /// What was written.
        bytes: Vec<u8>,
    },
    /// The file was given this length.
    SetLength(u64),
}

/// What a crash does to a change that was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It reached the disk.
    Kept,
    /// It did not.
    Lost,
    /// Only so many of its bytes did. A change of the length is lost.
    Torn(usize),
}

/// Lets writes and syncs fail from a moment on, as when a disk is pulled out. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Power(Arc<Mutex<Option<u64>>>);

impl Power {
    /// Lets all steps fail after this many; `None`: never.
    pub(super) fn set(&self, steps: Option<u64>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = steps;
    }

    /// Takes a step.
    fn step(&self) -> io::Result<()> {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match left.as_mut() {
            Some(0) => Err(io::Error::other("the simulated disk was pulled out")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl MemoryMedia {
    pub(super) fn new(power: Power) -> Self {
        Self { file: Arc::default(), power }
    }

    /// Crashes: what was not synced meets the fates that `choose` says, in the order of the changes.
    pub fn crash(&self, mut choose: impl FnMut(&Unsynced) -> Fate) {
        let file = &mut *self.lock();
        for change in std::mem::take(&mut file.unsynced) {
            match choose(&change) {
                Fate::Kept => apply(&mut file.durable, &change, usize::MAX),
                Fate::Torn(bytes) => apply(&mut file.durable, &change, bytes),
                Fate::Lost => {}
            }
        }
        file.current.clone_from(&file.durable);
    }

    /// Returns the changes that were not synced.
    pub fn unsynced(&self) -> Vec<Unsynced> {
        self.lock().unsynced.clone()
    }

    /// Returns what readers see.
    pub fn bytes(&self) -> Vec<u8> {
        self.lock().current.clone()
    }

    /// Puts other content in place of the file's, as durable.
    pub fn set_bytes(&self, bytes: Vec<u8>) {
        *self.lock() = Simulated { current: bytes.clone(), durable: bytes, ..Simulated::default() };
    }

    /// Lets reads of this byte fail until it is written again.
    pub fn break_at(&self, offset: u64) {
        self.lock().broken_at = Some(offset);
    }

    fn lock(&self) -> MutexGuard<'_, Simulated> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: Unsynced) {
        let mut file = self.lock();
        apply(&mut file.current, &change, usize::MAX);
        file.unsynced.push(change);
    }
}

/// Applies a change, or the first bytes of a write.
fn apply(content: &mut Vec<u8>, change: &Unsynced, bytes_max: usize) {
    match change {
        Unsynced::Write { offset, bytes } => {
            let start = usize::try_from(*offset).unwrap_or(usize::MAX);
            let bytes = bytes.get(..bytes_max).unwrap_or(bytes);
            let end = start.saturating_add(bytes.len());
            if content.len() < end && !bytes.is_empty() {
                content.resize(end, 0);
            }
            content.get_mut(start..end).into_iter().for_each(|place| place.copy_from_slice(bytes));
        }
        Unsynced::SetLength(_) if bytes_max < usize::MAX => {}
        Unsynced::SetLength(length) => content.resize(usize::try_from(*length).unwrap_or(usize::MAX), 0),
    }
}

impl Media for MemoryMedia {
    fn length(&self) -> io::Result<u64> {
        Ok(self.lock().current.len() as u64)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let file = self.lock();
        if file.broken_at.is_some_and(|at| at >= offset && at - offset < bytes.len() as u64) {
            return Err(io::Error::other("the simulated disk is broken here"));
        }
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = file.current.get(start..).unwrap_or_default();
        let read = rest.len().min(bytes.len());
        bytes.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.power.step()?;
        let end = offset.saturating_add(bytes.len() as u64);
        self.lock().broken_at.take_if(|at| (offset..end).contains(at));
        let offsets = (offset..).step_by(BLOCK_BYTES);
        for (offset, bytes) in offsets.zip(bytes.chunks(BLOCK_BYTES)) {
            self.change(Unsynced::Write { offset, bytes: bytes.to_vec() });
        }
        Ok(())
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.power.step()?;
        self.change(Unsynced::SetLength(length));
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.power.step()?;
        let mut file = self.lock();
        for change in std::mem::take(&mut file.unsynced) {
            apply(&mut file.durable, &change, usize::MAX);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> MemoryMedia {
        let media = MemoryMedia::new(Power::default());
        media.write_at(b"durable", 0).unwrap();
        media.sync().unwrap();
        media.write_at(b"DURA", 0).unwrap();
        media.write_at(b"tail", 9).unwrap();
        assert_eq!(media.bytes(), b"DURAble\0\0tail");
        media
    }

    fn after(fates: [Fate; 2]) -> Vec<u8> {
        let (media, mut fates) = (written(), fates.into_iter());
        media.crash(|_| fates.next().unwrap());
        assert_eq!(media.unsynced(), []);
        media.bytes()
    }

    #[test]
    fn each_write_that_was_not_synced_has_a_fate_of_its_own() {
        assert_eq!(after([Fate::Kept, Fate::Kept]), b"DURAble\0\0tail");
        assert_eq!(after([Fate::Lost, Fate::Kept]), b"durable\0\0tail");
        assert_eq!(after([Fate::Torn(2), Fate::Torn(1)]), b"DUrable\0\0t");
        assert_eq!(after([Fate::Lost, Fate::Torn(0)]), b"durable");
    }

    #[test]
    fn what_was_synced_survives_and_a_cut_may_be_lost() {
        let media = written();
        media.sync().unwrap();
        media.set_length(4).unwrap();
        assert_eq!((media.bytes().as_slice(), media.unsynced().len()), (&b"DURA"[..], 1));
        media.crash(|_| Fate::Lost);
        assert_eq!(media.bytes(), b"DURAble\0\0tail");
    }

    #[test]
    fn without_power_nothing_is_written() {
        let power = Power::default();
        let media = MemoryMedia::new(power.clone());
        power.set(Some(1));
        assert!(media.write_at(b"a", 0).is_ok() && media.sync().is_err() && media.write_at(b"b", 0).is_err());
        assert_eq!((media.bytes().as_slice(), media.unsynced().len()), (&b"a"[..], 1));
    }
}
