//! Looks at actors and rebuilds them: what is wrong is found and put right, what is in flight and what waits stays.

use std::cell::Cell;

use events::ids::StreamId;

use super::super::{Compared, Rebuilt};
use super::*;
use crate::account::Account;
use crate::runtime::replay::RULES;
use crate::workspace::State;

const STREAM: StreamId = StreamId::Workspace(WorkspaceId::nth(0));

fn past() -> Vec<Event> {
    vec![created(), granted(5, "trial"), url_generated("in_token"), connected()]
}

/// What the comparisons of these tests look at.
fn balance(state: &State) -> u64 {
    state.balance
}

fn waiting(state: &crate::account::State) -> u64 {
    Account::due(state).waiting
}

fn same(revision: u64, balance: u64) -> Compared<u64> {
    Compared { had: (revision, balance), records: (revision, balance) }
}

async fn grant_one(shard: &ShardHandle) {
    shard.execute::<Workspace>(workspace(), grant(1), Cause::outside(Who::Inbound)).await.unwrap();
}

async fn balance_now(shard: &ShardHandle) -> u64 {
    shard.inspect::<Workspace, _>(workspace(), balance).await.unwrap().value
}

/// Stores a snapshot of the workspace's state with another balance, as rules with a fault might have left it.
fn store_wrong_snapshot(log: &Arc<dyn Log>, balance: u64) {
    let index = Index::open(Arc::clone(log), vault()).unwrap();
    let (history, position) = (History::new(Arc::clone(log), Arc::new(index), ReadMode::Inline), log.head().position);
    let mut replayed = replay::<Workspace>(workspace(), &history, position).unwrap();
    replayed.state.balance = balance;
    let place = snapshot::Place { stream: STREAM, rules: RULES, position, revision: replayed.revision };
    let before = snapshot::head(log.as_ref(), STREAM).unwrap().map(|head| head.slots());
    let (pending, _) = snapshot::prepare(place, &replayed.state, before).unwrap();
    let notes = pending.notes(vault().as_ref()).unwrap();
    log.write(&Batch { after: position, notes, ..Batch::default() }).unwrap();
}

/// The balance as which the workspace would wake.
fn at_rest(log: &Arc<dyn Log>) -> u64 {
    let index = Index::open(Arc::clone(log), vault()).unwrap();
    let history = History::new(Arc::clone(log), Arc::new(index), ReadMode::Inline);
    let woken = wake::<Workspace>(workspace(), &history, log.head().position).unwrap();
    assert!(woken.snapshot.is_some(), "there is no snapshot");
    woken.replayed.state.balance
}

#[test]
fn a_look_wakes_nobody_and_keeps_nobody_awake() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::default());
    begin(&log, past());
    live(&log, async |shard, batches, _| {
        batches.add_permits(1_000);
        shard.passivate_all();
        pass(100).await;
        assert!(shard.look::<Workspace>(workspace()).await.is_none());
        assert_eq!(shard.measure(vec![STREAM]).await, [None]);
        assert_eq!(shard.overview().awake, [0; 4], "a look woke it");
        grant_one(&shard).await;
        let looked = shard.look::<Workspace>(workspace()).await.unwrap();
        assert_eq!(looked.revision, 5);
        let state: State = events::codec::decode_state(&looked.state.unwrap()).unwrap();
        assert_eq!(state.balance, 6);
        for _ in 0..59 {
            pass(60_000).await;
            shard.look::<Workspace>(workspace()).await.unwrap();
        }
        pass(120_000).await;
        assert!(shard.look::<Workspace>(workspace()).await.is_none(), "looks keep it awake");
    });
}

#[test]
fn a_healthy_actor_is_the_same_awake_and_asleep_and_stays_as_it_is() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::default());
    begin(&log, past());
    live(&log, async |shard, batches, _| {
        batches.add_permits(1_000);
        for _ in 0..7 {
            grant_one(&shard).await;
        }
        let head = shard.watermark().settled().await;
        let awake = shard.rebuild::<Workspace, _>(workspace(), balance).await.unwrap().unwrap();
        let expected = Rebuilt { revision: 11, memory: Some(same(11, 12)), at_rest: same(11, 12) };
        assert_eq!(awake, expected);
        assert!(awake.is_same());
        shard.passivate_all();
        pass(100).await;
        let asleep = shard.rebuild::<Workspace, _>(workspace(), balance).await.unwrap().unwrap();
        assert_eq!(asleep, Rebuilt { memory: None, ..expected });
        assert_eq!(shard.overview().awake, [0; 4], "it woke for nothing");
        assert_eq!(shard.watermark().settled().await, head, "something was recorded");
        grant_one(&shard).await;
        assert_eq!(balance_now(&shard).await, 13);
    });
}

#[test]
fn nothing_is_rebuilt_of_what_never_was() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::default());
    begin(&log, past());
    live(&log, async |shard, batches, _| {
        batches.add_permits(1_000);
        let nobody = WorkspaceId::nth(7);
        assert!(shard.rebuild::<Workspace, _>(nobody, balance).await.unwrap().is_none());
        assert!(shard.measure(vec![StreamId::Workspace(nobody)]).await == [None], "it woke");
    });
}

