//! A real server process on a free port of this machine, killed when it is dropped.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::http::Client;
use crate::process::output;
use crate::stopwatch::Stopwatch;

const READY_WITHIN: Duration = Duration::from_secs(30);
const ASK_EVERY: Duration = Duration::from_millis(20);
const LOG_LINES_SHOWN: usize = 20;

/// The operator's key of every server started here.
pub const ADMIN_KEY: &str = "adm_TheseFortyLettersOpenNothingButThisTests";

pub struct Server {
    child: Child,
    log: PathBuf,
    /// The address where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts `command` (the binary, or a program that runs it) with the arguments of `serve`, and waits until it is
    /// ready. Appends its output to the file `log`.
    pub fn start(mut command: Command, data_dir: &Path, log: &Path) -> Result<Self> {
        let address = free_address()?;
        let words = File::options().create(true).append(true).open(log).context("cannot open the server's log")?;
        command.args(["serve", "--listen", &address.to_string(), "--data-dir"]).arg(data_dir);
        command.env("TIDINGS_ADMIN_KEY", ADMIN_KEY).stdin(Stdio::null());
        command.stdout(words.try_clone()?).stderr(words);
        let child = command.spawn().context("cannot start the server")?;
        let mut server = Self { child, log: log.to_path_buf(), address };
        match server.wait_until_ready() {
            Ok(()) => Ok(server),
            Err(error) => Err(error.context(server.last_words())),
        }
    }

    /// Kills the server at once; does nothing if it has ended.
    pub fn kill(&mut self) {
        // Both fail only if the process is already gone, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGTERM, as a service manager does; returns the exit status.
    pub fn stop(&mut self, within: Duration) -> Result<ExitStatus> {
        output(Command::new("kill").args(["-TERM", &self.pid().to_string()]))?;
        self.ended_within(within)
    }

    /// Waits until it ends by itself and returns the exit status; fails if it still runs after this time.
    pub fn ended_within(&mut self, time: Duration) -> Result<ExitStatus> {
        let waited = Stopwatch::start();
        while waited.elapsed() < time {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(ASK_EVERY);
        }
        bail!("the server still runs after {} s", time.as_secs())
    }

    /// Returns the end of its output, for an error message.
    pub fn last_words(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let shown = lines.get(lines.len().saturating_sub(LOG_LINES_SHOWN)..).unwrap_or_default();
        format!("the server's last words:\n{}\n", shown.join("\n"))
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let waited = Stopwatch::start();
        let client = Client::new(self.address);
        while waited.elapsed() < READY_WITHIN {
            if client.get("/readyz", &[]).is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended before it was ready: {status}");
            }
            thread::sleep(ASK_EVERY);
        }
        bail!("the server was not ready within {} s", READY_WITHIN.as_secs())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Returns a free address of this machine.
pub fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?)
}
