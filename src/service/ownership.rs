//! Whose a message is. The reads are the same whether it is there or not, so that no answer's time tells a workspace of
//! the messages of another one.

use events::history::History;
use events::ids::{MessageId, WorkspaceId};
use events::index::Series;
use events::log::ReadError;
use events::record::Position;

/// Returns whether a message is the workspace's. Opens no text.
pub(super) fn is_of(
    workspace: WorkspaceId,
    history: &History,
    message: MessageId,
    to: Position,
) -> Result<bool, ReadError> {
    let first = history.index().positions(Series::Message(message), 1, to, 1)?.pop();
    // A record anywhere in the log is read in place of one that is not there.
    let anywhere = || message.bits().checked_rem(to).unwrap_or(0).saturating_add(1);
    let record = history.shut().record_at(first.unwrap_or_else(anywhere))?;
    Ok(first.is_some() && record.is_some_and(|record| record.workspace == workspace))
}

#[cfg(test)]
mod tests {
    use std::mem::take;
    use std::sync::{Arc, Mutex};

    use events::log::{Batch, Head, Log, LogStats, Records, StoredNote, WriteError};
    use events::store::memory_log::MemoryLog;

    use super::*;
    use crate::service::small_log::{SmallLog, workspace};

    /// A log that remembers what was read of it: how many records and notes, whatever they were.
    struct Watched {
        log: Arc<MemoryLog>,
        reads: Arc<Mutex<Vec<&'static str>>>,
    }

    impl Watched {
        fn seen(&self, read: &'static str) -> &MemoryLog {
            self.reads.lock().unwrap().push(read);
            &self.log
        }
    }

    impl Log for Watched {
        fn head(&self) -> Head {
            self.log.head()
        }

        fn write(&self, batch: &Batch) -> Result<(), WriteError> {
            self.log.write(batch)
        }

        fn sync(&self) -> Result<(), WriteError> {
            self.log.sync()
        }

        fn read(&self, from: Position) -> Records<'_> {
            Log::read(self.seen("record"), from)
        }

        fn note(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
            self.seen("note").note(key)
        }

        fn notes(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<StoredNote>, ReadError> {
            self.seen("notes").notes(prefix, from, limit)
        }

        fn note_before(&self, prefix: &[u8], to: &[u8]) -> Result<Option<StoredNote>, ReadError> {
            self.seen("note before").note_before(prefix, to)
        }

        fn stats(&self) -> LogStats {
            self.log.stats()
        }
    }

    #[test]
    fn what_is_not_there_takes_the_same_reads_as_what_is_another_workspaces() {
        let small = SmallLog::filled();
        let reads: Arc<Mutex<Vec<_>>> = Arc::default();
        let watched = Watched { log: Arc::clone(&small.log), reads: Arc::clone(&reads) };
        let history = small.history_of(Arc::new(watched));
        let head = history.head().position;
        let look = |workspace, message| {
            reads.lock().unwrap().clear();
            let found = is_of(workspace, &history, MessageId::from_bits(message), head).unwrap();
            (found, take(&mut *reads.lock().unwrap()))
        };
        let (mine, reads) = look(workspace(), 2);
        assert!(mine && reads.contains(&"record"), "{reads:?}");
        assert_eq!(look(WorkspaceId::nth(1), 2), (false, reads.clone()));
        for not_there in [0, 99, u64::MAX] {
            assert_eq!(look(workspace(), not_there), (false, reads.clone()), "{not_there}");
        }
    }
}
