//! Tests changing the gap between two messages for all accounts of a workspace.

use events::who::Who;
use events::workspace::AccountConnected;

use super::*;
use crate::account::pacing::Gap;
use crate::spec::facts::*;
use crate::workspace::{ACCOUNTS_MAX, Connect, GAP_MS_MAX, Once};

fn ready() -> WorkspaceSpec {
    WorkspaceSpec::given([created(), connection(1, "+12025550100").into(), connection(2, "+12025550102").into()])
}

fn pace(min_ms: u32, max_ms: u32) -> Command {
    Command::ChangePacing(Gap { min_ms, max_ms }, operator())
}

fn connect(phone: &str) -> Command {
    Command::Connect(Connect {
        phone: phone.to_owned(),
        full_name: "Ada Example".to_owned(),
        email: "ada@kite.example".to_owned(),
        transport: "simulator".to_owned(),
        own_message_id: true,
        once: Once::Everywhere,
        gap: Gap::default(),
        by: operator(),
        holders: None,
    })
}

#[test]
fn a_change_tells_every_account() {
    ready().when(pace(3_000, 7_000), at(0)).answers(&Answer::Done).then([
        pacing_changed(None, 3_000, 7_000),
        pacing_changed(Some(1), 3_000, 7_000),
        pacing_changed(Some(2), 3_000, 7_000),
    ]);
}

#[test]
fn accounts_that_are_connected_later_get_the_workspaces_gap() {
    let slow = AccountConnected { gap_ms_min: 3_000, gap_ms_max: 7_000, ..connection(1, "+12025550100") };
    WorkspaceSpec::given([created()])
        .when(pace(3_000, 7_000), at(0))
        .then([pacing_changed(None, 3_000, 7_000)])
        .when(connect("+12025550100"), at(0))
        .then([slow.into()]);
}

#[test]
fn an_account_that_is_not_active_is_told_too() {
    for hold in [paused(2), blocked(2, None), disconnected(2, Who::Operator, 0)] {
        ready().and([hold]).when(pace(3_000, 7_000), at(0)).then([
            pacing_changed(None, 3_000, 7_000),
            pacing_changed(Some(1), 3_000, 7_000),
            pacing_changed(Some(2), 3_000, 7_000),
        ]);
    }
}

#[test]
fn the_same_gap_again_changes_nothing() {
    ready()
        .and([pacing_changed(None, 3_000, 7_000)])
        .when(pace(3_000, 7_000), at(0))
        .answers(&Answer::Done)
        .then_nothing();
}

#[test]
fn the_shortest_gap_is_not_above_the_longest() {
    ready().when(pace(3_001, 3_000), at(0)).then_rejected(&Rejection::InvalidGap);
    WorkspaceSpec::given([created()]).when(pace(3_000, 3_000), at(0)).then([pacing_changed(None, 3_000, 3_000)]);
}

#[test]
fn a_gap_is_ten_minutes_at_most() {
    assert_eq!(GAP_MS_MAX, 600_000);
    for (min_ms, max_ms) in [(0, 600_001), (600_001, 600_001), (0, u32::MAX)] {
        ready().when(pace(min_ms, max_ms), at(0)).then_rejected(&Rejection::InvalidGap);
    }
    for (min_ms, max_ms) in [(0, 0), (0, 599_999), (0, 600_000), (600_000, 600_000)] {
        WorkspaceSpec::given([created()])
            .when(pace(min_ms, max_ms), at(0))
            .then([pacing_changed(None, min_ms, max_ms)]);
    }
}

#[test]
fn a_workspace_that_does_not_exist_has_no_gap() {
    WorkspaceSpec::given([]).when(pace(0, 1), at(0)).then_rejected(&Rejection::UnknownWorkspace);
}

#[test]
fn one_commit_has_room_for_all_accounts() {
    assert!(ACCOUNTS_MAX < events::codec::EVENTS_PER_RECORD_MAX as usize);
}
