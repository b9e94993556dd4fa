//! Some chats of a receiver are refused for ever or never answered, while it accepts the others; and a receiver that
//! asks for a pause.

use super::*;
use crate::simulation::receiver::Poison;

const A_MOMENT: Duration = Duration::from_secs(5);
const A_MINUTE: Duration = Duration::from_mins(1);
const DAYS: Duration = Duration::from_hours(72);
const HEALTHY: usize = 60;
/// The first of the documented waits, and the time-out, in milliseconds.
const FIRST_WAIT_MS: u64 = 5_000;
const TIME_OUT_MS: u64 = 15_000;
/// The time that a report needs on top of these waits, in milliseconds.
const SLACK_MS: u64 = 1_500;
const EVERY_SECOND: &[u32] = &[1];
const ELEVENTH: usize = 11;

fn settings() -> Value {
    json!({"url": URL, "aggregation": "none"})
}

fn healthy(nth: usize) -> String {
    format!("+1202555{:04}", 1_000 + nth)
}

fn refused(nth: usize) -> String {
    format!("+1202555{:04}", 2_000 + nth)
}

fn refuse(machine: &Machine, count: usize, how: Poison) {
    (0..count).for_each(|nth| machine.receiver.refuse(&refused(nth), how));
}

fn posts_of(desk: &Desk, phone: &str) -> Vec<Post> {
    desk.posts().into_iter().filter(|post| post.phone() == phone).collect()
}

fn taken(desk: &Desk) -> Vec<String> {
    let taken: Vec<Post> = desk.posts().into_iter().filter(Post::was_taken).collect();
    check_once(&taken);
    taken.iter().flat_map(texts).map(str::to_owned).collect()
}

async fn mails_about_parked(desk: &Desk) -> usize {
    let mails = desk.life.get("/api/v1/outbox", &desk.key).await.body;
    let about = |mail: &&Value| mail["subject"].as_str().unwrap().contains("put aside");
    mails["data"].as_array().unwrap().iter().filter(about).count()
}

/// Guards against refused chats that delay others: however many there are, each is parked after its own failures.
#[test]
fn all_others_are_delivered_and_the_refused_ones_are_parked_after_eleven_failures_and_told_of() {
    for count in [2, 3, 10] {
        story_waiting(Some(EVERY_SECOND), async |machine, life| {
            let desk = Desk::open(&machine, life, settings()).await;
            refuse(&machine, count, Poison::Refused(422));
            (0..count).for_each(|nth| desk.says(&refused(nth), "refused"));
            for nth in 0..70 {
                desk.says(&healthy(nth % 20), &format!("text {nth}"));
            }
            // When only refused chats are left, eleven errors in a row blow the fuse before each chat has eleven of
            // its own.
            for nth in 0..600 {
                desk.says(&healthy(nth % 20), &format!("later {nth}"));
                pass(Duration::from_secs(1)).await;
                if nth == 30 {
                    assert_eq!(taken(&desk).iter().filter(|text| text.starts_with("text")).count(), 70);
                }
            }
            let shown = desk.shown().await;
            assert_eq!((&shown["enabled"], &shown["owed"], &shown["parked"]), (&json!(true), &json!(0), &json!(count)));
            for nth in 0..count {
                assert_eq!(posts_of(&desk, &refused(nth)).len(), ELEVENTH);
            }
            assert_eq!(mails_about_parked(&desk).await, 1, "one an hour");
            pass(Duration::from_hours(2)).await;
            let mails = mails_about_parked(&desk).await;
            assert!((1..=2).contains(&mails), "{mails}");
        });
    }
}

/// Guards against a count of failures that restarts at each enabling, so that a refused delivery blows the fuse for
/// ever.
#[test]
fn refused_deliveries_are_parked_over_several_enablings_and_the_others_go_first() {
    story_waiting(Some(EVERY_SECOND), async |machine, life| {
        let desk = Desk::open(&machine, life, settings()).await;
        refuse(&machine, 2, Poison::Refused(422));
        (0..2).for_each(|nth| desk.says(&refused(nth), "refused"));
        pass(A_MINUTE).await;
        assert_eq!(desk.shown().await["enabled"], false, "nobody else was there to succeed");
        (0..30).for_each(|nth| desk.says(&healthy(nth), "text"));
        pass(A_MOMENT).await;
        desk.set(json!({"enabled": true, "backlog": "send"})).await;
        pass(A_MOMENT).await;
        assert_eq!(taken(&desk).len(), 30);
        for _ in 0..3 {
            pass(A_MINUTE).await;
            desk.set(json!({"enabled": true, "backlog": "send"})).await;
        }
        let shown = desk.shown().await;
        assert_eq!((&shown["owed"], &shown["parked"]), (&json!(0), &json!(2)), "{shown}");
        // The eleventh failure of a delivery may be the one that blows the fuse.
        for nth in 0..2 {
            assert!((ELEVENTH..=ELEVENTH + 1).contains(&posts_of(&desk, &refused(nth)).len()));
        }
    });
}

