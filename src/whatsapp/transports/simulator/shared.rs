//! Shares one world between callers: gives it the time, and waits where the world only names a time.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actors::account::outcome::Outcome;
use actors::runtime::clock::Clock;
use events::ids::MessageId;
use events::time::Timestamp;
use tokio::sync::Notify;

use super::NumberedUpdate;
use super::address::Address;
use super::world::{Chaos, Incoming, Received, Stats, TooManyDisconnected, Typed, World};
use crate::whatsapp::transports::{MessageLookup, Outgoing, Status};

/// Updates returned at once.
const UPDATES_MAX: usize = 1_000;
const NUMBERS_PER_MS: u64 = 1_000;

/// A world and its clock. Clones share both.
#[derive(Clone)]
pub struct Shared {
    world: Arc<Mutex<World>>,
    clock: Clock,
    next_due_changed: Arc<Notify>,
}

impl Shared {
    /// An empty world on this clock.
    pub fn new(clock: Clock) -> Self {
        // Numbers start from the time, so that a restarted simulator numbers its updates higher and readers can keep
        // their cursors.
        let floor = u64::try_from(clock.now().ms()).unwrap_or(0).saturating_mul(NUMBERS_PER_MS);
        let world = Arc::new(Mutex::new(World::above(floor)));
        Self { world, clock, next_due_changed: Arc::default() }
    }

    /// Hands a message over at once and waits for the answer; `None` if the answer is lost.
    pub async fn send(&self, message: Outgoing) -> Option<Outcome> {
        let answer = self.change(|world, now| world.send(now, message));
        self.clock.sleep_ms(answer.after_ms?).await;
        Some(answer.outcome)
    }

    /// Returns whether a phone has a message.
    pub fn lookup(&self, id: MessageId) -> MessageLookup {
        self.world().lookup(id)
    }

    /// Somebody writes to an account. Returns the message's wire id.
    pub fn receive(&self, message: Incoming) -> String {
        self.change(|world, now| world.receive(now, message))
    }

    /// The owner of an account types on the phone itself. Returns the message's wire id.
    pub fn typed(&self, message: Typed) -> String {
        self.change(|world, now| world.typed(now, message))
    }

    /// Reports the status of an account's message; false if no such message was sent.
    pub fn receipt(&self, account: &Address, id: MessageId, status: Status) -> bool {
        self.change(|world, now| world.receipt(now, account, id, status))
    }

    /// Disconnects an account until [`connect`](Self::connect).
    pub fn disconnect(&self, account: Address) -> Result<(), TooManyDisconnected> {
        self.change(|world, now| world.disconnect(now, account))
    }

    /// Connects an account again.
    pub fn connect(&self, account: &Address) {
        self.change(|world, now| world.connect(now, account));
    }

    /// Replaces the simulated failures.
    pub fn set_chaos(&self, chaos: Chaos) {
        self.world().set_chaos(chaos);
    }

    /// The current simulated failures.
    pub fn chaos(&self) -> Chaos {
        self.world().chaos()
    }

    /// The messages that a phone or group got, the newest first.
    pub fn messages(&self, recipient: &Address) -> Vec<Received> {
        self.world().messages(recipient)
    }

    pub fn stats(&self) -> Stats {
        self.world().stats()
    }

    /// Waits for updates numbered above `after`; returns at least one and at most 1,000, the oldest first.
    pub async fn updates(&self, after: u64) -> Vec<NumberedUpdate> {
        loop {
            let mut changed = pin!(self.next_due_changed.notified());
            changed.as_mut().enable();
            let (updates, next_due) = {
                let mut world = self.world();
                (world.updates(self.clock.now(), after, UPDATES_MAX), world.next_due())
            };
            match next_due {
                _ if !updates.is_empty() => return updates,
                None => changed.await,
                Some(due) => tokio::select! {
                    () = changed => {}
                    () = self.clock.sleep_until(due) => {}
                },
            }
        }
    }

    /// Changes the world, and wakes waiting readers if another item is the next to become due.
    fn change<T>(&self, change: impl FnOnce(&mut World, Timestamp) -> T) -> T {
        let mut world = self.world();
        let due_before = world.next_due();
        let result = change(&mut world, self.clock.now());
        if world.next_due() != due_before {
            self.next_due_changed.notify_waiters();
        }
        result
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::message;
    use super::*;

    fn started_at(ms: i64) -> Shared {
        Shared::new(Clock::start(Arc::new(move || Timestamp::from_ms(ms)), Timestamp::default(), 1))
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_keeps_its_place_when_the_simulator_starts_anew() {
        let mut place = 0;
        for world in [started_at(1_000_000), started_at(1_002_000)] {
            world.send(message(1, "+12025550101")).await;
            for _ in 0..2 {
                let updates = world.updates(place).await;
                assert_eq!(updates.len(), 1);
                place = updates[0].sequence;
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn all_readers_are_told_of_an_update() {
        let world = started_at(0);
        let (first, second, _) =
            tokio::join!(world.updates(0), world.updates(0), world.send(message(1, "+12025550101")));
        assert_eq!(first.len(), 1);
        assert_eq!(first, second);
    }
}
