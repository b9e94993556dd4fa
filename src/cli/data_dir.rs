//! The data directory that a command uses, and the errors if it cannot be used.

use std::fs;
use std::path::{Path, PathBuf};

use events::log::ReadError;
use events::store::data_dir::DataDirError;
use events::store::identity::IdentityError;
use events::store::master_key_file::MasterKeyError;
use events::store::scratch;
use events::store::sled_log::OpenError;
use events::vault::VaultError;

use super::args::Cli;
use super::exit::{Exit, Failure};
use crate::config::Config;
use crate::gateway::{Holder, admin_key_file};
use crate::rights::{Denied, Need};

pub(super) const DEMO_DATA_DIR: &str = "data/demo";
/// The phone number of the demo's account.
pub(super) const ACCOUNT_PHONE: &str = "+12025550100";
/// The gateway's URL if none is given or known.
const USUAL_URL: &str = "http://127.0.0.1:8080";

/// What can be done if nothing helps.
const OR_WITHOUT: &str = "; or, if no copy has it, start with `tidings serve --without-vault` (a demo with `tidings demo --reset`): every \
     text, name and number stored until now is erased for good";

/// Returns the configured directory, or the demo's if only that exists.
pub(super) fn data_dir<'a>(cli: &Cli, config: &'a Config) -> &'a Path {
    let demo = Path::new(DEMO_DATA_DIR);
    let chosen = cli.data_dir.is_some() || config.data_dir.join("log").exists();
    if chosen || !demo.exists() { &config.data_dir } else { demo }
}

/// The failure of a command that found no log.
pub(super) fn no_log(message: String) -> Failure {
    Failure::new(Exit::NotFound, message)
}

/// Maps a read error: the log is damaged, or its store failed.
pub(super) fn unreadable(error: &ReadError) -> Failure {
    match error {
        ReadError::Damaged { .. } => Failure::because(Exit::Integrity, error)
            .hint("put back log/ and vault/ from the same backup of this data directory"),
        ReadError::Store(_) => Failure::because(Exit::Failed, error),
    }
}

/// The error if a data directory cannot be opened: its parts are damaged or do not belong together, or the disk failed.
pub(super) fn not_opened(error: &DataDirError) -> Failure {
    let integrity = || Failure::because(Exit::Integrity, error);
    match error {
        DataDirError::Log(OpenError::Read(error)) => unreadable(error),
        DataDirError::Log(_)
        | DataDirError::Create(_)
        | DataDirError::Identity(IdentityError::Io(_))
        | DataDirError::MasterKey(MasterKeyError::Io { .. })
        | DataDirError::Vault(VaultError::Io(_) | VaultError::Unwritten(_)) => Failure::because(Exit::Failed, error),
        DataDirError::NoLog(_) => no_log(error.to_string()).hint("use --data-dir"),
        DataDirError::Earlier | DataDirError::Identity(IdentityError::Format(_)) => {
            integrity().hint("name another directory with --data-dir, or use the version that made this one")
        }
        DataDirError::Identity(IdentityError::Damaged) | DataDirError::OtherIdentity => {
            integrity().hint("put back the file from a backup of this data directory")
        }
        DataDirError::MasterKey(_) => integrity()
            .hint(format!("set master_key_file, or TIDINGS_MASTER_KEY_FILE, to the file with the key{OR_WITHOUT}")),
        DataDirError::Vault(VaultError::WrongKey) => integrity().hint(format!(
            "set master_key_file to the file with the key, or put back <data_dir>/secrets/master_key; after `tidings \
                 vault rekey --to FILE` the key is FILE, and if that was interrupted the earlier key opens it \
                 too{OR_WITHOUT}"
        )),
        DataDirError::Vault(VaultError::Format(_)) => integrity().hint("use the version that made it"),
        DataDirError::Vault(_) => integrity()
            .hint(format!("put back log/ and vault/ from the same backup of this data directory{OR_WITHOUT}")),
    }
}

