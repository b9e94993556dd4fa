//! Fetches the files that messages carry, and explains in plain words why one cannot be fetched.

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

/// The name of a file that was given no usable name.
pub const NAMELESS: &str = "file";

/// Fetches files from URLs that users give.
pub trait Files: Send + Sync {
    /// Fetches once. `name` is the name that the file will get; its ending decides whether a web page is acceptable.
    fn fetch<'a>(&'a self, url: &'a str, name: &'a str) -> BoxFuture<'a, Result<Fetched, Fault>>;
}

/// A file that arrived whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The base name of the given name.
    pub name: String,
    /// The media type, detected from the bytes alone, such as `image/png`.
    pub mime: &'static str,
    /// The content: from 1 byte up to the limit.
    pub bytes: Bytes,
}
