//! Checks a log from first to last: positions, hashes, bytes. Reports the first record that is wrong.

use crate::chain;
use crate::codec::{Opening, decode};
use crate::log::{Head, Log, ReadError};
use crate::record::Record;

/// Walks all records in order and checks each; `visit` gets those that are right. With a vault, every text that is not
/// erased must open too; otherwise the texts stay sealed.
pub fn verify(log: &dyn Log, opening: Opening<'_>, mut visit: impl FnMut(&Record)) -> Result<Head, ReadError> {
    let wanted = log.head();
    let mut head = Head::EMPTY;
    for stored in log.read(1) {
        let stored = stored?;
        let expected = head.position.saturating_add(1);
        let damaged = |what: &str| ReadError::Damaged { position: expected, what: what.to_owned() };
        if stored.first != expected {
            return Err(damaged("missing, or another record in its place"));
        }
        if stored.previous != head.hash || stored.hash != chain::link(&head.hash, &stored.bytes) {
            return Err(damaged("the hash does not fit"));
        }
        let record = decode(&stored, opening)?;
        if record.first != expected {
            return Err(damaged("it was written for another place"));
        }
        visit(&record);
        head = Head { position: record.last(), hash: stored.hash, recorded_at: record.recorded_at };
    }
    if head.position < wanted.position {
        return Err(ReadError::Damaged { position: head.position.saturating_add(1), what: "missing".to_owned() });
    }
    Ok(head)
}
