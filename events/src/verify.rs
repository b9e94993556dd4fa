//! Checks a log from first to last: positions, hashes, bytes, and what holds for every record. Reports the first one that
//! is wrong.

use crate::chain;
use crate::codec::{self, Opening, Span, decode};
use crate::ids::Position;
use crate::log::{Head, Log, ReadError, StoredRecord};
use crate::record::Record;
use crate::record_rules;

/// Walks all records in order and checks each; `visit` gets those that are right. With a vault, every text that is not
/// erased must open too; otherwise the texts stay sealed.
pub fn verify(log: &dyn Log, opening: Opening<'_>, mut visit: impl FnMut(&Record)) -> Result<Head, ReadError> {
    walk(log, 0, opening, |_, _, record| {
        record.into_iter().for_each(&mut visit);
        Ok(())
    })
}

/// Like [`verify`], for who knows what stands up to a position: of the records there only the chain is checked, and they
/// are not decoded. `visit` gets each record as it is stored, the position of its last event and, if it is decoded, what it
/// says; it may end the walk with what it finds.
pub fn walk(
    log: &dyn Log,
    known: Position,
    opening: Opening<'_>,
    mut visit: impl FnMut(&StoredRecord, Position, Option<&Record>) -> Result<(), ReadError>,
) -> Result<Head, ReadError> {
    let wanted = log.head();
    let mut head = Head::EMPTY;
    for stored in log.read(1) {
        let stored = stored?;
        let (next, record) = if let Some(next) = linked(&stored, head).filter(|next| next.position <= known) {
            (next, None)
        } else {
            let record = check(&stored, head, opening)?;
            (Head { position: record.last(), hash: stored.hash, recorded_at: record.recorded_at }, Some(record))
        };
        visit(&stored, next.position, record.as_ref())?;
        head = next;
    }
    if head.position < wanted.position {
        let position = head.position.saturating_add(1);
        return Err(ReadError::Damaged { position, what: "missing, as all up to the end".to_owned() });
    }
    Ok(head)
}

/// True if the record continues the chain.
fn is_linked(stored: &StoredRecord, head: Head) -> bool {
    stored.previous == head.hash && stored.hash == chain::link(&head.hash, &stored.bytes)
}

/// Returns the head behind the record if it is the next one, as far as can be told without decoding it.
fn linked(stored: &StoredRecord, head: Head) -> Option<Head> {
    let Span { first, last, recorded_at } = codec::span(&stored.bytes).ok()?;
    let is_next = first == stored.first && first == head.position.saturating_add(1);
    (is_next && is_linked(stored, head)).then_some(Head { position: last, hash: stored.hash, recorded_at })
}

/// Checks the record behind this head.
fn check(stored: &StoredRecord, head: Head, opening: Opening<'_>) -> Result<Record, ReadError> {
    let expected = head.position.saturating_add(1);
    let damaged = |what: String| ReadError::Damaged { position: expected, what };
    if stored.first != expected {
        return Err(damaged(format!("missing: the next one is at position {}", stored.first)));
    }
    let fits = is_linked(stored, head);
    let record = decode(stored, opening);
    match record {
        Ok(record) if record.first != expected => {
            Err(damaged(format!("reordered: the one of position {} stands there", record.first)))
        }
        Ok(record) if fits => match record_rules::check(&record, stored.bytes.len() as u64) {
            Ok(()) => Ok(record),
            Err(broken) => Err(damaged(broken.to_string())),
        },
        Err(error) if fits => Err(error),
        _ => Err(damaged("changed: the hash does not fit".to_owned())),
    }
}
