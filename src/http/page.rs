//! Lists in pages: `limit`, `after`, `before` in; `data`, `page.next`, `page.prev` out.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::json;

use super::error::Refused;

const LIMIT: usize = 50;
const LIMIT_MAX: usize = 500;

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

/// Cuts a list whose rows are given newest first and lie within the wanted part; one row more than wanted tells that
/// there are more. Each row comes with its place.
pub(super) fn answer<T: Serialize>(mut rows: Vec<(u64, T)>, query: PageQuery) -> HttpResponse {
    let more = rows.len() > query.limit;
    rows.truncate(query.limit);
    let next = rows.last().filter(|_| more).map(|(place, _)| place.to_string());
    let prev = rows.first().filter(|_| query.after.is_some()).map(|(place, _)| place.to_string());
    let data: Vec<T> = rows.into_iter().map(|(_, row)| row).collect();
    HttpResponse::Ok().json(json!({"data": data, "page": {"next": next, "prev": prev}}))
}

/// The part of a short list, given newest first, that is wanted.
pub(super) fn within<T>(rows: Vec<(u64, T)>, query: PageQuery) -> Vec<(u64, T)> {
    let older = |place: u64| query.after.is_none_or(|after| place < after);
    let newer = |place: u64| query.before.is_none_or(|before| place > before);
    let mut rows: Vec<_> = rows.into_iter().filter(|(place, _)| older(*place) && newer(*place)).collect();
    if query.before.is_some() {
        rows.drain(..rows.len().saturating_sub(query.limit));
    }
    rows
}
