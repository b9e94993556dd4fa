//! Fetching, keeping, dropping and fetching again, with a simulated web.

use std::collections::BTreeMap;

use bytes::Bytes;
use events::ids::WorkspaceId;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::*;

/// Files by URL, and the URLs requested so far. A URL with `hangs` in it never answers; for one with `short` in it,
/// this gateway lacks the means to send a request.
#[derive(Default)]
struct Web {
    files: Mutex<BTreeMap<String, Bytes>>,
    asked: Mutex<Vec<String>>,
}

impl Web {
    fn put(&self, url: &str, size: usize) {
        self.files.lock().unwrap().insert(url.to_owned(), vec![7; size].into());
    }

    fn remove(&self, url: &str) {
        self.files.lock().unwrap().remove(url);
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Files for Web {
    fn fetch<'a>(&'a self, url: &'a str, name: &'a str) -> BoxFuture<'a, Result<crate::files::Fetched, Fault>> {
        self.asked.lock().unwrap().push(url.to_owned());
        if url.contains("short") {
            return std::future::ready(Err(Fault::Ours)).boxed();
        }
        if url.contains("hangs") {
            return std::future::pending().boxed();
        }
        let found = self.files.lock().unwrap().get(url).cloned();
        let found = found.map(|bytes| crate::files::Fetched { name: name.to_owned(), mime: "image/png", bytes });
        std::future::ready(found.ok_or(Fault::NotFound(404))).boxed()
    }
}

fn account(nth: u64) -> AccountId {
    AccountId::nth(WorkspaceId::nth(1), nth).unwrap()
}

fn id(nth: u64) -> MessageId {
    MessageId::from_bits(nth)
}

fn at(url: &str) -> QueuedFile {
    QueuedFile { url: url.to_owned(), name: "offer.png".to_owned() }
}

fn started(bytes_max: u64) -> (Arc<Web>, Fetching) {
    let web = Arc::new(Web::default());
    web.put(CAT, 3);
    web.put(DOG, 4);
    (Arc::clone(&web), Fetching::keeping(web, PLACES, bytes_max))
}

fn fetch(fetching: &Fetching, nth: u64, url: &str) -> Option<Result<Fetched, Missing>> {
    match fetching.fetch(account(1), id(nth), at(url)).now_or_never()? {
        Command::Fetched { message, result } if message == id(nth) => Some(result),
        other => panic!("{other:?}"),
    }
}

/// The size of the file that a message gets.
fn take(fetching: &Fetching, nth: u64, url: &str) -> Result<usize, Fault> {
    let taken = fetching
        .take(WorkspaceId::nth(1), id(nth), &at(url))
        .now_or_never()
        .expect("an answer")
        .expect("it does not stop");
    taken.map(|file| {
        assert_eq!((&*file.name, &*file.mime), ("offer.png", "image/png"));
        file.bytes.len()
    })
}

/// More than any test here needs.
const PLACES: usize = 256;
const CAT: &str = "https://files.example/cat.png";
const DOG: &str = "https://files.example/dog.png";
const SLOW: &str = "https://slow.example/hangs.png";

#[test]
fn a_fetched_file_is_kept_for_every_try_until_its_message_has_left() {
    let (web, fetching) = started(100);
    let fetched = Fetched { size: 3, mime: "image/png".to_owned() };
    assert_eq!(fetch(&fetching, 1, CAT), Some(Ok(fetched)));
    web.remove(CAT);
    for _ in 0..3 {
        assert_eq!(take(&fetching, 1, CAT), Ok(3));
    }
    assert_eq!(web.asked(), 1);
    fetching.forget(id(1));
    assert_eq!(take(&fetching, 1, CAT), Err(Fault::NotFound(404)));
}

#[test]
fn a_file_that_was_not_kept_is_fetched_again_once() {
    let (web, fetching) = started(100);
    assert_eq!(take(&fetching, 1, CAT), Ok(3));
    assert_eq!(take(&fetching, 1, CAT), Ok(3));
    assert_eq!(web.asked(), 1);
}

#[test]
fn a_file_gives_way_when_too_much_is_kept_and_is_fetched_again() {
    let (web, fetching) = started(6);
    for (nth, url) in [(1, CAT), (2, DOG)] {
        assert!(fetch(&fetching, nth, url).unwrap().is_ok());
    }
    assert_eq!(take(&fetching, 2, DOG), Ok(4));
    assert_eq!(web.asked(), 2);
    assert_eq!(take(&fetching, 1, CAT), Ok(3));
    assert_eq!(web.asked(), 3);
}

#[test]
fn a_file_that_cannot_be_had_says_why_and_is_not_kept() {
    let (web, fetching) = started(100);
    let detail = "The file's server says that there is no such file (status 404)".to_owned();
    let missing = Missing { code: "file_not_found".to_owned(), detail, prospect: Prospect::Final };
    assert_eq!(fetch(&fetching, 1, "https://files.example/none"), Some(Err(missing)));
    web.put("https://files.example/none", 5);
    assert_eq!(take(&fetching, 1, "https://files.example/none"), Ok(5));
}

