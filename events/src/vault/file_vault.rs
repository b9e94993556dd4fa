//! The vault in two files of a folder.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::VaultError;
use super::block::{BLOCK_BYTES, Sealing};
use super::copies::{Copies, Side};
use super::header::{self, HeaderFault};
use super::master_key::MasterKey;
use super::media::{FileMedia, Media};
use super::paired::{Opened, PairedVault};
use super::randomness::Randomness;
use super::seal_key::SealKey;
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
    /// change of the master key that was interrupted. What is refused keeps all its files.
    pub fn open(folder: &Path, log: [u8; 16], master: &MasterKey) -> Result<Opened<Self>, VaultError> {
        let sealing = sealing(log, master);
        let chosen = choose(folder, &sealing)?;
        if !chosen.iter().any(|path| path.exists()) {
            return Err(VaultError::Missing);
        }
        let [a, b] = chosen.each_ref().map(|path| FileMedia::open_or_create(path));
        let opened = Self::open_copies(Copies { a: a?, b: b? }, sealing, Randomness::System)?;
        settle(folder, &chosen)?;
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

/// Chooses the two files to open. After an interrupted change of the master key, these are the ones that the key which is
/// in use now opens: the earlier files, or the new ones, which may have their names already.
fn choose(folder: &Path, sealing: &Sealing) -> io::Result<[PathBuf; 2]> {
    let [earlier, new] = [path, new_path].map(|path| Side::BOTH.map(|side| path(folder, side)));
    if !new.iter().any(|path| path.exists()) {
        return Ok(earlier);
    }
    let ([is_a, is_b], [is_new_a, is_new_b]) = (checked(&earlier, sealing)?, checked(&new, sealing)?);
    let ([a, b], [new_a, new_b]) = (earlier, new);
    // One file has the new key already, and the new one of the other still waits: the earlier key makes the first anew.
    let undoes = |is_own, of_other, own: &Path, other: &Path| {
        is_own == Ok(()) && of_other == Err(HeaderFault::WrongKey) && own.exists() && !other.exists()
    };
    if undoes(is_a, is_b, &new_a, &new_b) {
        return Ok([a, undone(folder, Side::B)?]);
    }
    if undoes(is_b, is_a, &new_b, &new_a) {
        return Ok([undone(folder, Side::A)?, b]);
    }
    let newer = |is_new: Result<(), HeaderFault>, is: Result<(), HeaderFault>| is_new.is_ok() && is.is_err();
    Ok([if newer(is_new_a, is_a) { new_a } else { a }, if newer(is_new_b, is_b) { new_b } else { b }])
}

/// Returns the name of a file that is made from the other one before it takes its place.
fn undone(folder: &Path, side: Side) -> io::Result<PathBuf> {
    let path = folder.join(format!("{}.undone", side.name()));
    remove(&path)?;
    Ok(path)
}

/// Gives the files that were opened their names, and removes the new ones that are not needed.
fn settle(folder: &Path, chosen: &[PathBuf; 2]) -> io::Result<()> {
    for (side, chosen) in Side::BOTH.into_iter().zip(chosen) {
        let path = path(folder, side);
        if *chosen != path {
            fs::rename(chosen, path)?;
        }
    }
    sync_folder(folder)?;
    for side in Side::BOTH {
        remove(&new_path(folder, side))?;
    }
    sync_folder(folder)
}

/// Says of two files whether each was made for this log and under this key. One that is not there is as good as damaged.
fn checked(paths: &[PathBuf; 2], sealing: &Sealing) -> io::Result<[Result<(), HeaderFault>; 2]> {
    let header = |path: &PathBuf| -> io::Result<Result<(), HeaderFault>> {
        let media = match FileMedia::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Err(HeaderFault::Damaged)),
            media => media?,
        };
        let mut bytes = vec![0; BLOCK_BYTES];
        let read = media.read_at(&mut bytes, 0)?;
        Ok(header::check(bytes.get(..read), sealing).map(drop))
    };
    let [a, b] = paths;
    Ok([header(a)?, header(b)?])
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
