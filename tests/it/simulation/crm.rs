//! Compares what the CRM got with the log: nothing early, nothing twice without a reason, nothing lost, everything in
//! order.

use std::collections::{BTreeMap, BTreeSet};

use events::ids::{ChatId, DeliveryId, MessageId};

use super::life::Machine;
use super::receiver::Post;
use super::referee::{Delivery, Fate, Referee};

/// The text of a test report, which is not owed to anybody.
const TEST: &str = "This is a test of the outbound webhook.";

/// The progress of the checks.
#[derive(Default)]
pub struct SeenPosts {
    posts: usize,
    /// The number of requests of each delivery, and the body of the first.
    first: BTreeMap<String, (u64, String)>,
    pub tests: u64,
}

/// At any time: every request belongs to a delivery whose start is durable, and is the same at every try.
pub fn check_posts(machine: &Machine, referee: &Referee, seen: &mut SeenPosts) -> Result<(), String> {
    machine.receiver.look(|posts| {
        for post in &posts[seen.posts..] {
            seen.posts += 1;
            if post.text.contains(TEST) {
                seen.tests += 1;
                continue;
            }
            if post.text.contains("[erased]") {
                return Err(format!("an erased text is reported: {}", post.text));
            }
            let entry = seen.first.entry(post.delivery.clone());
            let (count, first) = entry.or_insert_with(|| (0, post.text.clone()));
            *count += 1;
            if *first != post.text {
                return Err(format!("{} was posted as {first} and as {}", post.delivery, post.text));
            }
            let delivery = delivery(referee, post)?;
            if *count > delivery.posts_max {
                return Err(format!("posted {count} times, before it was durable or for nothing: {delivery:?}"));
            }
            let told: Result<Vec<MessageId>, _> = post.messages().iter().map(|id| id.parse()).collect();
            if *count == 1 && told.as_ref() != Ok(&delivery.messages) {
                return Err(format!("{told:?} is not what the bundle has: {delivery:?}"));
            }
        }
        Ok(())
    })
}

fn delivery<'a>(referee: &'a Referee, post: &Post) -> Result<&'a Delivery, String> {
    let id: Option<DeliveryId> = post.delivery.parse().ok();
    let found = id.and_then(|id| referee.deliveries.get(&id));
    found.ok_or_else(|| format!("{} is not in the log", post.delivery))
}

/// When everything is quiet: all owed reports were taken where the webhook is on, each chat's in order.
pub fn check_taken(machine: &Machine, referee: &Referee) -> Result<(), String> {
    machine.receiver.look(|posts| {
        let mut last: BTreeMap<ChatId, u64> = BTreeMap::new();
        let mut taken: BTreeSet<&str> = BTreeSet::new();
        for post in posts.iter().filter(|post| post.was_taken() && !post.text.contains(TEST)) {
            let told = delivery(referee, post)?;
            let is_first = taken.insert(&post.delivery);
            if is_first && !told.by_hand && !matches!(told.end, Some(Fate::Parked(_))) {
                let before = last.insert(told.chat, told.place);
                if before.is_some_and(|before| before > told.place) {
                    return Err(format!("taken out of order: {told:?}"));
                }
            }
        }
        for (id, told) in &referee.deliveries {
            let was_taken = taken.contains(id.to_string().as_str());
            let right = match told.end {
                None => !referee.hooks[&told.webhook].is_open(),
                Some(Fate::Taken) => was_taken,
                Some(Fate::Discarded | Fate::Parked(_)) => true,
            };
            if !right {
                return Err(format!("{id} is lost: {told:?}"));
            }
        }
        Ok(())
    })
}
