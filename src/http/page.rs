//! Query parameters, among them those of pages: `limit`, `after`, `before`.

use std::collections::BTreeMap;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

use crate::service::page::{LIMIT, LIMIT_MAX, Page};
use crate::service::refusal::Refusal;

/// The query parameters of a request.
pub(super) struct Query(BTreeMap<String, String>);

impl FromRequest for Query {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

impl Query {
    pub(super) fn of(request: &HttpRequest) -> Result<Self, Refusal> {
        let query = web::Query::<BTreeMap<String, String>>::from_query(request.query_string());
        query.map(|query| Self(query.into_inner())).map_err(|_| Refusal::new("invalid_value", "Malformed query"))
    }

    /// Refuses any parameter; the hint says what may have been meant.
    pub(super) fn must_be_empty(&self, hint: &str) -> Result<(), Refusal> {
        let Some(name) = self.0.keys().next() else { return Ok(()) };
        Err(Refusal::new("invalid_value", format!("There is no parameter {name}")).naming(name.clone()).hinting(hint))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    pub(super) fn number(&self, name: &'static str) -> Result<Option<u64>, Refusal> {
        let number = self.0.get(name).map(|text| text.parse()).transpose();
        number.map_err(|_| Refusal::invalid(name, format!("{name} must be a whole number")))
    }

    /// Returns a parameter that is `true` or `false`, by default the latter.
    pub(super) fn flag(&self, name: &'static str) -> Result<bool, Refusal> {
        let flag = self.0.get(name).map_or(Ok(false), |text| text.parse());
        flag.map_err(|_| Refusal::invalid(name, format!("{name} must be true or false")))
    }

    pub(super) fn limit(&self) -> Result<usize, Refusal> {
        self.limit_or(LIMIT)
    }

    fn limit_or(&self, usual: usize) -> Result<usize, Refusal> {
        match self.number("limit")? {
            None => Ok(usual),
            Some(limit) => match usize::try_from(limit) {
                Ok(limit) if (1..=LIMIT_MAX).contains(&limit) => Ok(limit),
                _ => Err(Refusal::invalid("limit", format!("limit must be 1 to {LIMIT_MAX}"))),
            },
        }
    }

    /// Returns the requested page of a list, with `usual` rows by default.
    pub(super) fn page_of(&self, usual: usize) -> Result<Page, Refusal> {
        let limit = self.limit_or(usual)?;
        Ok(Page { limit, after: self.number("after")?, before: self.number("before")? })
    }

    pub(super) fn page(&self) -> Result<Page, Refusal> {
        self.page_of(LIMIT)
    }
}
