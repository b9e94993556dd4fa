//! Who may use which file: keeps others out of ours, and says what to do about those that are not ours.

use std::fmt;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, Mode, access};
use rustix::process::{getuid, umask};

/// What a mode lets everybody but the owner do.
const OTHERS: u32 = 0o077;
const MODE: u32 = 0o7777;
const USERS: &str = "/etc/passwd";

/// From now on this process makes files and folders that only its own user can use. Before any thread is there.
pub fn keep_private() {
    umask(Mode::from_raw_mode(OTHERS));
}

/// What we want to do with a file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Read it.
    Read,
    /// Read and change it.
    Change,
}

/// A file or folder that we may not use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("permission denied: {path} belongs to {owner} with mode {mode:04o}, and this process runs as {us}", path = path.display())]
pub struct Denied {
    path: PathBuf,
    owner: User,
    mode: u32,
    us: User,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct User {
    id: u32,
    name: Option<String>,
}

impl Denied {
    /// What stands in the way to this path: itself, or a folder above it. `None` if nothing does, or it is not there.
    pub fn at(path: &Path, need: Need) -> Option<Self> {
        let here = Path::new(".");
        let above: Vec<&Path> = path.ancestors().skip(1).collect();
        let named = |folder: &Path| !folder.as_os_str().is_empty();
        let folders = above.iter().rev().map(|folder| if named(folder) { *folder } else { here });
        let closed = folders.into_iter().find(|folder| is_denied(folder, Access::EXEC_OK));
        let found = closed.or_else(|| is_denied(path, wanted(path, need)).then_some(path))?;
        let metadata = fs::metadata(found).ok()?;
        let (owner, us) = (User::of(metadata.uid()), User::of(getuid().as_raw()));
        Some(Self { path: found.to_owned(), owner, mode: metadata.mode() & MODE, us })
    }

    /// What stands in the way of making this path.
    pub fn making(path: &Path) -> Option<Self> {
        let there = path.ancestors().skip(1).find(|folder| folder.exists() || folder.as_os_str().is_empty())?;
        let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
        Self::at(there, Need::Change)
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        let (us, path) = (self.us.word(), self.path.display());
        // `sudo` takes a bare number for a name.
        let owner = self.owner.name.clone().unwrap_or_else(|| format!("'#{}'", self.owner.id));
        format!("hand it over with `chown -R {us} {path}`, or run this as its owner (`sudo -u {owner} ...`)")
    }
}

/// An error at a path in words: whose it is, where that is the trouble.
pub fn told(path: &Path, need: Need, error: &io::Error) -> String {
    let denied = (error.kind() == io::ErrorKind::PermissionDenied).then(|| Denied::at(path, need)).flatten();
    denied.map_or_else(|| error.to_string(), |denied| format!("{denied}; {}", denied.hint()))
}

/// Keeps everybody but its owner out of a file or folder. The mode that it had, if that let others in.
pub fn tighten(path: &Path) -> io::Result<Option<u32>> {
    let mode = fs::metadata(path)?.mode() & MODE;
    if mode & OTHERS == 0 {
        return Ok(None);
    }
    fs::set_permissions(path, Permissions::from_mode(mode & !OTHERS))?;
    // Some file systems accept every mode and keep their own.
    let is_closed = fs::metadata(path)?.mode() & OTHERS == 0;
    if is_closed { Ok(Some(mode)) } else { Err(io::ErrorKind::Unsupported.into()) }
}

fn is_denied(path: &Path, wanted: Access) -> bool {
    access(path, wanted) == Err(rustix::io::Errno::ACCESS)
}

fn wanted(path: &Path, need: Need) -> Access {
    let wanted = if need == Need::Read { Access::READ_OK } else { Access::READ_OK | Access::WRITE_OK };
    if path.is_dir() { wanted | Access::EXEC_OK } else { wanted }
}

impl User {
    fn of(id: u32) -> Self {
        let users = fs::read_to_string(USERS).unwrap_or_default();
        let named = users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
        });
        Self { id, name: named }
    }

    /// As `chown` takes it.
    fn word(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.id.to_string())
    }
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} (uid {})", self.id),
            None => write!(f, "uid {}", self.id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denied() -> Denied {
        let owner = User { id: 0, name: Some("root".to_owned()) };
        Denied { path: "/srv/tidings/log".into(), owner, mode: 0o700, us: User { id: 64_123, name: None } }
    }

    #[test]
    fn whose_it_is_and_what_to_do_is_said() {
        let wanted = "permission denied: /srv/tidings/log belongs to root (uid 0) with mode 0700, and this process runs \
                      as uid 64123";
        assert_eq!(denied().to_string(), wanted);
        assert!(denied().hint().starts_with("hand it over with `chown -R 64123 /srv/tidings/log`, or "));
    }

    #[test]
    fn what_others_can_use_is_theirs_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::write(&path, "").unwrap();
        for (before, after) in [(0o644, 0o600), (0o777, 0o700), (0o640, 0o600), (0o601, 0o600)] {
            fs::set_permissions(&path, Permissions::from_mode(before)).unwrap();
            assert_eq!(tighten(&path).unwrap(), Some(before));
            assert_eq!(fs::metadata(&path).unwrap().mode() & MODE, after);
        }
        assert_eq!(tighten(&path).unwrap(), None);
        assert!(tighten(&folder.path().join("none")).is_err());
    }

    #[test]
    fn what_we_may_use_or_is_not_there_is_nobodys_fault() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Denied::at(folder.path(), Need::Change), None);
        assert_eq!(Denied::at(&folder.path().join("none"), Need::Read), None);
        assert_eq!(Denied::making(&folder.path().join("a/b/c")), None);
        assert_eq!(Denied::at(Path::new("Cargo.toml"), Need::Read), None);
    }
}
