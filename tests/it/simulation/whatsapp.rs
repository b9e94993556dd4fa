//! The simulated `WhatsApp` over a bad connection: late, lost, repeated and reordered updates. It survives every
//! crash.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actors::account::Outcome;
use actors::account::outcome::{Scope, StopReason};
use events::ids::MessageId;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use tidings::whatsapp::transports::simulator::CAPABILITIES;
use tidings::whatsapp::transports::simulator::address::Address;
use tidings::whatsapp::transports::simulator::world::{Chaos, Incoming, Probability, Received, Stats, Typed, World};
use tidings::whatsapp::transports::{Capabilities, MessageLookup, Outgoing, Status, StatusUpdate, Transport, Update};
use tokio::sync::{Notify, mpsc};

use super::fate::Fate;
use super::time::RealTime;

const POLL: Duration = Duration::from_millis(200);
/// After this many polls without an update, polling pauses until something changes.
const IDLE_POLLS: u32 = 300;
/// The most updates of one poll, enough for all that are repeated at the beginning of a life.
const UPDATES_AT_ONCE: usize = 10_000;

/// The simulated `WhatsApp`. Clones share it.
#[derive(Clone)]
pub struct WhatsApp {
    world: Arc<Mutex<World>>,
    tries: Arc<Mutex<Vec<Try>>>,
    /// Number of tries of earlier lives.
    earlier_lives: Arc<AtomicUsize>,
    /// The messages of which this life was told that they were refused.
    refused: Arc<Mutex<BTreeSet<String>>>,
    touched: Arc<Notify>,
    /// True if every update must be sent once more.
    again: Arc<AtomicBool>,
    fate: Fate,
    time: RealTime,
}

/// A send as the simulator saw it.
#[derive(Debug, Clone)]
pub struct Try {
    pub message: MessageId,
    wire_id: String,
    pub began_ms: u64,
    /// When it was answered, or its status came before the answer: refused. `None` while it lasts, and for ever if the
    /// gateway died meanwhile, or if that status was on its way when the try began: nobody here knows when it is read.
    pub ended_ms: Option<u64>,
}

impl WhatsApp {
    pub fn new(fate: Fate, time: RealTime) -> Self {
        let world = Arc::new(Mutex::new(World::above(0)));
        let (tries, earlier_lives, refused) = (Arc::default(), Arc::default(), Arc::default());
        Self { world, tries, earlier_lives, refused, touched: Arc::default(), again: Arc::default(), fate, time }
    }