#[test]
fn a_host_that_hangs_holds_up_only_what_one_account_wants_from_it() {
    let (web, fetching) = started(100);
    let mut hanging: Vec<_> = (0..20).map(|nth| fetching.fetch(account(1), id(nth), at(SLOW)).boxed_local()).collect();
    for slow in &mut hanging {
        assert!(slow.now_or_never().is_none());
    }
    assert_eq!(web.asked(), AT_ONCE_PER_HOST);
    assert!(fetch(&fetching, 100, CAT).unwrap().is_ok());
    let mut other = fetching.fetch(account(2), id(101), at(SLOW)).boxed_local();
    assert!((&mut other).now_or_never().is_none());
    assert_eq!(web.asked(), AT_ONCE_PER_HOST + 2);
}

#[test]
fn a_workspace_leaves_room_for_the_others() {
    let (web, fetching) = started(100);
    let hang =
        |nth: u64| fetching.fetch(account(1), id(nth), at(&format!("https://{nth}.example/hangs"))).boxed_local();
    let mut hanging: Vec<_> = (0..40).map(hang).collect();
    for slow in &mut hanging {
        assert!(slow.now_or_never().is_none());
    }
    assert_eq!(web.asked(), AT_ONCE_PER_WORKSPACE);
    let elsewhere = AccountId::nth(WorkspaceId::nth(2), 1).unwrap();
    let fetched = fetching.fetch(elsewhere, id(100), at(CAT)).now_or_never();
    assert!(matches!(fetched, Some(Command::Fetched { result: Ok(_), .. })), "{fetched:?}");
    hanging.clear();
    assert!(fetch(&fetching, 101, CAT).unwrap().is_ok());
}

#[test]
fn nobody_waits_for_a_file_when_the_gateway_stops_but_what_is_here_still_leaves() {
    let (_web, fetching) = started(100);
    assert!(fetch(&fetching, 1, CAT).unwrap().is_ok());
    let slow = at(SLOW);
    let mut waiting = fetching.take(WorkspaceId::nth(1), id(2), &slow).boxed_local();
    assert!((&mut waiting).now_or_never().is_none());
    fetching.stop();
    assert_eq!(waiting.now_or_never(), Some(None));
    assert_eq!(fetching.take(WorkspaceId::nth(1), id(3), &slow).now_or_never(), Some(None));
    assert_eq!(take(&fetching, 1, CAT), Ok(3));
}

/// A check as a future: ready if the check was answered or refused at once, pending if it runs or waits.
fn check(fetching: &Arc<Fetching>, nth: u64, url: &'static str) -> Checking {
    let fetching = Arc::clone(fetching);
    async move { fetching.check(WorkspaceId::nth(nth), url, "a.png").await }.boxed()
}

type Checking = BoxFuture<'static, Result<Result<crate::files::Fetched, Fault>, TooMany>>;

/// One workspace starts 700 checks against a server that hangs: the checks and messages of others, and its own
/// messages, go on.
#[test]
fn many_checks_of_one_workspace_hold_up_nobody_and_are_turned_away_beyond_a_bound() {
    let (web, fetching) = started(100);
    let fetching = Arc::new(fetching);
    let mut checks: Vec<_> = (0..700).map(|_| check(&fetching, 1, SLOW)).collect();
    let answers: Vec<_> = checks.iter_mut().map(FutureExt::now_or_never).collect();
    assert_eq!(answers.iter().filter(|answer| answer.is_none()).count(), CHECKS_MAX);
    assert_eq!(answers.iter().flatten().filter(|answer| **answer == Err(TooMany)).count(), 700 - CHECKS_MAX);
    assert_eq!(web.asked(), CHECKS_AT_ONCE);
    assert!(matches!(check(&fetching, 2, CAT).now_or_never(), Some(Ok(Ok(_)))));
    assert!(fetch(&fetching, 100, CAT).unwrap().is_ok());
    checks.clear();
    assert!(matches!(check(&fetching, 1, CAT).now_or_never(), Some(Ok(Ok(_)))));
}

/// A lack of ours fails no message, however long it lasts: the account learns that nothing was tried.
#[tokio::test(start_paused = true)]
async fn a_file_that_could_not_be_asked_for_is_asked_for_again_and_fails_nothing() {
    let (web, fetching) = started(100);
    let begun = tokio::time::Instant::now();
    let came = fetching.fetch(account(1), id(1), at("https://short.example/a.png")).await;
    assert_eq!(came, Command::NotFetched { message: id(1) });
    assert_eq!((web.asked(), begun.elapsed()), (60, Duration::from_mins(1)));
    let asked = fetching.fetch(account(1), id(2), at("https://short.example/b.png"));
    let others = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        fetch(&fetching, 3, CAT)
    };
    assert!(tokio::join!(asked, others).1.unwrap().is_ok());
}
