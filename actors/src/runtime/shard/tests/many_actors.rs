//! A log of very many actors, without an agenda or with an old one: what is outstanding is found, and memory holds little.

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};

use events::account::MessageQueued;
use events::ids::{AccountId, DeliveryId, StreamId};
use events::log::{Head, LogStats, ReadError, Records, StoredNote, WriteError};
use events::notes::Space;
use events::webhook::{BundleAccount, BundleFlushed, WebhookEnabled};
use events::workspace::AccountConnected;

use super::*;
use crate::runtime::agenda::{self, Coverage, Streams};
use crate::spec::facts::{connection, queueing};

/// Accounts of each of two workspaces. All of them together are more than a start wakes.
const ACCOUNTS: u64 = 5_100;
/// The account of the first workspace in which a message waits.
const WAITING: u64 = 5_000;
/// More actors than this are never awake at once. A start that looks at all of them at once has 10,200.
const AWAKE_MAX: usize = 300;
/// Events of a commit: to fold a state, its records are read as a whole.
const AT_ONCE: usize = 8;

fn waiting() -> StreamId {
    StreamId::Account(account(WAITING))
}

fn webhook() -> StreamId {
    StreamId::Webhook(WebhookId::of(workspace()))
}

/// A message waits in an account, and the webhook owes a delivery.
fn many(log: &Arc<dyn Log>) {
    let [first, second] = [0, 1].map(WorkspaceId::nth);
    let connected = |workspace: WorkspaceId, nth: u64| -> Event {
        let account = AccountId::nth(workspace, nth).unwrap();
        let phone = format!("+1202{:07}", account.number() % 10_000_000);
        AccountConnected { workspace, account, ..connection(1, &phone) }.into()
    };
    let of = |workspace: WorkspaceId| (1..=ACCOUNTS).map(move |nth| connected(workspace, nth)).collect::<Vec<_>>();
    let (ours, theirs) = (of(first), of(second));
    let commits = |workspace: WorkspaceId, events: &[Event]| {
        events.chunks(AT_ONCE).map(|events| (workspace, events.to_vec())).collect::<Vec<_>>()
    };
    let queued = MessageQueued { account: account(WAITING), ..queueing(11) }.into();
    let open =
        vec![created(), granted(5, "trial"), opened(1, "+12025550101"), reported_to(), enabled(), owed(), queued];
    record(log, [commits(first, &ours), commits(second, &theirs), vec![(first, open)]].concat());
}

fn enabled() -> Event {
    WebhookEnabled { webhook: WebhookId::of(workspace()), by: operator(), reason: "back".into() }.into()
}

fn owed() -> Event {
    BundleFlushed {
        workspace: workspace(),
        webhook: WebhookId::of(workspace()),
        chat: chat(1),
        window: 1,
        messages: vec![message(12)],
        aggregated: false,
        account: BundleAccount::default(),
        chat_name: "Cleo".into(),
        chat_phone: None,
        is_group: false,
        is_new_chat: true,
        responsible: None,
        at: at(0),
    }
    .into()
}

/// The account's place within its workspace.
fn nth(account: AccountId) -> u64 {
    account.number() % 10_000
}

fn as_stored(log: &Arc<dyn Log>) -> (Coverage, Vec<StreamId>) {
    let (agenda, streams) = Agenda::read(log.as_ref()).unwrap();
    (agenda.covered(), streams)
}

/// Takes every delivery, and never answers.
struct Receiver(Rc<RefCell<Vec<DeliveryId>>>);

impl Port<webhook::Outside, webhook::Command> for Receiver {
    fn perform(&self, effect: webhook::Outside) -> LocalBoxFuture<'static, webhook::Command> {
        let webhook::Outside::Post { delivery, .. } = effect else { panic!("{effect:?}") };
        self.0.borrow_mut().push(delivery);
        Box::pin(std::future::pending())
    }
}

/// Runs a shard for a while on a log, with all the room for writing; returns the deliveries posted.
fn run(log: &Arc<dyn Log>, story: impl AsyncFnOnce(ShardHandle, UnboundedReceiver<MessageId>)) -> Vec<DeliveryId> {
    let posted = Rc::new(RefCell::default());
    let receiver = Receiver(Rc::clone(&posted));
    let with_receiver = |parts: Dependencies| {
        let ports = parts.ports;
        Dependencies { ports: Box::new(|shard| Ports { post: Rc::new(receiver), ..ports(shard) }), ..parts }
    };
    live_as(log, with_receiver, async |shard, batches, sent| {
        batches.add_permits(100_000);
        story(shard, sent).await;
    });
    posted.take()
}

/// Watches the start without letting time go on; returns the most actors awake at once, and the most that were
/// known as having something outstanding.
async fn most_at_once(shard: &ShardHandle) -> (usize, u64) {
    let (mut awake, mut outstanding) = (0, 0);
    for _ in 0..1_000 {
        let now = shard.overview();
        (awake, outstanding) = (awake.max(now.awake.iter().sum()), outstanding.max(now.outstanding));
        tokio::task::yield_now().await;
    }
    (awake, outstanding)
}

/// What the agenda holds once the message was sent: the delivery is owed as long as nobody answers.
fn assert_complete(log: &Arc<dyn Log>) {
    let (covered, outstanding) = as_stored(log);
    assert_eq!(covered, Coverage { position: log.head().position, streams: Streams::All });
    assert_eq!(outstanding, [webhook()]);
}

