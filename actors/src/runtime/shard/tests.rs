//! Tests what a shard does across crashes and stops, in virtual time.

mod many_actors;
mod read_ahead;
mod rebuild;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::System;
use events::account::Origin;
use events::chat::{MessageKind, MessageReceived};
use events::codec::{Opening, decode};
use events::event::Event;
use events::history::{History, ReadMode};
use events::ids::{MessageId, WebhookId, WorkspaceId};
use events::index::Index;
use events::log::{Batch, Log};
use events::personal::Digest;
use events::record::{Cause, Position};
use events::sequencer::{NewCommit, Sequencer};
use events::snapshot;
use events::store::memory_log::MemoryLog;
use events::vault::{MemoryVault, Vault};
use events::watermark::Watermark;
use events::webhook::{Aggregation, WebhookConfigured};
use events::who::Who;
use events::writer::{Work, Writer};
use futures_util::future::LocalBoxFuture;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Dependencies, Settings, Shard, ShardHandle};
use crate::account::{Command, Effect, Outcome, SpelledLookups};
use crate::chat::received_bytes;
use crate::decider::Decider;
use crate::peer::Peer;
use crate::reporting::Reports;
use crate::runtime::agenda::Agenda;
use crate::runtime::clock::Clock;
use crate::runtime::port::{Port, Ports};
use crate::runtime::replay::{replay, wake};
use crate::spec::at;
use crate::spec::facts::{
    account, chat, connected, created, granted, message, opened, operator, url_generated, workspace,
};
use crate::workspace::{Command as Ask, Grant, Recipient, Submit, SubmitLookups, Workspace};
use crate::{chat, webhook};

/// A checkpoint must not cover the message and leave out its account, which does not know yet what it has
/// outstanding.
#[test]
fn a_message_is_sent_although_a_checkpoint_and_a_crash_came_while_its_account_woke() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::default());
    begin(&log, vec![created(), granted(5, "trial"), url_generated("in_token"), connected()]);
    live(&log, async |shard, batches, _| {
        batches.add_permits(100);
        pass(1_200).await;
        shard.passivate_all();
        pass(300).await;
        assert_eq!(shard.overview().awake, [0; 4], "somebody is still awake");
        // From here on the disk is slow: the account is asked to wake, but cannot read its past yet.
        batches.forget_permits(100);
        let asked = shard.clone();
        let answered = actix::spawn(async move {
            asked.execute::<Workspace>(workspace(), submit(), Cause::outside(Who::Inbound)).await
        });
        pass(1_000).await;
        // The message and the checkpoint after it become durable, and nothing else does.
        batches.add_permits(1);
        answered.await.unwrap().unwrap();
    });
    assert_eq!(
        Agenda::read(log.as_ref()).unwrap().0.covered().position,
        log.head().position,
        "no checkpoint covers the message"
    );
    live(&log, async |_, batches, mut sent| {
        batches.add_permits(100);
        let sent = tokio::time::timeout(Duration::from_mins(1), sent.recv()).await;
        assert_eq!(sent, Ok(Some(message(11))), "nobody woke the account");
    });
}

/// The try has begun in the log, and the stop comes before that is durable: the try must be made all the same.
#[test]
fn a_stop_waits_for_a_try_that_has_just_begun() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::default());
    begin(&log, vec![created(), granted(5, "trial"), url_generated("in_token"), connected()]);
    live(&log, async |shard, batches, mut sent| {
        let asked = shard.clone();
        actix::spawn(
            async move { asked.execute::<Workspace>(workspace(), submit(), Cause::outside(Who::Inbound)).await },
        );
        pass(100).await;
        // The message is queued and its try has begun, but neither is durable yet.
        assert!(shard.counters().events().any(|begun| begun == ("SendStarted", 1)), "the try has not begun");
        let stopped = actix::spawn(async move { shard.stop().await });
        pass(100).await;
        batches.add_permits(100);
        assert_eq!(stopped.await.unwrap(), 0);
        assert_eq!(sent.try_recv(), Ok(message(11)), "nobody made the try");
    });
    let last =
        log.read(log.head().position).last().map(|stored| decode(&stored.unwrap(), Opening::Shut).unwrap().events);
    assert!(matches!(last.as_deref(), Some([Event::MessageSent(_)])), "it is under way for ever: {last:?}");
}

