//! Titles, responsible teammates, and chats that share a title: the latest change counts, wherever it is stored.

use events::chat::Responsible;
use events::ids::ChatId;
use events::index::IndexKey;

use crate::desk::Desk;
use crate::facts::*;

fn title(desk: &Desk, number: u64) -> String {
    desk.index.chat(chat(0, number)).unwrap().unwrap().name.reveal().to_owned()
}

/// Returns nobody also if there never was anybody.
fn responsible(desk: &Desk, number: u64) -> Option<Responsible> {
    desk.index.find::<Option<Responsible>>(&IndexKey::Responsible(chat(0, number))).unwrap().flatten()
}

fn named(desk: &Desk, name: &str) -> Vec<ChatId> {
    desk.index.named(workspace(0), name, 100).unwrap()
}

fn ada() -> Responsible {
    Responsible { full_name: "Ada Example".into(), email: "ada@kite.example".into() }
}

/// Checks in memory, on the way to the disk, once stored, and after two new starts.
fn everywhere(mut desk: Desk, check: impl Fn(&Desk)) {
    check(&desk);
    desk.flush();
    check(&desk);
    let mut desk = desk.reopened();
    check(&desk);
    desk.sequencer.store_index(true).unwrap();
    check(&desk);
    desk.flush();
    check(&desk);
    check(&desk.reopened());
}

#[test]
fn a_chat_is_called_as_it_was_opened_until_it_is_renamed() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), vec![opened(0, 1), opened(0, 2)]);
        desk.append(of_workspace(0), vec![renamed(0, 1, "Somebody", "Bob Example")]);
        everywhere(desk, |desk| {
            assert_eq!((title(desk, 1).as_str(), title(desk, 2).as_str()), ("Bob Example", "Somebody"));
        });
    }
}

#[test]
fn a_renamed_chat_still_leads_where_it_led() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), vec![opened(0, 1)]);
        let before = desk.index.chat(chat(0, 1)).unwrap().unwrap();
        desk.append(of_workspace(0), vec![renamed(0, 1, "Somebody", "Bob Example")]);
        let after = desk.index.chat(chat(0, 1)).unwrap().unwrap();
        assert_eq!(after, events::index::ChatEntry { name: "Bob Example".into(), ..before });
    }
}

#[test]
fn a_chat_that_does_not_exist_has_no_title() {
    for desk in Desk::each() {
        assert_eq!(desk.index.chat(chat(0, 1)).unwrap(), None);
        assert_eq!(named(&desk, "Somebody"), []);
    }
}

#[test]
fn chats_are_found_by_their_title_of_now() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), (1..=3).map(|number| opened(0, number)).collect());
        desk.append(of_workspace(0), vec![renamed(0, 2, "Somebody", "Bob Example")]);
        everywhere(desk, |desk| {
            assert_eq!(named(desk, "Somebody"), [chat(0, 1), chat(0, 3)]);
            assert_eq!(named(desk, "Bob Example"), [chat(0, 2)]);
        });
    }
}

#[test]
fn a_chat_that_is_renamed_after_its_title_was_stored_is_found_under_the_new_one_only() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), vec![opened(0, 1), opened(0, 2)]);
        desk.store_index();
        desk.append(of_workspace(0), vec![renamed(0, 1, "Somebody", "Bob Example")]);
        everywhere(desk, |desk| {
            assert_eq!(named(desk, "Somebody"), [chat(0, 2)]);
            assert_eq!(named(desk, "Bob Example"), [chat(0, 1)]);
            assert_eq!(title(desk, 1), "Bob Example");
        });
    }
}

#[test]
fn a_chat_that_gets_its_first_title_back_is_found_under_it_again() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), vec![opened(0, 1)]);
        desk.append(of_workspace(0), vec![renamed(0, 1, "Somebody", "Bob Example")]);
        desk.store_index();
        desk.append(of_workspace(0), vec![renamed(0, 1, "Bob Example", "Somebody")]);
        everywhere(desk, |desk| {
            assert_eq!(named(desk, "Somebody"), [chat(0, 1)]);
            assert_eq!(named(desk, "Bob Example"), []);
        });
    }
}

#[test]
fn a_title_is_exact_but_for_its_spelling_and_belongs_to_its_workspace() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), vec![opened(0, 1)]);
        desk.append(of_workspace(1), vec![opened(1, 1)]);
        for other in ["somebody", "Some body", "Some", ""] {
            assert_eq!(named(&desk, other), [], "{other}");
        }
        assert_eq!(named(&desk, "Somebody"), [chat(0, 1)]);
        assert_eq!(desk.index.named(workspace(1), "Somebody", 100).unwrap(), [chat(1, 1)]);
    }
}

#[test]
fn no_more_chats_are_named_than_were_asked_for() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), (1..=5).map(|number| opened(0, number)).collect());
        desk.store_index();
        desk.append(of_workspace(0), vec![renamed(0, 1, "Somebody", "Bob Example"), opened(0, 6)]);
        let found = |limit| desk.index.named(workspace(0), "Somebody", limit).unwrap().len();
        assert_eq!([found(0), found(2), found(5), found(100)], [0, 2, 5, 5]);
    }
}

#[test]
fn nobody_is_responsible_until_somebody_is_and_then_the_latest_one() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), (1..=3).map(|number| opened(0, number)).collect());
        desk.append(of_workspace(0), vec![assigned(0, 1, None), assigned(0, 2, None)]);
        desk.store_index();
        desk.append(of_workspace(0), vec![assigned(0, 1, Some(ada())), assigned(0, 2, Some(ada()))]);
        desk.append(of_workspace(0), vec![assigned(0, 2, None)]);
        everywhere(desk, |desk| {
            assert_eq!(responsible(desk, 1), Some(ada()));
            assert_eq!(responsible(desk, 2), None);
            assert_eq!(responsible(desk, 3), None);
        });
    }
}

/// Titles as transports and people write them: composed or not, with invisible characters around them.
#[test]
fn a_title_is_found_however_it_is_composed_and_whatever_unseen_stands_around_it() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), vec![opened(0, 1), opened(0, 2)]);
        desk.append(of_workspace(0), vec![renamed(0, 1, "Somebody", "Team Köln ")]);
        desk.append(of_workspace(0), vec![renamed(0, 2, "Somebody", "Team Ko\u{308}ln")]);
        everywhere(desk, |desk| {
            for name in ["Team Köln", " Team Köln", "Team Ko\u{308}ln\u{200e}"] {
                assert_eq!(named(desk, name), [chat(0, 1), chat(0, 2)], "{name:?}");
            }
            assert_eq!(named(desk, "team Köln"), []);
        });
    }
}

#[test]
fn a_chat_renamed_to_the_same_title_in_another_spelling_is_found_by_it() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), vec![opened(0, 1)]);
        desk.append(of_workspace(0), vec![renamed(0, 1, "Somebody", "Köln ")]);
        desk.append(of_workspace(0), vec![renamed(0, 1, "Köln ", "Ko\u{308}ln")]);
        desk.append(of_workspace(0), vec![renamed(0, 1, "Ko\u{308}ln", "Bonn")]);
        everywhere(desk, |desk| {
            assert_eq!((named(desk, "Köln"), named(desk, "Bonn")), (vec![], vec![chat(0, 1)]));
        });
    }
}
