//! A route of the table, in the form for its description and its tests.

use actix_web::http::Method;

use super::caller::Role;

/// A route, as tests and the API's description see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// GET includes HEAD.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// The kind of caller that it requires.
    pub role: Role,
}
