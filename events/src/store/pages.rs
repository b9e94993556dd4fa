//! Packs records into values of at most 4 KiB, as sled wants them: small ones share a page, a long one takes several
//! values.
//!
//! A page is the previous hash, then for each record its first position (u64) and the length of its bytes (u32), both
//! little-endian, its bytes and its hash. A page longer than the limit holds one record and is stored in parts.

use std::ops::Range;

use bytes::Bytes;

use crate::chain::GENESIS;
use crate::ids::Position;
use crate::log::{ReadError, Reader, StoredRecord};
use crate::personal::Digest;

/// The longest stored value.
pub(crate) const PAGE_BYTES_MAX: usize = 4_096;
const HASH_BYTES: usize = 32;
const FRAME_BYTES: usize = 8 + 4 + HASH_BYTES;

/// Packs the records of one batch into pages; returns each with the position that it begins at.
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

/// Reads the records of a page one by one; copies nothing, and does not touch what it skips.
pub(crate) struct Page {
    bytes: Bytes,
    /// Offset of the next frame in `bytes`.
    offset: usize,
    previous: Digest,
    /// The next record begins here, or further on if it is not the page's first.
    at: Position,
    is_first: bool,
}

/// A record's place in a page.
struct Frame {
    first: Position,
    bytes: Range<usize>,
    hash: Digest,
}

impl Page {
    /// A page without records.
    const EMPTY: Self = Self { bytes: Bytes::new(), offset: 0, previous: GENESIS, at: 0, is_first: false };

    /// Opens the page that begins at `position`.
    pub(crate) fn open(position: Position, bytes: Bytes) -> Result<Self, ReadError> {
        let previous = bytes.first_chunk::<HASH_BYTES>().map(|hash| Digest(*hash));
        let previous = previous.ok_or_else(|| damaged(position, "page without a hash"))?;
        Ok(Self { bytes, offset: HASH_BYTES, previous, at: position, is_first: true })
    }

    /// Skips the records that end before `position`.
    pub(crate) fn pass(&mut self, position: Position) -> Result<(), ReadError> {
        while self.second().is_some_and(|second| second <= position) {
            self.turn().transpose()?;
        }
        Ok(())
    }

    /// Returns the position where the record after the next one begins.
    fn second(&self) -> Option<Position> {
        let (_, rest) = self.bytes.get(self.offset..)?.split_first_chunk::<8>()?;
        let (length, _) = rest.split_first_chunk::<4>()?;
        let next = FRAME_BYTES.checked_add(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        let second = self.bytes.get(self.offset.checked_add(next)?..)?;
        second.first_chunk().map(|first| Position::from_le_bytes(*first))
    }

    fn frame(&self) -> Option<Frame> {
        let (first, rest) = self.bytes.get(self.offset..)?.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let hash = Digest(*rest.get(length..)?.first_chunk::<HASH_BYTES>()?);
        let begin = self.offset.checked_add(8 + 4)?;
        Some(Frame { first: Position::from_le_bytes(*first), bytes: begin..begin.checked_add(length)?, hash })
    }

    /// Advances past the next record; returns its frame and the hash before it.
    fn turn(&mut self) -> Option<Result<(Frame, Digest), ReadError>> {
        if self.offset >= self.bytes.len() {
            return None;
        }
        let (at, is_first) = (self.at, std::mem::take(&mut self.is_first));
        let Some(frame) = self.frame() else { return Some(Err(self.end(at, "page cut short"))) };
        if frame.first < at || (is_first && frame.first != at) {
            return Some(Err(self.end(at, "record at the wrong place")));
        }
        self.offset = frame.bytes.end.saturating_add(HASH_BYTES);
        self.at = frame.first.saturating_add(1);
        let previous = std::mem::replace(&mut self.previous, frame.hash);
        Some(Ok((frame, previous)))
    }

    /// Ends the page with an error, because nothing more can be read.
    fn end(&mut self, at: Position, what: &str) -> ReadError {
        self.offset = self.bytes.len();
        damaged(at, what)
    }
}

impl Iterator for Page {
    type Item = Result<StoredRecord, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let turned = self.turn()?;
        Some(turned.map(|(Frame { first, bytes, hash }, previous)| StoredRecord {
            first,
            previous,
            bytes: self.bytes.slice(bytes),
            hash,
        }))
    }
}

/// Parts of pages in order, each with the position that its page begins at.
type Parts<'a> = Box<dyn Iterator<Item = Result<(Position, Bytes), ReadError>> + 'a>;

/// Joins the parts of pages and yields their records.
pub(crate) struct Records<'a> {
    parts: std::iter::Peekable<Parts<'a>>,
    page: Page,
    /// Set until the first page is open: records that end before this position are skipped.
    from: Option<Position>,
}

impl<'a> Records<'a> {
    /// Returns the records of these pages, beginning with the one that holds `from`.
    pub(crate) fn of(parts: Parts<'a>, from: Position) -> Self {
        Self { parts: parts.peekable(), page: Page::EMPTY, from: Some(from) }
    }

    /// Opens the next page; returns false if there is none.
    fn turn(&mut self) -> Result<bool, ReadError> {
        let Some((first, part)) = self.parts.next().transpose()? else { return Ok(false) };
        let mut whole = Vec::new();
        // Count a read error as part of this page, so that the error is returned, not a page that looks cut short.
        let more = |next: &Result<(Position, Bytes), ReadError>| next.as_ref().map_or(true, |(page, _)| *page == first);
        while let Some(next) = self.parts.next_if(more) {
            whole.extend_from_slice(if whole.is_empty() { &part } else { &[] });
            whole.extend_from_slice(&next?.1);
        }
        self.page = Page::open(first, if whole.is_empty() { part } else { whole.into() })?;
        if let Some(from) = self.from.take() {
            self.page.pass(from)?;
        }
        Ok(true)
    }
}

impl Reader for Records<'_> {
    fn pass(&mut self, position: Position) -> Result<(), ReadError> {
        loop {
            self.page.pass(position)?;
            // If this page has a further record, that one begins after the position.
            let ends = self.page.second().is_none();
            let next = |part: &Result<(Position, Bytes), ReadError>| part.as_ref().is_ok_and(|(at, _)| *at <= position);
            if !(ends && self.parts.peek().is_some_and(next) && self.turn()?) {
                return Ok(());
            }
        }
    }
}

impl Iterator for Records<'_> {
    type Item = Result<StoredRecord, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.page.next() {
                return Some(record);
            }
            match self.turn() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

fn damaged(position: Position, what: &str) -> ReadError {
    ReadError::Damaged { position, what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpack(position: Position, page: &[u8]) -> Result<Vec<StoredRecord>, ReadError> {
        Page::open(position, Bytes::copy_from_slice(page))?.collect()
    }

    fn record(first: Position, bytes: usize) -> StoredRecord {
        StoredRecord {
            first,
            previous: Digest([u8::try_from(first - 1).unwrap(); 32]),
            bytes: vec![7; bytes].into(),
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
    fn what_ends_before_a_position_is_passed_over() {
        let pages = pack(&[record(1, 10), record(4, 10), record(5, 10)]);
        for (position, wanted) in [(0, 1), (1, 1), (3, 1), (4, 4), (5, 5), (99, 5)] {
            let (first, page) = pages.first().unwrap();
            let mut page = Page::open(*first, Bytes::copy_from_slice(page)).unwrap();
            page.pass(position).unwrap();
            assert_eq!(page.next().unwrap().unwrap().first, wanted, "{position}");
        }
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
