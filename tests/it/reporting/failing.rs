//! Receivers that fail: the fuse, the backlog, poisoned reports, short outages.

use super::*;

const A_MOMENT: Duration = Duration::from_secs(5);
const DAYS: Duration = Duration::from_hours(72);
const OUTBOX: &str = "/api/v1/outbox";

fn settings() -> Value {
    json!({"url": URL, "aggregation": "none"})
}

fn phone(nth: usize) -> String {
    format!("+1202555{:04}", 1_000 + nth)
}

/// Sends thirty messages in ten chats to a receiver that fails, until the fuse has blown.
async fn blown(machine: &Machine, life: Life) -> Desk {
    let desk = Desk::open(machine, life, settings()).await;
    machine.receiver.answer(500, Duration::ZERO);
    for nth in 0..30 {
        desk.says(&phone(nth % 10), &format!("text {nth}"));
    }
    pass(DAYS).await;
    desk
}

#[test]
fn eleven_errors_in_a_row_switch_it_off_with_one_mail_and_nothing_is_lost() {
    story(async |machine, life| {
        let desk = blown(&machine, life).await;
        assert_eq!(desk.posts().len(), 11, "exactly eleven requests");
        let shown = desk.shown().await;
        assert_eq!(
            (&shown["enabled"], &shown["errors_in_a_row"], &shown["owed"]),
            (&json!(false), &json!(11), &json!(30))
        );
        let mails = desk.life.get(OUTBOX, &desk.key).await.body;
        assert_eq!(mails["data"].as_array().unwrap().len(), 1, "{mails}");
        assert_eq!(mails["data"][0]["to"], "ada@acme.example");
        machine.receiver.answer(200, Duration::ZERO);
        pass(DAYS).await;
        assert_eq!(desk.posts().len(), 11, "off is off");
        let shown = desk.set(json!({"enabled": true, "backlog": "send"})).await;
        assert_eq!((&shown["enabled"], &shown["errors_in_a_row"]), (&json!(true), &json!(0)));
        pass(A_MOMENT).await;
        let taken: Vec<Post> = desk.posts().into_iter().filter(Post::was_taken).collect();
        check_once(&taken);
        let mut last: BTreeMap<String, usize> = BTreeMap::new();
        for post in &taken {
            let nth: usize = texts(post)[0].split_once(' ').unwrap().1.parse().unwrap();
            let before = last.insert(post.chat(), nth);
            assert!(before.is_none_or(|before| before < nth), "the order of a chat is kept");
        }
        assert_eq!((taken.len(), &desk.shown().await["owed"]), (30, &json!(0)));
        let mails = desk.life.get(OUTBOX, &desk.key).await.body;
        assert_eq!(mails["data"].as_array().unwrap().len(), 1, "one mail per blown fuse");
    });
}

#[test]
fn a_backlog_is_given_up_by_somebodys_word_and_the_log_says_whose() {
    story(async |machine, life| {
        let desk = blown(&machine, life).await;
        machine.receiver.answer(200, Duration::ZERO);
        desk.set(json!({"enabled": true, "backlog": "discard", "reason": "all known by now"})).await;
        pass(A_MOMENT).await;
        assert_eq!(desk.posts().iter().filter(|post| post.was_taken()).count(), 0);
        let found = desk.life.get("/admin/v1/events?type=DeliveryDiscarded", ADMIN_KEY).await.body;
        let discarded = &found["data"][0]["data"];
        assert_eq!((&discarded["deliveries"], &discarded["by"]), (&json!(30), &json!("key/1")), "{found}");
        assert_eq!(discarded["reason"], "all known by now");
        desk.says(&phone(1), "news");
        pass(A_MOMENT).await;
        let posts = desk.posts();
        assert_eq!(texts(posts.last().unwrap()), ["news"]);
    });
}

#[test]
fn ten_errors_and_then_a_success_leave_it_on() {
    story(async |machine, life| {
        let desk = Desk::open(&machine, life, settings()).await;
        machine.receiver.answer(500, Duration::ZERO);
        desk.says(&phone(1), "hello");
        while desk.posts().len() < 10 {
            pass(A_MOMENT).await;
        }
        assert_eq!(desk.shown().await["errors_in_a_row"], 10);
        machine.receiver.answer(200, Duration::ZERO);
        pass(DAYS).await;
        let shown = desk.shown().await;
        assert_eq!(
            (&shown["enabled"], &shown["errors_in_a_row"], &shown["owed"]),
            (&json!(true), &json!(0), &json!(0))
        );
        assert_eq!(desk.posts().len(), 11);
    });
}

#[test]
fn a_deploy_of_ten_seconds_does_not_blow_the_fuse() {
    story(async |machine, life| {
        let desk = Desk::open(&machine, life, settings()).await;
        desk.says(&phone(0), "before");
        pass(A_MOMENT).await;
        machine.receiver.answer(502, Duration::from_millis(20));
        for nth in 0..200 {
            desk.says(&phone(nth % 40), &format!("text {nth}"));
            pass(Duration::from_millis(50)).await;
        }
        assert!(desk.shown().await["errors_in_a_row"].as_u64().unwrap() <= 2);
        machine.receiver.answer(200, Duration::from_millis(20));
        pass(Duration::from_mins(2)).await;
        let shown = desk.shown().await;
        assert_eq!((&shown["enabled"], &shown["owed"]), (&json!(true), &json!(0)));
        let taken: Vec<Post> = desk.posts().into_iter().filter(Post::was_taken).collect();
        check_once(&taken);
        assert_eq!(taken.len(), 201);
    });
}

