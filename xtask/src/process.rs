//! Runs other programs: prints the command, and names it if it fails.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

/// The folder of the workspace.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The target folder of cargo.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |given| root().join(given))
}

/// The folder of the programs that the checks install for themselves.
pub fn tools_folder() -> PathBuf {
    target().join("tools")
}

/// Prepares the cargo that runs this program, in the workspace.
pub fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    // If they stayed, this package's own variables would make some build scripts run again whenever the caller
    // changes.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") || text == "CARGO_BIN_NAME" {
            command.env_remove(&name);
        }
    }
    // Where nobody debugs and nothing is built twice, builds are shorter without what helps with either.
    if std::env::var_os("CI").is_some() {
        command.envs([("CARGO_PROFILE_DEV_DEBUG", "0"), ("CARGO_INCREMENTAL", "0")]);
    }
    command
}

/// Builds the server and the examples in debug mode; returns the server's path. They are built together with the tests:
/// without them, some dependencies would get other features and be rebuilt.
pub fn debug_server() -> Result<PathBuf> {
    run(&mut cargo(["build", "--workspace", "--bin", "tidings", "--test", "it", "--examples"]))?;
    Ok(built_server())
}

/// Builds an example and returns its path.
pub fn debug_example(name: &str) -> Result<PathBuf> {
    debug_server()?;
    Ok(target().join("debug").join("examples").join(name))
}

/// The path of the server once it is built.
pub fn built_server() -> PathBuf {
    target().join("debug").join("tidings")
}

/// Prints and runs a command; fails if the program fails.
pub fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    succeeded(command, status)
}

/// Prints and runs a command; returns its exit status.
pub fn status(command: &mut Command) -> Result<ExitStatus> {
    println!("$ {}", line(command));
    command.stdin(Stdio::null()).status().with_context(|| format!("cannot run {}", line(command)))
}

/// Prints and runs a command, and prints each line of its stdout after `read` has seen it; fails if the program
/// fails.
pub fn run_reading(command: &mut Command, mut read: impl FnMut(&str)) -> Result<()> {
    run_reading_quietly(command, |text| {
        read(text);
        println!("{text}");
    })
}

/// Like [`run_reading`], but does not print the lines.
pub fn run_reading_quietly(command: &mut Command, mut read: impl FnMut(&str)) -> Result<()> {
    println!("$ {}", line(command));
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = child.with_context(|| format!("cannot run {}", line(command)))?;
    for text in child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines()) {
        read(&text?);
    }
    succeeded(command, child.wait()?)
}

/// Runs a program in parallel with others, and prints its output when it has ended; fails if the program fails.
pub fn run_quietly(command: &mut Command) -> Result<()> {
    println!("$ {}", line(command));
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {}", line(command)))?;
    let texts = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    println!("$ {} has ended\n{}", line(command), texts.concat());
    succeeded(command, output.status)
}

/// Returns what a program prints on stdout; if it fails, the error has the last line of its stderr.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {}", line(command)))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        bail!("{}: {}: {}", line(command), output.status, words.trim().lines().next_back().unwrap_or_default());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// True if the program is installed, also in the folders that only root searches.
pub fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(usual).any(|folder| folder.join(program).is_file())
}

/// True if this process runs as root.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Creates an empty folder below the target folder.
pub fn fresh_folder(name: &str) -> Result<PathBuf> {
    let folder = target().join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

fn succeeded(command: &Command, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("{}: {status}", line(command));
    }
    Ok(())
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let mut words: Vec<_> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(program) = words.first_mut()
        && let Some(name) = Path::new(program.as_str()).file_name()
    {
        *program = name.to_string_lossy().into_owned();
    }
    words.join(" ")
}
