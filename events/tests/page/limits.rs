//! Changes one value of a frozen event at a time, and looks whether the codec takes what the page allows, and refuses
//! what it does not.

use std::ops::Range;

use events::codec::{self, CodecError, Opening};
use events::ids::WorkspaceId;

use crate::reader::{Event, Reader, Span, Value};
use crate::tables::{PAGE, Page};
use crate::{frozen, frozen_events, read};

/// Returns a number as the page says.
fn varint(number: u64) -> Vec<u8> {
    let bytes = number.to_le_bytes();
    match number {
        0..251 => vec![bytes[0]],
        251..0x1_0000 => [&[251], &bytes[..2]].concat(),
        0x1_0000..0x1_0000_0000 => [&[252], &bytes[..4]].concat(),
        _ => [&[253], &bytes[..]].concat(),
    }
}

fn text(text: &str) -> Vec<u8> {
    [varint(text.len() as u64), text.as_bytes().to_vec()].concat()
}

/// Returns an event with other bytes in one place of its payload.
fn changed(event: &Event<'_>, at: &Range<usize>, bytes: &[u8]) -> Vec<u8> {
    let payload = [&event.payload[..at.start], bytes, &event.payload[at.end..]].concat();
    let head = [varint(payload.len() as u64), varint(event.number)].concat();
    let version = u8::try_from(event.version).unwrap();
    [head, vec![version, u8::from(event.sealed.is_some())], payload, event.behind.clone()].concat()
}

/// Returns values that the page allows in place of this one, and values that it does not.
fn values(page: &Page, span: &Span, sealed_for: &str) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mark = |mark: u8| [vec![mark], vec![0; 16]].concat();
    let below = |limit: u64| (vec![varint(0), varint(limit - 1)], vec![varint(limit), mark(254)]);
    let flag = || (vec![vec![0], vec![1]], vec![vec![2], vec![255]]);
    match (span.kind.as_str(), &span.value) {
        ("byte", _) => (vec![vec![255]], Vec::new()),
        ("u16", _) => below(1 << 16),
        ("u32", _) => below(1 << 32),
        ("u64" | "message" | "delivery" | "time", _) => (vec![varint(0), varint(u64::MAX)], vec![mark(254), mark(255)]),
        ("bool", _) => flag(),
        // What follows depends on the byte.
        ("T?", _) => (Vec::new(), flag().1),
        ("text", _) => (vec![text(""), text("é")], vec![vec![1, 0xFF], vec![1, 0xC3]]),
        ("who", _) => (["mail", "key/0", "person/4294967295"].map(text).to_vec(), vec![text(""), text("é")]),
        ("workspace or 0", _) => (Vec::new(), vec![varint(1), varint(page.numbers("workspace")[0] - 1)]),
        ("workspace", _) => {
            let [first, last] = page.numbers("workspace")[..] else { panic!("two numbers") };
            ([first, last].map(varint).to_vec(), [0, first - 1, last + 1].map(varint).to_vec())
        }
        ("account" | "chat" | "webhook", Value::Number(id)) => {
            let [each, first, last] = page.numbers(&span.kind)[..] else { panic!("three numbers") };
            let base = id / each * each;
            // The sealed part names its chat.
            let may_change = span.kind != "chat" || sealed_for != "chat";
            let allowed = [base + first, base + last, page.numbers("workspace")[0] * each + first].map(varint);
            let no_workspace = 1000 * each + first;
            (
                may_change.then_some(allowed).into_iter().flatten().collect(),
                [0, 1, base, no_workspace].map(varint).to_vec(),
            )
        }
        (kind, _) => match page.choices.get(kind) {
            Some(variants) => (Vec::new(), vec![varint(variants.len() as u64)]),
            None => (Vec::new(), Vec::new()),
        },
    }
}

fn is_taken(event: &Event<'_>, span: &Span, bytes: &[u8]) -> Result<(), CodecError> {
    let bytes = changed(event, &span.bytes, bytes);
    let (_, rest) = codec::decode_event(&bytes, WorkspaceId::nth(0), Opening::Shut)?;
    if rest.is_empty() { Ok(()) } else { Err(CodecError::Truncated) }
}

#[test]
fn the_codec_takes_what_the_page_allows_and_refuses_what_it_does_not() {
    let page = Page::read();
    let mut tried = [0, 0];
    for (name, bytes) in frozen_events() {
        let event = read(&page, name, &bytes);
        for span in &event.spans {
            let (allowed, refused) = values(&page, span, event.of_type.sealed_for);
            for bytes in &allowed {
                let taken = is_taken(&event, span, bytes);
                assert!(taken.is_ok(), "{name}: {} {bytes:02x?} is refused: {taken:?}", span.kind);
            }
            for bytes in &refused {
                assert!(is_taken(&event, span, bytes).is_err(), "{name}: {} {bytes:02x?} is taken", span.kind);
            }
            tried = [tried[0] + allowed.len(), tried[1] + refused.len()];
        }
    }
    assert!(tried.iter().all(|tried| *tried > 400), "{tried:?}");
}

#[test]
fn the_codec_takes_the_headers_of_records_that_the_page_allows_and_refuses_others() {
    let page = Page::read();
    let records = frozen().into_iter().filter(|(name, _)| name.starts_with("Record."));
    let mut tried = 0;
    for (name, bytes) in records {
        let mut reader = Reader::new(&page, &bytes);
        reader.part(&page.record).unwrap();
        let (last, spans) = reader.spans.split_last().unwrap();
        let is_taken = |at: &Range<usize>, value: &[u8]| {
            let changed = [&bytes[..at.start], value, &bytes[at.end..]].concat();
            codec::decode_record(&changed, Opening::Shut).is_ok()
        };
        // The format, in front, and the number of the events, behind, can be no other.
        assert!(![0, 2].iter().any(|format| is_taken(&spans[0].bytes, &[*format])));
        assert!(![0, 1 << 32].iter().any(|events| is_taken(&last.bytes, &varint(*events))));
        for span in &spans[1..] {
            let (allowed, refused) = values(&page, span, "-");
            let taken = |value: &&Vec<u8>| is_taken(&span.bytes, value);
            assert_eq!(allowed.iter().filter(taken).count(), allowed.len(), "{name}: {span:?}");
            assert_eq!(refused.iter().filter(taken).count(), 0, "{name}: {span:?}");
            tried += allowed.len() + refused.len();
        }
    }
    assert!(tried > 50, "{tried}");
}

/// What the page says in words.
#[test]
fn the_limits_in_words_are_those_of_the_codec() {
    let limits = [
        format!("at most {} bytes", codec::RECORD_BYTES_MAX),
        format!("number of the events, 1 to {},", codec::EVENTS_PER_RECORD_MAX),
        format!("bytes of the payload, at most {} |", codec::PAYLOAD_BYTES_MAX),
        format!("| `format` | `byte` | {} |", codec::RECORD_FORMAT),
    ];
    for limit in limits {
        assert!(PAGE.contains(&limit), "{limit}");
    }
}

/// Every plain type of the page is one that the reader knows, and every one that the events need is on the page.
#[test]
fn every_plain_type_of_the_page_is_used() {
    let page = Page::read();
    let mut used: Vec<String> =
        frozen_events().flat_map(|(name, bytes)| read(&page, name, &bytes).spans).map(|span| span.kind).collect();
    used.extend(["byte", "[T]", "workspace or 0"].map(str::to_owned));
    used.retain(|kind| !page.choices.contains_key(kind.as_str()));
    used.sort_unstable();
    used.dedup();
    assert_eq!(used, page.plain.keys().copied().collect::<Vec<_>>());
}
