//! Compares the letters to owners with the log: one for each stop, none lost, and none twice, except after a lost
//! answer or a crash.

use std::collections::BTreeMap;

use super::life::Machine;
use super::mail::Taken;
use super::referee::{Notice, Referee};

/// The numbers of letters and notices that have been checked.
#[derive(Default)]
pub struct Letters {
    seen: usize,
    notices: usize,
    notices_of_parked: usize,
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
        for notice in &referee.told_of_parked[self.notices_of_parked..] {
            self.notices_of_parked += 1;
            if machine.mails && notice.has_letter && !self.last.contains_key(&notice.id) {
                return Err(format!("the log says that an owner was told of parked deliveries: {notice:?}"));
            }
        }
        Ok(())
    }

    /// True if there was a letter about that stop, or about a later one that replaced it.
    fn is_taken(&self, notice: &Notice, referee: &Referee) -> bool {
        let stops = referee.stops.get(&notice.about).into_iter().flatten();
        let from = usize::try_from(notice.number.saturating_sub(1)).unwrap();
        stops.skip(from).any(|stop| self.last.contains_key(stop))
    }

    fn see(&mut self, letter: &Taken, referee: &Referee) -> Result<(), String> {
        self.seen += 1;
        if letter.id.contains("-parked-") {
            return self.see_parked(letter, referee);
        }
        let mut stops = referee.stops.iter();
        let found = stops.find_map(|(about, stops)| Some((about, 1 + stops.iter().position(|id| *id == letter.id)?)));
        let (about, number) = found.ok_or_else(|| format!("a letter about no stop: {letter:?}"))?;
        let known = |told: &&Notice| told.about == *about && told.number >= number as u64 && told.at <= letter.durable;
        if referee.told.iter().any(|told| known(&told)) {
            return Err(format!("a letter is sent although the log says that it was: {letter:?}"));
        }
        self.is_new(letter)
    }

    /// A letter about parked deliveries must be the next in order, and not one that the log already knows.
    fn see_parked(&mut self, letter: &Taken, referee: &Referee) -> Result<(), String> {
        let next = referee.hooks.iter().map(|(id, hook)| format!("webhook-{id}-parked-{}", hook.notices + 1));
        let mut known = referee.told_of_parked.iter().filter(|told| told.at > letter.durable);
        if !known.any(|told| told.id == letter.id) && !next.into_iter().any(|id| id == letter.id) {
            return Err(format!("a letter about parked deliveries that is not due, or known already: {letter:?}"));
        }
        self.is_new(letter)
    }

    fn is_new(&mut self, letter: &Taken) -> Result<(), String> {
        let before = self.last.insert(letter.id.clone(), letter.clone());
        if before.is_some_and(|before| before.answered && before.life == letter.life) {
            return Err(format!("a letter is sent twice: {letter:?}"));
        }
        Ok(())
    }
}

/// When everything is quiet: owners have been notified of every stop of a webhook and of all parked deliveries.
pub fn check_told(machine: &Machine, referee: &Referee) -> Result<(), String> {
    let untold = referee.hooks.iter().find(|(_, hook)| hook.is_untold());
    match untold {
        Some((webhook, _)) if machine.mails => {
            return Err(format!("nobody was told that {webhook} was switched off"));
        }
        _ => {}
    }
    match referee.hooks.iter().find(|(_, hook)| hook.keeps_back()) {
        Some((webhook, _)) => Err(format!("nobody was told of what {webhook} has parked")),
        None => Ok(()),
    }
}
