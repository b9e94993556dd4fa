//! Packs records into values of at most 4 KiB, as sled wants them: small ones share a page, a long one takes several.
//!
//! A page is the previous hash, then per record its first position (u64), the length of its bytes (u32), both
//! little-endian, its bytes and its hash. A page longer than the limit holds one record and is stored in parts.

use crate::log::{ReadError, StoredRecord};
use crate::personal::Digest;
use crate::record::Position;

/// No stored value is longer.
pub(crate) const PAGE_BYTES_MAX: usize = 4_096;
const HASH_BYTES: usize = 32;
const FRAME_BYTES: usize = 8 + 4 + HASH_BYTES;

/// The records of one batch as pages, each with the position that it begins at.
pub(crate) fn pack(records: &[StoredRecord]) -> Vec<(Position, Vec<u8>)> {
    let mut pages: Vec<(Position, Vec<u8>)> = Vec::new();
    for record in records {
        let needed = record.bytes.len() + FRAME_BYTES;
        match pages.last_mut() {
            Some((_, page)) if page.len() + needed <= PAGE_BYTES_MAX => push(page, record),
            _ => {
                let mut page = Vec::with_capacity(PAGE_BYTES_MAX.max(needed + HASH_BYTES));
                page.extend_from_slice(&record.previous.0);
                push(&mut page, record);
                pages.push((record.first, page));
            }
        }
    }
    pages
}

fn push(page: &mut Vec<u8>, record: &StoredRecord) {
    let length = u32::try_from(record.bytes.len()).unwrap_or(u32::MAX);
    page.extend_from_slice(&record.first.to_le_bytes());
    page.extend_from_slice(&length.to_le_bytes());
    page.extend_from_slice(&record.bytes);
    page.extend_from_slice(&record.hash.0);
}

/// The records of a page that begins at `position`.
pub(crate) fn unpack(position: Position, page: &[u8]) -> Result<Vec<StoredRecord>, ReadError> {
    let damaged = |position, what: &str| ReadError::Damaged { position, what: what.to_owned() };
    let (previous, mut rest) =
        page.split_first_chunk::<HASH_BYTES>().ok_or_else(|| damaged(position, "page without a hash"))?;
    let mut previous = Digest(*previous);
    let mut records: Vec<StoredRecord> = Vec::new();
    while !rest.is_empty() {
        let at = records.last().map_or(position, |record| record.first.saturating_add(1));
        let (record, after) = take(previous, rest).ok_or_else(|| damaged(at, "page cut short"))?;
        let expected = if records.is_empty() { record.first == position } else { record.first >= at };
        if !expected {
            return Err(damaged(at, "record at the wrong place"));
        }
        previous = record.hash;
        records.push(record);
        rest = after;
    }
    Ok(records)
}

fn take(previous: Digest, bytes: &[u8]) -> Option<(StoredRecord, &[u8])> {
    let (first, rest) = bytes.split_first_chunk::<8>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (bytes, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    let (hash, rest) = rest.split_first_chunk::<HASH_BYTES>()?;
    let first = u64::from_le_bytes(*first);
    Some((StoredRecord { first, previous, bytes: bytes.to_vec(), hash: Digest(*hash) }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(first: Position, bytes: usize) -> StoredRecord {
        StoredRecord {
            first,
            previous: Digest([u8::try_from(first - 1).unwrap(); 32]),
            bytes: vec![7; bytes],
            hash: Digest([u8::try_from(first).unwrap(); 32]),
        }
    }

    #[test]
    fn small_records_share_a_page_and_a_long_one_has_its_own() {
        let records = [record(1, 300), record(2, 300), record(3, 9_000), record(4, 10)];
        let pages = pack(&records);
        assert_eq!(pages.iter().map(|(first, _)| *first).collect::<Vec<_>>(), [1, 3, 4]);
        let back: Vec<_> = pages.iter().flat_map(|(first, page)| unpack(*first, page).unwrap()).collect();
        assert_eq!(back, records);
    }

    #[test]
    fn a_page_cut_anywhere_is_damaged_at_its_record() {
        let pages = pack(&[record(1, 50), record(2, 50)]);
        let (first, page) = pages.first().unwrap();
        for length in 0..page.len() {
            let whole = [HASH_BYTES, HASH_BYTES + FRAME_BYTES + 50].contains(&length);
            assert_eq!(unpack(*first, &page[..length]).is_ok(), whole, "{length}");
        }
    }
}