#[test]
fn without_an_agenda_few_are_awake_at_once_and_what_is_due_happens() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::default());
    many(&log);
    let posted = run(&log, async |shard, mut sent| {
        let (awake, outstanding) = most_at_once(&shard).await;
        assert!(awake <= AWAKE_MAX && outstanding <= AWAKE_MAX as u64, "{awake} awake, {outstanding} known");
        assert_eq!(sent.recv().await, Some(message(11)), "the message still waits");
        pass(120_000).await;
        assert_eq!(shard.overview().outstanding, 1, "only the webhook has something outstanding");
    });
    assert_eq!(posted, [DeliveryId::of(message(12))]);
    assert_complete(&log);
}

#[test]
fn a_start_with_a_recent_agenda_searches_nothing() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::default());
    many(&log);
    run(&log, async |_, _| pass(120_000).await);
    let listing = Arc::new(Listing { log: Arc::clone(&log), left: AtomicUsize::new(usize::MAX) });
    let watched: Arc<dyn Log> = Arc::<Listing>::clone(&listing);
    let posted = run(&watched, async |_, _| pass(10_000).await);
    assert_eq!(posted, [DeliveryId::of(message(12))]);
    assert_eq!(listing.listed(), 0);
}

#[test]
fn a_search_that_was_killed_goes_on_where_it_was() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::default());
    many(&log);
    let first = Arc::new(Listing { log: Arc::clone(&log), left: AtomicUsize::new(2_000) });
    let posted = run(&(Arc::<Listing>::clone(&first) as Arc<dyn Log>), async |_, mut sent| {
        pass(2_500).await;
        assert!(sent.try_recv().is_err(), "the search has come too far");
    });
    assert_eq!(posted, []);
    let (Coverage { streams, .. }, outstanding) = as_stored(&log);
    let Streams::UpTo(StreamId::Account(account)) = streams else { panic!("{streams:?}") };
    assert!(nth(account) >= 1_000, "{account}");
    assert_eq!(outstanding, []);
    let second = Arc::new(Listing { log: Arc::clone(&log), left: AtomicUsize::new(usize::MAX) });
    let posted = run(&(Arc::<Listing>::clone(&second) as Arc<dyn Log>), async |_, mut sent| {
        assert_eq!(sent.recv().await, Some(message(11)), "the message still waits");
        pass(120_000).await;
    });
    assert_eq!(posted, [DeliveryId::of(message(12))]);
    assert_complete(&log);
    let searched_again = usize::try_from(2 * ACCOUNTS - nth(account)).unwrap();
    assert!(second.listed() < searched_again + 300, "{} listed", second.listed());
}

/// Killed before a checkpoint, the next start knows no more than the first.
#[test]
fn a_search_that_was_killed_at_once_begins_again() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::default());
    many(&log);
    run(&log, async |_, _| ());
    assert_eq!(as_stored(&log), (Coverage::default(), Vec::new()));
    let posted = run(&log, async |_, mut sent| {
        assert_eq!(sent.recv().await, Some(message(11)), "the message still waits");
        pass(120_000).await;
    });
    assert_eq!(posted.len(), 1);
    assert_complete(&log);
}

/// An import makes the agenda before the first start.
#[test]
fn an_agenda_that_was_made_for_a_log_has_all_that_is_outstanding_and_nothing_else() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::default());
    many(&log);
    let index = Arc::new(Index::open(Arc::clone(&log), vault()).unwrap());
    let history = History::new(Arc::clone(&log), index, ReadMode::Inline);
    let mut told = Vec::new();
    agenda::make(&history, |streams| told.push(streams)).unwrap();
    // The chat and the webhook are streams too.
    assert_eq!(told.last(), Some(&(2 * ACCOUNTS + 2)));
    assert!(told.len() > 10, "it holds too many streams at once");
    assert_eq!(
        as_stored(&log),
        (Coverage { position: log.head().position, streams: Streams::All }, vec![waiting(), webhook()])
    );
    let listing = Arc::new(Listing { log: Arc::clone(&log), left: AtomicUsize::new(usize::MAX) });
    let posted = run(&(Arc::<Listing>::clone(&listing) as Arc<dyn Log>), async |_, mut sent| {
        assert_eq!(sent.recv().await, Some(message(11)), "the message still waits");
    });
    assert_eq!((posted, listing.listed()), (vec![DeliveryId::of(message(12))], 0));
}

/// A log whose streams cannot be listed any more after so many of them.
struct Listing {
    log: Arc<dyn Log>,
    left: AtomicUsize,
}

impl Listing {
    fn listed(&self) -> usize {
        usize::MAX - self.left.load(Ordering::SeqCst)
    }
}

impl Log for Listing {
    fn head(&self) -> Head {
        self.log.head()
    }

    fn write(&self, batch: &Batch) -> Result<(), WriteError> {
        self.log.write(batch)
    }

    fn sync(&self) -> Result<(), WriteError> {
        self.log.sync()
    }

    fn read(&self, from: Position) -> Records<'_> {
        self.log.read(from)
    }

    fn note(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        self.log.note(key)
    }

    fn notes(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<StoredNote>, ReadError> {
        let is_list = limit == 1 && prefix.len() == 2 && prefix.starts_with(Space::Streams.prefix());
        let less = |left: usize| left.checked_sub(1);
        if is_list && self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_err() {
            return Err(ReadError::Store(std::io::Error::other("no list today")));
        }
        self.log.notes(prefix, from, limit)
    }

    fn note_before(&self, prefix: &[u8], to: &[u8]) -> Result<Option<StoredNote>, ReadError> {
        self.log.note_before(prefix, to)
    }

    fn stats(&self) -> LogStats {
        self.log.stats()
    }
}
