//! The deciding thread reads no disk for a look-up: another thread does, and only the command waits that needs it.

use std::collections::HashSet;
use std::sync::Mutex;
use std::thread::{self, ThreadId};

use events::log::{Head, LogStats, ReadError, Records, StoredNote, WriteError};
use events::notes::Space;
use events::record::Idempotency;

use super::*;
use crate::runtime::shard::CommandError;
use crate::workspace::{Answer, ChangeChat, ChatLookups, Rejection};

const KNOWN: &str = "+12025550101";
const NEW: &str = "+12025550102";

/// A log that tells which notes the deciding thread reads that no other thread has read just before.
#[derive(Default)]
struct Watched {
    log: MemoryLog,
    deciding: Mutex<Option<ThreadId>>,
    by_deciding: Mutex<Vec<String>>,
    by_others: Mutex<HashSet<Vec<u8>>>,
}

impl Watched {
    fn watch(&self) {
        *self.deciding.lock().unwrap() = Some(thread::current().id());
    }

    fn see(&self, key: &[u8]) {
        let Some(deciding) = *self.deciding.lock().unwrap() else { return };
        if deciding != thread::current().id() {
            self.by_others.lock().unwrap().insert(key.to_vec());
        } else if !self.by_others.lock().unwrap().remove(key) && !is_of_message(key) {
            self.by_deciding.lock().unwrap().push(key.escape_ascii().to_string());
        }
    }
}

/// What came before an event of a message is no look-up: it is written down as the event's cause.
fn is_of_message(key: &[u8]) -> bool {
    [Space::Messages, Space::Moments].iter().any(|space| key.starts_with(space.prefix()))
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
        self.log.read(from)
    }

    fn note(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        self.see(key);
        self.log.note(key)
    }

    fn notes(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<StoredNote>, ReadError> {
        self.see(prefix);
        self.log.notes(prefix, from, limit)
    }

    fn note_before(&self, prefix: &[u8], to: &[u8]) -> Result<Option<StoredNote>, ReadError> {
        self.see(prefix);
        self.log.note_before(prefix, to)
    }

    fn stats(&self) -> LogStats {
        self.log.stats()
    }
}

/// Every kind of look-up of a workspace, once in vain and once not, after a start at which nothing is in memory.
#[test]
fn the_deciding_thread_reads_nothing_for_look_ups() {
    let watched = Arc::new(Watched::default());
    let log: Arc<dyn Log> = Arc::<Watched>::clone(&watched);
    begin(&log, vec![created(), granted(90, "trial"), url_generated("in_token"), connected(), opened(1, KNOWN)]);
    live(&log, async |shard, batches, _| {
        batches.add_permits(1_000);
        // A quiet while, in which the index is stored.
        pass(60_000).await;
        shard.stop().await;
    });
    let pool = |parts: Dependencies| Dependencies {
        reading: ReadMode::Pool,
        start_writer: Box::new(|writer, work| drop(thread::spawn(move || writer.run(work)))),
        ..parts
    };
    live_as(&log, pool, async |shard, _, _| {
        watched.watch();
        let submit = |number: u64, recipient, key: Option<&[u8]>| {
            let Ask::Submit(asked) = submit() else { panic!("not a message") };
            let idempotency = key.map(|key| Idempotency { key: Digest::of(key).short(), body: Digest::of(b"body") });
            Ask::Submit(Box::new(Submit { message: message(20 + number), recipient, idempotency, ..*asked }))
        };
        let ask = async |command| {
            let idempotency = if let Ask::Submit(submit) = &command { submit.idempotency.clone() } else { None };
            let cause = Cause::request(Who::Inbound, 1, idempotency);
            shard.execute::<Workspace>(workspace(), command, cause).await
        };
        let to = |phone: &str| Recipient::Peer(Peer::from_phone(phone));
        assert!(matches!(ask(submit(1, to(KNOWN), None)).await, Ok(Answer::Accepted(_))));
        assert!(matches!(ask(submit(2, to(NEW), Some(b"key"))).await, Ok(Answer::Accepted(_))));
        assert!(matches!(ask(submit(3, to(KNOWN), Some(b"key"))).await, Ok(Answer::Accepted(again)) if again.replayed));
        assert!(matches!(ask(submit(4, Recipient::Chat(chat(1)), None)).await, Ok(Answer::Accepted(_))));
        let missing = ask(submit(5, Recipient::Chat(chat(77)), None)).await;
        assert!(matches!(missing, Err(CommandError::Rejected(Rejection::ChatNotFound))), "{missing:?}");
        let unnamed = ask(submit(6, Recipient::Name("Nobody".into()), None)).await;
        assert!(matches!(unnamed, Err(CommandError::Rejected(Rejection::ChatNotFound))), "{unnamed:?}");
        for (name, responsible) in [(Some("Ada".to_owned()), None), (None, Some(None))] {
            let looked_up = ChatLookups::default();
            let change = ChangeChat { chat: chat(1), name, responsible, by: operator(), looked_up };
            assert!(ask(Ask::ChangeChat(change)).await.is_ok());
        }
    });
    assert_eq!(*watched.by_deciding.lock().unwrap(), Vec::<String>::new(), "read by the deciding thread");
    assert_ne!(*watched.by_others.lock().unwrap(), HashSet::new(), "nobody read anything");
}