/// The shard of these tests stores a snapshot every three events.
#[test]
fn an_actor_wakes_from_its_snapshot_and_without_it_as_the_same() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::default());
    begin(&log, vec![created(), granted(5, "trial"), url_generated("in_token"), connected()]);
    live(&log, async |shard, batches, _| {
        batches.add_permits(1_000);
        for credits in 1..=10 {
            shard.execute::<Workspace>(workspace(), grant(credits), Cause::outside(Who::Inbound)).await.unwrap();
            if credits % 4 == 0 {
                shard.passivate_all();
                pass(100).await;
                assert_eq!(shard.overview().awake, [0; 4], "somebody is still awake");
            }
        }
        shard.stop().await;
    });
    let stream = Workspace::stream(workspace());
    let (index, to) = (Index::open(Arc::clone(&log), vault()).unwrap(), log.head().position);
    let history = History::new(Arc::clone(&log), Arc::new(index), ReadMode::Inline);
    let rebuilt = replay::<Workspace>(workspace(), &history, to).unwrap();
    let woken = wake::<Workspace>(workspace(), &history, to).unwrap();
    assert_eq!(woken.replayed, rebuilt);
    assert!(woken.snapshot.is_some() && woken.since < 3, "{woken:?}");
    // Look into the past before the snapshot, and wake up after the snapshot was lost.
    let early = woken.snapshot.unwrap().position - 1;
    let as_of = |at| replay::<Workspace>(workspace(), &history, at).unwrap();
    assert_eq!(wake::<Workspace>(workspace(), &history, early).unwrap().replayed, as_of(early));
    let head = snapshot::head(log.as_ref(), stream).unwrap().unwrap();
    let lost: Vec<_> = log.notes(b"S/", b"", 100).unwrap().into_iter().map(|(key, _)| (key, None)).collect();
    assert!(head.slots().bytes > 0 && lost.len() >= 2);
    log.write(&Batch { after: to, notes: lost, ..Batch::default() }).unwrap();
    let without = wake::<Workspace>(workspace(), &history, to).unwrap();
    assert_eq!((without.replayed, without.since), (rebuilt, woken.replayed.revision));
}

/// The webhook is switched off, so that its deliveries stay owed and are not posted.
#[test]
fn a_webhook_has_its_chat_close_the_window_and_no_port_hears_of_it() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::default());
    let phone = "+12025550101";
    begin(&log, vec![created(), connected(), opened(1, phone), reported_to(), received(phone)]);
    live(&log, async |_, batches, _| {
        batches.add_permits(1_000);
        pass(3_600_000 + 1_000).await;
    });
    let records: Vec<_> = log.read(1).map(|stored| decode(&stored.unwrap(), Opening::Shut).unwrap()).collect();
    let place = |name| {
        let named = |(position, event): (Position, &Event)| (event.name() == name).then_some(position);
        records.iter().find_map(|record| record.positioned().find_map(named)).expect(name)
    };
    let closed = records.iter().find(|record| record.last() == place("BundleFlushed")).unwrap();
    assert_eq!(closed.cause, Cause::following(Who::System, place("MessageReceived")));
}

fn reported_to() -> Event {
    let (webhook, url) = (WebhookId::of(workspace()), Some("https://crm.example/hook".into()));
    WebhookConfigured { workspace: workspace(), webhook, url, aggregation: Aggregation::OneHour, by: operator() }.into()
}

fn received(sender: &str) -> Event {
    MessageReceived {
        message: message(11),
        workspace: workspace(),
        account: account(1),
        chat: chat(1),
        from_me: false,
        kind: MessageKind::Text,
        sender: sender.into(),
        address: None,
        sender_name: "Cleo".into(),
        text: "hello".into(),
        particulars: None,
        file: None,
        report_bytes: received_bytes("hello", None),
        wire_id: None,
        reply_to: None,
        at: at(0),
        owed: Some(WebhookId::of(workspace())),
    }
    .into()
}

fn grant(credits: u64) -> Ask {
    Ask::Grant(Grant { amount: credits, by: Who::Operator, reason: format!("nth {credits}") })
}

fn submit() -> Ask {
    Ask::Submit(Box::new(Submit {
        message: message(11),
        token_hash: Some(Digest::of(b"in_token")),
        recipient: Recipient::Peer(Peer::from_phone("+12025550101")),
        sender: None,
        text: "hi".to_owned(),
        file: None,
        origin: Origin::Inbound,
        unknown_fields: Vec::new(),
        doubt: None,
        dry_run: false,
        idempotency: None,
        looked_up: SubmitLookups::default(),
    }))
}

