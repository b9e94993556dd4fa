//! The texts of erased chats, which nobody may read any more: whatever is shown is searched for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What stands before the number of a text.
const BEGINNINGS: [&str; 2] = ["text ", "said "];

/// The texts that nobody may read any more. Clones share them.
#[derive(Clone, Default)]
pub struct Leaks(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    /// Each text, with how many were forgotten before it.
    forgotten: BTreeMap<String, usize>,
    said_again: BTreeSet<String>,
    count: usize,
    found: Option<String>,
}

impl Leaks {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on nobody may read this text.
    pub fn forget(&self, text: &str) {
        let mut inner = self.inner();
        let count = inner.count;
        if !inner.said_again.contains(text) {
            inner.forgotten.entry(text.to_owned()).or_insert(count);
        }
        inner.count += 1;
    }

    /// Somebody else wrote the text too, or writes it again.
    pub fn allow(&self, text: &str) {
        self.inner().forgotten.remove(text);
    }

    /// Somebody says the text again while it is being forgotten.
    pub fn allow_for_ever(&self, text: &str) {
        self.allow(text);
        self.inner().said_again.insert(text.to_owned());
    }

    /// How many texts are forgotten.
    pub fn forgotten(&self) -> usize {
        self.inner().count
    }

    /// Searches what is shown for texts that were forgotten before, when there were so many of them.
    pub fn check(&self, what: &str, shown: &str, before: usize) {
        let mut inner = self.inner();
        if let Some(text) = inner.first_in(shown, before) {
            inner.found.get_or_insert_with(|| format!("a text of an erased chat can be read: {text:?} in {what}"));
        }
    }

    /// Returns the first text that is shown though it is forgotten.
    pub fn first_in(&self, shown: &str) -> Option<String> {
        self.inner().first_in(shown, usize::MAX)
    }

    /// What was found.
    pub fn found(&self) -> Result<(), String> {
        self.inner().found.clone().map_or(Ok(()), Err)
    }
}

impl Inner {
    fn first_in(&self, shown: &str, before: usize) -> Option<String> {
        if self.forgotten.is_empty() {
            return None;
        }
        let texts = BEGINNINGS.into_iter().flat_map(|begin| shown.match_indices(begin));
        let texts = texts.filter_map(|(at, begin)| {
            let rest = &shown[at + begin.len()..];
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            shown.get(at..at + begin.len() + digits)
        });
        let mut found = texts.filter(|text| self.forgotten.get(*text).is_some_and(|nth| *nth < before));
        found.next().map(str::to_owned)
    }
}

#[test]
fn a_forgotten_text_is_found_and_no_other() {
    let leaks = Leaks::default();
    leaks.forget("text 5");
    leaks.check("an answer that began before", r#"{"text":"text 5"}"#, 0);
    leaks.check("others", r#"["text 51","said 5","text ","text"]"#, 1);
    assert_eq!(leaks.found(), Ok(()));
    leaks.check("an attempt", r#"{"body":"{\"text\":\"text 5\"}"}"#, leaks.forgotten());
    assert!(leaks.found().unwrap_err().ends_with(r#""text 5" in an attempt"#));
}
