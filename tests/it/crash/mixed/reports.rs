//! The final checks of every report: each message in one delivery, the same body at every try, each chat in order.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use actors::webhook::AT_ONCE;

use super::Around;
use super::record::Reported;
use crate::harness::Server;
use crate::outbound::crash::{assert_in_order, flushed};
use crate::outbound::receiver::Arrived;

/// The counts of the reports that reached the receiver.
pub struct Sum {
    deliveries: usize,
    refused: usize,
    again: usize,
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { deliveries, refused, again } = self;
        write!(f, "{deliveries} deliveries, {refused} times refused, {again} taken again after a kill")
    }
}

pub fn check(server: &Server, around: &Around) -> Sum {
    let arrived = around.receiver.arrived();
    let reported = around.record.reported();
    let kept: Vec<_> = reported.iter().map(|one| (one.nth, &*one.body)).collect();
    assert_eq!(kept, arrived.iter().map(|one| (one.nth, &*one.body)).collect::<Vec<_>>(), "the record is whole");
    let taken: BTreeSet<usize> = reported.iter().filter(|one| one.status == 200).map(|one| one.nth).collect();
    let again = only_what_was_under_way_is_taken_again(&arrived, &taken);
    bodies_never_change(&reported);
    let firsts = firsts(&arrived, &taken);
    each_is_told_by_one_delivery(&firsts, &around.record.texts());
    assert_in_order(&firsts, &flushed(server));
    Sum { deliveries: firsts.len(), refused: arrived.len() - taken.len(), again }
}

fn bodies_never_change(reported: &[Reported]) {
    let mut bodies: BTreeMap<&str, &str> = BTreeMap::new();
    for report in reported {
        let first = bodies.entry(&report.delivery).or_insert(&report.body);
        assert_eq!(*first, report.body, "{}", report.delivery);
    }
}

/// Checks that no taken delivery comes again within one life of the server; after the kill that ended that life, only
/// those that were under way may. They need not all come in the next life: one that is refused then waits. Returns how
/// many did.
fn only_what_was_under_way_is_taken_again(arrived: &[Arrived], taken: &BTreeSet<usize>) -> usize {
    let mut taken_in: BTreeMap<&str, usize> = BTreeMap::new();
    let mut again: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for report in arrived {
        if let Some(life) = taken_in.get(report.delivery()) {
            assert!(*life < report.life, "taken already in this life: {report:?}");
            again.entry(*life).or_default().insert(report.delivery());
        }
        if taken.contains(&report.nth) {
            taken_in.insert(report.delivery(), report.life);
        }
    }
    for (life, deliveries) in &again {
        assert!(deliveries.len() <= AT_ONCE, "taken in life {life} and told again: {deliveries:?}");
    }
    again.values().map(BTreeSet::len).sum()
}

/// Returns the first taken request of each delivery.
fn firsts<'a>(arrived: &'a [Arrived], taken: &BTreeSet<usize>) -> Vec<&'a Arrived> {
    let mut seen = BTreeSet::new();
    let taken = arrived.iter().filter(|report| taken.contains(&report.nth));
    taken.filter(|report| seen.insert(report.delivery().to_owned())).collect()
}

fn each_is_told_by_one_delivery(firsts: &[&Arrived], said: &BTreeSet<String>) {
    let mut told = BTreeSet::new();
    for report in firsts {
        for text in report.texts() {
            assert!(told.insert(text.clone()), "{text} is told by two deliveries");
        }
    }
    let wrong: Vec<_> = told.symmetric_difference(said).collect();
    assert!(wrong.is_empty(), "told but never said, or said and never told: {wrong:?}");
}
