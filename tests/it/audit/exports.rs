//! Exports from a running gateway and from a stopped directory, whole and in part, and what comes back from them.

use std::fs;
use std::path::Path;

use events::log::Log as _;
use events::notes::Space;
use events::store::sled_log::SledLog;
use serde_json::{Value, json};

use super::{TEXTS, checkpoint, export, fast, lived_in, verify};
use crate::harness::process::{Environment, run};
use crate::harness::{ADMIN_KEY, Request, SOON, wait_until};

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_running_gateway_and_a_stopped_directory_export_the_same() {
    let mut server = fast();
    lived_in(&server);
    let running = fs::read_to_string(export(&server, "running.ndjson")).unwrap();
    let note = checkpoint(&server, "kept.note");
    assert_eq!(server.sigterm(), Some(0));
    let file = export(&server, "stopped.ndjson");
    let stopped = fs::read_to_string(&file).unwrap();
    assert!(stopped.starts_with(&running), "{running}\n{stopped}");
    let verified = verify(&file, &["--checkpoint", note.to_str().unwrap()]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert!(verified.stdout.contains("1 checkpoint agrees"), "{verified:?}");
    let of_store = server.command(&["events", "verify", "--checkpoint", note.to_str().unwrap()]);
    assert_eq!(of_store.code, Some(0), "{of_store:?}");
    assert!(of_store.stdout.contains("checkpoints agree"), "{of_store:?}");
}

#[test]
fn texts_stand_beside_what_is_hashed_until_they_are_erased() {
    let server = fast();
    lived_in(&server);
    let exported = fs::read_to_string(export(&server, "log.ndjson")).unwrap();
    let personal: String = lines(&exported).iter().filter_map(|line| line["personal"].as_str()).collect();
    // Texts that several events name are told apart by the events themselves.
    let shown = |text: &&str| personal.contains(&json!(text).to_string());
    assert_eq!(TEXTS.iter().filter(|text| shown(text)).count(), TEXTS.len() - 1, "{personal}");
    assert!(lines(&exported).iter().any(|line| line["personalerased"] == true));
    for line in lines(&exported) {
        let data = line["data"].to_string();
        assert!(!TEXTS.iter().any(|text| data.contains(text)) && !data.contains("+1202"), "{data}");
    }
}

#[test]
fn a_part_has_the_hashes_of_the_whole() {
    let server = fast();
    let workspace = lived_in(&server);
    let message = workspace.send("+12025550107", "one more");
    let whole = fs::read_to_string(export(&server, "log.ndjson")).unwrap();
    let head = whole.lines().count().to_string();
    let filters: [&[&str]; 5] = [
        &["--from", "7", "--to", "19"],
        &["--stream", "workspace/1001"],
        &["--workspace", "1001"],
        &["--message", &message],
        &["--from", "2020-01-01T00:00:00Z"],
    ];
    for filter in filters {
        let file = server.dir().join("part.ndjson");
        let args = [&["events", "export", "--to", &head, "--out", file.to_str().unwrap()], filter].concat();
        let args = if filter.contains(&"--to") { args[..2].iter().chain(&args[4..]).copied().collect() } else { args };
        let exported = server.command(&args);
        assert_eq!(exported.code, Some(0), "{exported:?}");
        let part = fs::read_to_string(&file).unwrap();
        assert!(!part.is_empty(), "{filter:?}");
        assert!(part.lines().all(|line| whole.lines().any(|of_whole| of_whole == line)), "{filter:?}: {part}");
        let verified = verify(&file, &["--part"]);
        assert_eq!(verified.code, Some(0), "{filter:?}: {verified:?}");
    }
    let none = server.command(&["events", "export", "--from", "2999-01-01T00:00:00Z"]);
    assert_eq!((none.code, none.stdout.as_str()), (Some(0), ""), "{none:?}");
}

#[test]
fn what_cannot_be_exported_is_refused() {
    let server = fast();
    let ask = |query: &str| {
        server.http().ask(&Request::get(format!("/admin/v1/events/export.ndjson?{query}")).bearer(ADMIN_KEY))
    };
    for query in
        ["stream=nobody", "message=7", "workspace=0", "from=yesterday", "proofs=maybe", "stream=log&workspace=1001"]
    {
        assert_eq!(ask(query).status, 400, "{query}");
    }
    for args in [&["--stream", "log", "--workspace", "1001"][..], &["--stream", "nobody"], &["--from", "yesterday"]] {
        let refused = server.command(&[&["events", "export"], args].concat());
        assert_eq!(refused.code, Some(2), "{args:?}: {refused:?}");
    }
}

#[test]
fn an_import_gives_the_same_export_and_old_checkpoints_hold_for_it() {
    let mut server = fast();
    lived_in(&server);
    let note = checkpoint(&server, "kept.note");
    assert_eq!(server.sigterm(), Some(0));
    let file = export(&server, "log.ndjson");
    let again = server.dir().join("again");
    let at = ["--data-dir", again.to_str().unwrap()];
    let environment = Environment::new();
    let import =
        [&at[..], &["events", "import", file.to_str().unwrap(), "--checkpoint", note.to_str().unwrap()]].concat();
    let imported = run(&import, &environment, server.dir());
    assert_eq!(imported.code, Some(0), "{imported:?}");
    assert!(imported.stderr.contains("signing keys"), "{imported:?}");
    assert_agenda_is_complete(&again);
    let second = server.dir().join("second.ndjson");
    let exported = [&at[..], &["events", "export", "--out", second.to_str().unwrap()]].concat();
    assert_eq!(run(&exported, &environment, server.dir()).code, Some(0));
    assert!(fs::read(&file).unwrap() == fs::read(&second).unwrap(), "another export");
    let verified = run(
        &[&at[..], &["events", "verify", "--checkpoint", note.to_str().unwrap()]].concat(),
        &environment,
        server.dir(),
    );
    assert_eq!(verified.code, Some(0), "{verified:?}");
    let states = |directory: &Path| {
        let at = ["--data-dir", directory.to_str().unwrap()];
        let of =
            |stream: &&str| run(&[&at[..], &["--json", "state", stream]].concat(), &environment, server.dir()).stdout;
        ["workspace/1001", "account/10010001", "chat/100100000002", "webhook/100101"].iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(states(&again), states(&server.data_dir()));
    let refused = run(&import, &environment, server.dir());
    assert_eq!(refused.code, Some(7), "{refused:?}");
}

/// The first start need not search for what is outstanding.
fn assert_agenda_is_complete(directory: &Path) {
    let log = SledLog::open(directory, 16).unwrap();
    let head = log.head().position.to_be_bytes().to_vec();
    assert_eq!(log.note(Space::AgendaCovered.prefix()).unwrap(), Some(head));
    let closed = log.closed();
    drop(log);
    wait_until("the store is closed", SOON, || closed.is_closed().then_some(()));
}

#[test]
fn nothing_that_is_there_already_is_replaced() {
    let server = fast();
    lived_in(&server);
    let file = export(&server, "log.ndjson");
    let beside = server.dir().join("again.new");
    fs::create_dir(&beside).unwrap();
    fs::write(beside.join("keep"), "precious").unwrap();
    let again = server.dir().join("again");
    let args = ["--data-dir", again.to_str().unwrap(), "events", "import", file.to_str().unwrap()];
    let imported = run(&args, &Environment::new(), server.dir());
    assert_eq!(imported.code, Some(0), "{imported:?}");
    assert_eq!(fs::read_to_string(beside.join("keep")).unwrap(), "precious");
    let link = server.dir().join("link");
    std::os::unix::fs::symlink("/dev/null", &link).unwrap();
    for out in [link.to_str().unwrap(), beside.to_str().unwrap()] {
        let refused = server.command(&["events", "export", "--out", out]);
        assert_eq!(refused.code, Some(2), "{out}: {refused:?}");
    }
    assert!(link.is_symlink());
}

#[test]
fn a_file_that_is_no_whole_export_is_not_imported() {
    let mut server = fast();
    lived_in(&server);
    assert_eq!(server.sigterm(), Some(0));
    let text = fs::read_to_string(export(&server, "log.ndjson")).unwrap();
    let whole: Vec<&str> = text.lines().collect();
    let without = |at: usize| [&whole[..at], &whole[at + 1..]].concat().join("\n") + "\n";
    let cases = [
        ("an empty file", String::new()),
        ("no export", "hello\n".to_owned()),
        ("a byte order mark", format!("\u{feff}{text}")),
        ("CR LF", text.replace('\n', "\r\n")),
        ("two exports", format!("{text}{text}")),
        ("without its first line", without(0)),
        ("without a line", without(5)),
        ("cut off in a line", text[..text.len() - 40].to_owned()),
        ("a line of 5 MiB", format!("{}\n{}\n", whole[0], "x".repeat(5 << 20))),
        ("a number as text", text.replacen("\"first\":1,", "\"first\":\"1\",", 1)),
    ];
    for (what, content) in cases {
        let file = server.dir().join("bad.ndjson");
        fs::write(&file, content).unwrap();
        let again = server.dir().join("again");
        let args = ["--data-dir", again.to_str().unwrap(), "events", "import", file.to_str().unwrap()];
        let refused = run(&args, &Environment::new(), server.dir());
        assert_eq!(refused.code, Some(6), "{what}: {refused:?}");
        let left = fs::read_dir(server.dir()).unwrap().flatten().map(|entry| entry.file_name().into_string().unwrap());
        let left: Vec<String> = left.filter(|name| name.contains("again") || name.contains("import")).collect();
        assert!(left.is_empty(), "{what} has left {left:?}");
        assert_eq!(verify(&file, &[]).code, Some(6), "{what}");
    }
}
