//! Where the personal texts of an event go while it is encoded, and come from while it is decoded.
//!
//! serde gives a value no context of its own, so the context is the thread's, set for the time of one call.

use std::cell::RefCell;
use std::vec::IntoIter;

/// The name by which a serializer recognises a personal text.
pub(crate) const NAME: &str = "Personal";

/// How personal texts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Like any other value.
    Whole,
    /// Not at all: they stand in the sealed part.
    Apart,
    /// As a newtype with [`NAME`].
    Named,
}

/// What personal texts are read as.
pub(crate) enum Texts {
    /// These, in order.
    These(IntoIter<String>),
    /// None can be read.
    Unreadable(Why),
}

/// Why a text cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// The reader did not open the sealed part.
    Sealed,
    /// The key is destroyed.
    Erased,
}

/// A text from the tray.
pub(crate) enum Next {
    Text(String),
    Unreadable(Why),
    /// There were fewer texts than asked for.
    Missing,
}

enum Tray {
    Writing(Mode),
    Reading(Texts),
}

thread_local! {
    static TRAY: RefCell<Option<Tray>> = const { RefCell::new(None) };
}

/// Sets the tray until dropped.
struct Scope;

impl Scope {
    fn set(tray: Tray) -> Self {
        TRAY.replace(Some(tray));
        Self
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        TRAY.take();
    }
}

/// Returns how a text is to be written now.
pub(crate) fn mode() -> Mode {
    TRAY.with_borrow(|tray| if let Some(Tray::Writing(mode)) = tray { *mode } else { Mode::Whole })
}

/// Returns the next text if they come from the tray.
pub(crate) fn next() -> Option<Next> {
    TRAY.with_borrow_mut(|tray| match tray {
        Some(Tray::Reading(Texts::These(texts))) => Some(texts.next().map_or(Next::Missing, Next::Text)),
        Some(Tray::Reading(Texts::Unreadable(why))) => Some(Next::Unreadable(*why)),
        _ => None,
    })
}

/// Writes with this mode.
pub(crate) fn writing<T>(mode: Mode, write: impl FnOnce() -> T) -> T {
    let _scope = Scope::set(Tray::Writing(mode));
    write()
}

/// Reads with these texts; returns what was read, and whether all texts were used.
pub(crate) fn reading<T>(texts: Texts, read: impl FnOnce() -> T) -> (T, bool) {
    let scope = Scope::set(Tray::Reading(texts));
    let done = read();
    let left = TRAY.with_borrow(|tray| match tray {
        Some(Tray::Reading(Texts::These(texts))) => texts.len(),
        _ => 0,
    });
    drop(scope);
    (done, left == 0)
}
