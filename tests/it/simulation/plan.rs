//! The plan of a story: numbered steps, any of which can be left out without changing another.

use super::fate::Rng;

/// A step of a story.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub number: u32,
    /// The life in which it happens, counted from 0.
    pub life: u64,
    pub what: What,
}

#[derive(Debug, Clone, Copy)]
pub enum What {
    /// The machine's clock is set back.
    ClockBack,
    /// The process dies at this port call, counted from the beginning of its life.
    Dies(u64),
    /// A person does something.
    Act,
    /// Nobody does anything for this time, in milliseconds.
    Pause(u64),
    /// Nobody does anything for this many hours.
    LongPause(u64),
    /// Every idle actor is passivated.
    Rest,
    /// From now on the disk is full, or no longer.
    Full(bool),
    /// The gateway stops normally.
    Stop,
    /// The machine is down for this many hours.
    Down(u64),
}

/// The longest of the occasional pauses, in hours.
const LONG_PAUSE_H: u64 = 13;
/// The longest pause in stories that last weeks, in hours.
const LONGER_PAUSE_H: u64 = 60;
/// The downtimes of the machine, in hours: for some of them held messages fail and idempotency keys expire (a day),
/// or late receipts no longer move credits (7 days).
const DOWN_H: &[u64] = &[25, 25, 30, 49, 170, 200];

/// Returns all steps of a story in order, and its number of lives. The last life never dies.
pub fn plan(rng: &mut Rng) -> (Vec<Step>, u64) {
    let lives = 2 + rng.below(4);
    let lasts_weeks = rng.percent(8);
    let mut steps = Vec::new();
    for life in 0..lives {
        let is_last = life + 1 == lives;
        let mut add = |what| steps.push(Step { number: u32::try_from(steps.len()).unwrap(), life, what });
        if rng.percent(20) {
            add(What::ClockBack);
        }
        if !is_last && rng.percent(80) {
            add(What::Dies(1 + rng.below(250)));
        }
        for _ in 0..if is_last { 5 } else { 10 + rng.below(25) } {
            one_thing(rng, lasts_weeks, &mut add);
        }
        add(What::Full(false));
        if !is_last && rng.percent(30) {
            add(What::Stop);
        }
        if !is_last && rng.percent(if lasts_weeks { 40 } else { 6 }) {
            add(What::Down(*rng.pick(DOWN_H)));
        }
    }
    (steps, lives)
}

fn one_thing(rng: &mut Rng, lasts_weeks: bool, add: &mut impl FnMut(What)) {
    if rng.percent(3) {
        add(What::ClockBack);
    }
    if rng.below(1_000) < 8 {
        add(What::Full(rng.percent(50)));
    }
    add(What::Act);
    add(What::Pause(if rng.percent(70) { rng.below(1_000) } else { rng.below(15_000) }));
    if rng.below(1_000) < 2 {
        add(What::LongPause(1 + rng.below(LONG_PAUSE_H)));
    }
    if lasts_weeks && rng.percent(8) {
        add(What::LongPause(1 + rng.below(LONGER_PAUSE_H)));
    }
    if rng.percent(5) {
        add(What::Rest);
    }
}
