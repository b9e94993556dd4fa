//! Checks that must hold after every step, and others that must hold when everything is quiet.

use std::collections::BTreeMap;

use events::codec::Opening;
use events::ids::{AccountId, MessageId};
use events::verify::verify;
use tidings::whatsapp::transports::simulator::world::Received;

use super::client::People;
use super::crm::{SeenPosts, check_posts, check_taken};
use super::files::content;
use super::letters::{Letters, check_told};
use super::life::Machine;
use super::referee::{End, MessageStory, Referee};

const WEEK_MS: u64 = 7 * 24 * 3_600_000;

/// The state of the checks: how far each has got, so that nothing is checked twice.
#[derive(Default)]
pub struct Judge {
    pub seen: SeenPosts,
    tries: usize,
    begun: BTreeMap<MessageId, u32>,
    letters: Letters,
}

impl Judge {
    /// Checks after every step that the log obeys the rules and contains everything that was promised.
    pub fn check_now(&mut self, machine: &Machine, referee: &mut Referee, people: &mut People) -> Result<(), String> {
        referee.catch_up(&machine.disk)?;
        let new = std::mem::take(&mut people.promised_now);
        new.iter().try_for_each(|id| check_promise(referee, people, *id))?;
        check_posts(machine, referee, &mut self.seen)?;
        self.letters.check(machine, referee)?;
        machine.leaks.found()?;
        check_asked(referee, people)?;
        self.check_tries(machine, referee)
    }

    fn check_tries(&mut self, machine: &Machine, referee: &Referee) -> Result<(), String> {
        machine.whatsapp.look_at_tries(|tries| {
            for tried in &tries[self.tries..] {
                self.tries += 1;
                let begun = self.begun.entry(tried.message).or_default();
                *begun += 1;
                if referee.messages.get(&tried.message).is_none_or(|told| told.tries < *begun) {
                    return Err("handed over before it was durable".to_owned());
                }
            }
            Ok(())
        })
    }

    /// Checks the final state, when everything is quiet.
    pub fn check_end(&mut self, machine: &Machine, referee: &mut Referee, people: &mut People) -> Result<(), String> {
        self.check_now(machine, referee, people)?;
        let vault = machine.disk.vault.vault();
        verify(&machine.disk.bare_copy(), Opening::With(vault.as_ref()), |_| {}).map_err(|error| error.to_string())?;
        people.promised.keys().try_for_each(|id| check_promise(referee, people, *id))?;
        check_told(machine, referee)?;
        check_dry_runs(referee, people)?;
        check_phones(machine, referee)?;
        check_taken(machine, referee)?;
        check_pace(machine, referee)?;
        check_rows(machine, referee)
    }
}

/// Nobody's chat is erased unless somebody asked for it.
fn check_asked(referee: &Referee, people: &People) -> Result<(), String> {
    let mut erased = referee.chats.iter().filter(|(_, room)| room.erasure.is_some());
    let unasked = erased.find(|(chat, _)| !people.erasing.contains(chat));
    unasked.map_or(Ok(()), |(chat, _)| Err(format!("{chat} is erased, and nobody asked for it")))
}

/// Of all rows that were ever stored beside the log, none can be opened that says what an erased chat said.
fn check_rows(machine: &Machine, referee: &Referee) -> Result<(), String> {
    let vault = machine.disk.vault.vault();
    for workspace in referee.balances.keys() {
        machine.disk.ever_written().open_rows(vault.as_ref(), *workspace, |row| match machine.leaks.first_in(row) {
            Some(text) => Err(format!("a stored row with a text of an erased chat can be opened: {text:?} in {row}")),
            None => Ok(()),
        })?;
    }
    Ok(())
}

fn check_promise(referee: &Referee, people: &People, id: MessageId) -> Result<(), String> {
    let kept = referee.messages.get(&id).ok_or_else(|| format!("{id} was answered with 200 and is not durable"))?;
    let promise = &people.promised[&id];
    if promise.is_kept_by(kept, referee) {
        Ok(())
    } else {
        Err(format!("{id} was promised as {promise:?} and became {kept:?}"))
    }
}

/// A dry run must never queue a message.
fn check_dry_runs(referee: &Referee, people: &People) -> Result<(), String> {
    for tried in &people.only_tried {
        if let Some(told) = referee.messages.values().find(|told| tried.is_about(told)) {
            return Err(format!("a dry run queued {told:?}"));
        }
    }
    Ok(())
}

/// If a listening account has a number, some account that has or had it must have received each text to it. (The
/// referee checks that none is received twice.)
pub fn check_heard(referee: &Referee, people: &People, listening: &[AccountId]) -> Result<(), String> {
    for (phone, text) in &people.said {
        let has_it = |account: &&AccountId| referee.accounts[*account].phone == *phone;
        let heard = |account: &AccountId| referee.heard.contains(&(*account, text.clone()));
        if listening.iter().any(|account| has_it(&account)) && !referee.accounts.keys().filter(has_it).any(heard) {
            return Err(format!("nobody on {phone} has heard {text:?}"));
        }
    }
    Ok(())
}

/// Each sent message must be on its phone once, with its file, and each failed one not at all, unless it was settled
/// by hand.
fn check_phones(machine: &Machine, referee: &Referee) -> Result<(), String> {
    // Statuses of a message that ended more than seven days ago change nothing.
    let is_refused_too_late = |id: &MessageId, told: &MessageStory| {
        machine.whatsapp.refused_later(*id) && referee.now.since_ms(told.ended_at) > WEEK_MS
    };
    for (id, told) in &referee.messages {
        let on_phone = machine.whatsapp.messages_on(&told.to);
        let found: Vec<_> = on_phone.iter().filter(|message| message.id == *id).collect();
        let whole = |message: &&Received| *message.text == told.text && has_its_file(message, told);
        if !found.iter().copied().all(|message| whole(&message)) {
            return Err(format!("{found:?} is not {told:?}"));
        }
        let copies = found.len();
        let right = match told.end {
            Some(End::Sent) => copies == 1 || copies == 0 && (told.settled_by_hand || is_refused_too_late(id, told)),
            Some(End::Failed) => copies == 0 || (told.settled_by_hand && copies == 1),
            None => copies <= 1,
        };
        if !right {
            return Err(format!("{copies} copies on the phone of {told:?}"));
        }
    }
    Ok(())
}

fn has_its_file(message: &Received, told: &MessageStory) -> bool {
    match (&message.file, &told.file) {
        (None, None) => true,
        (Some(file), Some((url, name))) => *file.name == **name && file.size == content(url).len(),
        _ => false,
    }
}

/// In real time, another message may begin only after the gap. (After a crash the same message may be retried at
/// once.)
fn check_pace(machine: &Machine, referee: &Referee) -> Result<(), String> {
    let mut last: BTreeMap<AccountId, (MessageId, Option<u64>)> = BTreeMap::new();
    for tried in machine.whatsapp.tries() {
        let told = referee.messages.get(&tried.message).ok_or("a try of an unknown message")?;
        let before = last.insert(told.account, (tried.message, tried.ended_ms));
        if let Some((message, Some(ended_ms))) = before
            && message != tried.message
            && tried.began_ms < ended_ms + told.gap_ms_min
        {
            return Err(format!("a message began at {}, the one before ended at {ended_ms}", tried.began_ms));
        }
    }
    Ok(())
}
