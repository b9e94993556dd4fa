//! File permissions: keeps other users out of our files, and explains what to do about files that belong to others.

use std::fmt;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, Mode, access};
use rustix::process::{getuid, umask};

/// The mode bits of everybody but the owner.
const OTHERS: u32 = 0o077;
const MODE: u32 = 0o7777;
const USERS: &str = "/etc/passwd";

/// Makes this process create files and folders that only its own user can use. Call it before any thread starts.
pub fn keep_private() {
    umask(Mode::from_raw_mode(OTHERS));
}

/// The access that we need to a file or folder.
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
    /// Finds what denies access to this path: the path itself or a folder above it. `None` if access is allowed or
    /// the path does not exist.
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

    /// Finds what denies creating this path.
    pub fn making(path: &Path) -> Option<Self> {
        let there = path.ancestors().skip(1).find(|folder| folder.exists() || folder.as_os_str().is_empty())?;
        let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
        Self::at(there, Need::Change)
    }

    /// Returns advice on how to get access.
    pub fn hint(&self) -> String {
        let (us, path) = (self.us.word(), self.path.display());
        // `sudo` would read a bare number as a name.
        let owner = self.owner.name.clone().unwrap_or_else(|| format!("'#{}'", self.owner.id));
        format!("hand it over with `chown -R {us} {path}`, or run this as its owner (`sudo -u {owner} ...`)")
    }
}

/// Describes an error at a path; if permission was denied, names the owner and the remedy.
pub fn explain(path: &Path, need: Need, error: &io::Error) -> String {
    let denied = (error.kind() == io::ErrorKind::PermissionDenied).then(|| Denied::at(path, need)).flatten();
    denied.map_or_else(|| error.to_string(), |denied| format!("{denied}; {}", denied.hint()))
}

/// Removes all access of other users to a file or folder. Returns the old mode if it let others in.
pub fn tighten(path: &Path) -> io::Result<Option<u32>> {
    let mode = fs::metadata(path)?.mode() & MODE;
    if mode & OTHERS == 0 {
        return Ok(None);
    }
    fs::set_permissions(path, Permissions::from_mode(mode & !OTHERS))?;
    // Some file systems accept any mode and keep their own.
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

    /// The name or number that `chown` accepts.
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
