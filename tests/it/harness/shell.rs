//! Runs the real binary through a shell, with other limits, streams and signals than the test's own.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::process::{BINARY, free_port};
use super::{ACCOUNT_PHONE, ADMIN_KEY, Http, Request, SOON, Workspace, poll, wait_until};

/// A gateway that was started with `exec` by a shell script. Killed when dropped.
pub struct Shelled {
    pub child: Child,
    pub port: u16,
    dir: TempDir,
}

impl Shelled {
    /// Runs this script, in which `$SERVE` becomes the command that starts the gateway. Its log goes to `stderr`.
    pub fn start(script: &str, environment: &[(&str, &str)], stderr: Stdio) -> Self {
        let (dir, port) = (tempfile::tempdir().unwrap(), free_port());
        let serve = format!("exec {BINARY} serve --data-dir data");
        let mut command = Command::new("sh");
        command.args(["-c", &script.replace("$SERVE", &serve)]).current_dir(dir.path()).stdin(Stdio::null());
        for (key, _) in std::env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with("TIDINGS_")) {
            command.env_remove(key);
        }
        command
            .env("TIDINGS_LISTEN", format!("127.0.0.1:{port}"))
            .env("TIDINGS_ADMIN_KEY", ADMIN_KEY)
            .env("TIDINGS_SIMULATOR__ENABLED", "true");
        command.envs(environment.iter().copied()).stdout(Stdio::null()).stderr(stderr);
        Self { child: command.spawn().unwrap(), port, dir }
    }

    pub fn http(&self) -> Http {
        Http::new(self.port)
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Waits until `GET /readyz` answers with this status.
    pub fn becomes(&self, status: u16) {
        let http = self.http();
        wait_until(&format!("/readyz answers {status}"), SOON, || {
            http.send(&Request::get("/readyz")).is_ok_and(|answer| answer.status == status).then_some(())
        });
    }

    pub fn signal(&self, name: &str) {
        let told = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status().unwrap();
        assert!(told.success(), "no such process");
    }

    /// Waits until the process ends by itself, and returns its exit code.
    pub fn exit_code(&mut self) -> Option<i32> {
        wait_until("the process has ended", SOON, || self.child.try_wait().unwrap()).code()
    }

    /// Creates a workspace with these credits and one connected account.
    pub fn workspace(&self, credits: u64) -> Workspace {
        let workspace = Workspace::create(self.http(), "Acme", credits, "en");
        workspace.connect_account(ACCOUNT_PHONE);
        workspace
    }
}

/// Reads a figure from `/proc/PID/status`, in KiB.
pub fn memory_kib(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
}

/// True if the value stays the same for half a second.
pub fn stays<T: PartialEq>(mut look: impl FnMut() -> T) -> bool {
    let first = look();
    poll(std::time::Duration::from_millis(500), || (look() != first).then_some(())).is_none()
}

impl Drop for Shelled {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
