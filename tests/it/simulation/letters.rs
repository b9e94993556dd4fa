//! Letters to owners, held against the log: one for each stop, none lost, none twice but for a lost yes or a crash.

use std::collections::BTreeMap;

use super::life::Machine;
use super::mail::Taken;
use super::referee::Referee;

/// What was looked at so far.
#[derive(Default)]
pub struct Letters {
    seen: usize,
    notices: usize,
    /// The last letter under each id.
    last: BTreeMap<String, Taken>,
    /// The id of the letter about each stop.
    ids: BTreeMap<String, String>,
}

impl Letters {
    pub fn check(&mut self, machine: &Machine, referee: &Referee) -> Result<(), String> {
        machine.mail.look(|taken| taken[self.seen..].iter().try_for_each(|letter| self.see(letter, referee)))?;
        for (stop, _) in &referee.told[self.notices..] {
            self.notices += 1;
            if machine.mails && !self.ids.contains_key(stop) {
                return Err(format!("{stop} is told, says the log, and no letter was taken"));
            }
        }
        Ok(())
    }

    fn see(&mut self, letter: &Taken, referee: &Referee) -> Result<(), String> {
        self.seen += 1;
        let (stop, _) = letter.id.rsplit_once('-').ok_or("a letter about nothing")?;
        let id = self.ids.entry(stop.to_owned()).or_insert_with(|| letter.id.clone());
        if *id != letter.id {
            return Err(format!("two Message-IDs about {stop}: {id} and {}", letter.id));
        }
        let told = referee.told.iter().find(|(told, _)| told == stop);
        if told.is_some_and(|(_, at)| *at <= letter.durable) {
            return Err(format!("a letter is sent although it is known to have been sent: {letter:?}"));
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
