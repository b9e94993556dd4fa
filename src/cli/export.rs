//! `tidings events export`: every event as a line that others can check.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;

use events::history::History;

use super::args::{Cli, ExportArgs};
use super::data_dir::unreadable;
use super::exit::{Exit, Failure};
use super::log_source::Source;
use super::progress::Progress;
use super::remote::{Call, Remote};
use super::{print_bytes, say, screen};
use crate::audit::export::{Exporter, Selected};
use crate::audit::log_identity::log_id;
use crate::service::proofs::Wanted;

/// Writes the lines to stdout or a file.
pub(super) fn run(cli: &Cli, args: &ExportArgs) -> Result<(), Failure> {
    let of = Selected::one_of(args.stream.as_deref(), args.message.as_deref(), args.workspace.as_deref());
    let of = of.map_err(|bad| Failure::because(Exit::Usage, &bad))?;
    let mut out = Out::of(args.out.as_deref())?;
    match Source::find(cli, &args.server)? {
        Source::Open(history, _) => {
            if args.with_proofs {
                let message = "proofs are made by a running gateway, which signs the checkpoint that they lead to";
                return Err(Failure::new(Exit::Usage, message).hint("name it with --url, or leave out --with-proofs"));
            }
            let wanted = Wanted { from: args.from, to: args.to, of, with_proofs: false };
            read(cli, &history, &wanted, &mut out).map_err(Broken::or_unreadable)?;
        }
        Source::Gateway(gateway) => receive(&gateway, args, &mut out)?,
    }
    out.finish()
}

enum Broken {
    Read(events::log::ReadError),
    Written(Failure),
}

impl Broken {
    fn or_unreadable(self) -> Failure {
        match self {
            Self::Read(error) => unreadable(&error),
            Self::Written(failure) => failure,
        }
    }
}

impl From<events::log::ReadError> for Broken {
    fn from(error: events::log::ReadError) -> Self {
        Self::Read(error)
    }
}

fn read(cli: &Cli, history: &History, wanted: &Wanted, out: &mut Out) -> Result<(), Broken> {
    let selection = wanted.selection(history, history.head().position)?;
    let mut progress = Progress::of("Exporting", cli.json);
    let all = selection.to;
    let mut exporter = Exporter::new(log_id(history.log())?, selection, None);
    while let Some(piece) = exporter.piece(history)? {
        out.write(piece.as_bytes()).map_err(Broken::Written)?;
        progress.tell(exporter.position(), all);
    }
    progress.end();
    Ok(())
}

fn receive(gateway: &Remote, args: &ExportArgs, out: &mut Out) -> Result<(), Failure> {
    let call = Call::get("/admin/v1/events/export.ndjson")
        .query("from", args.from)
        .query("to", args.to)
        .query("stream", args.stream.as_ref())
        .query("message", args.message.as_ref())
        .query("workspace", args.workspace.as_ref())
        .query("proofs", args.with_proofs.then_some(true));
    gateway.run(async {
        let mut answer = gateway.stream(call).await?;
        let broken = |error| Failure::because(Exit::Unreachable, &error).hint("the export is not whole; ask again");
        while let Some(piece) = answer.chunk().await.map_err(broken)? {
            out.write(&piece)?;
        }
        Ok(())
    })
}

/// Where the lines go: a file gets its name once it is whole.
enum Out {
    Stdout,
    File { name: std::path::PathBuf, file: tempfile::NamedTempFile },
}

impl Out {
    fn of(name: Option<&Path>) -> Result<Self, Failure> {
        let Some(name) = name.filter(|name| name.as_os_str() != "-") else { return Ok(Self::Stdout) };
        if fs::symlink_metadata(name).is_ok_and(|there| !there.is_file()) {
            let message = format!("{} is there already, and is no file", name.display());
            return Err(Failure::new(Exit::Usage, message).hint("name a new file with --out"));
        }
        let folder = name.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = tempfile::Builder::new().prefix(".export-").tempfile_in(folder);
        let file = file.map_err(|error| unwritten(name, &error))?;
        Ok(Self::File { name: name.to_owned(), file })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Stdout if io::stdout().is_terminal() => {
                print_bytes(screen::escaped(&String::from_utf8_lossy(bytes)).as_bytes())
            }
            Self::Stdout => print_bytes(bytes),
            Self::File { name, file } => file.write_all(bytes).map_err(|error| unwritten(name, &error)),
        }
    }

    fn finish(self) -> Result<(), Failure> {
        let Self::File { name, file } = self else { return Ok(()) };
        let synced = file.as_file().sync_all();
        synced.map_err(|error| unwritten(&name, &error))?;
        let file: File = file.persist(&name).map_err(|error| unwritten(&name, &error.error))?;
        let bytes = file.metadata().map_or(0, |metadata| metadata.len());
        say(&format!("Wrote {} ({bytes} bytes)\n", name.display()));
        Ok(())
    }
}

fn unwritten(name: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("cannot write {}: {error}", name.display()))
}
