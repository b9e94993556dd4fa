//! Runs the real binary as child processes on free ports and empty directories, and kills, stops and restarts them.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use tempfile::TempDir;

use super::{ADMIN_KEY, Http, Request, SOON, Simulator, poll, wait_until};

pub const BINARY: &str = env!("CARGO_BIN_EXE_tidings");
const ATTEMPTS_MAX: u32 = 5;
const OUTPUT_SHOWN_MAX: usize = 20_000;
/// Each port is given out once per test run. The range lies below the one from which systems take ports for clients.
const PORT_MIN: u16 = 20_000;
const PORT_COUNT: u16 = 12_000;

/// Settings of a process, as environment variables.
pub type Environment = Vec<(String, String)>;

/// The exit code and output of a finished command.
#[derive(Debug)]
pub struct Finished {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A child process whose output goes to a file, which is printed if the test fails. Killed when dropped.
pub struct Process {
    child: Child,
    output: PathBuf,
}

impl Process {
    /// Starts `tidings` with these arguments, with `dir` as its working directory.
    pub fn start(args: &[&str], environment: &Environment, dir: &Path) -> Self {
        Self::start_under(&[], args, environment, dir)
    }

    /// Like [`Process::start`], but through another program: `wrapper` and its arguments come first on the command
    /// line.
    pub fn start_under(wrapper: &[&str], args: &[&str], environment: &Environment, dir: &Path) -> Self {
        let output = dir.join("output.txt");
        let file = OpenOptions::new().create(true).append(true).open(&output).unwrap();
        let mut command = tidings(wrapper, args, environment, dir);
        command.stdout(file.try_clone().unwrap()).stderr(file);
        Self { child: command.spawn().unwrap(), output }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns the output so far of this process and of the earlier ones in this directory.
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.output).unwrap_or_default()).into_owned()
    }

    /// Sends SIGKILL: no destructor runs, nothing is flushed.
    pub fn kill9(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends SIGTERM, as a service manager does, and waits for the exit code.
    pub fn sigterm(&mut self) -> Option<i32> {
        self.tell_to_stop();
        self.exit_code()
    }

    /// Sends SIGTERM without waiting.
    pub fn tell_to_stop(&self) {
        let signalled = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.pid())]).status().unwrap();
        assert!(signalled.success(), "no such process: {}", self.pid());
    }

    /// Waits until the process has ended.
    pub fn exit_code(&mut self) -> Option<i32> {
        wait_until("the process has stopped", SOON, || self.child.try_wait().unwrap()).code()
    }

    fn has_exited(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let output = self.output();
            let skipped = output.floor_char_boundary(output.len().saturating_sub(OUTPUT_SHOWN_MAX));
            eprintln!("--- output of {} ---\n{}", self.pid(), output.get(skipped..).unwrap_or_default());
        }
    }
}

/// The settings with which a gateway starts.
pub struct Setup {
    environment: Environment,
    flags: &'static str,
}

/// A running gateway with its own data directory.
pub struct Server {
    process: Process,
    environment: Environment,
    flags: &'static str,
    pub port: u16,
    dir: TempDir,
}

impl Setup {
    /// Enables the simulator inside the gateway; everything else is default.
    pub fn new() -> Self {
        let environment = [("TIDINGS_ADMIN_KEY", ADMIN_KEY), ("TIDINGS_SIMULATOR__ENABLED", "true")];
        Self { environment: environment.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec(), flags: "" }
    }

    /// Makes log lines JSON.
    pub fn json_lines(self) -> Self {
        Self { flags: "--json ", ..self }
    }

    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.environment.push((key.to_owned(), value.to_owned()));
        self
    }

    pub fn clock_rate(self, rate: u32) -> Self {
        self.set("TIDINGS_SIMULATOR__CLOCK_RATE", &rate.to_string())
    }

    /// Uses a simulated `WhatsApp` in its own process, which survives a killed gateway.
    pub fn simulated_by(self, simulator: &SimulatorProcess) -> Self {
        self.set("TIDINGS_SIMULATOR__URL", &format!("http://127.0.0.1:{}", simulator.port))
    }

    /// Starts a gateway and waits until it is ready.
    pub fn start(self) -> Server {
        let dir = tempfile::tempdir().unwrap();
        let (process, port) =
            on_a_free_port(|port| launch(&serve(port, self.flags), &self.environment, dir.path(), port, "/readyz"));
        Server { process, environment: self.environment, flags: self.flags, port, dir }
    }
}

impl Server {
    /// Starts a gateway without further settings.
    pub fn start() -> Self {
        Setup::new().start()
    }

    pub fn http(&self) -> Http {
        Http::new(self.port)
    }

