//! What the vault needs of a file, and the real files. Knows nothing of seeds.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

/// Readable and writable by the owner only.
const MODE: u32 = 0o600;

/// A file, or something that behaves as one.
pub trait Media: Send + Sync + 'static {
    /// Returns the length in bytes.
    fn length(&self) -> io::Result<u64>;

    /// Reads until the bytes are full or the file ends; returns how many were read.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all bytes; the file grows as needed. Durable only after the next [`Media::sync`].
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Cuts the file off. Durable only after the next [`Media::sync`].
    fn set_length(&self, length: u64) -> io::Result<()>;

    /// Returns when everything written so far would survive a power cut.
    fn sync(&self) -> io::Result<()>;
}

/// A file on the disk.
///
/// It takes no lock of its own: the log beside it is locked for as long as it is open, and only its holder opens the
/// vault.
pub struct FileMedia(File);

impl FileMedia {
    /// Opens a file that is there.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        File::options().read(true).write(true).open(path).map(Self)
    }

    /// Opens a file that may be there, or makes it.
    pub(super) fn open_or_create(path: &Path) -> io::Result<Self> {
        File::options().read(true).write(true).create(true).truncate(false).mode(MODE).open(path).map(Self)
    }

    /// Makes an empty file in place of one that may be there.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        File::options().read(true).write(true).create(true).truncate(true).mode(MODE).open(path).map(Self)
    }
}

impl Media for FileMedia {
    fn length(&self) -> io::Result<u64> {
        self.0.metadata().map(|metadata| metadata.len())
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.0.read_at(rest, offset.saturating_add(filled as u64)) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}
