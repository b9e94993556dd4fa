//! Tests what the first screen says, and that every line fits and can be pasted.

use super::*;

const ECHO: &str = "http://127.0.0.1:8080/sim/v1/echo/demo";

fn banner() -> Banner {
    Banner {
        version: "0.1.0",
        base_url: "http://127.0.0.1:8080".into(),
        local_url: "http://127.0.0.1:8080".into(),
        taken_port: None,
        data_dir: "data/demo".into(),
        names_data_dir: false,
        events: 212,
        chain_verified: true,
        recovered_ms: 9,
        workspace: "Demo workspace".into(),
        workspace_id: "1001".into(),
        balance: 998,
        accounts: vec!["+12025550100".to_owned()],
        stopped: None,
        inbound_enabled: true,
        clock_rate: 1,
        admin_key_file: Some("data/demo/secrets/admin_key".into()),
        api_key_file: Some("data/demo/secrets/api_key".into()),
        inbound_token: "in_0123456789ABCDEFGHIJabcdef".into(),
        reports: Reports::ToEcho(ECHO.to_owned()),
        aggregation: Aggregation::None,
        phones_url: "http://127.0.0.1:8080".into(),
        program: "target/release/tidings".into(),
        colour: false,
    }
}

#[test]
fn the_first_screen_says_where_everything_is() {
    let wanted = r#"tidings 0.1.0  WhatsApp messaging gateway                DEMO, this machine only

  Gateway       http://127.0.0.1:8080
  Event log     ./data/demo   212 events, chain verified, recovered in 9 ms
  Workspace     Demo workspace, 998 credits
  WhatsApp      simulator: account +12025550100; clock runs at real speed
  Reports       go to http://127.0.0.1:8080/sim/v1/echo/demo, signed
  Admin key     in ./data/demo/secrets/admin_key
  API key       in ./data/demo/secrets/api_key

  Send a message (copy these lines into a second terminal, in this folder):

  curl http://127.0.0.1:8080/in/in_0123456789ABCDEFGHIJabcdef \
    -d '{"action":"send","phone":"+14151231234","text":"Hello from my CRM"}'

  Answer from the phone that got it, and see what was reported of both:

  curl http://127.0.0.1:8080/sim/v1/receive \
    -d '{"account":"+12025550100","from":"+14151231234","text":"Hi, CRM"}'
  curl http://127.0.0.1:8080/sim/v1/echo/demo/requests

  Receive the reports yourself, in a terminal of their own:

  target/release/tidings listen --instead

  Ctrl-C stops cleanly, twice at once         logs below; --json for machines
  ──────────────────────────────────────────────────────────────────────────────
"#;
    assert_eq!(banner().render(), wanted);
}

#[test]
fn it_claims_nothing_that_did_not_happen() {
    let none = Banner { chain_verified: false, admin_key_file: None, api_key_file: None, ..banner() };
    let text = Banner { reports: Reports::Nowhere, ..none }.render();
    let words = ["verified", "Admin key", "API key", "signed", "what was reported", "/echo/", "listen"];
    assert!(!words.iter().any(|words| text.contains(words)), "{text}");
    assert!(text.contains("Reports       go nowhere"), "{text}");
}

#[test]
fn what_is_not_as_usual_is_said() {
    let accounts = ["+12025550100", "+12025550102"].map(str::to_owned).to_vec();
    let odd = Banner { accounts, taken_port: Some(8080), clock_rate: 60, events: 1, balance: 1, ..banner() };
    let text = Banner { aggregation: Aggregation::SixHours, ..odd }.render();
    for words in [
        "(port 8080 is taken)",
        "2 accounts; clock runs 60 times as fast as real time",
        " 1 event,",
        ", 1 credit\n",
        ", signed, gathered\n                for 6h\n",
        "\n  target/release/tidings outbound flush\n  curl http://127.0.0.1:8080/sim/v1/echo/demo/requests\n",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let text = Banner { reports: Reports::To("https://crm.example/hook".to_owned()), ..banner() }.render();
    assert!(text.contains("go to https://crm.example/hook, signed") && !text.contains("/echo/"), "{text}");
}

#[test]
fn what_keeps_messages_and_reports_back_has_its_way_out() {
    let text = Banner { inbound_enabled: false, balance: 0, reports: Reports::Off, ..banner() }.render();
    for words in [
        "Secret URL    refuses every message\n",
        "Reports       wait: the webhook is switched off\n",
        "\n  target/release/tidings inbound enable\n",
        "\n  target/release/tidings credits grant 1001 100 --reason demo\n",
        "\n  target/release/tidings outbound enable\n",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let stopped = |because| Some(("+12025550102".to_owned(), because));
    let connect = "tidings account connect --phone +12025550102 --full-name \\\n    'Demo Sales'";
    for (because, fact, way_out) in [
        (Inactivity::Paused, "account +12025550102 is paused;", "tidings account resume +12025550102\n"),
        (Inactivity::Blocked, "account +12025550102 is blocked;", "tidings account resume +12025550102\n"),
        (Inactivity::Disconnected, "account +12025550102 is disconnected;", connect),
    ] {
        let text = Banner { accounts: Vec::new(), stopped: stopped(because), ..banner() }.render();
        assert!(text.contains(fact) && text.contains(way_out), "{text}");
        assert!(text.contains(r#"{"account":"+12025550102","#), "{text}");
    }
}

#[test]
fn lines_to_copy_work_for_any_program_folder_and_address() {
    let odd = Banner {
        program: "/home/ada/my tools/tidings".into(),
        data_dir: "/srv/it's data/demo".into(),
        names_data_dir: true,
        local_url: "http://[::1]:8080".into(),
        base_url: "https://tidings.example".into(),
        ..banner()
    };
    let text = odd.render();
    for words in [
        "  '/home/ada/my tools/tidings' listen --instead --data-dir \\\n    '/srv/it'\\''s data/demo'\n",
        "  curl 'http://[::1]:8080/in/in_0123456789ABCDEFGHIJabcdef' \\\n",
        "Gateway       https://tidings.example\n",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

/// A terminal of 80 columns breaks longer lines in the middle of a word.
#[test]
fn every_line_fits() {
    let directory = format!("/srv/{}", "long/".repeat(8));
    let account = "+123456789012345".to_owned();
    let long = Banner {
        stopped: Some((account.clone(), Inactivity::Blocked)),
        balance: 0,
        aggregation: Aggregation::Day,
        program: "/home/ada/projects/tidings/target/release/tidings".into(),
        data_dir: directory.into(),
        names_data_dir: true,
        workspace: "A demo workspace with quite a long name, as they come when several are tried".into(),
        reports: Reports::Off,
        inbound_enabled: false,
        taken_port: Some(8080),
        ..banner()
    };
    for banner in [
        Banner { accounts: vec![account], ..banner() },
        Banner { accounts: Vec::new(), ..long.clone() },
        banner(),
        long.clone(),
        Banner { reports: Reports::To("https://crm.example/a/long/path".to_owned()), ..long.clone() },
    ] {
        let text = banner.render();
        assert!(text.lines().all(|line| line.chars().count() <= usize::from(WIDTH)), "{text}");
    }
}

#[test]
fn colours_come_only_when_asked_and_change_no_word() {
    let coloured = Banner { colour: true, ..banner() }.render();
    let mut plain = coloured.replace("\x1b[0m", "");
    assert_ne!(plain, coloured);
    for colour in [BOLD, DIM, CYAN] {
        plain = plain.replace(&format!("\x1b[{colour}m"), "");
    }
    assert_eq!(plain, banner().render());
    assert!(!banner().render().contains('\x1b'));
}
