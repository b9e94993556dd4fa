//! Bundles: which messages go together, and when.

use super::*;

const HOUR: Duration = Duration::from_hours(1);
const A_MOMENT: Duration = Duration::from_secs(5);
const CLEO: &str = "+12025550101";
const DORA: &str = "+12025550102";

fn settings(aggregation: &str) -> Value {
    json!({"url": URL, "aggregation": aggregation})
}

fn hour_of(post: &Post) -> u64 {
    post.began_ms / 3_600_000
}

#[test]
fn what_is_said_in_either_direction_is_reported_at_once_where_nothing_is_gathered() {
    let posts = story(async |machine, life| {
        let desk = Desk::open(&machine, life, settings("none")).await;
        desk.says(CLEO, "hello");
        pass(A_MOMENT).await;
        desk.types(CLEO, "typed here");
        pass(A_MOMENT).await;
        desk.sends(CLEO, "through us").await;
        pass(A_MOMENT).await;
        desk.posts()
    });
    let told: Vec<_> = posts.iter().map(|post| (texts(post)[0], &post.body["message"]["direction"])).collect();
    assert_eq!(told, [("hello", &json!("received")), ("typed here", &json!("sent")), ("through us", &json!("sent"))]);
    let new: Vec<_> = posts.iter().map(|post| post.body["chat"]["is_new_chat"] == true).collect();
    assert_eq!(new, [true, false, false]);
    assert!(posts.iter().all(|post| post.url == URL && post.body.get("messages").is_none()));
    assert_eq!(posts[0].body["chat"]["full_name"], "Mary Major");
    assert_eq!(posts[0].body["message"]["sender"], json!({"full_name": "Mary Major", "phone": CLEO}));
    assert_eq!(posts[2].body["message"]["sender"], json!({"full_name": "Sales", "phone": ACCOUNT}));
}

#[test]
fn a_week_of_messages_is_gathered_by_the_window_that_is_set() {
    for (aggregation, hours) in [("1h", 1), ("6h", 6), ("12h", 12), ("24h", 24)] {
        let posts = story(async |machine, life| {
            let desk = Desk::open(&machine, life, settings(aggregation)).await;
            for hour in 0..(7 * 24) {
                desk.says(CLEO, &format!("cleo {hour}"));
                if hour % 5 == 0 {
                    desk.says(DORA, &format!("dora {hour}"));
                }
                pass(HOUR).await;
            }
            pass(25 * HOUR).await;
            assert_eq!(desk.shown().await["open_windows"], 0);
            desk.posts()
        });
        check_once(&posts);
        for (name, every) in [("cleo", 1), ("dora", 5)] {
            let of_chat: Vec<_> = posts.iter().filter(|post| texts(post)[0].starts_with(name)).collect();
            let all: Vec<_> = of_chat.iter().flat_map(|post| texts(post)).collect();
            let wanted: Vec<_> = (0..7 * 24).filter(|hour| hour % every == 0).map(|h| format!("{name} {h}")).collect();
            assert_eq!(all, wanted, "{aggregation}");
            let new = of_chat.iter().filter(|post| post.body["chat"]["is_new_chat"] == true).count();
            assert!(new == 1 && of_chat[0].body["chat"]["is_new_chat"] == true, "{aggregation}");
            for post in of_chat {
                let hour = |text: &str| text.split_once(' ').unwrap().1.parse::<u64>().unwrap();
                let told = texts(post);
                let (first, last) = (hour(told[0]), hour(told[told.len() - 1]));
                // The window opens with its first message and closes exactly when its time is over.
                assert!(last - first <= hours, "{aggregation}: {told:?}");
                assert_eq!(hour_of(post), first + hours, "{aggregation}: {told:?}");
            }
        }
    }
}

#[test]
fn a_changed_setting_applies_to_open_windows_at_once() {
    let posts = story(async |machine, life| {
        let desk = Desk::open(&machine, life, settings("24h")).await;
        desk.says(CLEO, "one");
        pass(2 * HOUR).await;
        desk.set(json!({"aggregation": "6h"})).await;
        pass(3 * HOUR).await;
        assert_eq!(desk.posts().len(), 0, "five hours are not six");
        pass(HOUR + A_MOMENT).await;
        assert_eq!(desk.posts().len(), 1);
        desk.says(CLEO, "two");
        desk.says(DORA, "three");
        desk.says(DORA, "four");
        pass(A_MOMENT).await;
        desk.set(json!({"aggregation": "none"})).await;
        pass(A_MOMENT).await;
        desk.posts()
    });
    let told: Vec<_> = posts.iter().map(texts).collect();
    assert_eq!((told[0].as_slice(), told.len()), (["one"].as_slice(), 4));
    let mut rest = told[1..].concat();
    rest.sort_unstable();
    assert_eq!(rest, ["four", "three", "two"], "each by itself");
    assert!(posts[0].body["aggregation"].as_str().unwrap().contains("one"));
}

#[test]
fn windows_are_closed_by_hand() {
    let posts = story(async |machine, life| {
        let desk = Desk::open(&machine, life, settings("12h")).await;
        desk.says(CLEO, "one");
        desk.says(CLEO, "two");
        desk.says(DORA, "three");
        pass(A_MOMENT).await;
        assert_eq!(desk.shown().await["open_windows"], 2);
        assert_eq!(desk.post("/api/v1/outbound/flush", json!({})).await, json!({"flushed": 2}));
        pass(A_MOMENT).await;
        assert_eq!(desk.post("/api/v1/outbound/flush", json!({})).await, json!({"flushed": 0}));
        desk.posts()
    });
    let mut told: Vec<_> = posts.iter().map(texts).collect();
    told.sort();
    assert_eq!(told, [vec!["one", "two"], vec!["three"]]);
    assert!(posts.iter().all(|post| post.body.get("messages").is_some()), "gathered ones keep their format");
}

#[test]
fn what_is_said_while_there_is_no_url_is_not_owed() {
    let posts = story(async |machine, life| {
        let desk = Desk::open(&machine, life, settings("none")).await;
        assert_eq!(desk.set(json!({"url": null})).await["url"], Value::Null);
        desk.says(CLEO, "to nobody");
        pass(A_MOMENT).await;
        desk.set(json!({"url": URL})).await;
        desk.says(CLEO, "to the CRM");
        pass(A_MOMENT).await;
        desk.posts()
    });
    assert_eq!(posts.iter().flat_map(texts).collect::<Vec<_>>(), ["to the CRM"]);
}

#[test]
fn what_comes_twice_from_the_transport_is_reported_once() {
    let machine = Machine::new(3);
    machine.fate.be_kind();
    let shared = machine.clone();
    machine.live(1, None, async |life| {
        let desk = Desk::open(&shared, life, settings("none")).await;
        desk.says(CLEO, "hello");
        pass(A_MOMENT).await;
    });
    machine.time.end_life(1_000);
    // The transport repeats all updates at the beginning of a life.
    machine.live(2, None, async |_| pass(A_MOMENT).await);
    assert_eq!(machine.receiver.posts().iter().flat_map(texts).collect::<Vec<_>>(), ["hello"]);
}
