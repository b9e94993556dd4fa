//! The last rows of one workspace, and the slot in which each is saved.

use std::collections::VecDeque;
use std::sync::Arc;

use events::vault::Turn;

use super::slots::{Seed, Slot, Stored};
use super::{Begun, Row};

/// Number of rows kept per workspace.
pub const KEPT: usize = 100;
/// Number of rows kept apart from these.
const KEPT_ASIDE: usize = 6;

/// A row of this run, or one that was loaded.
pub(super) enum What<R: Row> {
    Fresh(Arc<R>),
    Stored(Arc<R::View>, usize),
}

impl<R: Row> Clone for What<R> {
    fn clone(&self) -> Self {
        match self {
            Self::Fresh(row) => Self::Fresh(Arc::clone(row)),
            Self::Stored(view, bytes) => Self::Stored(Arc::clone(view), *bytes),
        }
    }
}

impl<R: Row> What<R> {
    pub(super) fn view(&self, number: u64) -> R::View {
        match self {
            Self::Fresh(row) => row.view(number),
            Self::Stored(view, _) => (**view).clone(),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Fresh(row) => row.bytes(),
            Self::Stored(_, bytes) => *bytes,
        }
    }

    fn is_aside(&self) -> bool {
        match self {
            Self::Fresh(row) => row.is_aside(),
            Self::Stored(view, _) => R::was_aside(view),
        }
    }
}

/// A row with the slot in which to save it.
pub(super) struct Placed<R: Row> {
    pub(super) slot: u8,
    pub(super) number: u64,
    pub(super) what: What<R>,
    /// The number of parts of the slot's previous row.
    pub(super) parts_before: u8,
}

/// The seeds under which rows of one workspace are saved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Under {
    a: bool,
    b: bool,
}

impl Under {
    /// Returns the seeds of either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self { a: self.a || other.a, b: self.b || other.b }
    }

    /// Returns the only seed that is used, or one of two equally good ones if none is; `None` if both are.
    pub const fn only(self) -> Option<Turn> {
        match self {
            Self { a: true, b: true } => None,
            Self { b: true, .. } => Some(Turn::B),
            Self { .. } => Some(Turn::A),
        }
    }

    const fn one(turn: Turn) -> Self {
        Self { a: matches!(turn, Turn::A), b: matches!(turn, Turn::B) }
    }
}

/// The last rows of one workspace.
pub(super) struct Ring<R: Row> {
    /// Newest last.
    entries: VecDeque<(u64, What<R>)>,
    /// How many of the entries are kept apart.
    aside: usize,
    /// How many of the newest entries are not saved.
    unsaved: usize,
    is_loaded: bool,
    slots: Vec<Slot>,
    /// The seed under which rows are saved from now on.
    turn: Turn,
    /// The seeds under which some may be saved.
    under: Under,
    dropped_at: Begun,
}

impl<R: Row> Ring<R> {
    pub(super) fn new(dropped_at: Begun) -> Self {
        let (entries, slots, turn, under) = (VecDeque::new(), Vec::new(), Turn::A, Under::default());
        Self { entries, aside: 0, unsaved: 0, is_loaded: false, slots, turn, under, dropped_at }
    }

    /// When rows that are about somebody were last dropped.
    pub(super) fn dropped_at(&self) -> Begun {
        self.dropped_at
    }

    /// Adds a row; returns how many bytes the dropped rows freed.
    pub(super) fn push(&mut self, number: u64, row: R) -> usize {
        // Two threads may arrive in another order than that of their numbers.
        let at = self.entries.iter().rposition(|(other, _)| *other < number).map_or(0, |before| before + 1);
        self.aside += usize::from(row.is_aside());
        self.entries.insert(at, (number, What::Fresh(Arc::new(row))));
        self.unsaved = self.unsaved.max(self.entries.len() - at - 1) + 1;
        self.shrink()
    }

    fn shrink(&mut self) -> usize {
        let too_many = (self.entries.len() - self.aside).saturating_sub(KEPT);
        let too_many_aside = self.aside.saturating_sub(KEPT_ASIDE);
        let freed: usize = (0..too_many).map(|_| self.drop_oldest(false)).sum();
        freed + (0..too_many_aside).map(|_| self.drop_oldest(true)).sum::<usize>()
    }

    fn drop_oldest(&mut self, aside: bool) -> usize {
        let at = self.entries.iter().position(|(_, what)| what.is_aside() == aside);
        let Some((at, (_, what))) = at.and_then(|at| Some((at, self.entries.remove(at)?))) else { return 0 };
        self.aside -= usize::from(aside);
        self.unsaved -= usize::from(at + self.unsaved > self.entries.len());
        what.bytes()
    }

    /// Adds rows saved in an earlier run, once; returns how many bytes they take.
    pub(super) fn merge(&mut self, stored: Vec<Stored<R::View>>) -> usize {
        if self.is_loaded {
            return 0;
        }
        self.is_loaded = true;
        let before: usize = self.bytes();
        // If the last turn was broken off, some are saved under the other one.
        let newest = stored.iter().filter(|stored| stored.seed.is_some()).max_by_key(|stored| stored.held.number);
        if let Some(Seed::Ring(turn)) = newest.and_then(|stored| stored.seed) {
            self.turn = turn;
        }
        for Stored { slot, held, value: view, bytes, seed } in stored {
            if let Some(Seed::Ring(turn)) = seed {
                self.under = self.under.or(Under::one(turn));
            }
            let at = usize::from(slot);
            if self.slots.len() <= at {
                self.slots.resize(at + 1, Slot::default());
            }
            if let Some(place) = self.slots.get_mut(at) {
                *place = held;
            }
            let known = self.entries.iter().any(|(number, _)| *number == held.number);
            if let (Some(view), false) = (view, known) {
                self.aside += usize::from(R::was_aside(&view));
                self.entries.push_front((held.number, What::Stored(Arc::new(view), bytes)));
            }
        }
        self.entries.make_contiguous().sort_by_key(|(number, _)| *number);
        self.shrink();
        self.bytes().saturating_sub(before)
    }

