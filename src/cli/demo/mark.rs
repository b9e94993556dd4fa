//! The mark of a directory that a demo made: the demo works in no other directory, and production in none that has
//! it.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::cli::data_dir::{DEMO_DATA_DIR, api_key_file};
use crate::cli::exit::{Exit, Failure};

const NAME: &str = "made_by_demo";
const WORDS: &str = "`tidings demo` made this folder, and deletes what is in it when it is told to. Without this file it \
                     keeps its hands off.\n";

/// Creates the demo's directory, or checks that a demo made it. Refuses any other directory that is not empty: it may
/// be a customer's.
pub(super) fn claim(directory: &Path) -> Result<(), Failure> {
    if is_demos(directory) {
        return Ok(());
    }
    if !is_empty(directory).map_err(|error| cannot(directory, &error))? && !is_earlier_demos(directory) {
        let (shown, mark) = (directory.display(), file(directory));
        let message = format!("no demo made {shown}, and what it holds may be somebody's: the demo leaves it alone");
        let hint = format!(
            "choose a new folder with --data-dir, or use `tidings serve`; if a demo did make it: touch {}",
            mark.display()
        );
        return Err(Failure::new(Exit::Usage, message).hint(hint));
    }
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.and_then(|()| fs::write(file(directory), WORDS)).map_err(|error| cannot(directory, &error))
}

/// Refuses to use a demo's directory for production, because a demo may delete it.
pub(in crate::cli) fn refuse(directory: &Path) -> Result<(), Failure> {
    if !is_demos(directory) {
        return Ok(());
    }
    let message = format!("{} is a demo's directory, which a demo may delete", directory.display());
    let hint =
        format!("choose another one with --data-dir; to keep this one for good: rm {}", file(directory).display());
    Err(Failure::new(Exit::Usage, message).hint(hint))
}

fn file(directory: &Path) -> PathBuf {
    directory.join(NAME)
}

fn is_demos(directory: &Path) -> bool {
    file(directory).is_file()
}

/// True if it is the demo's default directory as version 0.1.0 made it, without a mark: it contains the key file that
/// only a demo writes.
fn is_earlier_demos(directory: &Path) -> bool {
    directory == Path::new(DEMO_DATA_DIR) && api_key_file(directory).is_file()
}

fn is_empty(directory: &Path) -> io::Result<bool> {
    match fs::read_dir(directory) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

fn cannot(directory: &Path, error: &io::Error) -> Failure {
    let why = crate::rights::explain(directory, crate::rights::Need::Change, error);
    Failure::new(Exit::Failed, format!("cannot use {} for the demo: {why}", directory.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_or_empty_directory_becomes_a_demos_and_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        for directory in [folder.path().join("a/b"), folder.path().join("c")] {
            assert!(refuse(&directory).is_ok());
            claim(&directory).unwrap();
            fs::write(directory.join("more"), "").unwrap();
            claim(&directory).unwrap();
            assert_eq!(refuse(&directory).unwrap_err().exit, Exit::Usage);
        }
        fs::create_dir(folder.path().join("empty")).unwrap();
        claim(&folder.path().join("empty")).unwrap();
    }

    #[test]
    fn whatever_else_holds_something_is_refused_untouched() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("prod");
        for name in ["log/db", "secrets/api_key", "notes.txt"] {
            let path = directory.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "customer").unwrap();
            let refused = claim(&directory).unwrap_err();
            assert_eq!(refused.exit, Exit::Usage);
            assert!(refused.hint.unwrap().contains("--data-dir"));
            assert!(!file(&directory).exists() && refuse(&directory).is_ok());
            fs::remove_dir_all(&directory).unwrap();
        }
        fs::write(&directory, "a file").unwrap();
        assert_eq!(claim(&directory).unwrap_err().exit, Exit::Failed);
    }
}
