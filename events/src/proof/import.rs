//! Puts records together again from the lines of an export.

use super::exported::Exported;
use super::line::{Beside, Shared};
use crate::codec::Resealing;
use crate::record::Record;

/// The lines of a record that is not whole yet.
#[derive(Default)]
pub struct Lines {
    events: Vec<crate::event::Event>,
    before: Vec<Option<Resealing>>,
}

impl Lines {
    /// Takes the next line, which was checked; returns its record once that is whole, with what is known of the seals of
    /// its texts.
    pub fn take(&mut self, line: Exported) -> Option<(Record, Vec<Option<Resealing>>)> {
        let Exported { position, shared, event, commitment, beside, .. } = line;
        self.events.push(event);
        self.before.push(match beside {
            Beside::Nothing => None,
            Beside::These(texts) => Some(Resealing::Salt(texts.salt)),
            Beside::Erased => commitment.map(Resealing::Erased),
        });
        if position < shared.last {
            return None;
        }
        let Shared { first, recorded_at, workspace, cause, .. } = shared;
        let (events, before) = (std::mem::take(&mut self.events), std::mem::take(&mut self.before));
        Some((Record { first, recorded_at, workspace, cause, events }, before))
    }
}
