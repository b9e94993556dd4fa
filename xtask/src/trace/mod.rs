//! `trace`: shows by system calls that every 200 leaves after the `fdatasync` of its message.

mod calls;
mod proof;

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use self::calls::Call;
use crate::http::Client;
use crate::process::{fresh_folder, is_installed, output, release_server};
use crate::random::fresh_seed;
use crate::server::Server;
use crate::stopwatch::Stopwatch;
use crate::workspace::{Workspace, message_id};

const MESSAGES: u64 = 10;
const CREDITS: u64 = 1_000;
const CALLS: &str = "trace=write,pwrite64,writev,pwritev,sendto,sendmsg,fdatasync,fsync,sync_file_range";
/// Enough to see the text of a message inside the write of a whole batch.
const BYTES_SHOWN: &str = "65536";
const WRITTEN_WITHIN: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What keeps this machine from tracing; none if nothing does.
pub fn why_not() -> Option<String> {
    if !is_installed("strace") {
        return Some("the trace needs the package strace".to_owned());
    }
    let tried = output(Command::new("strace").args(["-f", "-o", "/dev/null", "true"]));
    tried.err().map(|error| format!("no tracing here: {error:#}"))
}

/// Posts messages one after another to a traced server and proves the order of each.
pub fn run() -> Result<()> {
    let binary = release_server()?;
    let folder = fresh_folder("trace")?;
    let data_dir = folder.join("data");
    let file = folder.join("strace.txt");
    let mut server = Server::start(traced(&binary, &file), &data_dir, &folder.join("server.log"))?;
    let posted = post(&server).map_err(|error| error.context(server.last_words()))?;
    server.kill();
    let calls = calls::parse(&finished(&file)?);
    let data_dir = data_dir.canonicalize()?;
    let mut shown = None;
    for (text, message_id) in &posted {
        let proof = proof::find(&calls, &data_dir, text, message_id)
            .with_context(|| format!("{message_id}; the trace is {}", file.display()))?;
        shown.get_or_insert(proof);
    }
    println!("{}", shown.context("nothing was posted")?);
    println!("{} answers, each after the fdatasync of its message", posted.len());
    Ok(())
}

/// With -D the server is our child and strace a bystander, which ends with it.
fn traced(binary: &Path, file: &Path) -> Command {
    let mut command = Command::new("strace");
    command.args(["-D", "-f", "-y", "-s", BYTES_SHOWN, "-e", CALLS, "-o"]).arg(file).arg(binary);
    command
}

/// Text and id of each message.
fn post(server: &Server) -> Result<Vec<(String, String)>> {
    let mut client = Client::new(server.address);
    let workspace = Workspace::create(&mut client, CREDITS)?;
    let run = fresh_seed();
    let mut posted = Vec::new();
    for number in 0..MESSAGES {
        let text = format!("traced-{run}-{number}.");
        let answer = workspace.submit(&mut client, &text, "+12025550110", &text)?;
        ensure!(answer.status == 200, "a message was refused: {}", answer.abridged());
        posted.push((text, message_id(&answer)?));
    }
    Ok(posted)
}

/// The trace, once strace has noted the end of the last thread.
fn finished(file: &Path) -> Result<String> {
    let waited = Stopwatch::start();
    let mut seen = None;
    while waited.elapsed() < WRITTEN_WITHIN {
        let text = std::fs::read(file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())?;
        if text.ends_with("+++ killed by SIGKILL +++\n") && seen == Some(text.len()) {
            return Ok(text);
        }
        seen = Some(text.len());
        thread::sleep(LOOK_EVERY);
    }
    bail!("strace did not finish {}", file.display())
}

/// A call in one line of bearable length.
fn abridged(call: &Call) -> String {
    const BEGINNING: usize = 100;
    let arguments: String = call.arguments.chars().take(BEGINNING).collect();
    let dots = if arguments.len() < call.arguments.len() { " ..." } else { "" };
    let result = call.ended.as_ref().map_or("?", |end| end.result.as_str());
    format!("line {:>6}  {} {}({arguments}{dots}) = {result}", call.started + 1, call.thread, call.name)
}