/// For each text, the time when it was said, in milliseconds.
struct Latency(BTreeMap<String, u64>);

impl Latency {
    fn says(&mut self, desk: &Desk, nth: usize, round: u64) {
        let text = format!("{nth} in round {round}");
        desk.says(&healthy(nth), &text);
        self.0.insert(text, desk.machine.time.passed_ms());
    }

    fn longest_ms(&self, desk: &Desk) -> u64 {
        let mut began: BTreeMap<String, u64> = BTreeMap::new();
        for post in desk.posts().iter().filter(|post| post.was_taken()) {
            began.extend(texts(post).into_iter().map(|text| (text.to_owned(), post.began_ms)));
        }
        let waited = self.0.iter().map(|(text, said_ms)| began.get(text).expect(text).saturating_sub(*said_ms));
        waited.max().unwrap()
    }
}

/// Sixty chats that got through before keep talking while others are refused. Returns the longest wait of any of
/// their messages.
fn longest_wait_ms(count: usize, how: Poison) -> u64 {
    story(async |machine, life| {
        let desk = Desk::open(&machine, life, settings()).await;
        (0..HEALTHY).for_each(|nth| desk.says(&healthy(nth), "hello"));
        pass(A_MINUTE).await;
        assert_eq!(taken(&desk).len(), HEALTHY);
        refuse(&machine, count, how);
        let mut latency = Latency(BTreeMap::new());
        for round in 0..600_u64 {
            if [0, 60, 200].contains(&round) {
                (0..count).for_each(|nth| desk.says(&refused(nth), &format!("refused {round}")));
            }
            if round % 60 == 1 {
                (0..HEALTHY).for_each(|nth| latency.says(&desk, nth, round));
            } else {
                latency.says(&desk, usize::try_from(round).unwrap() % HEALTHY, round);
            }
            pass(Duration::from_secs(1)).await;
        }
        pass(A_MINUTE).await;
        assert_eq!(desk.shown().await["enabled"], true);
        latency.longest_ms(&desk)
    })
}

#[test]
fn no_chat_that_ever_got_through_waits_longer_than_one_wait_while_others_are_refused() {
    for count in [2, 3, 10] {
        let longest = longest_wait_ms(count, Poison::Refused(422));
        assert!(longest <= FIRST_WAIT_MS + SLACK_MS, "{count} refused: {longest} ms");
    }
}

#[test]
fn no_chat_that_ever_got_through_waits_longer_than_one_wait_and_a_time_out_while_nobody_answers_for_others() {
    for count in [2, 3, 10] {
        let longest = longest_wait_ms(count, Poison::Hangs);
        assert!(longest <= TIME_OUT_MS + FIRST_WAIT_MS + SLACK_MS, "{count} hanging: {longest} ms");
    }
}

/// Guards against a fuse that blows again and again: more than ten refused chats without any success may blow it, but
/// not for ever.
#[test]
fn when_the_fuse_has_blown_enabling_lets_all_leave_that_are_not_refused() {
    for count in [11, 30] {
        story(async |machine, life| {
            let desk = Desk::open(&machine, life, settings()).await;
            (0..HEALTHY / 2).for_each(|nth| desk.says(&healthy(nth), "hello"));
            pass(A_MINUTE).await;
            refuse(&machine, count, Poison::Refused(422));
            (0..count).for_each(|nth| desk.says(&refused(nth), "refused"));
            pass(DAYS).await;
            assert_eq!(desk.shown().await["enabled"], false, "nobody else was there to succeed");
            (0..HEALTHY).for_each(|nth| desk.says(&healthy(nth), "again"));
            pass(A_MOMENT).await;
            desk.set(json!({"enabled": true, "backlog": "send"})).await;
            pass(A_MOMENT).await;
            let told = taken(&desk).iter().filter(|text| *text == "again").count();
            assert!(told >= HEALTHY / 2, "those that got through before: {told}");
            // Refused chats that were never tried come before other untried ones, and may blow the fuse again.
            pass(DAYS).await;
            desk.set(json!({"enabled": true, "backlog": "send"})).await;
            pass(DAYS).await;
            assert_eq!(taken(&desk).iter().filter(|text| *text == "again").count(), HEALTHY, "{count} refused");
        });
    }
}

/// Guards against a success that ends the wait of a later failure, although its try began earlier.
#[test]
fn a_wait_that_was_asked_for_outlives_the_success_of_a_try_that_began_before() {
    story(async |machine, life| {
        let desk = Desk::open(&machine, life, settings()).await;
        desk.says(&healthy(0), "hello");
        pass(A_MOMENT).await;
        machine.receiver.answer(200, Duration::from_millis(400));
        machine.receiver.ask_for_quiet(Some(A_MINUTE));
        machine.receiver.refuse(&refused(0), Poison::Refused(429));
        desk.says(&healthy(0), "slow");
        pass(Duration::from_millis(50)).await;
        desk.says(&refused(0), "busy");
        pass(A_MINUTE * 3).await;
        let began: Vec<u64> = posts_of(&desk, &refused(0)).iter().map(|post| post.began_ms).collect();
        let slow = posts_of(&desk, &healthy(0)).pop().unwrap();
        assert!(slow.was_taken() && slow.began_ms < began[0], "{slow:?} {began:?}");
        assert!(began[1] - began[0] >= 60_000, "{began:?}");
    });
}

