//! What holds for every record of a log, however well its hashes fit. Whoever verifies a log and whoever takes an export
//! asks here, so that neither passes what the other refuses.

use crate::codec::{EVENTS_PER_RECORD_MAX, RECORD_BYTES_MAX, is_of};
use crate::event::Event;
use crate::ids::{Position, WorkspaceId};
use crate::record::Record;

/// Why a log cannot have such a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("an event of another workspace than its record")]
    OtherWorkspace,
    #[error("the log is created once more")]
    CreatedAgain,
    #[error("a record of more than {EVENTS_PER_RECORD_MAX} events")]
    TooManyEvents,
    #[error("a record of more than {RECORD_BYTES_MAX} bytes")]
    TooLong,
}

/// Checks a record that is stored in so many bytes.
pub fn check(record: &Record, bytes: u64) -> Result<(), Broken> {
    check_size(record.events.len() as u64, bytes)?;
    record.positioned().try_for_each(|(position, event)| check_event(record.workspace, position, event))
}

/// Checks an event of a record of this workspace.
pub fn check_event(workspace: WorkspaceId, position: Position, event: &Event) -> Result<(), Broken> {
    if !is_of(workspace, event) {
        return Err(Broken::OtherWorkspace);
    }
    // A log begins with it.
    if matches!(event, Event::LogCreated(_)) && position != 1 { Err(Broken::CreatedAgain) } else { Ok(()) }
}

/// Checks the size of a record.
pub fn check_size(events: u64, bytes: u64) -> Result<(), Broken> {
    if events > EVENTS_PER_RECORD_MAX.into() {
        return Err(Broken::TooManyEvents);
    }
    if bytes > RECORD_BYTES_MAX { Err(Broken::TooLong) } else { Ok(()) }
}
