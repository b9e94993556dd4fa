//! What a delivery is made of, while the log goes on.

use std::sync::Arc;

use events::chat::MessageRead;
use events::ids::{DeliveryId, StreamId};
use events::index::Index;
use events::log::Log;
use events::record::Cause;
use events::sequencer::{Inbox, NewCommit, Sequencer};
use events::sled_log::SledLog;
use events::time::Timestamp;
use events::watermark::Watermark;

use super::rebuild;
use crate::bench::lives::{Scribe, Tenant};

const CACHE_MB: u64 = 16;
const AT: Timestamp = Timestamp::from_ms(1_790_000_000_000);

#[test]
fn a_receipt_that_is_still_on_its_way_to_the_disk_keeps_no_report_back() {
    let folder = tempfile::tempdir().unwrap();
    let tenant = Tenant { reports: Some("http://127.0.0.1:9/hooks".to_owned()), ..Tenant::nth(0, 1, 1) };
    let mut scribe = Scribe::open(folder.path(), CACHE_MB, AT).unwrap();
    tenant.make(&mut scribe).unwrap();
    tenant.owe(&mut scribe, 0).unwrap();
    scribe.finish().unwrap();
    let log: Arc<dyn Log> = Arc::new(SledLog::open(folder.path(), CACHE_MB).unwrap());
    let index = Arc::new(Index::open(Arc::clone(&log)).unwrap());
    let (work, _unwritten) = tokio::sync::mpsc::unbounded_channel();
    let mut sequencer = Sequencer::new(Arc::clone(&index), Watermark::at(log.head().position), work);
    let (message, chat) = (tenant.message(0), tenant.chat(0).unwrap());
    let stream = StreamId::Workspace(tenant.workspace);
    sequencer.register(stream, Inbox::default());
    sequencer.replayed(stream, 0);
    let read = MessageRead { message, chat, at: AT, owed: None }.into();
    let commit = NewCommit { workspace: tenant.workspace, recorded_at: AT, cause: Cause::system(), events: vec![read] };
    sequencer.append(stream, 0, commit).unwrap();

    let rebuilt = rebuild(log.as_ref(), &index, DeliveryId::of(message)).unwrap();

    let (flushed, bundle) = rebuilt.unwrap();
    assert_eq!((flushed.messages, bundle.messages.len()), (vec![message], 1));
}