#[test]
fn a_wrong_snapshot_of_a_sleeping_actor_is_found_and_replaced() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::default());
    begin(&log, past());
    store_wrong_snapshot(&log, 500);
    live(&log, async |shard, batches, _| {
        batches.add_permits(1_000);
        pass(100).await;
        shard.passivate_all();
        pass(100).await;
        let rebuilt = shard.rebuild::<Workspace, _>(workspace(), balance).await.unwrap().unwrap();
        let at_rest = Compared { had: (4, 500), records: (4, 5) };
        assert_eq!(rebuilt, Rebuilt { revision: 4, memory: None, at_rest });
        assert!(!rebuilt.is_same());
        assert_eq!(balance_now(&shard).await, 5, "it woke from the wrong snapshot");
        pass(5_000).await;
    });
    assert_eq!(at_rest(&log), 5);
}

#[test]
fn a_wrong_state_in_memory_is_found_and_put_right_with_its_snapshot() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::default());
    begin(&log, past());
    store_wrong_snapshot(&log, 500);
    live(&log, async |shard, batches, _| {
        batches.add_permits(1_000);
        grant_one(&shard).await;
        assert_eq!(balance_now(&shard).await, 501, "it has not woken from the wrong snapshot");
        let rebuilt = shard.rebuild::<Workspace, _>(workspace(), balance).await.unwrap().unwrap();
        let wrong = Compared { had: (5, 501), records: (5, 6) };
        assert_eq!(rebuilt, Rebuilt { revision: 5, memory: Some(wrong.clone()), at_rest: wrong });
        assert_eq!(balance_now(&shard).await, 6);
        grant_one(&shard).await;
        assert_eq!(balance_now(&shard).await, 7);
        assert!(shard.rebuild::<Workspace, _>(workspace(), balance).await.unwrap().unwrap().is_same());
        pass(5_000).await;
    });
    assert_eq!(at_rest(&log), 7);
}

#[test]
fn commands_that_come_meanwhile_are_all_carried_out_once() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::default());
    begin(&log, past());
    live(&log, async |shard, batches, _| {
        batches.add_permits(1_000);
        let granting: Vec<_> = (0..4)
            .map(|_| {
                let shard = shard.clone();
                actix::spawn(async move {
                    grant_one(&shard).await;
                    grant_one(&shard).await;
                    shard.rebuild::<Workspace, _>(workspace(), balance).await.unwrap().unwrap().is_same()
                })
            })
            .collect();
        for granted in granting {
            assert!(granted.await.unwrap());
        }
        assert_eq!(balance_now(&shard).await, 13);
        let events = shard.history().index().revision_at(STREAM, Position::MAX).unwrap();
        assert_eq!(events, 12);
    });
}

/// Holds every try until it is let go, and counts them.
struct SlowPhone {
    tries: Rc<Cell<u32>>,
    answers: Arc<Semaphore>,
}

impl Port<Effect, Command> for SlowPhone {
    fn perform(&self, effect: Effect) -> LocalBoxFuture<'static, Command> {
        let Effect::Send { message, try_number, .. } = effect else { panic!("there are no files here") };
        self.tries.set(self.tries.get() + 1);
        let answers = Arc::clone(&self.answers);
        Box::pin(async move {
            answers.acquire().await.unwrap().forget();
            let (outcome, spelled) = (Outcome::Sent, SpelledLookups::default());
            Command::Tried { message, try_number, outcome, reporting: None, spelled }
        })
    }
}

#[test]
fn a_try_in_flight_is_neither_lost_nor_made_twice() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::default());
    begin(&log, past());
    let (tries, answers) = (Rc::new(Cell::new(0)), Arc::new(Semaphore::new(0)));
    let (counted, held) = (Rc::clone(&tries), Arc::clone(&answers));
    let slow = move |parts: Dependencies| Dependencies {
        ports: Box::new(move |_| Ports {
            send: Rc::new(SlowPhone { tries: counted, answers: held }),
            forget: Rc::new(Nobody),
            post: Rc::new(Nobody),
        }),
        ..parts
    };
    live_as(&log, slow, async |shard, batches, _| {
        batches.add_permits(1_000);
        shard.execute::<Workspace>(workspace(), submit(), Cause::outside(Who::Inbound)).await.unwrap();
        pass(1_000).await;
        let looked = shard.look::<Account>(account(1)).await.unwrap();
        assert!(matches!(looked.in_flight[..], [Effect::Send { try_number: 1, .. }]), "{looked:?}");
        assert_eq!((looked.gauge.outstanding, looked.gauge.in_flight), (1, 1));
        for _ in 0..3 {
            let rebuilt = shard.rebuild::<Account, _>(account(1), waiting).await.unwrap().unwrap();
            assert!(rebuilt.memory.is_some() && rebuilt.is_same(), "{rebuilt:?}");
        }
        assert_eq!(shard.measure(vec![StreamId::Account(account(1))]).await[0].unwrap().in_flight, 1);
        answers.add_permits(1);
        pass(1_000).await;
        assert_eq!(tries.get(), 1);
        assert_eq!(shard.look::<Account>(account(1)).await.unwrap().gauge.in_flight, 0);
        assert!(shard.counters().events().any(|sent| sent == ("MessageSent", 1)), "its outcome was lost");
        assert!(!shard.counters().events().any(|(name, count)| name == "SendDeferred" && count > 0));
    });
}