/// The error if another process uses the data directory.
pub(super) fn in_use(directory: &Path, holder: Option<&Holder>) -> Failure {
    let directory = directory.display();
    match holder {
        Some(Holder { pid, url }) => {
            let message = format!("data directory {directory} is in use by tidings (pid {pid})");
            Failure::new(Exit::DataInUse, message).hint(format!("open {url} or use --data-dir"))
        }
        None => Failure::new(Exit::DataInUse, format!("data directory {directory} is in use by another process"))
            .hint("use --data-dir"),
    }
}

/// Returns the URL of the gateway that uses a data directory, and the key to call it with: the given one, else a stored
/// one. A stored key goes only to the process that has the directory in use: after a crash or a stop anybody may listen
/// at that address.
pub(super) fn gateway_of(
    directory: &Path,
    given: Option<String>,
    stored: impl FnOnce(&Path) -> Result<Option<String>, Failure>,
) -> Result<(String, Option<String>), Failure> {
    let holder = Holder::read(directory).filter(|_| scratch::is_in_use(directory)).map(|holder| holder.url);
    let usual = || USUAL_URL.to_owned();
    if given.is_some() {
        return Ok((holder.unwrap_or_else(usual), given));
    }
    match (stored(directory)?, holder) {
        (key, Some(url)) => Ok((url, key)),
        (None, None) => Ok((usual(), None)),
        (Some(_), None) => {
            let message = format!("no gateway is running on the data directory {}", directory.display());
            Err(Failure::new(Exit::Unreachable, message)
                .hint("start it, or name another gateway with --url and give its key"))
        }
    }
}

/// Reads the operator's key that the first start stored in the data directory.
pub(super) fn kept_key(directory: &Path) -> Result<Option<String>, Failure> {
    kept(&admin_key_file(directory))
}

/// Reads the workspace's key that the demo stored in its data directory.
pub(super) fn kept_api_key(directory: &Path) -> Result<Option<String>, Failure> {
    kept(&api_key_file(directory))
}

/// Reads the key from a file; `None` if there is none. A file that we have no right to read is an error.
fn kept(file: &Path) -> Result<Option<String>, Failure> {
    match (fs::read_to_string(file), Denied::at(file, Need::Read)) {
        (Ok(key), _) => Ok(Some(key.trim().to_owned())),
        (Err(_), None) => Ok(None),
        (Err(_), Some(denied)) => Err(Failure::new(Exit::NotAllowed, denied.to_string()).hint(format!(
            "{}; or give the key: TIDINGS_ADMIN_KEY for the operator, TIDINGS_API_KEY for a workspace",
            denied.hint()
        ))),
    }
}

/// Path of the file with the API key of the demo's workspace.
pub(super) fn api_key_file(directory: &Path) -> PathBuf {
    directory.join("secrets").join("api_key")
}

#[cfg(test)]
mod tests {
    use events::store::sled_log::SledLog;

    use super::*;

    const URL: &str = "http://127.0.0.1:9";

    fn found(directory: &Path, given: Option<&str>) -> Result<(String, Option<String>), Exit> {
        gateway_of(directory, given.map(str::to_owned), kept_key).map_err(|failure| failure.exit)
    }

    #[test]
    fn a_stored_key_goes_to_nobody_but_the_process_that_uses_its_directory() {
        let folder = tempfile::tempdir().unwrap();
        let key_file = admin_key_file(folder.path());
        fs::create_dir_all(key_file.parent().unwrap()).unwrap();
        let both = |url: &str, key: Option<&str>| Ok((url.to_owned(), key.map(str::to_owned)));
        let open = || SledLog::open(folder.path(), 16).unwrap();
        drop(open());
        assert_eq!(found(folder.path(), None), both(USUAL_URL, None));

        fs::write(&key_file, "adm_stored\n").unwrap();
        Holder { pid: 1, url: URL.to_owned() }.write(folder.path()).unwrap();
        assert_eq!(found(folder.path(), None), Err(Exit::Unreachable));
        assert_eq!(found(folder.path(), Some("adm_given")), both(USUAL_URL, Some("adm_given")));

        let _log = open();
        assert_eq!(found(folder.path(), None), both(URL, Some("adm_stored")));
        assert_eq!(found(folder.path(), Some("adm_given")), both(URL, Some("adm_given")));
    }
}
