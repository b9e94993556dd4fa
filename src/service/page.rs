//! Pages of lists: the requested part, and the cursors to the parts around it.

use serde::{Deserialize, Serialize};

/// The default number of rows in a page.
pub const LIMIT: usize = 50;
/// The largest number of rows in a page.
pub const LIMIT_MAX: usize = 500;

/// The requested part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The largest number of rows, 1 to 500.
    pub limit: usize,
    /// Begin after this place, in the list's own order.
    pub after: Option<u64>,
    /// End before this place, in the list's own order.
    pub before: Option<u64>,
}

/// A page of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paged<T> {
    /// The rows, in the list's own order.
    pub data: Vec<T>,
    /// The cursors of the pages around it.
    pub page: Around,
}

/// The cursors of the pages around a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Around {
    /// The next page's cursor, to be given as `after`; `None` at the end.
    pub next: Option<String>,
    /// The previous page's cursor, to be given as `before`; `None` at the start.
    pub prev: Option<String>,
}

impl<T> Paged<T> {
    /// Cuts a list to one page. `rows` are the rows within the requested part, in the list's own order, each with its
    /// place; one row more than the limit, at the end away from the cursor, shows that there are more.
    pub fn cut(rows: Vec<(u64, T)>, page: Page) -> Self {
        let around = [page.after.is_some(), page.before.is_some()];
        let cut = Paged::cut_by(rows, page.limit, around, |(place, _)| place.to_string());
        Self { data: cut.data.into_iter().map(|(_, row)| row).collect(), page: cut.page }
    }

    /// Like [`Paged::cut`], for rows whose place is computed from them. A page that was reached
    /// by a cursor always has a cursor that leads back.
    pub fn cut_by(
        mut rows: Vec<T>,
        limit: usize,
        [from_after, from_before]: [bool; 2],
        place: impl Fn(&T) -> String,
    ) -> Self {
        let more = rows.len() > limit;
        if from_before {
            rows.drain(..rows.len().saturating_sub(limit));
        } else {
            rows.truncate(limit);
        }
        let (has_prev, has_next) = if from_before { (more, true) } else { (from_after, more) };
        let prev = rows.first().filter(|_| has_prev).map(&place);
        let next = rows.last().filter(|_| has_next).map(&place);
        Self { data: rows, page: Around { next, prev } }
    }
}

impl Page {
    /// Returns the requested page of a short list that is given newest first.
    pub fn of_newest_first<T>(self, rows: Vec<(u64, T)>) -> Paged<T> {
        Paged::cut(self.within(rows), self)
    }

    /// Returns the rows of a list, given newest first, that are within the requested part.
    pub fn within<T>(self, rows: Vec<(u64, T)>) -> Vec<(u64, T)> {
        let older = |place: u64| self.after.is_none_or(|after| place < after);
        let newer = |place: u64| self.before.is_none_or(|before| place > before);
        rows.into_iter().filter(|(place, _)| older(*place) && newer(*place)).collect()
    }

    /// Returns the requested page of a short list that is given oldest first.
    pub fn of_oldest_first<T>(self, rows: Vec<(u64, T)>) -> Paged<T> {
        let newer = |place: u64| self.after.is_none_or(|after| place > after);
        let older = |place: u64| self.before.is_none_or(|before| place < before);
        Paged::cut(rows.into_iter().filter(|(place, _)| older(*place) && newer(*place)).collect(), self)
    }

    /// Returns the numbers of a page's rows plus one, the newest first, if rows exist for all numbers from `first` to
    /// `last`.
    pub fn numbers(self, first: u64, last: u64) -> Vec<u64> {
        let most = self.limit.saturating_add(1);
        let last = self.after.map_or(last, |after| last.min(after.saturating_sub(1)));
        let Some(before) = self.before else { return (first..=last).rev().take(most).collect() };
        let mut nearest: Vec<_> = (first.max(before.saturating_add(1))..=last).take(most).collect();
        nearest.reverse();
        nearest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the rows on a page of six rows, the newest first, and the cursors of the pages around.
    fn page(after: Option<u64>, before: Option<u64>) -> (Vec<u64>, [Option<String>; 2]) {
        let page = Page { limit: 2, after, before };
        let rows = page.of_newest_first((1..=6).rev().map(|place| (place, place)).collect());
        let numbered = Paged::cut(page.numbers(1, 6).into_iter().map(|place| (place, place)).collect(), page);
        assert_eq!(numbered, rows);
        (rows.data, [rows.page.prev, rows.page.next])
    }

    fn places(prev: Option<u64>, next: Option<u64>) -> [Option<String>; 2] {
        [prev, next].map(|place| place.map(|place| place.to_string()))
    }

    #[test]
    fn one_can_walk_to_the_end_and_back_again() {
        assert_eq!(page(None, None), (vec![6, 5], places(None, Some(5))));
        assert_eq!(page(Some(5), None), (vec![4, 3], places(Some(4), Some(3))));
        assert_eq!(page(Some(3), None), (vec![2, 1], places(Some(2), None)));
        assert_eq!(page(None, Some(2)), (vec![4, 3], places(Some(4), Some(3))));
        assert_eq!(page(None, Some(4)), (vec![6, 5], places(None, Some(5))));
        assert_eq!(page(None, Some(6)), (vec![], places(None, None)));
        assert_eq!(page(Some(1), None), (vec![], places(None, None)));
        assert_eq!(page(Some(0), None), (vec![], places(None, None)));
        assert_eq!(page(None, Some(u64::MAX)), (vec![], places(None, None)));
        assert_eq!(page(Some(5), Some(3)), (vec![4], places(None, Some(4))));
    }

    #[test]
    fn a_list_of_nothing_has_no_pages_around() {
        let page = Page { limit: 2, after: None, before: None };
        assert_eq!(page.numbers(1, 0), Vec::<u64>::new());
        assert_eq!(page.of_oldest_first(Vec::<(u64, u64)>::new()).page, Around { next: None, prev: None });
    }
}