    /// Locks the world for a change, and wakes the task that sends updates.
    fn world_mut(&self) -> MutexGuard<'_, World> {
        self.touched.notify_one();
        self.world()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refused(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tries_mut(&self) -> MutexGuard<'_, Vec<Try>> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns all sends so far.
    pub fn tries(&self) -> Vec<Try> {
        self.tries_mut().clone()
    }

    /// Calls `see` with all sends so far.
    pub fn look_at_tries<T>(&self, see: impl FnOnce(&[Try]) -> T) -> T {
        see(&self.tries_mut())
    }

    pub fn stats(&self) -> Stats {
        self.world().stats()
    }

    /// Sends every update once more.
    pub fn tell_again(&self) {
        self.again.store(true, Ordering::Relaxed);
        self.touched.notify_one();
    }

    /// Returns the messages on a phone.
    pub fn messages_on(&self, phone: &str) -> Vec<Received> {
        Address::parse(phone).map(|address| self.world().messages(&address)).unwrap_or_default()
    }

    /// Disconnects an account, or connects it again.
    pub fn set_connected(&self, account: &str, connected: bool) {
        let account = Address::parse(account).unwrap();
        if connected {
            self.world_mut().connect(self.time.now(), &account);
        } else {
            self.world_mut().disconnect(self.time.now(), account).unwrap();
        }
    }

    /// True if a message was refused after it was taken.
    pub fn refused_later(&self, message: MessageId) -> bool {
        self.world().is_refused_later(message)
    }

    /// Lets a contact write to an account, by any of the contact's addresses.
    pub fn receive(&self, mut message: Incoming) {
        if self.fate.fault("a contact's other spelling", 10) {
            message.chat = message.chat.other_spelling().unwrap_or(message.chat);
        }
        let habits = self.hearing();
        let mut world = self.world_mut();
        world.set_chaos(habits);
        world.receive(self.time.now(), message);
    }

    /// The same, by the phone number alone: so many messages come into one chat.
    pub fn receive_by_phone(&self, message: Incoming) {
        let mut world = self.world_mut();
        world.set_chaos(Chaos::default());
        world.receive(self.time.now(), message);
    }

    /// Lets the owner of an account type on the phone itself.
    pub fn typed(&self, message: Typed) {
        let habits = self.hearing();
        let mut world = self.world_mut();
        world.set_chaos(habits);
        world.typed(self.time.now(), message);
    }

    /// Decides by which addresses the next person is called.
    fn hearing(&self) -> Chaos {
        Chaos { hidden: certain(self.fate.fault("a hidden number", 15)), ..Chaos::default() }
    }

    /// Decides how the next message is taken.
    fn taking(&self) -> Chaos {
        Chaos {
            accepted: certain(self.fate.fault("taken before it is sent", 15)),
            refused_later: certain(self.fate.fault("refused after it was taken", 3)),
            spelled: certain(self.fate.fault("another spelling in an answer", 5)),
            ..Chaos::default()
        }
    }

    async fn hand_over(&self, message: Outgoing) -> Outcome {
        let wire_id = message.wire_id.to_string();
        let is_refused = self.refused().contains(&wire_id);
        let place = {
            let mut tries = self.tries_mut();
            let began_ms = self.time.passed_ms();
            tries.push(Try { message: message.id, wire_id, began_ms, ended_ms: None });
            tries.len() - 1
        };
        let outcome = self.over_the_line(message).await;
        if !is_refused {
            self.tries_mut()[place].ended_ms.get_or_insert(self.time.passed_ms());
        }
        outcome
    }

    async fn over_the_line(&self, message: Outgoing) -> Outcome {
        self.fate.port(20).await;
        if self.fate.fault("a request is lost", 6) {
            return Outcome::Unknown;
        }
        if self.fate.fault("no connection", 4) {
            return Outcome::NotConnected;
        }
        if self.fate.fault("a server error", 4) {
            return Outcome::ServerError;
        }
        if self.fate.rare_fault("an account is stopped", 30) {
            let reason = if self.fate.below(2) == 0 { StopReason::Blocked } else { StopReason::Unauthorised };
            return Outcome::Stopped { reason, until_ms: None };
        }
        if self.fate.fault("a rate limit", 3) {
            let scope = if self.fate.below(2) == 0 { Scope::Pair } else { Scope::Account };
            return Outcome::RateLimited { after_ms: 1_000 + self.fate.below(20_000), scope };
        }
        let answer = {
            let habits = self.taking();
            let mut world = self.world_mut();
            world.set_chaos(habits);
            world.send(self.time.now(), message)
        };
        self.fate.port(20).await;
        match answer.after_ms {
            Some(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
            None => return Outcome::Unknown,
        }
        if self.fate.fault("an answer is lost", 8) { Outcome::Unknown } else { answer.outcome }
    }

    /// Sends updates: receipts and messages may be lost, repeated or late. The next life gets all of them again.
    async fn tell(self, sink: mpsc::Sender<Update>) {
        let (mut after, mut idle) = (0, 0);
        loop {
            if idle > IDLE_POLLS {
                self.touched.notified().await;
                idle = 0;
            }
            tokio::time::sleep(POLL).await;
            idle += 1;
            if self.again.swap(false, Ordering::Relaxed) {
                after = 0;
            }
            let updates = self.world().updates(self.time.now(), after, UPDATES_AT_ONCE);
            let mut late = Vec::new();
            for numbered in updates {
                (after, idle) = (numbered.sequence, 0);
                let lossy = !matches!(numbered.update, Update::Connection(_));
                if lossy && self.fate.fault("an update comes twice or late", 10) {
                    late.push(numbered.update.clone());
                }
                let is_lost = lossy && self.fate.fault("an update is lost", 10);
                if !is_lost && !self.told(&sink, numbered.update).await {
                    return;
                }
            }
            for update in late {
                if !self.told(&sink, update).await {
                    return;
                }
            }
        }
    }

    /// Sends an update; false if nobody takes any more. That a message was refused ends its try.
    async fn told(&self, sink: &mpsc::Sender<Update>, update: Update) -> bool {
        if let Update::Status(StatusUpdate { wire_id, status: Status::Failed(_), .. }) = &update {
            let (passed_ms, earlier_lives) = (self.time.passed_ms(), self.earlier_lives.load(Ordering::Relaxed));
            let is_first = self.refused().insert(wire_id.clone());
            let mut tries = self.tries_mut();
            let of_it = |tried: &&mut Try| is_first && tried.wire_id == *wire_id;
            for tried in tries.iter_mut().skip(earlier_lives).filter(of_it) {
                tried.ended_ms.get_or_insert(passed_ms);
            }
        }
        sink.send(update).await.is_ok()
    }
}

fn certain(happens: bool) -> Probability {
    Probability::new(if happens { 1.0 } else { 0.0 }).unwrap()
}

impl Transport for WhatsApp {
    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn send(&self, message: Outgoing) -> BoxFuture<'_, Outcome> {
        self.hand_over(message).boxed()
    }

    fn lookup<'a>(&'a self, _from: &'a str, id: MessageId) -> BoxFuture<'a, MessageLookup> {
        ready(self.world().lookup(id)).boxed()
    }

    fn start(&self, sink: mpsc::Sender<Update>) {
        self.earlier_lives.store(self.tries_mut().len(), Ordering::Relaxed);
        self.refused().clear();
        actix::spawn(self.clone().tell(sink));
    }

    fn stop(&self) {}
}