    /// Returns the rows that are not saved yet, each with its slot: that of the oldest row that is no longer kept, or
    /// a new one.
    pub(super) fn take_unsaved(&mut self) -> Vec<Placed<R>> {
        let first = self.entries.len() - std::mem::take(&mut self.unsaved);
        let unsaved: Vec<_> = self.entries.range(first..).cloned().collect();
        if !unsaved.is_empty() {
            self.under = self.under.or(Under::one(self.turn));
        }
        unsaved.into_iter().filter_map(|(number, what)| self.place(number, what)).collect()
    }

    fn place(&mut self, number: u64, what: What<R>) -> Option<Placed<R>> {
        let at = self.free_slot().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            self.slots.len() - 1
        });
        let oldest = self.slots.get_mut(at)?;
        let parts_before = oldest.parts;
        oldest.number = number;
        Some(Placed { slot: u8::try_from(at).ok()?, number, what, parts_before })
    }

    /// Drops the rows that `keep` refuses; returns how many bytes that freed.
    pub(super) fn retain(&mut self, now: Begun, keep: impl Fn(&R::View) -> bool) -> usize {
        self.dropped_at = now;
        let unsaved_from = self.entries.len() - self.unsaved;
        let before = self.bytes();
        let mut kept = VecDeque::with_capacity(self.entries.len());
        (self.aside, self.unsaved) = (0, 0);
        for (at, (number, what)) in std::mem::take(&mut self.entries).into_iter().enumerate() {
            if keep(&what.view(number)) {
                self.aside += usize::from(what.is_aside());
                self.unsaved += usize::from(at >= unsaved_from);
                kept.push_back((number, what));
            }
        }
        self.entries = kept;
        before.saturating_sub(self.bytes())
    }

    /// Saves all rows under this seed from now on. Returns each row with its slot, and the slots of rows that are no
    /// longer kept.
    pub(super) fn reseal(&mut self, turn: Turn) -> (Vec<Placed<R>>, Vec<(u8, Slot)>) {
        self.turn = turn;
        self.under = self.under.or(Under::one(turn));
        self.unsaved = 0;
        let is_kept = |number: u64| self.entries.iter().any(|(kept, _)| *kept == number);
        let vacated: Vec<(u8, Slot)> = (0_u8..)
            .zip(&mut self.slots)
            .filter(|(_, slot)| slot.parts > 0 && !is_kept(slot.number))
            .map(|(at, slot)| (at, std::mem::take(slot)))
            .collect();
        let entries: Vec<_> = self.entries.iter().cloned().collect();
        let placed = entries.into_iter().filter_map(|(number, what)| self.place_again(number, what)).collect();
        (placed, vacated)
    }

    /// Returns the row with the slot where it is saved already, or one that is free.
    fn place_again(&mut self, number: u64, what: What<R>) -> Option<Placed<R>> {
        match self.slots.iter().position(|slot| slot.number == number) {
            Some(at) => {
                let parts_before = self.slots.get(at)?.parts;
                Some(Placed { slot: u8::try_from(at).ok()?, number, what, parts_before })
            }
            None => self.place(number, what),
        }
    }

    /// Finds the slot with the oldest row that is no longer kept.
    fn free_slot(&self) -> Option<usize> {
        let is_kept = |number: u64| self.entries.binary_search_by_key(&number, |(number, _)| *number).is_ok();
        let slots = || self.slots.iter().map(|slot| slot.number).enumerate();
        let oldest = |slots: &mut dyn Iterator<Item = (usize, u64)>| slots.min_by_key(|(_, number)| *number);
        // The oldest row of all is seldom kept, so mostly the others need no check.
        let free = oldest(&mut slots()).filter(|(_, number)| !is_kept(*number));
        free.or_else(|| oldest(&mut slots().filter(|(_, number)| !is_kept(*number)))).map(|(at, _)| at)
    }

    /// Records how many parts each slot takes now.
    pub(super) fn written(&mut self, written: &[(u8, u8)]) {
        for (slot, parts) in written {
            if let Some(slot) = self.slots.get_mut(usize::from(*slot)) {
                slot.parts = *parts;
            }
        }
    }

    /// Returns all rows, newest first.
    pub(super) fn entries(&self) -> Vec<(u64, What<R>)> {
        self.entries.iter().rev().cloned().collect()
    }

    /// Notes that all rows are saved under the seed whose turn it is.
    pub(super) const fn resealed(&mut self) {
        self.under = Under::one(self.turn);
    }

    pub(super) const fn turn(&self) -> Turn {
        self.turn
    }

    pub(super) const fn under(&self) -> Under {
        self.under
    }

    pub(super) fn is_saved(&self) -> bool {
        self.unsaved == 0
    }

    pub(super) fn is_loaded(&self) -> bool {
        self.is_loaded
    }

    pub(super) fn newest(&self) -> u64 {
        self.entries.back().map_or(0, |(number, _)| *number)
    }

    pub(super) fn bytes(&self) -> usize {
        self.entries.iter().map(|(_, what)| what.bytes()).sum()
    }
}
