//! Tests who is asked, who gets copies, and when listeners have gone.

use tokio::task::{JoinHandle, yield_now};

use super::*;

const WORKSPACE: WorkspaceId = WorkspaceId::nth(0);
const NOW: Timestamp = Timestamp::from_ms(1_000);
const INSTEAD: Answering = Answering::Instead { made_at: NOW };

fn listeners() -> Listeners {
    let (open, numbers, left) = (Mutex::default(), AtomicU64::new(1), watch::channel(()).0);
    Listeners(Arc::new(Shared { open, numbers, left, deadline: Duration::from_secs(15), success: Success::Any2xx }))
}

fn report() -> Arc<Request> {
    Arc::new(Request { url: LISTENER.to_owned(), headers: Vec::new(), body: b"a".to_vec() })
}

fn response(status: u16) -> Response {
    Response::told(status, Vec::new(), "")
}

/// Asks in a task of its own, and lets it get as far as it can.
async fn asked(listeners: &Listeners, whom: Answering) -> JoinHandle<Option<Answered>> {
    let listeners = listeners.clone();
    let asking = tokio::spawn(async move {
        let answer = listeners.ask(WORKSPACE, whom, &report()).await.ok();
        listeners.copy(WORKSPACE, &report(), answer.as_ref());
        answer.map(|answer| answer.answered)
    });
    yield_now().await;
    asking
}

async fn next(listener: &mut Listener) -> Handed {
    let mut handed = Vec::new();
    listener.next(&mut handed).await;
    handed.remove(0)
}

#[tokio::test(start_paused = true)]
async fn where_nobody_listens_nobody_answers() {
    let listeners = listeners();
    assert!(listeners.ask(WORKSPACE, Answering::Any, &report()).await.is_err());
    let _other = listeners.open(WorkspaceId::nth(1), Some(NOW));
    let _beside = listeners.open(WORKSPACE, None);
    assert!(listeners.ask(WORKSPACE, INSTEAD, &report()).await.is_err());
    listeners.gone(WorkspaceId::nth(2), false).await;
    listeners.gone(WORKSPACE, true).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_made_before_is_not_answered_in_place_of_the_url() {
    let listeners = listeners();
    let _instead = listeners.open(WORKSPACE, Some(Timestamp::from_ms(1_001)));
    assert!(listeners.ask(WORKSPACE, INSTEAD, &report()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn the_first_one_answers_and_the_others_get_copies() {
    let listeners = listeners();
    let (mut first, mut second) = (listeners.open(WORKSPACE, None), listeners.open(WORKSPACE, Some(NOW)));
    assert!(first.is_first(false) && !second.is_first(false));
    assert!(second.is_first(true) && !first.is_first(true) && first.is_behind(true) && !second.is_behind(true));

    let asking = asked(&listeners, Answering::Any).await;
    let handed = next(&mut first).await;
    let number = handed.number.unwrap();
    assert!(!listeners.answer(WorkspaceId::nth(1), number, response(200)), "of another workspace");
    assert!(!listeners.answer(WORKSPACE, 0, response(200)), "a number that was never given");
    assert!(listeners.answer(WORKSPACE, number, response(503)));
    assert!(!listeners.answer(WORKSPACE, number, response(200)), "answered already");
    let answered = asking.await.unwrap().unwrap();
    assert_eq!((answered.fault, answered.response.unwrap().status), (Some(Fault::Status(503)), 503));
    assert_eq!((&*handed.request.body, next(&mut second).await.number), (&b"a"[..], None));

    let asking = asked(&listeners, INSTEAD).await;
    let number = next(&mut second).await.number.unwrap();
    listeners.answer(WORKSPACE, number, response(204));
    assert_eq!(asking.await.unwrap().unwrap().fault, None);
    assert_eq!(next(&mut first).await.number, None);
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_before_the_answer_is_followed_by_the_next_one() {
    let listeners = listeners();
    let (mut first, mut second) = (listeners.open(WORKSPACE, None), listeners.open(WORKSPACE, None));
    let asking = asked(&listeners, Answering::Any).await;
    let to_first = next(&mut first).await.number.unwrap();
    drop(first);
    let to_second = next(&mut second).await.number.unwrap();
    assert!(!listeners.answer(WORKSPACE, to_first, response(500)));
    assert!(listeners.answer(WORKSPACE, to_second, response(200)));
    assert_eq!(asking.await.unwrap().unwrap().fault, None);

    let asking = asked(&listeners, Answering::Any).await;
    next(&mut second).await;
    drop(second);
    assert_eq!(asking.await.unwrap(), None);
    listeners.gone(WORKSPACE, false).await;
    assert!(listeners.all(|open| open.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_answer_in_time_has_failed_or_gives_way_to_the_url() {
    let listeners = listeners();
    let mut slow = listeners.open(WORKSPACE, Some(NOW));
    let gone = tokio::spawn({
        let listeners = listeners.clone();
        async move { listeners.gone(WORKSPACE, true).await }
    });
    let answer = listeners.ask(WORKSPACE, Answering::Any, &report()).await.unwrap();
    assert_eq!(answer.answered.fault, Some(Fault::Timeout(Duration::from_secs(15))));
    let late = next(&mut slow).await.number.unwrap();
    assert!(!listeners.answer(WORKSPACE, late, response(200)));
    assert!(slow.is_first(true) && !gone.is_finished());
    assert!(listeners.ask(WORKSPACE, INSTEAD, &report()).await.is_err());
    assert!(!slow.is_first(true) && !slow.is_behind(true) && slow.is_first(false));
    gone.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn copies_wait_for_nobody_and_what_is_missed_is_counted() {
    let listeners = listeners();
    let mut slow = listeners.open(WORKSPACE, None);
    for _ in 0..REPORTS_AHEAD + 3 {
        listeners.copy(WORKSPACE, &report(), None);
    }
    assert_eq!(slow.missed(), 3);
    let large = Arc::new(Request { body: vec![0; BYTES_AHEAD / 2], ..(*report()).clone() });
    let mut handed = Vec::new();
    while handed.len() < REPORTS_AHEAD {
        slow.next(&mut handed).await;
    }
    for _ in 0..3 {
        listeners.copy(WORKSPACE, &large, None);
    }
    assert_eq!(slow.missed(), 4, "no more bytes wait than may");
    next(&mut slow).await;
    listeners.copy(WORKSPACE, &large, None);
    assert_eq!(slow.missed(), 4);
}

#[tokio::test(start_paused = true)]
async fn that_all_have_gone_is_noticed_when_the_last_one_goes() {
    let listeners = listeners();
    let (first, second) = (listeners.open(WORKSPACE, None), listeners.open(WORKSPACE, None));
    let waiting = tokio::spawn({
        let listeners = listeners.clone();
        async move { listeners.gone(WORKSPACE, false).await }
    });
    for listener in [first, second] {
        yield_now().await;
        assert!(!waiting.is_finished());
        drop(listener);
    }
    waiting.await.unwrap();
}
