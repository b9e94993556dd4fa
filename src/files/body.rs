//! Reads a file's bytes: counted while they come, never unpacked.

use bytes::{Bytes, BytesMut};
use reqwest::Response;
use reqwest::header::CONTENT_ENCODING;

use super::Fault;

/// Names of files that are compressed as they are, whatever a server calls that.
const PACKED: [&str; 3] = [".gz", ".tgz", ".svgz"];

/// The whole body. What the answer says of its length is only used to see whether it is complete.
pub(super) async fn read(mut answer: Response, name: &str, bytes_max: usize) -> Result<Bytes, Fault> {
    if is_compressed(&answer) && !is_packed(name) {
        return Err(Fault::Compressed);
    }
    let mut body = BytesMut::new();
    while let Some(piece) = answer.chunk().await.map_err(|_| Fault::Incomplete)? {
        if piece.len() > bytes_max.saturating_sub(body.len()) {
            return Err(Fault::TooLarge(bytes_max));
        }
        body.extend_from_slice(&piece);
    }
    if body.is_empty() { Err(Fault::Empty) } else { Ok(body.freeze()) }
}

fn is_compressed(answer: &Response) -> bool {
    let plain = |value: &[u8]| value.is_empty() || value.eq_ignore_ascii_case(b"identity");
    answer.headers().get_all(CONTENT_ENCODING).iter().any(|value| !plain(value.as_bytes().trim_ascii()))
}

fn is_packed(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    PACKED.iter().any(|end| name.ends_with(end))
}
