//! One request as it was received, from whomever.

use events::time::Timestamp;

/// A received request.
#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) at: Timestamp,
    pub(super) method: String,
    /// With the query.
    pub(super) path: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
    /// False for a copy, whose answer goes to nobody.
    pub(super) counts: bool,
}

impl Received {
    /// Returns a header's value, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| std::str::from_utf8(value).ok())
    }
}

/// The answer to a request.
#[derive(Debug, Clone, Default)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// Names in lower case.
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn of_status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }
}
