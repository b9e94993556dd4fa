//! The letters to owners, word for word in every language, and what they must never contain.

use std::fs;
use std::path::{Path, PathBuf};

use events::ids::{AccountId, WorkspaceId};
use events::time::Timestamp;
use tidings::notices::mail::Language;
use tidings::notices::mail::letters::{
    AccountStopped, DeliveriesParked, LastError, Letter, Stop, WebhookDisabled, WebhookGone, account_stopped,
    deliveries_parked, webhook_disabled, webhook_gone,
};

/// Set this variable to rewrite the golden letters, after you have read their changes.
const BLESS: &str = "TIDINGS_TEST_BLESS";
const AT: Timestamp = Timestamp::from_ms(1_767_323_045_678);
const UNTIL: Timestamp = Timestamp::from_ms(1_767_409_445_678);

/// The texts that people gave, and the error code that the letter shows.
struct People {
    owner: &'static str,
    workspace: &'static str,
    url: &'static str,
    code: &'static str,
}

const ACME: People =
    People { owner: "Ada Doe", workspace: "Acme", url: "https://crm.example/hooks/7?key=s3cret", code: "server_error" };

/// Every letter that exists, with a name.
fn letters(people: &People, language: Language) -> Vec<(&'static str, Letter)> {
    let &People { owner, workspace, url, code } = people;
    let last_error = LastError { code, status: Some(500) };
    let disabled = WebhookDisabled { owner, workspace, url, errors_in_a_row: 11, last_error, owed: 7, at: AT };
    let gone = WebhookGone { owner, workspace, url, owed: 1, at: AT };
    let parked = |parked, last_error| {
        deliveries_parked(&DeliveriesParked { owner, workspace, url, parked, last_error, at: AT }, language)
    };
    let stopped = |stop, waiting| {
        let account = AccountId::nth(WorkspaceId::nth(0), 1).unwrap();
        let phone = "+12025550100";
        account_stopped(&AccountStopped { owner, workspace, account, phone, stop, waiting, at: AT }, language)
    };
    vec![
        ("webhook_disabled", webhook_disabled(&disabled, language)),
        ("webhook_gone", webhook_gone(&gone, language)),
        ("webhook_parked", parked(2, Some(last_error))),
        ("webhook_parked_one", parked(1, None)),
        ("account_blocked", stopped(Stop::Blocked { until: Some(UNTIL) }, 12)),
        ("account_blocked_without_end", stopped(Stop::Blocked { until: None }, 1)),
        ("account_unauthorised", stopped(Stop::Unauthorised, 0)),
        ("account_misconfigured", stopped(Stop::Misconfigured, 2)),
    ]
}

fn golden(language: Language, name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden/letters").join(language.tag());
    folder.join(format!("{name}.txt"))
}

#[test]
fn every_letter_is_the_one_that_was_read_in_every_language() {
    for language in Language::ALL {
        for (name, Letter { subject, text, html }) in letters(&ACME, language) {
            let now = format!("{subject}\n\n{text}\n{html}\n");
            let path = golden(language, name);
            if std::env::var_os(BLESS).is_some() {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(&path, &now).unwrap();
            }
            let then = fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(now, then, "{}: changed on purpose? read it, then run this once with {BLESS}=1", path.display());
        }
    }
}

#[test]
fn no_placeholder_and_no_name_of_a_sentence_is_left() {
    for language in Language::ALL {
        for (name, Letter { subject, text, html }) in letters(&ACME, language) {
            let bodies = [text.replace("{\"enabled\":true,\"backlog\":\"send\"}", ""), html.replace("&#34;", "")];
            for part in [subject].into_iter().chain(bodies) {
                let part = part.replace("{enabled:true,backlog:send}", "");
                assert!(!part.contains(['{', '}', '$']), "{language:?} {name}: {part}");
                for sentence in ["-subject", "-opening", "-mend", "-count", "-label", "what-to-do", "-at:"] {
                    assert!(!part.contains(sentence), "{language:?} {name}: {sentence} in {part}");
                }
            }
        }
    }
}

#[test]
fn what_people_wrote_stays_a_text_on_its_line() {
    let people = People {
        owner: "<script>alert(1)</script>\r\nBcc: eve@evil.example",
        workspace: "<b>\"Acme\"</b>\n\nhttps://evil.example & { $count } \u{202e}",
        url: "https://crm.example/<i>",
        code: "<u>",
    };
    for language in Language::ALL {
        for (name, letter) in letters(&people, language) {
            for tag in ["<b>", "<script>", "<i>", "<u>", "\u{202e}"] {
                assert!(!letter.html.contains(tag), "{language:?} {name}: {}", letter.html);
            }
            assert!(letter.html.contains("&#60;b&#62;"), "{language:?} {name}: {}", letter.html);
            assert!(letter.text.contains("<b>\"Acme\"</b> https://evil.example & { $count }"), "{}", letter.text);
            assert_eq!(letter.subject.lines().count(), 1);
            assert!(letter.text.lines().all(|line| !line.starts_with("Bcc") && !line.starts_with("https")));
        }
    }
}

#[test]
fn no_secret_is_in_any_letter() {
    let people = People {
        owner: "wsk_C4nary0123456789ABCDEFGHIJKLMNOP",
        workspace: "adm_C4nary0123456789ABCDEFGHIJKLMNOP",
        url: "https://ada:C4naryPassword@crm.example/in/in_C4nary0123456789ABCDEFG?key=C4naryQuery#C4naryFragment",
        code: "whsec_C4nary0123456789ABCDEFGHIJKLMNOP",
    };
    for language in Language::ALL {
        for (name, letter) in letters(&people, language) {
            let all = format!("{letter:?}");
            assert!(!all.contains("C4nary"), "{language:?} {name}: {all}");
            if name.starts_with("webhook") {
                assert!(letter.text.contains("https://crm.example/in/in_***?…\n"), "{}", letter.text);
            }
        }
    }
}

#[test]
fn a_letter_to_somebody_without_a_name_greets_all_the_same() {
    let nameless = People { owner: " ", ..ACME };
    let greeted: Vec<String> = Language::ALL
        .into_iter()
        .map(|language| letters(&nameless, language)[0].1.text.lines().next().unwrap().to_owned())
        .collect();
    assert_eq!(greeted, ["Hello,", "Merhaba,", "Γεια σας,", "नमस्ते,", "Hola:"]);
}
