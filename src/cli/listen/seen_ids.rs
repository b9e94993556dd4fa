//! Recognises duplicate deliveries: remembers the ids of the last ten thousand.

use std::collections::{BTreeSet, VecDeque};

const SEEN_MAX: usize = 10_000;

/// The ids of the last deliveries.
#[derive(Debug, Default)]
pub(super) struct SeenIds {
    ids: BTreeSet<String>,
    /// The oldest first.
    order: VecDeque<String>,
}

impl SeenIds {
    /// True if this id is new. Remembers it.
    pub(super) fn is_new(&mut self, id: &str) -> bool {
        if !self.ids.insert(id.to_owned()) {
            return false;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > SEEN_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_new_once() {
        let mut seen = SeenIds::default();
        assert_eq!([seen.is_new("1"), seen.is_new("2"), seen.is_new("1")], [true, true, false]);
    }

    #[test]
    fn the_oldest_deliveries_are_forgotten() {
        let mut seen = SeenIds::default();
        assert!((0..=SEEN_MAX).all(|id| seen.is_new(&id.to_string())));
        assert!(!seen.is_new("1") && seen.is_new("0"));
        assert_eq!(seen.ids.len(), SEEN_MAX);
    }
}