/// Guards against a transient fault of one chat that parks its report within half a second on a busy webhook.
#[test]
fn a_fault_of_fifteen_seconds_parks_nothing_and_keeps_the_order_of_the_chat() {
    for how in [Poison::Refused(500), Poison::Refused(503)] {
        story(async |machine, life| {
            let desk = Desk::open(&machine, life, settings()).await;
            machine.receiver.refuse(&refused(0), how);
            desk.says(&refused(0), "first");
            desk.says(&refused(0), "second");
            for nth in 0..150 {
                desk.says(&healthy(nth % 40), &format!("text {nth}"));
                pass(Duration::from_millis(100)).await;
            }
            machine.receiver.poison(&refused(0), false);
            pass(Duration::from_mins(3)).await;
            let shown = desk.shown().await;
            assert_eq!((&shown["enabled"], &shown["owed"], &shown["parked"]), (&json!(true), &json!(0), &json!(0)));
            let posts = posts_of(&desk, &refused(0));
            let told: Vec<&str> = posts.iter().filter(|post| post.was_taken()).flat_map(texts).collect();
            assert_eq!(told, ["first", "second"]);
            assert!(posts.len() <= 6, "{posts:?}");
        });
    }
}

/// Guards against a flood of eight requests after each success to a receiver that has just said that it takes no
/// more.
#[test]
fn a_receiver_that_takes_one_a_second_is_not_flooded() {
    story_waiting(Some(EVERY_SECOND), async |machine, life| {
        let desk = Desk::open(&machine, life, settings()).await;
        machine.receiver.take_one_in(Duration::from_secs(1));
        (0..49).for_each(|nth| desk.says(&healthy(nth), "text"));
        pass(Duration::from_mins(5)).await;
        let (taken, all) = (taken(&desk).len(), desk.posts().len());
        assert_eq!((taken, &desk.shown().await["parked"]), (49, &json!(0)));
        assert!(all - taken <= 2 * taken, "{} refused for {taken} taken", all - taken);
    });
}

#[test]
fn what_is_owed_and_parked_is_listed_and_given_up_singly_by_somebodys_word() {
    story_waiting(Some(EVERY_SECOND), async |machine, life| {
        let desk = Desk::open(&machine, life, settings()).await;
        refuse(&machine, 1, Poison::Refused(422));
        desk.says(&refused(0), "refused");
        for nth in 0..120 {
            desk.says(&healthy(0), &format!("text {nth}"));
            pass(Duration::from_secs(1)).await;
        }
        machine.receiver.answer(500, Duration::ZERO);
        (0..3).for_each(|nth| desk.says(&healthy(nth), "owed"));
        pass(Duration::from_secs(1)).await;
        let list = async |query: &str| {
            let path = format!("/api/v1/outbound/deliveries{query}");
            let reply = desk.life.get(&path, &desk.key).await;
            assert_eq!(reply.status, 200, "{reply:?}");
            reply.body
        };
        let parked = list("?state=parked").await;
        let row = &parked["data"][0];
        assert_eq!((&row["state"], &row["failures"]), (&json!("parked"), &json!(11)), "{parked}");
        assert_eq!(list("?state=owed").await["data"].as_array().unwrap().len(), 3);
        let all = list("").await;
        assert_eq!(all["data"].as_array().unwrap().len(), 4);
        let first = list("?limit=3").await;
        let after = first["page"]["next"].as_str().unwrap();
        assert_eq!(list(&format!("?limit=3&after={after}")).await["data"], json!([all["data"][3]]));
        assert_eq!(desk.life.get("/api/v1/outbound/deliveries?state=lost", &desk.key).await.status, 400);

        let path = format!("/api/v1/outbound/deliveries/{}/discard", row["delivery_id"].as_str().unwrap());
        assert_eq!(desk.post(&path, json!({"reason": "known by now"})).await["delivery_id"], row["delivery_id"]);
        assert_eq!(list("?state=parked").await["data"], json!([]));
        assert_eq!(desk.life.post(&path, &desk.key, &json!({})).await.status, 409);
        let found = desk.life.get("/admin/v1/events?type=SingleDeliveryDiscarded", ADMIN_KEY).await.body;
        let discarded = &found["data"][0]["data"];
        assert_eq!((&discarded["by"], &discarded["reason"]), (&json!("key/1"), &json!("known by now")), "{found}");
    });
}
