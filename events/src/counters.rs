//! Counts what was sequenced into the log since the start: for metrics, not for decisions.

use std::array;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::event::Event;

const TYPES: usize = Event::NAMES.len();

/// Counts of events, of credits moved, and of failed messages by code. Can be read from any thread.
#[derive(Debug)]
pub struct EventCounters {
    events: [AtomicU64; TYPES],
    charged: AtomicU64,
    refunded: AtomicU64,
    failed: Mutex<BTreeMap<String, u64>>,
}

impl Default for EventCounters {
    fn default() -> Self {
        Self {
            events: array::from_fn(|_| AtomicU64::new(0)),
            charged: AtomicU64::new(0),
            refunded: AtomicU64::new(0),
            failed: Mutex::default(),
        }
    }
}

impl EventCounters {
    pub(crate) fn count(&self, event: &Event) {
        if let Some(count) = self.events.get(event.ordinal()) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        match event {
            Event::CreditCharged(e) => drop(self.charged.fetch_add(e.amount, Ordering::Relaxed)),
            Event::CreditRefunded(e) => drop(self.refunded.fetch_add(e.amount, Ordering::Relaxed)),
            Event::MessageFailed(e) => {
                let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
                let count = failed.entry(e.code.clone()).or_default();
                *count = count.saturating_add(1);
            }
            _ => {}
        }
    }

    /// Returns the number of events of each type, in the order of the type numbers; 0 for a type without events.
    pub fn events(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Event::NAMES.iter().copied().zip(self.events.iter().map(|count| count.load(Ordering::Relaxed)))
    }

    pub fn charged(&self) -> u64 {
        self.charged.load(Ordering::Relaxed)
    }

    pub fn refunded(&self) -> u64 {
        self.refunded.load(Ordering::Relaxed)
    }

    /// Returns the number of failed messages by code.
    pub fn failed(&self) -> BTreeMap<String, u64> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
