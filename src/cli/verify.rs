//! `tidings events verify`: checks a log, or an export without its log.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use events::checkpoint_key::VerifierKey;
use events::history::History;
use events::proof::checker::{Checked, Checker, Extent};
use events::proof::checkpoint::Checkpoint;
use events::proof::exported;
use events::proof::note::NOTE_BYTES_MAX;
use serde::Deserialize;
use serde_json::{Value, json};

use super::args::{Cli, VerifyArgs};
use super::data_dir::{data_dir, unreadable};
use super::exit::{Exit, Failure};
use super::export_lines::ExportLines;
use super::log_source::Source;
use super::progress::Progress;
use super::remote::{Call, Credential, Remote};
use super::{print, print_row, say};
use crate::audit;
use crate::audit::checkpoint_files::CheckpointFiles;
use crate::audit::checkpoint_keys;
use crate::audit::comparison::{self, Comparison};
use crate::audit::kept_checkpoint::KeptCheckpoint;
use crate::audit::verification::Unsound;
use crate::service::verification::{self, Verdict};
use crate::service::wording::counted;

/// A longer note is none.
const NOTE_LIMIT: u64 = NOTE_BYTES_MAX as u64 + 1;
/// A checkpoint that is offered must arrive within this time.
const NOTE_WITHIN: Duration = Duration::from_secs(30);

/// Checks the export that was named, else the log.
pub(super) fn run(cli: &Cli, args: &VerifyArgs) -> Result<(), Failure> {
    let notes = args.checkpoint.iter().map(|named| note(named)).collect::<Result<Vec<_>, _>>()?;
    match &args.file {
        Some(file) => export(cli, args, file, &notes),
        None => log(cli, args, &notes),
    }
}

/// Reads a checkpoint that was kept somewhere.
fn note(named: &str) -> Result<String, Failure> {
    if named.starts_with("http://") || named.starts_with("https://") {
        let has_path = named.splitn(4, '/').nth(3).is_some_and(|path| !path.is_empty());
        let remote = Remote::new(named, None, Credential::Operator)?;
        let call = Call::get(if has_path { "" } else { "/checkpoint" });
        return remote.run(async { tokio::time::timeout(NOTE_WITHIN, offered(&remote, call, named)).await }).map_err(
            |_| {
                Failure::new(
                    Exit::Unreachable,
                    format!("no whole answer from {named} within {} s", NOTE_WITHIN.as_secs()),
                )
            },
        )?;
    }
    let unread = |error: io::Error| Failure::new(Exit::Failed, format!("cannot read {named}: {error}"));
    let mut note = String::new();
    File::open(named).and_then(|file| file.take(NOTE_LIMIT).read_to_string(&mut note)).map_err(unread)?;
    Ok(note)
}

