//! Lists in pages: `limit`, `after`, `before` in; `data`, `page.next`, `page.prev` out.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::json;

use super::error::Refused;

const LIMIT: usize = 50;
pub(super) const LIMIT_MAX: usize = 500;

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageQuery {
    /// 1 to 500.
    pub(super) limit: usize,
    /// Beginning behind this place, in the list's own order.
    pub(super) after: Option<u64>,
    /// Ending before this place, in the list's own order.
    pub(super) before: Option<u64>,
}

/// The parameters behind the question mark.
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    pub(super) fn of(request: &HttpRequest) -> Result<Self, Refused> {
        let query = web::Query::<BTreeMap<String, String>>::from_query(request.query_string());
        query.map(|query| Self(query.into_inner())).map_err(|_| Refused::bad("invalid_value", "Malformed query"))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    pub(super) fn number(&self, name: &'static str) -> Result<Option<u64>, Refused> {
        let number = self.0.get(name).map(|text| text.parse()).transpose();
        number.map_err(|_| Refused::invalid(name, format!("{name} must be a whole number")))
    }

    pub(super) fn limit(&self) -> Result<usize, Refused> {
        self.limit_or(LIMIT)
    }

    fn limit_or(&self, usual: usize) -> Result<usize, Refused> {
        match self.number("limit")? {
            None => Ok(usual),
            Some(limit) => match usize::try_from(limit) {
                Ok(limit) if (1..=LIMIT_MAX).contains(&limit) => Ok(limit),
                _ => Err(Refused::invalid("limit", format!("limit must be 1 to {LIMIT_MAX}"))),
            },
        }
    }

    /// A page of a list that shows `usual` rows unless more are asked for.
    pub(super) fn page_of(&self, usual: usize) -> Result<PageQuery, Refused> {
        let limit = self.limit_or(usual)?;
        Ok(PageQuery { limit, after: self.number("after")?, before: self.number("before")? })
    }

    pub(super) fn page(&self) -> Result<PageQuery, Refused> {
        self.page_of(LIMIT)
    }
}

/// Cuts a list whose rows lie within the wanted part, in the list's own order; one row more than wanted, at the end
/// that is turned away from the place given, tells that there are more. Each row comes with its place.
pub(super) fn answer<T: Serialize>(mut rows: Vec<(u64, T)>, query: PageQuery) -> HttpResponse {
    let [prev, next] =
        cut(&mut rows, query.limit, [query.after.is_some(), query.before.is_some()], |(place, _)| place.to_string());
    let data: Vec<T> = rows.into_iter().map(|(_, row)| row).collect();
    HttpResponse::Ok().json(json!({"data": data, "page": {"next": next, "prev": prev}}))
}

/// Takes away what is more than `limit`, and tells where the pages before and behind begin. Whoever came from
/// somewhere can go back there.
pub(super) fn cut<T>(
    rows: &mut Vec<T>,
    limit: usize,
    [from_after, from_before]: [bool; 2],
    place: impl Fn(&T) -> String,
) -> [Option<String>; 2] {
    let more = rows.len() > limit;
    if from_before {
        rows.drain(..rows.len().saturating_sub(limit));
    } else {
        rows.truncate(limit);
    }
    let (has_prev, has_next) = if from_before { (more, true) } else { (from_after, more) };
    [rows.first().filter(|_| has_prev).map(&place), rows.last().filter(|_| has_next).map(&place)]
}

/// The part of a short list, given newest first, that is wanted.
pub(super) fn within<T>(rows: Vec<(u64, T)>, query: PageQuery) -> Vec<(u64, T)> {
    let older = |place: u64| query.after.is_none_or(|after| place < after);
    let newer = |place: u64| query.before.is_none_or(|before| place > before);
    rows.into_iter().filter(|(place, _)| older(*place) && newer(*place)).collect()
}

/// The same of one given oldest first.
pub(super) fn within_ascending<T>(rows: Vec<(u64, T)>, query: PageQuery) -> Vec<(u64, T)> {
    let newer = |place: u64| query.after.is_none_or(|after| place > after);
    let older = |place: u64| query.before.is_none_or(|before| place < before);
    rows.into_iter().filter(|(place, _)| older(*place) && newer(*place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of six rows, the newest first, are on a page, and where the pages around begin.
    fn page(after: Option<u64>, before: Option<u64>) -> (Vec<u64>, [Option<String>; 2]) {
        let query = PageQuery { limit: 2, after, before };
        let mut rows = within((1..=6).rev().map(|place| (place, ())).collect(), query);
        let around = cut(&mut rows, 2, [after.is_some(), before.is_some()], |(place, ())| place.to_string());
        (rows.into_iter().map(|(place, ())| place).collect(), around)
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
    }
}
