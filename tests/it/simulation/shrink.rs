//! Shrinks a story that breaks a rule to the shortest one that still does: leaves out steps and kinds of faults, one
//! after the other, as long as a rule of the same kind is broken.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use super::run::{Broken, Story};

/// The time limit in seconds, unless `TIDINGS_SIMULATION_SHRINK_S` sets another.
const PATIENCE_S: u64 = 60;

/// The shortest story found.
pub struct Short {
    seed: u64,
    steps: Vec<u32>,
    without: Vec<&'static str>,
    broken: Box<Broken>,
    steps_before: usize,
    tellings: u32,
    deadline: Instant,
}

/// Shortens the story of a seed that broke a rule.
pub fn shrink(seed: u64, broken: Box<Broken>) -> Short {
    let (steps, steps_before) = (broken.done.clone(), broken.done.len());
    let patience = std::env::var("TIDINGS_SIMULATION_SHRINK_S").ok().and_then(|text| text.parse().ok());
    let deadline = Instant::now() + Duration::from_secs(patience.unwrap_or(PATIENCE_S));
    let mut short = Short { seed, steps, without: Vec::new(), broken, steps_before, tellings: 0, deadline };
    short.leave_out_steps();
    short.leave_out_faults();
    short.leave_out_steps();
    let told = Story::of(seed).only(&short.steps).without(&short.without).with_diary().tell();
    short.broken = told.err().unwrap_or(short.broken);
    short
}

/// The kind of a broken rule: its text without the parts that differ from story to story.
fn kind(rule: &str) -> String {
    let end = rule.find([':', '(', '{', '[', '"']).unwrap_or(rule.len());
    rule[..end].chars().filter(|c| !c.is_ascii_digit()).collect()
}

impl Short {
    /// True if this part of the story breaks the same kind of rule; then it becomes the shortest one.
    fn breaks(&mut self, steps: &[u32], without: &[&'static str]) -> bool {
        self.tellings += 1;
        let told = Story::of(self.seed).only(steps).without(without).tell();
        match told {
            Err(broken) if kind(&broken.rule) == kind(&self.broken.rule) => {
                self.steps = steps.iter().copied().filter(|step| broken.done.contains(step)).collect();
                self.without = without.to_vec();
                self.broken = broken;
                true
            }
            _ => false,
        }
    }

    /// Leaves out halves first, single steps last.
    fn leave_out_steps(&mut self) {
        let mut size = self.steps.len().div_ceil(2);
        while size > 0 {
            let mut from = 0;
            while from < self.steps.len() {
                if Instant::now() > self.deadline {
                    return;
                }
                let to = (from + size).min(self.steps.len());
                let fewer = [&self.steps[..from], &self.steps[to..]].concat();
                let without = self.without.clone();
                if !self.breaks(&fewer, &without) {
                    from = to;
                }
            }
            size /= 2;
        }
    }

    fn leave_out_faults(&mut self) {
        let all = self.broken.faults.clone();
        let steps = self.steps.clone();
        if self.breaks(&steps, &all) {
            return;
        }
        for fault in all {
            let (steps, mut without) = (self.steps.clone(), self.without.clone());
            without.push(fault);
            if Instant::now() < self.deadline {
                self.breaks(&steps, &without);
            }
        }
    }
}

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, steps, without, broken, steps_before, tellings, .. } = self;
        writeln!(f, "shrunk from {steps_before} steps to {} in {tellings} tellings: {}", steps.len(), broken.rule)?;
        broken.diary.iter().try_for_each(|line| writeln!(f, "  {line}"))?;
        writeln!(f, "as a test:")?;
        write!(f, "    assert!(Story::of({seed}).only(&{steps:?}).without(&{without:?}).tell().is_ok());")
    }
}
