//! An index of another layout is made again from the records, in constant memory, and wherever the making was cut short.

use events::ids::{MessageId, StreamId};
use events::index::{IndexKey, Series};
use events::log::{Log, Note};
use events::notes;

use crate::desk::Desk;
use crate::facts::*;

const MARK: &[u8] = b"!covered";
/// Enough commits for several flushes on the way.
const ROUNDS: u64 = 5_000;
const FAR: u64 = u64::MAX;

/// Returns the position that the notes cover, and their layout.
fn mark(log: &dyn Log) -> Option<(u64, Vec<u8>)> {
    let note = log.note(MARK).unwrap()?;
    let (position, layout) = note.split_first_chunk::<8>().unwrap();
    Some((u64::from_be_bytes(*position), layout.to_vec()))
}

/// A desk with many commits, whose index is stored.
fn filled(mut desk: Desk) -> Desk {
    desk.append(of_workspace(0), begun(0));
    desk.append(of_workspace(0), vec![opened(0, 1)]);
    for round in 0..ROUNDS {
        desk.append(of_workspace(0), accepted(0, 1, round << 32));
    }
    desk.store_index();
    desk
}

/// Adds notes that are none of the index's, and some that only another layout would have.
fn with_others(desk: &mut Desk, mark: Option<Vec<u8>>) {
    let foreign: [Note; 4] = [
        (MARK.to_vec(), mark),
        (b"cEarlier".to_vec(), Some(vec![7])),
        (b"r/mail/kept".to_vec(), Some(vec![7])),
        (notes::agenda(of_account(0)), Some(Vec::new())),
    ];
    desk.sequencer.note(foreign.to_vec()).unwrap();
    desk.flush();
}

fn picture(desk: &Desk) -> (Option<u64>, Vec<Vec<u64>>, Vec<u64>) {
    let streams = [of_workspace(0), of_account(0), StreamId::Chat(chat(0, 1))].map(Series::Stream);
    let positions = streams.map(|series| desk.index.positions(series, 1, FAR, usize::MAX).unwrap());
    let message = Series::Message(MessageId::from_bits(77 << 32));
    let workspaces = desk.index.find(&IndexKey::Workspaces).unwrap();
    (workspaces, positions.to_vec(), desk.index.positions(message, 1, FAR, 9).unwrap())
}

fn assert_remade(desk: &Desk, wanted: &(Option<u64>, Vec<Vec<u64>>, Vec<u64>)) {
    assert_eq!(picture(desk), *wanted);
    assert_eq!(desk.log().note(b"cEarlier").unwrap(), None);
    assert_eq!(desk.log().note(b"r/mail/kept").unwrap(), Some(vec![7]));
    assert_eq!(desk.log().note(&notes::agenda(of_account(0))).unwrap(), Some(Vec::new()));
    let (covered, layout) = mark(desk.log()).unwrap();
    assert_eq!(layout, [0, 1]);
    let head = desk.log().head().position;
    assert!(covered > head / 2 && covered <= head, "what was read is stored on the way: {covered} of {head}");
}

#[test]
fn notes_of_another_layout_are_made_again() {
    for desk in Desk::each() {
        let mut desk = filled(desk);
        let wanted = picture(&desk);
        let (position, _) = mark(desk.log()).unwrap();
        with_others(&mut desk, Some([position.to_be_bytes().as_slice(), &99_u16.to_be_bytes()].concat()));
        let mut desk = desk.reopened();
        assert_remade(&desk, &wanted);
        desk.store_index();
        assert_remade(&desk.reopened(), &wanted);
    }
}

/// A crash may leave some notes of the other layout, but never its mark.
#[test]
fn a_removal_that_was_cut_short_goes_on() {
    for desk in Desk::each() {
        let mut desk = filled(desk);
        let wanted = picture(&desk);
        with_others(&mut desk, None);
        assert_remade(&desk.reopened(), &wanted);
    }
}

/// A crash may leave notes behind the mark, in blocks that begin elsewhere than those of the next start.
#[test]
fn a_making_that_was_cut_short_goes_on() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), begun(0));
        desk.append(of_workspace(0), vec![opened(0, 1)]);
        desk.store_index();
        let covered = desk.log().note(MARK).unwrap();
        for round in 0..ROUNDS {
            desk.append(of_workspace(0), accepted(0, 1, round << 32));
            if round % 270 == 0 {
                desk.store_index();
            }
        }
        let wanted = picture(&desk);
        desk.sequencer.note(vec![(MARK.to_vec(), covered)]).unwrap();
        desk.flush();
        let mut desk = desk.reopened();
        assert_eq!(picture(&desk), wanted);
        desk.store_index();
        let desk = desk.reopened();
        assert_eq!(picture(&desk), wanted);
        for (nth, position) in (1..).zip(&wanted.1[0]) {
            assert_eq!(desk.index.revision_at(of_workspace(0), *position).unwrap(), nth);
        }
    }
}

#[test]
fn an_empty_log_has_nothing_to_make() {
    for desk in Desk::each() {
        assert_eq!((mark(desk.log()), desk.log().stats().batches), (None, 0));
    }
}