/// Reads a checkpoint that somebody offers, who may be the one that is audited: no more than a note has.
async fn offered(remote: &Remote, call: Call, named: &str) -> Result<String, Failure> {
    let mut answer = remote.stream(call).await?;
    let mut bytes = Vec::new();
    let broken = |error| Failure::because(Exit::Unreachable, &error);
    while let Some(piece) = answer.chunk().await.map_err(broken)? {
        bytes.extend_from_slice(&piece);
        if bytes.len() as u64 >= NOTE_LIMIT {
            return Err(integrity(format!("{named} answers with more than a checkpoint")));
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn integrity(what: impl Into<String>) -> Failure {
    Failure::new(Exit::Integrity, what.into())
}

/// Opens notes; it is the log's or the export's fault if they do not open.
fn opened(notes: &[String], keys: &[VerifierKey]) -> Result<Vec<KeptCheckpoint>, Failure> {
    comparison::opened(notes, keys).map_err(|error| integrity(error.to_string()))
}

fn log(cli: &Cli, args: &VerifyArgs, notes: &[String]) -> Result<(), Failure> {
    let verdict = match Source::find(cli, &args.server)? {
        Source::Open(history, _) => read(cli, args, notes, &history)?,
        Source::Gateway(gateway) => {
            let body = json!({"checkpoints": notes, "key": args.key.as_ref().map(ToString::to_string)});
            streamed(cli, &gateway, body)?
        }
    };
    match &verdict {
        Verdict::Damaged { position: 0, what, .. } => Err(integrity(what.clone())),
        Verdict::Damaged { position, what, .. } => {
            Err(integrity(format!("the record at position {position} is damaged: {what}")))
        }
        Verdict::Verified { .. } if cli.json => print_row(cli, &verdict),
        Verdict::Verified { position, hash, root, checkpoints, covered, .. } => {
            let own = checkpoints.saturating_sub(notes.len());
            let own = if own > 0 { format!("kept by the gateway itself: {own}\n") } else { String::new() };
            let agreeing = agreeing(*checkpoints, *covered, *position);
            let events = counted(*position, "event");
            print(&format!("{events}, chain verified, head {hash}\nroot {root}\n{agreeing}{own}"))
        }
    }
}

/// Verifies a log on this machine.
fn read(cli: &Cli, args: &VerifyArgs, notes: &[String], history: &History) -> Result<Verdict, Failure> {
    let config = super::config(cli, None)?;
    let files = CheckpointFiles::new(data_dir(cli, &config), config.audit.checkpoint_dir.as_deref());
    let mut progress = Progress::of("Verifying", cli.json);
    let all = history.head().position;
    let gathered = Comparison::gather(history, &files, notes, args.key.clone());
    let outcome = gathered.and_then(|gathered| {
        left_out(&gathered);
        audit::verification::verify(history.log(), gathered.checkpoints, |position| {
            progress.tell(position, all);
            ControlFlow::Continue(())
        })
    });
    progress.end();
    verification::verdict(&outcome).map_err(|fault| match fault {
        Unsound::Read(error) => unreadable(error),
        other => Failure::because(Exit::Failed, other),
    })
}

/// A line of a gateway's answer.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Verdict(Verdict),
    Progress(verification::Progress),
}

/// Has a gateway verify its log, and shows how far it has come.
fn streamed(cli: &Cli, gateway: &Remote, body: Value) -> Result<Verdict, Failure> {
    let call = Call::post("/admin/v1/events/verify", body).header("Accept", Some("application/x-ndjson"));
    let mut progress = Progress::of("Verifying", cli.json);
    let mut verdict = None;
    let received = gateway.run(gateway.each_line(call, |line| {
        match gateway.read(line)? {
            Line::Progress(verification::Progress { done, all }) => progress.tell(done, all),
            Line::Verdict(told) => verdict = Some(told),
        }
        Ok(())
    }));
    progress.end();
    received?;
    verdict.ok_or_else(|| Failure::new(Exit::Unreachable, "the gateway has ended without a verdict").hint("ask again"))
}

/// Says what is not compared.
fn left_out(Comparison { others, damaged, is_key_named, .. }: &Comparison) {
    if *others > 0 {
        say(&format!("Not compared, signed by other keys: {others} kept checkpoints\n"));
    }
    if *damaged > 0 {
        say(&format!("Not compared, damaged: {damaged} kept checkpoints\n"));
    }
    if !is_key_named {
        say("The log does not name this key: it has signed nothing of it, or the log is another one\n");
    }
}

fn agreeing(checkpoints: usize, covered: u64, events: u64) -> String {
    let agree = match checkpoints {
        0 => return "no checkpoint to compare with: --checkpoint names one that was kept elsewhere\n".to_owned(),
        1 => "1 checkpoint agrees".to_owned(),
        _ => format!("{checkpoints} checkpoints agree"),
    };
    let behind = match events.saturating_sub(covered) {
        0 => String::new(),
        behind => format!("; nothing is proved of the {behind} behind them"),
    };
    format!("{agree}: events 1 to {covered} are those that were signed{behind}\n")
}

/// Returns the keys that the log names itself, the newest first; there is one.
pub(super) fn own_keys(history: &History) -> Result<Vec<VerifierKey>, Failure> {
    let keys = checkpoint_keys::named(history).map_err(|error| unreadable(&error))?;
    if keys.is_empty() { Err(integrity("the log does not begin with its creation")) } else { Ok(keys) }
}

fn export(cli: &Cli, args: &VerifyArgs, file: &Path, notes: &[String]) -> Result<(), Failure> {
    let extent = if args.part { Extent::Part } else { Extent::Whole };
    if args.part && !notes.is_empty() {
        let message = "a checkpoint says nothing of a part of an export";
        return Err(Failure::new(Exit::Usage, message).hint("leave out --part or --checkpoint"));
    }
    let mut lines = ExportLines::open(file)?;
    let mut progress = Progress::of("Verifying", cli.json || lines.bytes == 0);
    let mut next = lines.next()?;
    let checkpoints = opened_for(notes, args.key.as_ref(), next.as_deref().unwrap_or_default())?;
    let mut checker = Checker::new(extent, checkpoints);
    while let Some(line) = next {
        checker.take(&line).map_err(|fault| lines.wrong(&fault))?;
        progress.tell(lines.read, lines.bytes);
        next = lines.next()?;
    }
    progress.end();
    told(cli, &checker.end().map_err(|fault| integrity(fault.to_string()))?)
}

/// Reads and opens the checkpoints for an export whose first line this is.
pub(super) fn checkpoints_for(
    named: &[String],
    key: Option<&VerifierKey>,
    first: &str,
) -> Result<Vec<Checkpoint>, Failure> {
    let notes = named.iter().map(|named| note(named)).collect::<Result<Vec<_>, _>>()?;
    opened_for(&notes, key, first)
}

/// Opens notes with the key that was given, else with the one that the export begins with.
fn opened_for(notes: &[String], key: Option<&VerifierKey>, first: &str) -> Result<Vec<Checkpoint>, Failure> {
    if notes.is_empty() {
        return Ok(Vec::new());
    }
    let own = || exported::read(first).ok().and_then(|line| checkpoint_keys::of_event(&line.event));
    let key = key.cloned().or_else(own);
    let unknown = || Failure::new(Exit::Usage, "the key of the checkpoints is not known").hint("give it with --key");
    let checkpoints = opened(notes, &[key.ok_or_else(unknown)?])?;
    Ok(checkpoints.into_iter().map(|witness| witness.checkpoint).collect())
}

fn told(cli: &Cli, checked: &Checked) -> Result<(), Failure> {
    let Checked { log, lines, first, last, hash, gaps, checkpoints, covered, erased, withheld, root, .. } = checked;
    if cli.json {
        return print_row(
            cli,
            &json!({
                "ok": true, "log": log, "lines": lines, "first": first, "last": last, "hash": hash.to_string(),
                "gaps": gaps, "root": root, "checkpoints": checkpoints, "covered": covered, "erased": erased,
                "withheld": withheld,
            }),
        );
    }
    let mut said = vec![format!(
        "{lines} lines of log {log}, events {first} to {last}: every hash fits its line, and every text its hash\n"
    )];
    if *gaps > 0 {
        said.push(format!(
            "between two lines events are missing {}, as a filter leaves them out\n",
            counted(*gaps, "time")
        ));
    }
    if *erased > 0 {
        said.push(format!("{erased} lines have no texts: erased\n"));
    }
    if let Some(first) = checked.first_withheld {
        said.push(format!(
            "not erased by any event: {withheld} of them, the first is event {first}; their texts were left out, or lost with a \
             vault\n"
        ));
    }
    if root.is_some() {
        said.push(agreeing(*checkpoints, *covered, *last));
    }
    print(&said.concat())
}
