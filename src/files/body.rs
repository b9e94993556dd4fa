//! Reads a file's bytes: counts them as they come, and never decompresses them.

use bytes::{Bytes, BytesMut};
use reqwest::Response;
use reqwest::header::CONTENT_ENCODING;

use super::Fault;
use crate::net::lack;

/// Endings of files that are compressed themselves, whatever encoding a server declares.
const PACKED: [&str; 3] = [".gz", ".tgz", ".svgz"];

/// Values of `Content-Encoding` for compressed bytes.
const COMPRESSIONS: [&str; 6] = ["gzip", "x-gzip", "deflate", "compress", "br", "zstd"];

/// Reads the whole body. The declared length only serves to detect a body that is incomplete.
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

/// The fault of a body that broke off: a lack of ours, or an incomplete file.
fn cut_off(error: &reqwest::Error) -> Fault {
    if lack::is_ours(error) { Fault::Ours } else { Fault::Incomplete }
}

/// True if a compression is declared. Other values, such as a storage service's own, say nothing about the bytes.
fn is_compressed(answer: &Response) -> bool {
    let is_one = |word: &[u8]| COMPRESSIONS.iter().any(|name| word.trim_ascii().eq_ignore_ascii_case(name.as_bytes()));
    let values = answer.headers().get_all(CONTENT_ENCODING);
    values.iter().any(|value| value.as_bytes().split(|byte| *byte == b',').any(is_one))
}

fn is_packed(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    PACKED.iter().any(|end| name.ends_with(end))
}