    /// A client of the simulator inside the gateway.
    pub fn simulator(&self) -> Simulator {
        Simulator::new(self.port)
    }

    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The directory above the data directory, for the test's own files.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn kill9(&mut self) {
        self.process.kill9();
    }

    pub fn sigterm(&mut self) -> Option<i32> {
        self.process.sigterm()
    }

    /// Waits until the process has ended.
    pub fn exit_code(&mut self) -> Option<i32> {
        self.process.exit_code()
    }

    /// Starts again with the same data and port, after a kill or a stop.
    pub fn restart(&mut self) {
        self.restart_with("");
    }

    /// Like [`Server::restart`], with further arguments, each after a blank.
    pub fn restart_with(&mut self, more: &str) {
        let args = serve(self.port, self.flags) + more;
        let started =
            (0..ATTEMPTS_MAX).find_map(|_| launch(&args, &self.environment, self.dir.path(), self.port, "/readyz"));
        self.process = started.expect("it starts again on its own data and port");
    }

    /// Starts again through another program, and waits until it is ready.
    pub fn restart_under(&mut self, wrapper: &[&str]) {
        let args = serve(self.port, self.flags);
        let args: Vec<&str> = args.split(' ').collect();
        self.process = Process::start_under(wrapper, &args, &self.environment, self.dir.path());
        let ready =
            || self.http().send(&Request::get("/readyz")).is_ok_and(|answer| answer.status == 200).then_some(());
        wait_until("tidings is ready", SOON, ready);
    }

    /// Starts again and kills the process after this time, ready or not; it must not have ended by itself.
    pub fn die_starting(&mut self, after: std::time::Duration) {
        let args = serve(self.port, self.flags);
        let args: Vec<&str> = args.split(' ').collect();
        self.process = Process::start(&args, &self.environment, self.dir.path());
        super::let_others_run(after);
        assert!(!self.process.has_exited(), "it ended by itself while it started");
        self.process.kill9();
    }

    /// Starts another command that does not end by itself on this server's data directory. Its output goes to the
    /// folder `name`.
    pub fn beside(&self, args: &[&str], name: &str) -> Process {
        let (data_dir, dir) = (self.data_dir(), self.dir.path().join(name));
        fs::create_dir_all(&dir).unwrap();
        let args = [args, &["--data-dir", data_dir.to_str().unwrap()]].concat();
        Process::start(&args, &self.environment, &dir)
    }

    /// Runs another command on this server's data directory, whether the server runs or not.
    pub fn command(&self, args: &[&str]) -> Finished {
        let data_dir = self.data_dir();
        let args = [args, &["--data-dir", data_dir.to_str().unwrap()]].concat();
        run(&args, &self.environment, self.dir.path())
    }
}

/// The simulated `WhatsApp` in its own process: its phones survive a killed gateway.
pub struct SimulatorProcess {
    _process: Process,
    pub port: u16,
    _dir: TempDir,
}

impl SimulatorProcess {
    pub fn start(clock_rate: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (process, port) = on_a_free_port(|port| {
            let args = format!("simulator --listen 127.0.0.1:{port} --clock-rate {clock_rate}");
            launch(&args, &Environment::new(), dir.path(), port, "/sim/v1/stats")
        });
        Self { _process: process, port, _dir: dir }
    }

    pub fn client(&self) -> Simulator {
        Simulator::new(self.port)
    }
}

/// Runs a command that ends by itself.
pub fn run(args: &[&str], environment: &Environment, dir: &Path) -> Finished {
    run_under(&[], args, environment, dir)
}

/// Like [`run`], but through another program.
pub fn run_under(wrapper: &[&str], args: &[&str], environment: &Environment, dir: &Path) -> Finished {
    let (mut stdout, mut stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    let mut command = tidings(wrapper, args, environment, dir);
    command.stdout(stdout.try_clone().unwrap()).stderr(stderr.try_clone().unwrap());
    let mut child = command.spawn().unwrap();
    let status = poll(SOON, || child.try_wait().unwrap());
    if status.is_none() {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let finished = Finished {
        code: status.and_then(|status| status.code()),
        stdout: read_back(&mut stdout),
        stderr: read_back(&mut stderr),
    };
    assert!(status.is_some(), "tidings {args:?} does not end: {finished:?}");
    finished
}

/// Returns a port that nothing listens on and that no other test of this run was given.
pub fn free_port() -> u16 {
    static HANDED_OUT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id().wrapping_mul(31) % u32::from(PORT_COUNT)).unwrap();
    loop {
        let nth = HANDED_OUT.fetch_add(1, Ordering::Relaxed);
        let port = PORT_MIN + first.wrapping_add(nth) % PORT_COUNT;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn on_a_free_port(mut launch: impl FnMut(u16) -> Option<Process>) -> (Process, u16) {
    let mut start = || {
        let port = free_port();
        launch(port).map(|process| (process, port))
    };
    (0..ATTEMPTS_MAX).find_map(|_| start()).expect("tidings starts on one of several free ports")
}

fn serve(port: u16, flags: &str) -> String {
    format!("{flags}serve --listen 127.0.0.1:{port} --data-dir data")
}

/// Starts a process and waits until `ready` answers 200; `None` if it ended before that, for example because its port
/// is taken.
fn launch(args: &str, environment: &Environment, dir: &Path, port: u16, ready: &str) -> Option<Process> {
    let args: Vec<&str> = args.split(' ').collect();
    let mut process = Process::start(&args, environment, dir);
    let http = Http::new(port);
    let is_ready = wait_until("tidings is ready", SOON, || {
        if process.has_exited() {
            return Some(false);
        }
        http.send(&Request::get(ready)).is_ok_and(|answer| answer.status == 200).then_some(true)
    });
    if !is_ready {
        eprintln!("tidings {args:?} has ended at once:\n{}", process.output());
        return None;
    }
    Some(process)
}

fn tidings(wrapper: &[&str], args: &[&str], environment: &Environment, dir: &Path) -> Command {
    let line = [wrapper, &[BINARY], args].concat();
    let mut command = Command::new(line[0]);
    for (key, _) in std::env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with("TIDINGS_")) {
        command.env_remove(key);
    }
    command.args(&line[1..]).envs(environment.iter().cloned()).current_dir(dir).stdin(Stdio::null());
    command
}

fn read_back(file: &mut File) -> String {
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}
