//! A receiver that hangs delays only its own workspace.

use super::*;
use actors::webhook::AT_ONCE;

const OTHERS: usize = 200;
/// The number of messages to each account.
const ROUNDS: usize = 10;
const BETWEEN_ROUNDS: Duration = Duration::from_secs(1);
/// Each receiver takes this long to answer, so that any resource that all of them shared would run short.
const THINKS: Duration = Duration::from_millis(100);
/// Enough for all reports and for the time-outs of the hanging receiver.
const THE_REST: Duration = Duration::from_mins(1);

/// When each message was first reported, and the requests that the hanging receiver got meanwhile.
struct FirstReports {
    /// The time of the first try in milliseconds, by receiver and text.
    others: BTreeMap<(String, String), u64>,
    hanging: Vec<Post>,
}

fn url(nth: usize) -> String {
    format!("https://crm{nth}.example/hook")
}

fn account(nth: usize) -> String {
    format!("+1202555{nth:04}")
}

/// Writes to many workspaces at the same moments, again and again; meanwhile the first one's receiver hangs if
/// `hangs` is set.
fn told(hangs: bool) -> FirstReports {
    story(async |machine, life| {
        machine.receiver.answer(200, THINKS);
        let mut desks = Vec::new();
        for nth in 0..=OTHERS {
            let settings = json!({"url": url(nth), "aggregation": "none"});
            desks.push(Desk::open_as(&account(nth), &machine, life.clone(), settings).await);
            desks[nth].says("+12025559999", "proves that the receiver is there");
        }
        pass(THE_REST).await;
        if hangs {
            machine.receiver.hang(&url(0));
        }
        let before = machine.receiver.posts().len();
        for round in 0..ROUNDS {
            for nth in 0..AT_ONCE {
                desks[0].says(&format!("+1202555{:04}", 9_000 + nth), &format!("round {round}"));
            }
            for desk in &desks[1..] {
                desk.says("+12025559999", &format!("round {round}"));
            }
            pass(BETWEEN_ROUNDS).await;
        }
        pass(THE_REST).await;
        let posts = machine.receiver.posts().split_off(before);
        let (hanging, others): (Vec<_>, Vec<_>) = posts.into_iter().partition(|post| post.url == url(0));
        let others = others.iter().map(|post| ((post.url.clone(), texts(post)[0].to_owned()), post.began_ms));
        FirstReports { others: others.collect(), hanging }
    })
}

#[test]
fn the_first_tries_of_two_hundred_others_begin_in_the_same_millisecond_as_without_it() {
    let (with, without) = (told(true), told(false));
    assert_eq!(with.others.len(), OTHERS * ROUNDS);
    for (what, at) in &without.others {
        assert_eq!(with.others.get(what), Some(at), "{what:?}");
    }
    // The receiver did hang, with as many requests as may run at once, and was retried meanwhile.
    assert!(with.hanging.iter().all(|post| post.status.is_none()));
    let first = with.hanging.iter().filter(|post| post.began_ms == with.hanging[0].began_ms).count();
    assert!(first == AT_ONCE && with.hanging.len() > AT_ONCE, "{first} of {}", with.hanging.len());
    assert!(without.hanging.iter().all(Post::was_taken));
}
