//! Measures what auditors do with a log of five million events, each beside the least that such work can take: verifying
//! beside reading the records and comparing their hashes, exporting beside decoding them and writing them as JSON,
//! importing beside appending; and how much memory each takes at most. Promised: at least half of the least's events per
//! second, 1.2 times the cache, and a proof within 20 ms.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures on stdout, words on stderr")]
#![allow(clippy::indexing_slicing, reason = "a bench may fail loudly")]

#[allow(dead_code, reason = "shared with other benches")]
mod kit;

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use actors::runtime::clock::wall_now;
use events::chain;
use events::checkpoint_key::CheckpointKey;
use events::codec::{Opening, decode};
use events::event::Event;
use events::history::{History, ReadMode};
use events::index::Index;
use events::log::{Batch, Log};
use events::proof::blocks::{self, Builder};
use events::proof::checker::{Checker, Extent};
use events::proof::checkpoint::Checkpoint;
use events::proof::exported;
use events::proof::import::Lines;
use events::proof::prover::Prover;
use events::proof::signed_head::SignedHead;
use events::store::data_dir::{DataDir, DataDirOptions};
use events::store::import;
use events::time::Timestamp;
use tidings::audit::checkpoint_files::{CheckpointFiles, CheckpointNotes};
use tidings::audit::export::{Exporter, Selected, Selection};
use tidings::audit::kept_checkpoint::KeptCheckpoint;
use tidings::audit::log_identity::log_id;
use tidings::audit::verification::verify;
use tidings::bench::append::Appending;
use tidings::bench::figures::float;
use tidings::bench::synthetic::{LogGenerator, Tenant};
use tokio::time::Instant;

use kit::{in_own_process, is_wanted, machine, part, unless_short};

type Failed = Box<dyn Error + Send + Sync>;

const CACHE_MB: u64 = 256;
/// Messages, ten events each.
const MESSAGES: u64 = 500_000;
const SHORT_MESSAGES: u64 = 3_000;
const CHATS: u64 = 1_000;
/// One message every two seconds.
const PACE_MS: u64 = 2_000;
const PROOFS: u64 = 500;
/// Batches of 256 commits that are appended for comparison.
const BATCHES: u64 = 1_000;
const COMMITS: usize = 256;
/// Records whose hashes are made before they are stored.
const STORED_AT_ONCE: u64 = 4_096;

fn main() -> io::Result<()> {
    if let Some(args) = part("part") {
        return in_part(&args).map_err(io::Error::other);
    }
    if !is_wanted() {
        return Ok(());
    }
    let messages = unless_short(SHORT_MESSAGES, MESSAGES);
    let folder = tempfile::tempdir()?;
    in_own_process("part", &["fill".to_owned(), folder.path().display().to_string()])?;
    println!(
        "{}; {messages} messages of 10 events, a cache of {CACHE_MB} MiB, each in a process of its own\n",
        machine()
    );
    println!("| work | events a second | least | events a second | ratio | memory, MiB |\n|---|---|---|---|---|---|");
    let of = |what: &str| in_own_process("part", &[what.to_owned(), folder.path().display().to_string()]);
    let kept = of("keep")?;
    of("file")?;
    for (work, least) in [("verify", "scan"), ("verify by lines", "scan"), ("export", "decode"), ("import", "append")] {
        let (done, bare) = (of(work)?, of(least)?);
        let ratio = done[0] / bare[0];
        println!("| {work} | {:.0} | {least} | {:.0} | **{ratio:.2}** | {:.0} |", done[0], bare[0], done[1]);
    }
    println!("\nhashes of lines made and stored: {:.0} events a second, {:.0} MiB", kept[0], kept[1]);
    let proofs = of("prove")?;
    println!("a proof of inclusion: median {:.2} ms, 99 of 100 within **{:.2} ms**", proofs[0], proofs[1]);
    Ok(())
}

