//! Reads a file's bytes: counted while they come, never unpacked.

use bytes::{Bytes, BytesMut};
use reqwest::Response;
use reqwest::header::CONTENT_ENCODING;

use super::Fault;
use crate::net::lack;

/// Names of files that are compressed as they are, whatever a server calls that.
const PACKED: [&str; 3] = [".gz", ".tgz", ".svgz"];

/// What servers call compressed bytes.
const COMPRESSIONS: [&str; 6] = ["gzip", "x-gzip", "deflate", "compress", "br", "zstd"];

/// The whole body. What the answer says of its length is only used to see whether it is complete.
pub(super) async fn read(mut answer: Response, name: &str, bytes_max: usize) -> Result<Bytes, Fault> {
    if is_compressed(&answer) && !is_packed(name) {
        return Err(Fault::Compressed);
    }
    let mut body = BytesMut::new();
    while let Some(piece) = answer.chunk().await.map_err(|error| cut_off(&error))? {
        if piece.len() > bytes_max.saturating_sub(body.len()) {
            return Err(Fault::TooLarge(bytes_max));
        }
        body.extend_from_slice(&piece);
    }
    if body.is_empty() { Err(Fault::Empty) } else { Ok(body.freeze()) }
}

/// A body that broke off, unless it did so for a lack of ours.
fn cut_off(error: &reqwest::Error) -> Fault {
    if lack::is_ours(error) { Fault::Ours } else { Fault::Incomplete }
}

/// Any other word, such as a storage's own, says nothing of the bytes.
fn is_compressed(answer: &Response) -> bool {
    let is_one = |word: &[u8]| COMPRESSIONS.iter().any(|name| word.trim_ascii().eq_ignore_ascii_case(name.as_bytes()));
    let values = answer.headers().get_all(CONTENT_ENCODING);
    values.iter().any(|value| value.as_bytes().split(|byte| *byte == b',').any(is_one))
}

fn is_packed(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    PACKED.iter().any(|end| name.ends_with(end))
}