#[test]
fn a_poisoned_report_is_parked_and_holds_up_nobody_else() {
    story(async |machine, life| {
        let desk = Desk::open(&machine, life, settings()).await;
        desk.says(&phone(7), "hello");
        pass(A_MOMENT).await;
        let poisoned = desk.posts()[0].chat();
        machine.receiver.poison(&poisoned, true);
        desk.says(&phone(7), "poison");
        for nth in 0..600 {
            desk.says(&phone(100 + nth % 20), &format!("text {nth}"));
            pass(Duration::from_secs(2)).await;
        }
        assert_eq!((&desk.shown().await["parked"], &desk.shown().await["owed"]), (&json!(0), &json!(1)));
        for nth in 0..DAYS.as_secs() / 3_600 {
            desk.says(&phone(100), &format!("hour {nth}"));
            pass(Duration::from_hours(1)).await;
        }
        let shown = desk.shown().await;
        assert_eq!(
            (&shown["enabled"], &shown["parked"], &shown["owed"]),
            (&json!(true), &json!(1), &json!(0)),
            "{shown}"
        );
        let tries = desk.posts().iter().filter(|post| post.chat() == poisoned && post.status == Some(500)).count();
        assert_eq!(tries, 11);
        machine.receiver.poison(&poisoned, false);
        assert_eq!(desk.post("/api/v1/outbound/recover", json!({})).await, json!({"recovered": 1}));
        pass(A_MOMENT).await;
        assert_eq!(texts(desk.posts().last().unwrap()), ["poison"]);
    });
}

#[test]
fn the_receiver_is_left_alone_as_long_as_it_asks_for() {
    story(async |machine, life| {
        let desk = Desk::open(&machine, life, settings()).await;
        machine.receiver.answer(429, Duration::ZERO);
        machine.receiver.ask_for_quiet(Some(Duration::from_secs(90)));
        desk.says(&phone(1), "hello");
        pass(Duration::from_secs(310)).await;
        let began: Vec<_> = desk.posts().iter().map(|post| post.began_ms).collect();
        let waits: Vec<_> = began.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(waits, [90_000, 90_000, 120_000]);
    });
}

#[test]
fn a_receiver_that_is_gone_is_not_asked_again() {
    story(async |machine, life| {
        let desk = Desk::open(&machine, life, settings()).await;
        machine.receiver.answer(410, Duration::ZERO);
        desk.says(&phone(1), "hello");
        pass(DAYS).await;
        assert_eq!((desk.posts().len(), &desk.shown().await["enabled"]), (1, &json!(false)));
    });
}

#[test]
fn a_delivery_is_posted_once_more_by_hand_under_its_own_id() {
    story(async |machine, life| {
        let desk = Desk::open(&machine, life, settings()).await;
        desk.says(&phone(1), "hello");
        pass(A_MOMENT).await;
        let first = desk.posts()[0].clone();
        let path = format!("/api/v1/outbound/deliveries/{}/resend", first.delivery);
        assert_eq!(desk.post(&path, json!({})).await, json!({"delivery_id": first.delivery}));
        pass(A_MOMENT).await;
        let posts = desk.posts();
        assert_eq!((posts.len(), &posts[1].delivery, &posts[1].body), (2, &first.delivery, &first.body));
        let unknown = "/api/v1/outbound/deliveries/dlv_0000000000000001/resend";
        assert_eq!(desk.life.post(unknown, &desk.key, &json!({})).await.status, 404);
    });
}

#[test]
fn what_is_owed_survives_the_end_of_the_process() {
    let machine = Machine::new(5);
    machine.fate.be_kind();
    let shared = machine.clone();
    machine.live(1, None, async |life| {
        let desk = Desk::open(&shared, life, settings()).await;
        shared.receiver.answer(500, Duration::ZERO);
        for nth in 0..5 {
            desk.says(&phone(nth), &format!("text {nth}"));
        }
        pass(Duration::from_mins(1)).await;
    });
    machine.time.end_life(10_000);
    machine.receiver.answer(200, Duration::ZERO);
    machine.live(2, None, async |_| pass(Duration::from_mins(10)).await);
    let taken: Vec<Post> = machine.receiver.posts().into_iter().filter(Post::was_taken).collect();
    check_once(&taken);
    assert_eq!(taken.len(), 5);
}

#[test]
fn an_account_that_is_blocked_is_told_of_in_one_mail() {
    const BLOCKS: &str = "+12025550145";
    story(async |machine, life| {
        let desk = Desk::open(&machine, life, settings()).await;
        desk.sends(BLOCKS, "hello").await;
        pass(DAYS).await;
        let mails = desk.life.get(OUTBOX, &desk.key).await.body;
        assert_eq!(mails["data"].as_array().unwrap().len(), 1, "{mails}");
        assert_eq!(mails["data"][0]["to"], "ada@acme.example");
        let text = mails["data"][0]["text"].as_str().unwrap();
        assert!(text.contains(ACCOUNT) && !text.contains("hello"), "{text}");
    });
}
