//! A route of the table, for whoever describes or tests it.

use actix_web::http::Method;

use super::caller::Role;

/// A route as tests and the API's description see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// GET answers HEAD too.
    pub method: Method,
    /// With its parameters in braces.
    pub path: &'static str,
    /// Who may call it.
    pub role: Role,
}
