//! `trace`: proves from system calls that every 200 is sent after the `fdatasync` of its message.

mod calls;
mod posted;
mod proof;
mod stored;

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use self::calls::Call;
use crate::process::{debug_server, fresh_folder, is_installed, output};
use crate::server::Server;
use crate::stopwatch::Stopwatch;

const CALLS: &str = "trace=write,pwrite64,writev,pwritev,sendto,sendmsg,fdatasync,fsync,sync_file_range";
/// Enough to find the record of a message in the write of a whole batch.
const BYTES_SHOWN: &str = "4194304";
const WRITTEN_WITHIN: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Returns the reason why this machine cannot trace, if there is one.
pub fn why_not() -> Option<String> {
    if !is_installed("strace") {
        return Some("the trace needs the package strace".to_owned());
    }
    let tried = output(Command::new("strace").args(["-f", "-o", "/dev/null", "true"]));
    tried.err().map(|error| format!("no tracing here: {error:#}"))
}

/// Posts messages to a traced server, and proves for every part of each that it was durable before the response.
pub fn run() -> Result<()> {
    let binary = debug_server()?;
    let folder = fresh_folder("trace")?;
    let data_dir = folder.join("data");
    let file = folder.join("strace.txt");
    let mut server = Server::start(traced(&binary, &file), &data_dir, &folder.join("server.log"))?;
    let posted = posted::post(&server).map_err(|error| error.context(server.last_words()))?;
    server.kill();
    let calls = calls::parse(&finished(&file)?);
    let data_dir = data_dir.canonicalize()?;
    let mut shown = None;
    let stored = stored::parts(&data_dir)?;
    let mut parts = 0;
    for message_id in &posted {
        for part in stored.get(message_id).with_context(|| format!("the log lacks {message_id}"))? {
            let proof = proof::find(&calls, &data_dir, part, message_id)
                .with_context(|| format!("{part:?} {message_id}; the trace is {}", file.display()))?;
            shown.get_or_insert(proof);
            parts += 1;
        }
    }
    println!("{}", shown.context("nothing was posted")?);
    println!("{} answers, each after the fdatasync of its message ({parts} parts found)", posted.len());
    Ok(())
}

/// With -D, the server is our child; strace runs beside it and ends with it. With -x, it writes bytes in hexadecimal.
fn traced(binary: &Path, file: &Path) -> Command {
    let mut command = Command::new("strace");
    command.args(["-D", "-f", "-y", "-x", "-s", BYTES_SHOWN, "-e", CALLS, "-o"]).arg(file).arg(binary);
    command
}

/// Returns the trace, once strace has recorded the end of the last thread.
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

/// Formats a call in one line of readable length.
fn abridged(call: &Call) -> String {
    const BEGINNING: usize = 100;
    let arguments: String = call.arguments.chars().take(BEGINNING).collect();
    let dots = if arguments.len() < call.arguments.len() { " ..." } else { "" };
    let result = call.ended.as_ref().map_or("?", |end| end.result.as_str());
    format!("line {:>6}  {} {}({arguments}{dots}) = {result}", call.started + 1, call.thread, call.name)
}
