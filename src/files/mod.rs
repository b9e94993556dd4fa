//! Fetches the files that messages carry, and says in people's words why one cannot be had.

mod ask;
mod body;
mod cookies;
mod fault;
mod fetcher;
mod kind;
mod name;
mod office;
mod retry_after;
mod sharing;
mod sniff;

use bytes::Bytes;
use futures_util::future::BoxFuture;

pub use fault::{Fault, Prospect};
pub use fetcher::{Fetcher, Limits};
pub use kind::other_kind;
pub use name::{NAME_BYTES_MAX, base_name, last_part, name_in};

/// What a file is called that was given no usable name.
pub const NAMELESS: &str = "file";

/// Gets files from addresses that users give.
pub trait Files: Send + Sync {
    /// Fetches once. `name` is what the file is to be called; it says whether a web page may be meant.
    fn fetch<'a>(&'a self, url: &'a str, name: &'a str) -> BoxFuture<'a, Result<Fetched, Fault>>;
}

/// A file that arrived whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The base name of what it is to be called.
    pub name: String,
    /// What it is, told from its bytes alone, such as `image/png`.
    pub mime: &'static str,
    /// What it holds: 1 byte to the limit.
    pub bytes: Bytes,
}
