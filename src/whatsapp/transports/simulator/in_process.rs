//! The simulated `WhatsApp` inside the gateway's own process: no network, no other program.

use actors::account::outcome::Outcome;
use events::ids::MessageId;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use tokio::sync::mpsc;

use super::update_task::UpdateTask;
use super::{CAPABILITIES, Shared};
use crate::whatsapp::transports::{Capabilities, MessageLookup, Outgoing, Transport, Update};

/// A transport to a world in this process.
pub struct InProcess {
    shared: Shared,
    feed: UpdateTask,
}

impl InProcess {
    pub fn new(shared: Shared) -> Self {
        Self { shared, feed: UpdateTask::default() }
    }
}

impl Transport for InProcess {
    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn send(&self, message: Outgoing) -> BoxFuture<'_, Outcome> {
        self.shared.send(message).map(|answer| answer.unwrap_or(Outcome::Unknown)).boxed()
    }

    fn lookup<'a>(&'a self, _from: &'a str, id: MessageId) -> BoxFuture<'a, MessageLookup> {
        ready(self.shared.lookup(id)).boxed()
    }

    fn start(&self, sink: mpsc::Sender<Update>) {
        self.feed.run(forward(self.shared.clone(), sink));
    }

    fn stop(&self) {
        self.feed.stop();
    }
}

