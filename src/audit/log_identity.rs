//! Which log it is.

use events::codec::{self, Opening};
use events::event::Event;
use events::founding::LogId;
use events::log::{Log, ReadError};

/// Returns the id that a log was created with.
pub fn log_id(log: &dyn Log) -> Result<LogId, ReadError> {
    let first = log.read(1).next().transpose()?;
    let record = first.map(|stored| codec::decode(&stored, Opening::Shut)).transpose()?;
    match record.as_ref().and_then(|record| record.events.first()) {
        Some(Event::LogCreated(created)) => Ok(created.log),
        _ => Err(ReadError::Damaged { position: 1, what: "the log does not begin with its creation".to_owned() }),
    }
}
