//! One stream: its state as its records make it, beside the state that is kept of it.

use actors::decider::Decider;
use actors::runtime::replay::{RULES, Replayed, fold};
use events::history::History;
use events::log::ReadError;
use events::record::Position;
use events::snapshot::{self, Loaded};
use serde_json::Value;

use crate::service::json_diff::changes;

/// Paths that are named of one difference.
const PATHS_MAX: usize = 20;

/// What the comparison of one stream has found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Compared {
    /// Number of events that were applied.
    pub(super) applied: u64,
    /// True if there was a kept state to compare with.
    pub(super) is_checked: bool,
    /// What differs, and where.
    pub(super) difference: Option<(String, Vec<String>)>,
    /// Why a kept state was not compared.
    pub(super) skipped: Option<&'static str>,
}

impl Compared {
    fn differs(&mut self, from: &str, paths: Vec<String>) {
        self.difference = Some((format!("the state is not that of its records, but {from}"), paths));
    }

    /// Compares the state that records make with the JSON of the one that is kept.
    pub(super) fn with_json(&mut self, folded: &Value, kept: &Value, from: &str) {
        self.is_checked = true;
        if folded != kept {
            self.differs(from, paths(folded, kept));
        }
    }
}

/// Folds a stream up to a position; on the way compares it with its snapshot, if that is wanted.
pub(super) fn at_rest<D: Decider>(
    id: D::Id,
    history: &History,
    to: Position,
    compare: bool,
) -> Result<Compared, ReadError> {
    let mut compared = Compared::default();
    let mut replayed = Replayed { state: D::State::default(), revision: 0, last: 0 };
    let mut from = 1;
    if let Some(head) = snapshot::head(history.log(), D::stream(id))?.filter(|_| compare) {
        let loaded = load::<D>(id, history, &head, to)?;
        if head.position <= to {
            fold::<D>(id, history, 1..=head.position, &mut replayed)?;
            from = head.position.saturating_add(1);
        }
        judge::<D>(&mut compared, &replayed, &head, loaded);
    }
    fold::<D>(id, history, from..=to, &mut replayed)?;
    compared.applied = replayed.revision;
    Ok(compared)
}

/// Loads a snapshot; once more if another one takes its place meanwhile.
fn load<D: Decider>(
    id: D::Id,
    history: &History,
    head: &snapshot::Head,
    to: Position,
) -> Result<Loaded<D::State>, ReadError> {
    let (log, vault, stream) = (history.log(), history.vault(), D::stream(id));
    let loaded = snapshot::examine(log, vault, stream, head, RULES, to)?;
    let is_replaced = || snapshot::head(log, stream).map(|now| now.as_ref() != Some(head));
    if loaded == Loaded::Damaged && is_replaced()? { Ok(Loaded::Newer) } else { Ok(loaded) }
}

fn judge<D: Decider>(
    compared: &mut Compared,
    replayed: &Replayed<D::State>,
    head: &snapshot::Head,
    loaded: Loaded<D::State>,
) {
    match loaded {
        Loaded::State(kept) => {
            compared.is_checked = true;
            let from = format!("the snapshot's at position {}", head.position);
            if kept != replayed.state {
                compared.differs(&from, paths(&json::<D>(&replayed.state), &json::<D>(&kept)));
            } else if head.revision != replayed.revision {
                compared.differs(&from, vec!["its number of events".to_owned()]);
            }
        }
        Loaded::Damaged => {
            compared.is_checked = true;
            compared.difference = Some(("the snapshot is damaged or incomplete".to_owned(), Vec::new()));
        }
        Loaded::OtherRules => compared.skipped = Some("another version of the rules made its snapshot"),
        Loaded::Newer => compared.skipped = Some("its snapshot is newer than what is replayed"),
        // Nothing is kept of it.
        Loaded::Erased => {}
    }
}

pub(super) fn json<D: Decider>(state: &D::State) -> Value {
    serde_json::to_value(state).unwrap_or_default()
}

fn paths(folded: &Value, kept: &Value) -> Vec<String> {
    changes(folded, kept).into_iter().map(|change| change.path).take(PATHS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_live_state_that_differs_is_named_by_paths() {
        let mut compared = Compared::default();
        compared.with_json(&json!({"balance": 9, "keys": [1]}), &json!({"balance": 9, "keys": [1]}), "another");
        assert_eq!((compared.is_checked, &compared.difference), (true, &None));
        compared.with_json(&json!({"balance": 9, "keys": [1]}), &json!({"balance": 8, "keys": []}), "another");
        let (reason, paths) = compared.difference.unwrap();
        assert_eq!(reason, "the state is not that of its records, but another");
        assert_eq!(paths, ["/balance", "/keys/0"]);
    }

    #[test]
    fn only_some_paths_are_named() {
        let state = |value: u64| Value::from((0..100).map(|nth| nth * 2 + value).collect::<Vec<_>>());
        assert_eq!(paths(&state(0), &state(1)).len(), PATHS_MAX);
    }
}
