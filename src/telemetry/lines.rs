//! The queue of lines to stderr or stdout. A separate thread writes them, so that logging never waits for a reader,
//! and never fails if there is none.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

/// Most bytes of lines that wait to be written; further lines are dropped and counted.
pub(super) const WAITING_BYTES_MAX: usize = 1 << 20;

/// The sending end of the queue. Clones share it.
#[derive(Clone)]
pub(super) struct Lines {
    pieces: Sender<Piece>,
    load: Arc<Load>,
}

#[derive(Default)]
struct Load {
    waiting_bytes: AtomicUsize,
    lost: AtomicU64,
}

enum Piece {
    Line(Box<[u8]>),
    /// Answered when everything before it is written.
    Mark(Sender<()>),
}

impl Lines {
    /// Starts the thread that writes to `target`; it reports lost lines in JSON or as text.
    pub(super) fn start(target: impl Write + Send + 'static, json: bool) -> io::Result<Self> {
        let (pieces, coming) = mpsc::channel();
        let load: Arc<Load> = Arc::default();
        let shared = Arc::clone(&load);
        let run = move || write_all(target, &coming, &shared, json);
        thread::Builder::new().name("log-lines".to_owned()).spawn(run)?;
        Ok(Self { pieces, load })
    }

    /// Queues a line, unless too much is waiting.
    pub(super) fn put(&self, line: &[u8]) {
        let waiting = self.load.waiting_bytes.fetch_add(line.len(), Ordering::Relaxed);
        if waiting.saturating_add(line.len()) > WAITING_BYTES_MAX || self.pieces.send(Piece::Line(line.into())).is_err()
        {
            self.load.waiting_bytes.fetch_sub(line.len(), Ordering::Relaxed);
            self.load.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until everything so far is written, but at most this long.
    pub(super) fn flush(&self, within: Duration) {
        let (done, written) = mpsc::channel();
        if self.pieces.send(Piece::Mark(done)).is_ok() {
            let _ = written.recv_timeout(within);
        }
    }
}

fn write_all(mut target: impl Write, pieces: &Receiver<Piece>, load: &Load, json: bool) {
    for piece in pieces {
        match piece {
            Piece::Line(line) => {
                // A failed write is the reader's choice.
                let _ = target.write_all(&line).and_then(|()| target.flush());
                load.waiting_bytes.fetch_sub(line.len(), Ordering::Relaxed);
            }
            Piece::Mark(done) => drop(done.send(())),
        }
        let lost = load.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let _ = target.write_all(about_lost(lost, json).as_bytes());
        }
    }
}

fn about_lost(lost: u64, json: bool) -> String {
    let words = format!("{lost} log lines were lost because nobody read them in time");
    if json { format!("{}\n", json!({"level": "WARN", "message": words, "lost": lost})) } else { format!("{words}\n") }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.put(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{SyncSender, sync_channel};

    use super::*;

    const SOON: Duration = Duration::from_mins(1);

    /// Stores what is written to it. If it has permits, each write waits for one.
    struct Target {
        written: Arc<Mutex<Vec<u8>>>,
        permits: Option<Receiver<()>>,
    }

    impl Write for Target {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(permits) = &self.permits {
                let _ = permits.recv();
            }
            self.written.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Broken;

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }

    fn blocked() -> (Lines, Arc<Mutex<Vec<u8>>>, SyncSender<()>) {
        let (permit, permits) = sync_channel(1);
        let written: Arc<Mutex<Vec<u8>>> = Arc::default();
        let target = Target { written: Arc::clone(&written), permits: Some(permits) };
        (Lines::start(target, false).unwrap(), written, permit)
    }

    #[test]
    fn lines_arrive_in_their_order() {
        let written: Arc<Mutex<Vec<u8>>> = Arc::default();
        let lines = Lines::start(Target { written: Arc::clone(&written), permits: None }, false).unwrap();
        lines.put(b"one\n");
        lines.put(b"two\n");
        lines.flush(SOON);
        assert_eq!(*written.lock().unwrap(), b"one\ntwo\n");
    }

    #[test]
    fn a_reader_that_has_gone_is_nobodys_trouble() {
        let mut lines = Lines::start(Broken, true).unwrap();
        for _ in 0..3 {
            assert!(lines.write(b"a line\n").is_ok());
            lines.flush(SOON);
        }
    }

    #[test]
    fn a_reader_that_does_not_read_holds_up_nobody_and_what_it_missed_is_counted() {
        let (lines, written, permit) = blocked();
        let long = vec![b'x'; WAITING_BYTES_MAX / 4];
        for _ in 0..7 {
            lines.put(&long);
        }
        lines.flush(Duration::from_millis(1));
        drop(permit);
        lines.flush(SOON);
        let written = written.lock().unwrap();
        let told = "3 log lines were lost because nobody read them in time\n";
        assert_eq!(written.len(), 4 * long.len() + told.len());
        assert_eq!(written.windows(told.len()).filter(|part| *part == told.as_bytes()).count(), 1);
    }

    #[test]
    fn machines_are_told_of_lost_lines_in_json() {
        let told: serde_json::Value = serde_json::from_str(&about_lost(2, true)).unwrap();
        assert_eq!(told["lost"], 2);
    }
}