fn fill(directory: &Path, messages: u64) -> Result<(), Failed> {
    let tenant = Tenant { reports: Some("http://127.0.0.1:9/hooks".to_owned()), ..Tenant::nth(0, 1, CHATS) };
    let began = wall_now().ms().saturating_sub_unsigned(messages * PACE_MS);
    let mut generator = LogGenerator::open(directory, CACHE_MB, Timestamp::from_ms(began))?;
    tenant.make(&mut generator)?;
    for nth in 0..messages {
        generator.pass(PACE_MS);
        tenant.live(&mut generator, nth)?;
    }
    generator.checkpoint([])?;
    Ok(generator.finish()?)
}

/// Runs one part, and prints its figures.
fn in_part(args: &[String]) -> Result<(), Failed> {
    let [what, folder] = args else { return Err("a part and a folder".into()) };
    let folder = Path::new(folder);
    let (log, file) = (folder.join("log"), folder.join("log.ndjson"));
    let begun = Instant::now();
    let events = match what.as_str() {
        "append" => return append(&folder.join("append")),
        "fill" => return fill(&log, unless_short(SHORT_MESSAGES, MESSAGES)),
        "prove" => return prove(&log),
        "import" => import_from(&file, &folder.join("import"))?,
        "scan" => scan(&open(&log)?)?,
        "decode" => decoded(&open(&log)?, &mut io::sink())?,
        "verify" => verified(&log, true)?,
        "verify by lines" => verified(&log, false)?,
        "export" => export(&open(&log)?, &mut io::sink())?,
        "file" => export(&open(&log)?, &mut File::create(&file)?)?,
        "keep" => keep(&open(&log)?, &log)?,
        other => return Err(format!("no part {other}").into()),
    };
    println!("{} {}", float(events) / begun.elapsed().as_secs_f64(), most_mib());
    Ok(())
}

/// The most memory that this process had at once.
fn most_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(f64::NAN) / 1_024.0
}

fn options() -> DataDirOptions<'static> {
    // As the commands do.
    DataDirOptions { cache_mb: CACHE_MB / 8, master_key_file: None, now: Timestamp::default(), without_vault: false }
}

fn open(directory: &Path) -> Result<History, Failed> {
    let DataDir { log, vault, .. } = DataDir::open(directory, options())?;
    let index = Index::open(Arc::clone(&log) as Arc<dyn Log>, vault)?;
    Ok(History::new(log, Arc::new(index), ReadMode::Inline))
}

/// Verifies the log with what was kept beside it, or as with checkpoints that were kept elsewhere.
fn verified(directory: &Path, with_heads: bool) -> Result<u64, Failed> {
    let history = open(directory)?;
    let keys = [key()?.verifier(log_id(history.log())?)];
    let opened = |kept: &CheckpointNotes| {
        KeptCheckpoint::open(&kept.checkpoint, kept.head.as_deref().filter(|_| with_heads), &keys)
    };
    let kept = CheckpointFiles::new(directory, None).read()?;
    let checkpoints = kept.iter().map(opened).collect::<Result<Vec<_>, _>>()?;
    let sound = verify(history.log(), checkpoints, |_| ControlFlow::Continue(()))?;
    if (sound.covered, sound.by_heads > 0) != (sound.position, with_heads) {
        return Err("it was not compared as it should be".into());
    }
    Ok(sound.position)
}

fn key() -> Result<CheckpointKey, Failed> {
    Ok(CheckpointKey::of_seed([1; 32])?)
}

/// Reads all records and compares their hashes.
fn scan(history: &History) -> Result<u64, Failed> {
    let mut before = chain::GENESIS;
    for stored in history.log().read(1) {
        let stored = stored?;
        if chain::link(&before, &stored.bytes) != stored.hash {
            return Err("a hash does not fit".into());
        }
        before = stored.hash;
    }
    Ok(history.head().position)
}