async fn forward(shared: Shared, sink: mpsc::Sender<Update>) {
    let mut after = 0;
    loop {
        for numbered in shared.updates(after).await {
            after = numbered.sequence;
            if sink.send(numbered.update).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use actors::account::outcome::{Outcome, Permanent};
    use actors::runtime::clock::Clock;
    use events::time::Timestamp;
    use tokio::sync::mpsc::error::TryRecvError;

    use super::super::address::Address;
    use super::super::tests::{incoming, message, status};
    use super::*;
    use crate::whatsapp::transports::Connection;
    use crate::whatsapp::transports::Status::{Delivered, Read};

    fn simulated() -> (Clock, Arc<dyn Transport>) {
        let clock = Clock::start(Arc::new(|| Timestamp::from_ms(0)), Timestamp::default(), 1);
        let transport = InProcess::new(Shared::new(clock.clone()));
        (clock, Arc::new(transport))
    }

    async fn next(updates: &mut mpsc::Receiver<Update>) -> (u64, crate::whatsapp::transports::Status) {
        status(&updates.recv().await.expect("an update"))
    }

    #[tokio::test(start_paused = true)]
    async fn an_ordinary_number_answers_at_once() {
        let (clock, transport) = simulated();
        assert_eq!(transport.send(message(1, "+12025550101")).await, Outcome::Sent);
        assert_eq!(clock.now().ms(), 0);
        assert_eq!(transport.lookup("+12025550100", MessageId::from_bits(1)).await, MessageLookup::Sent);
        assert_eq!(transport.lookup("+12025550100", MessageId::from_bits(2)).await, MessageLookup::NotSent);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_answer_takes_20_s_of_the_clocks_time() {
        let (clock, transport) = simulated();
        assert_eq!(transport.send(message(1, "+12025550143")).await, Outcome::Sent);
        assert_eq!(clock.now().ms(), 20_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_answer_is_an_unknown_outcome_at_once() {
        let (clock, transport) = simulated();
        assert_eq!(transport.send(message(1, "+12025550144")).await, Outcome::Unknown);
        assert_eq!(clock.now().ms(), 0);
        assert_eq!(transport.lookup("+12025550100", MessageId::from_bits(1)).await, MessageLookup::Unknown);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_says_why() {
        let (_, transport) = simulated();
        let outcome = transport.send(message(1, "+12025550140")).await;
        assert_eq!(outcome, Outcome::Failed(Permanent::NotOnWhatsApp));
    }

    #[tokio::test(start_paused = true)]
    async fn updates_are_forwarded_when_they_are_due_and_not_before() {
        let (clock, transport) = simulated();
        let (sink, mut updates) = mpsc::channel(8);
        transport.start(sink);
        transport.send(message(1, "+12025550101")).await;
        clock.sleep_ms(199).await;
        assert_eq!(updates.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(next(&mut updates).await, (1, Delivered));
        assert_eq!(clock.now().ms(), 200);
        assert_eq!(next(&mut updates).await, (1, Read));
        assert_eq!(clock.now().ms(), 1_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_message_wakes_a_feed_that_waits_for_a_later_update() {
        let (clock, transport) = simulated();
        let (sink, mut updates) = mpsc::channel(8);
        transport.start(sink);
        transport.send(message(1, "+12025550101")).await;
        assert_eq!(next(&mut updates).await, (1, Delivered));
        clock.sleep_ms(100).await;
        transport.send(message(2, "+12025550102")).await;
        assert_eq!(next(&mut updates).await, (2, Delivered));
        assert_eq!(clock.now().ms(), 500);
        assert_eq!(next(&mut updates).await, (1, Read));
        assert_eq!(next(&mut updates).await, (2, Read));
        assert_eq!(clock.now().ms(), 1_300);
    }

    #[tokio::test(start_paused = true)]
    async fn what_people_write_wakes_a_feed_that_waits_for_nothing() {
        let clock = Clock::start(Arc::new(|| Timestamp::from_ms(0)), Timestamp::default(), 1);
        let shared = Shared::new(clock.clone());
        let transport = InProcess::new(shared.clone());
        let (sink, mut updates) = mpsc::channel(8);
        transport.start(sink);
        clock.sleep_ms(100).await;
        let wire_id = shared.receive(incoming("hello"));
        let update = updates.recv().await;
        assert!(matches!(update, Some(Update::Message(heard)) if heard.wire_id == wire_id && heard.at.ms() == 100));
        let account = Address::parse("+12025550100").expect("an address");
        shared.disconnect(account.clone()).expect("room");
        shared.receive(incoming("later"));
        clock.sleep_ms(100).await;
        shared.connect(&account);
        let connection = |connected| Update::Connection(Connection { account_phone: account.spelled(), connected });
        assert_eq!(updates.recv().await, Some(connection(false)));
        assert_eq!(updates.recv().await, Some(connection(true)));
        assert!(matches!(updates.recv().await, Some(Update::Message(heard)) if heard.at.ms() == 100));
        assert_eq!(clock.now().ms(), 200);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_sink_delays_updates_and_loses_none() {
        let (clock, transport) = simulated();
        let (sink, mut updates) = mpsc::channel(1);
        transport.start(sink);
        for bits in 1..=3 {
            transport.send(message(bits, "+12025550101")).await;
        }
        clock.sleep_ms(5_000).await;
        for expected in [(1, Delivered), (2, Delivered), (3, Delivered), (1, Read), (2, Read), (3, Read)] {
            assert_eq!(next(&mut updates).await, expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stopped_transport_reports_nothing_more() {
        let (_, transport) = simulated();
        let (sink, mut updates) = mpsc::channel(8);
        transport.start(sink);
        transport.send(message(1, "+12025550101")).await;
        assert_eq!(next(&mut updates).await, (1, Delivered));
        transport.stop();
        assert_eq!(updates.recv().await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_start_takes_the_place_of_the_first_and_repeats_what_was_reported() {
        let (_, transport) = simulated();
        let (sink, mut first) = mpsc::channel(8);
        transport.start(sink);
        transport.send(message(1, "+12025550101")).await;
        assert_eq!(next(&mut first).await, (1, Delivered));
        let (sink, mut second) = mpsc::channel(8);
        transport.start(sink);
        assert_eq!(first.recv().await, None);
        assert_eq!(next(&mut second).await, (1, Delivered));
        assert_eq!(next(&mut second).await, (1, Read));
    }
}
