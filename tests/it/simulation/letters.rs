//! Letters to owners, held against the log: one for each stop, none lost, none twice but for a lost yes or a crash.

use std::collections::BTreeMap;

use super::life::Machine;
use super::mail::Taken;
use super::referee::{Notice, Referee};

/// What was looked at so far.
#[derive(Default)]
pub struct Letters {
    seen: usize,
    notices: usize,
    /// The last letter under each id.
    last: BTreeMap<String, Taken>,
}

impl Letters {
    pub fn check(&mut self, machine: &Machine, referee: &Referee) -> Result<(), String> {
        machine.mail.look(|taken| taken[self.seen..].iter().try_for_each(|letter| self.see(letter, referee)))?;
        for notice in &referee.told[self.notices..] {
            self.notices += 1;
            if machine.mails && !self.is_taken(notice, referee) {
                return Err(format!("the log says that an owner was told, and no letter was taken: {notice:?}"));
            }
        }
        Ok(())
    }

    /// Whether there was a letter about that stop, or about a later one that replaced it.
    fn is_taken(&self, notice: &Notice, referee: &Referee) -> bool {
        let stops = referee.stops.get(&notice.about).into_iter().flatten();
        let from = usize::try_from(notice.number.saturating_sub(1)).unwrap();
        stops.skip(from).any(|stop| self.last.contains_key(stop))
    }

    fn see(&mut self, letter: &Taken, referee: &Referee) -> Result<(), String> {
        self.seen += 1;
        let mut stops = referee.stops.iter();
        let found = stops.find_map(|(about, stops)| Some((about, 1 + stops.iter().position(|id| *id == letter.id)?)));
        let (about, number) = found.ok_or_else(|| format!("a letter about no stop: {letter:?}"))?;
        let known = |told: &&Notice| told.about == *about && told.number >= number as u64 && told.at <= letter.durable;
        if referee.told.iter().any(|told| known(&told)) {
            return Err(format!("a letter is sent although the log says that it was: {letter:?}"));
        }
        let before = self.last.insert(letter.id.clone(), letter.clone());
        if before.is_some_and(|before| before.answered && before.life == letter.life) {
            return Err(format!("a letter is sent twice: {letter:?}"));
        }
        Ok(())
    }
}

/// When all is quiet: every stop was told of.
pub fn check_told(machine: &Machine, referee: &Referee) -> Result<(), String> {
    let untold = referee.hooks.iter().find(|(_, hook)| hook.is_untold());
    match untold {
        Some((webhook, _)) if machine.mails => Err(format!("nobody was told that {webhook} was switched off")),
        _ => Ok(()),
    }
}
