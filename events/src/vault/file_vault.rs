//! The vault in two files of a folder.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::block::{BLOCK_BYTES, Sealing};
use super::copies::{Copies, Side};
use super::master_key::MasterKey;
use super::media::{FileMedia, Media};
use super::paired::{Opened, PairedVault};
use super::randomness::Randomness;
use super::seal_key::SealKey;
use super::{VaultError, header};
use crate::ids::{Position, WorkspaceId};

/// For the owner only.
const FOLDER_MODE: u32 = 0o700;

/// The vault in the files `a` and `b` of a folder. While files are made anew, those are called `a.new` and `b.new`.
pub type FileVault = PairedVault<FileMedia>;

impl FileVault {
    /// Makes the folder and a vault without seeds for this log. An error of the kind `AlreadyExists` if a vault is
    /// there already.
    pub fn create(folder: &Path, log: [u8; 16], master: &MasterKey) -> Result<Self, VaultError> {
        if Side::BOTH.iter().any(|side| path(folder, *side).exists()) {
            return Err(VaultError::Io(io::ErrorKind::AlreadyExists.into()));
        }
        make_folder(folder)?;
        Self::prepare(&create_new(folder)?, &sealing(log, master), &Randomness::System)?;
        sync_folder(folder)?;
        take_new(folder)?;
        Self::open(folder, log, master).map(|opened| opened.vault)
    }

    /// Makes a vault in place of one that cannot be opened: everything up to this position is erased. The files of the lost one
    /// are moved aside first, never deleted; returns their new names. Whenever it is interrupted, there is no vault, or the
    /// whole new one.
    pub fn replace_lost(
        folder: &Path,
        log: [u8; 16],
        master: &MasterKey,
        erased_up_to: Position,
        wanted: &[(WorkspaceId, u64)],
    ) -> Result<Vec<PathBuf>, VaultError> {
        make_folder(folder)?;
        let mut moved = Vec::new();
        for present in Side::BOTH.into_iter().flat_map(|side| [path(folder, side), new_path(folder, side)]) {
            moved.extend(move_aside(&present)?);
        }
        sync_folder(folder)?;
        Self::replace(&create_new(folder)?, &sealing(log, master), erased_up_to, wanted)?;
        sync_folder(folder)?;
        take_new(folder)?;
        Ok(moved)
    }

    /// Opens the vault of this log, and mends what is damaged or missing in one of its files. Finishes or undoes a
    /// change of the master key that was interrupted.
    pub fn open(folder: &Path, log: [u8; 16], master: &MasterKey) -> Result<Opened<Self>, VaultError> {
        let sealing = sealing(log, master);
        settle(folder, &sealing)?;
        if !Side::BOTH.iter().any(|side| path(folder, *side).exists()) {
            return Err(VaultError::Missing);
        }
        let [a, b] = Side::BOTH.map(|side| FileMedia::open_or_create(&path(folder, side)));
        let opened = Self::open_copies(Copies { a: a?, b: b? }, sealing, Randomness::System)?;
        sync_folder(folder)?;
        Ok(opened)
    }
}

/// Moves a file to the first free name beside it, such as `a.lost-1`; returns that name, or `None` if there is no such file.
pub(crate) fn move_aside(file: &Path) -> io::Result<Option<PathBuf>> {
    if !file.exists() {
        return Ok(None);
    }
    let named = |number: u32| {
        let mut name = file.as_os_str().to_owned();
        name.push(format!(".lost-{number}"));
        PathBuf::from(name)
    };
    let free = (1..=u32::MAX).map(named).find(|name| !name.exists()).ok_or(io::ErrorKind::AlreadyExists)?;
    fs::rename(file, &free)?;
    Ok(Some(free))
}

pub(super) fn sealing(log: [u8; 16], master: &MasterKey) -> Sealing {
    Sealing { key: SealKey::of_master(master.bytes()), log }
}

/// Makes the two empty files that shall replace those of the vault.
pub(super) fn create_new(folder: &Path) -> io::Result<Copies<FileMedia>> {
    let [a, b] = Side::BOTH.map(|side| FileMedia::create(&new_path(folder, side)));
    Ok(Copies { a: a?, b: b? })
}

/// Puts the new files in the place of those of the vault. True if there were any.
pub(super) fn take_new(folder: &Path) -> io::Result<bool> {
    let mut any = false;
    for side in Side::BOTH {
        match fs::rename(new_path(folder, side), path(folder, side)) {
            Ok(()) => any = true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    sync_folder(folder)?;
    Ok(any)
}

pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Finishes or undoes an interrupted change of the master key: which one depends on whether the key that is in use now
/// opens the new files or the earlier ones.
fn settle(folder: &Path, sealing: &Sealing) -> io::Result<()> {
    if !Side::BOTH.iter().any(|side| new_path(folder, *side).exists()) {
        return Ok(());
    }
    let [is_a, is_b] = Side::BOTH.map(|side| opens(&path(folder, side), sealing));
    let [is_new_a, is_new_b] = Side::BOTH.map(|side| opens(&new_path(folder, side), sealing));
    let (is_a, is_b, is_new_a, is_new_b) = (is_a?, is_b?, is_new_a?, is_new_b?);
    if !(is_a && is_b) && (is_a || is_new_a) && (is_b || is_new_b) {
        for (side, is_current) in Side::BOTH.into_iter().zip([is_a, is_b]) {
            if !is_current {
                fs::rename(new_path(folder, side), path(folder, side))?;
            }
        }
    } else if !is_a && !is_b {
        // The key is a wrong one; what was prepared may be for the right one.
        return Ok(());
    }
    for side in Side::BOTH {
        remove(&new_path(folder, side))?;
    }
    sync_folder(folder)
}

/// True if there is a vault's file that was made for this log and under this key.
fn opens(path: &Path, sealing: &Sealing) -> io::Result<bool> {
    let media = match FileMedia::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        media => media?,
    };
    let mut bytes = vec![0; BLOCK_BYTES];
    let read = media.read_at(&mut bytes, 0)?;
    Ok(header::check(bytes.get(..read), sealing).is_ok())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(FOLDER_MODE).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    folder.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync_folder)
}

fn path(folder: &Path, side: Side) -> PathBuf {
    folder.join(side.name())
}

fn new_path(folder: &Path, side: Side) -> PathBuf {
    folder.join(format!("{}.new", side.name()))
}
