//! A receiver that hangs holds up nobody but its own workspace.

use super::*;
use actors::webhook::AT_ONCE;

const OTHERS: usize = 200;
/// How often everybody is talked to.
const ROUNDS: usize = 10;
const BETWEEN_ROUNDS: Duration = Duration::from_secs(1);
/// So long a receiver thinks: whatever all of them had to share would be short.
const THINKS: Duration = Duration::from_millis(100);
/// All of it, and the hanging one's time-outs.
const THE_REST: Duration = Duration::from_mins(1);

/// When each message was told first, and what the hanging receiver got meanwhile.
struct FirstReports {
    /// By receiver and text, in milliseconds.
    others: BTreeMap<(String, String), u64>,
    hanging: Vec<Post>,
}

fn url(nth: usize) -> String {
    format!("https://crm{nth}.example/hook")
}

fn account(nth: usize) -> String {
    format!("+1202555{nth:04}")
}

/// Many workspaces are talked to in the same moments, again and again; meanwhile nobody answers at the first one's
/// address, or everybody does.
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
    // It did hang, with as many requests as it may have at once, and was tried again meanwhile.
    assert!(with.hanging.iter().all(|post| post.status.is_none()));
    let first = with.hanging.iter().filter(|post| post.began_ms == with.hanging[0].began_ms).count();
    assert!(first == AT_ONCE && with.hanging.len() > AT_ONCE, "{first} of {}", with.hanging.len());
    assert!(without.hanging.iter().all(Post::was_taken));
}
