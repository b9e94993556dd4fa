//! The actors: which there are, what waits in each, what one of them knows and is about to do, and whether that is what
//! its records say.

mod difference;
mod due;
mod list;
mod rebuild;
mod show;

use ::actors::runtime::shard::CommandError;
use events::ids::StreamKind;

pub use self::difference::{Difference, Part};
pub use self::due::DueRow;
pub use self::list::{ActorRow, Wanted, list};
pub use self::rebuild::{RebuildView, rebuild};
pub use self::show::{ActorView, StateSource, show};
use super::refusal::Refusal;

/// Returns the kind of actor with this name.
pub fn known_kind(name: &str) -> Result<StreamKind, Refusal> {
    let found = StreamKind::OF_ACTORS.into_iter().find(|kind| kind.name() == name);
    let known = StreamKind::OF_ACTORS.map(StreamKind::name).join(", ");
    found.ok_or_else(|| Refusal::invalid("kind", format!("There is no kind of actor {name:?}")).hinting(known))
}

/// A look or a rebuild gives the actor no command that a rule could reject.
fn failed<R: std::fmt::Debug>(error: &CommandError<R>) -> Refusal {
    Refusal::fault(error)
}