async fn pass(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

/// Returns a vault that has a seed for everyone, the same each time.
fn vault() -> Arc<dyn Vault> {
    Arc::new(MemoryVault::endless())
}

/// Writes the first commit of a log: the past that a test begins with.
fn begin(log: &Arc<dyn Log>, events: Vec<Event>) {
    record(log, [(workspace(), events)]);
}

/// Writes commits of workspaces to an empty log.
fn record(log: &Arc<dyn Log>, commits: impl IntoIterator<Item = (WorkspaceId, Vec<Event>)>) {
    let (index, watermark) = (Arc::new(Index::open(Arc::clone(log), vault()).unwrap()), Watermark::at(0));
    let (work, mut taken) = unbounded_channel();
    let mut writer = Writer::new(Arc::clone(log), Arc::clone(&index), watermark.clone());
    let mut sequencer = Sequencer::new(index, watermark, work);
    for (workspace, events) in commits {
        let stream = Workspace::stream(workspace);
        let revision = sequencer.index().revision_at(stream, Position::MAX).unwrap();
        sequencer.register(stream, crate::runtime::shell::inbox());
        sequencer.replayed(stream, revision);
        let commit = NewCommit { workspace, recorded_at: at(0), cause: Cause::outside(Who::Inbound), events };
        sequencer.append(stream, revision, commit).unwrap();
        let first = taken.try_recv().ok();
        let prepared = writer.prepare(first, &mut taken).unwrap();
        writer.write(&prepared).unwrap();
        writer.sync(prepared).unwrap();
    }
}

/// Runs a shard on the log until the story ends, then drops it at once, as in a power cut.
fn live(log: &Arc<dyn Log>, story: impl AsyncFnOnce(ShardHandle, Arc<Semaphore>, UnboundedReceiver<MessageId>)) {
    live_as(log, |parts| parts, story);
}

/// Like [`live`], with changed parts.
fn live_as(
    log: &Arc<dyn Log>,
    change: impl FnOnce(Dependencies) -> Dependencies,
    story: impl AsyncFnOnce(ShardHandle, Arc<Semaphore>, UnboundedReceiver<MessageId>),
) {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let system = System::with_tokio_rt(runtime);
    system.block_on(async {
        let (batches, (phone, sent)) = (Arc::new(Semaphore::new(0)), unbounded_channel());
        let allowed = Arc::clone(&batches);
        let parts = Dependencies {
            log: Arc::clone(log),
            vault: vault(),
            clock: Clock::start(Arc::new(|| at(0)), log.head().recorded_at, 1),
            ports: Box::new(move |_| Ports {
                send: Rc::new(Phone(phone)),
                forget: Rc::new(Nobody),
                post: Rc::new(Nobody),
            }),
            start_writer: Box::new(move |writer, work| drop(actix::spawn(write(writer, work, allowed)))),
            start_filler: Box::new(|filler| drop(actix::spawn(async move { drop(filler.run_inline().await) }))),
            reading: ReadMode::Inline,
            settings: Settings {
                commands_in_flight: 10,
                idle: Duration::from_hours(1),
                reports: Reports { attachments: false, bundle_bytes: events::webhook::BUNDLE_BYTES },
                snapshot_every: 3,
            },
        };
        story(Shard::launch(change(parts)).unwrap(), batches, sent).await;
    });
    // A dropped system polls its actors once more, and their timers need a runtime.
    let grave = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _inside = grave.enter();
    drop(system);
}

/// Writes as many batches as there are permits for.
async fn write(mut writer: Writer, mut work: UnboundedReceiver<Work>, allowed: Arc<Semaphore>) {
    while let Some(first) = work.recv().await {
        let mut first = Some(first);
        while first.is_some() || writer.has_backlog() {
            allowed.acquire().await.unwrap().forget();
            let prepared = writer.prepare(first.take(), &mut work).unwrap();
            writer.write(&prepared).unwrap();
            writer.sync(prepared).unwrap();
        }
    }
}

/// Accepts every message.
struct Phone(UnboundedSender<MessageId>);

impl Port<Effect, Command> for Phone {
    fn perform(&self, effect: Effect) -> LocalBoxFuture<'static, Command> {
        let Effect::Send { message, try_number, .. } = effect else { panic!("there are no files here") };
        self.0.send(message).unwrap();
        Box::pin(async move {
            let (outcome, spelled) = (Outcome::Sent, SpelledLookups::default());
            Command::Tried { message, try_number, outcome, reporting: None, spelled }
        })
    }
}

/// Fails if anything is posted or forgotten.
struct Nobody;

impl Port<chat::Effect, chat::Command> for Nobody {
    fn perform(&self, effect: chat::Effect) -> LocalBoxFuture<'static, chat::Command> {
        panic!("{effect:?}, though no chat was erased")
    }
}

impl Port<webhook::Outside, webhook::Command> for Nobody {
    fn perform(&self, effect: webhook::Outside) -> LocalBoxFuture<'static, webhook::Command> {
        panic!("{effect:?}, though no webhook is switched on")
    }
}
