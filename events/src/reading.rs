//! Reads events at places that the index names, and finds the place of a moment.

use crate::event::Event;
use crate::log::{Log, ReadError, Records};
use crate::record::{Position, Record, decode};
use crate::time::Timestamp;

/// So many positions are passed over before a new search is cheaper.
const NEAR: u64 = 256;

/// Shows the events at these positions, in the order given. Ascending positions are read in one go where they are near.
pub fn visit(
    log: &dyn Log,
    positions: &[Position],
    mut each: impl FnMut(Position, &Record, &Event),
) -> Result<(), ReadError> {
    let mut near = Near { log, open: None, current: None };
    for position in positions {
        let record = near.at(*position)?;
        let offset = usize::try_from(position.saturating_sub(record.first)).unwrap_or(usize::MAX);
        if let Some(event) = record.events.get(offset) {
            each(*position, record, event);
        }
    }
    Ok(())
}

/// The record that holds a position.
pub fn record_at(log: &dyn Log, position: Position) -> Result<Option<Record>, ReadError> {
    log.read(position).next().transpose()?.as_ref().map(decode).transpose()
}

/// Position of the last event recorded at `moment` or before; 0 if there is none.
pub fn position_at(log: &dyn Log, moment: Timestamp) -> Result<Position, ReadError> {
    let (mut found, mut low, mut high) = (0, 1, log.head().position);
    while low <= high {
        let middle = low.midpoint(high);
        let Some(record) = record_at(log, middle)? else { break };
        if record.recorded_at <= moment {
            found = record.last();
            low = found.saturating_add(1);
        } else {
            high = record.first.saturating_sub(1);
        }
    }
    Ok(found)
}

/// Reads on where the next wanted record is near; searches anew where it is far. Decodes only what is wanted.
struct Near<'a> {
    log: &'a dyn Log,
    open: Option<Records<'a>>,
    current: Option<Record>,
}

impl Near<'_> {
    fn at(&mut self, position: Position) -> Result<&Record, ReadError> {
        let holds = |record: &Record| (record.first..=record.last()).contains(&position);
        if !self.current.as_ref().is_some_and(holds) {
            self.current = self.search(position)?.filter(|record| holds(record));
        }
        self.current.as_ref().ok_or(ReadError::Damaged { position, what: "missing".to_owned() })
    }

    fn search(&mut self, position: Position) -> Result<Option<Record>, ReadError> {
        let last = self.current.as_ref().map_or(0, Record::last);
        let near = last < position && position - last <= NEAR;
        let mut open = match self.open.take().filter(|_| near) {
            Some(mut open) => {
                open.pass(position)?;
                open
            }
            None => self.log.read(position),
        };
        let found = open.next().transpose()?;
        self.open = Some(open);
        found.as_ref().map(decode).transpose()
    }
}