/// Decodes all records with their texts, and writes each event as JSON, for nobody: how fast a disk takes the four
/// gigabytes of an export is not measured.
fn decoded(history: &History, out: &mut dyn Write) -> Result<u64, Failed> {
    let mut out = BufWriter::with_capacity(256 << 10, out);
    for stored in history.log().read(1) {
        for event in &decode(&stored?, Opening::With(history.vault()))?.events {
            serde_json::to_writer(&mut out, event)?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()?;
    Ok(history.head().position)
}

fn export(history: &History, out: &mut dyn Write) -> Result<u64, Failed> {
    let selection = Selection { from: 1, to: history.head().position, of: Selected::All };
    let mut exporter = Exporter::new(log_id(history.log())?, selection, None);
    while let Some(piece) = exporter.piece(history)? {
        out.write_all(piece.as_bytes())?;
    }
    Ok(history.head().position)
}

fn import_from(file: &Path, directory: &Path) -> Result<u64, Failed> {
    fs::create_dir_all(directory)?;
    let mut lines = BufReader::with_capacity(64 << 10, File::open(file)?).lines();
    let first = lines.next().ok_or("an empty export")??;
    let Event::LogCreated(created) = exported::read(&first)?.event else { return Err("no beginning".into()) };
    let (_, mut rebuild) = import::begin(directory, &created, CACHE_MB, None)?;
    let (mut checker, mut of_record) = (Checker::new(Extent::Whole, Vec::new()), Lines::default());
    for line in [Ok(first)].into_iter().chain(lines) {
        if let Some((record, before)) = of_record.take(checker.take(&line?)?) {
            rebuild.take(&record, &before)?;
        }
    }
    Ok(rebuild.finish()?.position.max(checker.end()?.last))
}

/// Makes and stores the hashes of all blocks, and signs the end.
fn keep(history: &History, directory: &Path) -> Result<u64, Failed> {
    let (log, generation) = (log_id(history.log())?, 0);
    let (mut builder, mut notes, mut taken) = (Builder::new(log), Vec::new(), 0_u64);
    let after = history.head().position;
    let store = |notes: Vec<_>| history.log().write(&Batch { after, notes: blocks::newest(notes), ..Batch::default() });
    for stored in history.log().read(1) {
        notes.extend(builder.take(&stored?)?);
        taken += 1;
        if taken.is_multiple_of(STORED_AT_ONCE) {
            store(std::mem::take(&mut notes))?;
        }
    }
    store(notes)?;
    history.log().sync()?;
    let (size, root, blocks) = (builder.position(), builder.root(), builder.stored());
    let checkpoint = Checkpoint { log, generation, size, root }.signed(&[&key()?]);
    let head = SignedHead { log, generation, size, record: history.head().hash, blocks }.signed(&[&key()?]);
    if let Some((_, error)) = CheckpointFiles::new(directory, None).write(size, &checkpoint, &head).pop() {
        return Err(error.into());
    }
    Ok(size)
}

/// Prints the median and the 99th percentile of proofs in ms.
fn prove(directory: &Path) -> Result<(), Failed> {
    let history = open(directory)?;
    let (size, id) = (history.head().position, log_id(history.log())?);
    let mut took = Vec::new();
    for nth in 0..PROOFS {
        let begun = Instant::now();
        let mut prover = Prover::new(history.log(), id)?;
        prover.inclusion(1 + nth.wrapping_mul(2_654_435_761) % size, size)?;
        took.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    took.sort_by(f64::total_cmp);
    println!("{} {}", took[took.len() / 2], took[took.len() * 99 / 100]);
    Ok(())
}

/// Appends commits, 256 a batch, each made durable, and prints the events a second.
fn append(directory: &Path) -> Result<(), Failed> {
    let mut appending = Appending::open(directory, CACHE_MB)?;
    let begun = Instant::now();
    for _ in 0..BATCHES {
        appending.batch(COMMITS)?;
    }
    // Each commit is a message that is queued and charged.
    let events = 2 * BATCHES * COMMITS as u64;
    println!("{} {}", float(events) / begun.elapsed().as_secs_f64(), most_mib());
    Ok(())
}
