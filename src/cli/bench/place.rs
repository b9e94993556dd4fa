//! The folder to measure in: a private folder on the disk in question, removed at the end unless the process is
//! killed.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::cli::exit::{Exit, Failure};

/// Start of the folder's name; random letters follow. If a kill left one behind, anyone may delete it.
const PREFIX: &str = "tidings-bench-";
/// Removing may need several attempts, while files are still being written.
const ATTEMPTS: u32 = 20;

/// A private folder.
pub(super) struct Place {
    parent: PathBuf,
    folder: TempDir,
}

impl Place {
    /// Creates it in the requested folder, or else on the disk of the data directory.
    pub(super) fn make(wanted: Option<&Path>, data_dir: &Path) -> Result<Self, Failure> {
        if let Some(wanted) = wanted.filter(|wanted| !wanted.is_dir()) {
            return Err(Failure::new(Exit::NotFound, format!("there is no folder {}", wanted.display())));
        }
        let parent = wanted.map_or_else(|| nearest(data_dir), Path::to_owned);
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&parent);
        let folder = folder.map_err(|error| {
            let message = format!("cannot measure in {}: {error}", parent.display());
            Failure::new(Exit::Failed, message).hint("choose a folder with --dir")
        })?;
        Ok(Self { parent, folder })
    }

    /// Returns the new, empty folder.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the folder that contains it.
    pub(super) fn parent(&self) -> &Path {
        &self.parent
    }

    /// Removes it with all its contents.
    pub(super) fn remove(self) -> Result<(), Failure> {
        let path = self.folder.keep();
        let mut outcome = Ok(());
        for _ in 0..ATTEMPTS {
            outcome = std::fs::remove_dir_all(&path);
            match &outcome {
                Err(error) if error.kind() != io::ErrorKind::NotFound => std::thread::yield_now(),
                _ => return Ok(()),
            }
        }
        outcome.map_err(|error| Failure::new(Exit::Failed, format!("cannot remove {}: {error}", path.display())))
    }
}

/// Returns the folder itself, or its nearest ancestor that exists.
fn nearest(folder: &Path) -> PathBuf {
    let above = folder.ancestors().find(|above| above.is_dir()).map(Path::to_owned);
    above.unwrap_or_else(|| PathBuf::from("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_directory_that_does_not_exist_is_measured_above_it() {
        let above = tempfile::tempdir().unwrap();
        let place = Place::make(None, &above.path().join("data").join("demo")).ok().unwrap();
        assert_eq!(place.parent(), above.path());
        assert_eq!(nearest(Path::new("no-such-folder/below")), Path::new("."));
    }

    #[test]
    fn what_was_written_is_removed() {
        let above = tempfile::tempdir().unwrap();
        let place = Place::make(Some(above.path()), Path::new("data")).ok().unwrap();
        std::fs::create_dir(place.folder().join("log")).unwrap();
        std::fs::write(place.folder().join("log").join("db"), "x").unwrap();
        place.remove().ok().unwrap();
        assert_eq!(std::fs::read_dir(above.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_wanted_and_not_there_is_not_found() {
        let failure = Place::make(Some(Path::new("no/such/folder")), Path::new("data")).err().unwrap();
        assert_eq!(failure.exit, Exit::NotFound);
    }
}
