//! Realistic input from people, spreadsheets and users of other gateways: odd phones, titles, texts, bodies and URLs.

use serde_json::{Value, json};

use crate::harness::client::message;
use crate::harness::{ACCOUNT_PHONE, Answer, Request, SOON, Server, Setup, Workspace, wait_until};

const ADA: &str = "+12025550121";
const GROUP: &str = "120363041234567890@g.us";

fn start() -> (Server, Workspace) {
    let server = Setup::new().clock_rate(60).start();
    let workspace = server.create_workspace("Acme", 100);
    workspace.connect_account(ACCOUNT_PHONE);
    (server, workspace)
}

fn warnings(workspace: &Workspace) -> Vec<String> {
    let attempt = workspace.newest("/inbound/attempts").into_iter().next().unwrap();
    attempt["warnings"].as_array().unwrap().iter().map(|warning| warning.as_str().unwrap().to_owned()).collect()
}

fn dry_run(workspace: &Workspace, body: &Value) -> Value {
    let request = Request::post(&*workspace.inbound).header("Dry-Run", "true");
    workspace.ask(&request.json(body)).success()["data"].clone()
}

fn set_strict(workspace: &Workspace, strict: bool) {
    workspace.ask(&workspace.api("PATCH", "/inbound").json(&json!({"strict": strict}))).success();
}

/// Checks the status of a refusal; returns its code, and its message with the hint.
fn refused(answer: &Answer, status: u16) -> (String, String) {
    assert_eq!(answer.status, status, "{answer:?}");
    let body = answer.json();
    let said = format!("{} {}", body["message"].as_str().unwrap(), body["error"]["hint"].as_str().unwrap_or_default());
    (body["error"]["code"].as_str().unwrap().to_owned(), said)
}

/// Users of other gateways put a JID of a person or group into the field for the phone.
#[test]
fn a_jid_in_phone_leads_to_the_chat_of_that_person_or_group() {
    let (server, workspace) = start();
    workspace.wait_for_state(&workspace.send(ADA, "one"), "sent", SOON);
    for jid in ["12025550121@c.us", "12025550121@s.whatsapp.net"] {
        let verdict = dry_run(&workspace, &message(jid, "two"));
        assert_eq!((&verdict["recipient"]["phone"], verdict["chat_id"].is_string()), (&json!(ADA), true), "{verdict}");
        assert!(verdict["warnings"][0].as_str().unwrap().contains("JID"), "{verdict}");
        workspace.wait_for_state(&workspace.send(jid, "two"), "sent", SOON);
        assert!(warnings(&workspace)[0].contains("JID"));
    }
    let body = json!({"phone": "12025550121@c.us", "text": "three"});
    assert_eq!(workspace.ask(&workspace.api("POST", "/messages").json(&body)).status, 201);
    server.simulator().receive(ACCOUNT_PHONE, ADA, "an answer");
    wait_until("the answer is heard", SOON, || {
        let chat = workspace.chats()[0]["chat_id"].as_str().unwrap().to_owned();
        let messages = workspace.newest(&format!("/chats/{chat}/messages"));
        messages.iter().any(|message| message["text"] == "an answer").then_some(())
    });
    assert_eq!(workspace.chats().len(), 1, "one person is one chat");
    assert_eq!(workspace.chats()[0]["phone"], ADA);

    workspace.send(GROUP, "to all");
    let group = workspace.chats().into_iter().find(|chat| chat["is_group"] == true).expect("a group");
    assert_eq!((&group["jid"], &group["phone"]), (&json!(GROUP), &json!("")));

    set_strict(&workspace, true);
    let (code, said) = refused(&workspace.post(&message("12025550121@c.us", "four")), 400);
    assert!(code == "invalid_phone" && said.contains("JID"), "{code} {said}");
}

/// The account, too, is found by its number in any spelling; the JID of a group or of a hidden number is not one.
#[test]
fn a_jid_for_the_account_means_its_number() {
    let (_server, workspace) = start();
    workspace.connect_account("+12025550110");
    let from = |account: &str| {
        let mut body = message(ADA, "hi");
        body["whatsapp account phone"] = account.into();
        workspace.post(&body)
    };
    for account in ["12025550100@c.us", "12025550100@s.whatsapp.net", "\u{feff}+1 202 555 0100", "0012025550100"] {
        let id = from(account).message_id();
        assert_eq!(workspace.message(&id).view["account"], ACCOUNT_PHONE, "{account}");
    }
    for account in ["12025550100@g.us", "12025550100@lid", "+1 (0)2025550100", "12025550100.5"] {
        assert_eq!(refused(&from(account), 404).0, "account_not_found", "{account}");
    }
}

/// A message must never go to somebody else because a character was dropped.
#[test]
fn odd_phones_reach_whom_a_person_would_call_or_nobody() {
    let (server, workspace) = start();
    let sent = [
        (json!("12025550111.0"), "+12025550111", true),
        (json!("tel:+12025550112"), "+12025550112", true),
        (json!("\u{feff}+12025550113"), "+12025550113", false),
        (json!("+1\u{61c}202\u{ad}555\u{200c}0114"), "+12025550114", false),
        (json!("+١٢٠٢٥٥٥٠١١٥"), "+12025550115", false),
        (json!(12_025_550_116_u64), "+12025550116", false),
    ];
    for (phone, reaches, is_warned) in &sent {
        let id = workspace.post(&json!({"action": "send", "phone": phone, "text": "hi"})).message_id();
        assert_eq!(warnings(&workspace).len(), usize::from(*is_warned), "{phone}");
        workspace.wait_for_state(&id, "sent", SOON);
        assert_eq!(server.simulator().texts(reaches), ["hi"], "{phone}");
    }
    let exponent = r#"{"action":"send","phone":1.2025550117e10,"text":"hi"}"#;
    let request = Request::post(&*workspace.inbound).body("application/json", exponent);
    workspace.wait_for_state(&workspace.ask(&request).message_id(), "sent", SOON);
    assert!(warnings(&workspace)[0].contains("exponent"));
    let credits = workspace.credits();
    let nobodys =
        ["+44 (0)20 7946 0958", "12025550111.5", "5550111 5550112", "011 44 20 7946 0958", "1.2025550111E+10"];
    for phone in nobodys {
        let id = workspace.send(phone, "hi");
        assert!(warnings(&workspace)[0].contains("is no number: "), "{phone}");
        assert_eq!(workspace.wait_for_state(&id, "failed", SOON).failure.as_deref(), Some("recipient_invalid"));
    }
    wait_until("all is refunded", SOON, || (workspace.credits() == credits).then_some(()));
    for strangers in
        ["+4402079460958", "+442079460958", "+120255501115", "+55501115550112", "+011442079460958", "+442079460958"]
    {
        assert_eq!(server.simulator().texts(strangers), Vec::<String>::new(), "{strangers}");
    }
    set_strict(&workspace, true);
    for phone in nobodys.into_iter().chain(["12025550111.0", "tel:+12025550112", "2025550112"]) {
        assert_eq!(refused(&workspace.post(&message(phone, "hi")), 400).0, "invalid_phone", "{phone}");
    }
    for (phone, _, is_warned) in &sent {
        let answer = workspace.post(&json!({"action": "send", "phone": phone, "text": "hi"}));
        assert_eq!(answer.status, if *is_warned { 400 } else { 200 }, "{phone}");
    }
}

/// Titles come from other people's keyboards, or are copied from web pages.
#[test]
fn a_chat_is_found_by_its_name_however_that_is_composed() {
    let (server, workspace) = start();
    let from = json!({"account": ACCOUNT_PHONE, "jid": GROUP, "from": ADA, "name": "Team Köln ", "text": "hello"});
    server.simulator().hear("receive", &from);
    wait_until("the group is known", SOON, || workspace.chats().pop());
    let to = |name: &str| workspace.post(&json!({"action": "send", "chat_name": name, "text": "hi"}));
    for name in ["Team Köln ", "Team Köln", " Team Ko\u{308}ln", "\u{200e}Team Köln\u{a0}"] {
        to(name).message_id();
    }
    let body = json!({"chat_name": "Team Ko\u{308}ln", "text": "hi"});
    assert_eq!(workspace.ask(&workspace.api("POST", "/messages").json(&body)).status, 201);
    for name in ["team köln", "Team Koln", "Köln"] {
        let (code, said) = refused(&to(name), 404);
        assert!(code == "chat_not_found" && said.contains("\"Team Köln\""), "{name}: {said}");
    }
    assert!(!refused(&to("Somebody who is not there at all"), 404).1.contains("Köln"));
    // A name that was set by hand is normalised in the same way.
    let path = format!("/chats/{}", workspace.chats()[0]["chat_id"].as_str().unwrap());
    workspace.ask(&workspace.api("PATCH", &path).json(&json!({"name": "Ko\u{308}ln Su\u{308}d"}))).success();
    to("Köln Süd").message_id();
    assert_eq!(to("Team Köln").status, 404);
}

/// URLs are copied with characters that follow them.
#[test]
fn a_slash_or_a_blank_behind_the_url_does_no_harm() {
    let (server, workspace) = start();
    for tail in ["", "/", "//", "%20", "%0A", "/%20", "%E2%80%8B", "?utm_source=crm", "/?x=1"] {
        let path = format!("{}{tail}", workspace.inbound);
        workspace.ask(&Request::post(&*path).json(&message(ADA, "hi"))).message_id();
        assert_eq!(workspace.ask(&Request::post(&*path).json(&json!({}))).status, 400, "{path}");
        assert_eq!(workspace.ask(&Request::new("PUT", &*path).json(&json!({}))).status, 405, "{path}");
        let page = workspace.ask(&Request::get(&*path).header("Accept", "text/html"));
        assert_eq!((page.status, page.text().contains("This address is for programs")), (405, true), "{path}");
    }
    assert_eq!(workspace.newest("/inbound/attempts").len(), 27, "all are attempts but what only reads");
    for path in ["/in/in_0/", "/in/in_0%20"] {
        assert_eq!(refused(&server.http().ask(&Request::post(path).json(&json!({}))), 404).0, "webhook_not_found");
    }
    assert_eq!(refused(&workspace.ask(&Request::post(format!("{}/x", workspace.inbound))), 404).0, "not_found");
}

/// Some tools can only send a URL.
#[test]
fn fields_in_the_address_are_not_read_and_the_refusal_says_so() {
    let (_server, workspace) = start();
    let path = format!("{}?action=send&phone=%2B12025550121&text=hi", workspace.inbound);
    for request in [Request::post(&*path), Request::post(&*path).json(&json!({"action": "send"})), Request::get(&*path)]
    {
        let answer = workspace.ask(&request);
        let said = answer.json()["error"]["hint"].as_str().unwrap().to_owned();
        assert!(said.contains("Fields in the address are not read (action, phone, text)"), "{answer:?}");
    }
    assert_eq!(workspace.credits(), 100);
}

/// The refusal names what a tool sent instead of JSON.
#[test]
fn bodies_that_are_no_json_are_called_by_their_name() {
    let (_server, workspace) = start();
    let multipart = "--0a\r\nContent-Disposition: form-data; name=\"phone\"\r\n\r\n+12025550131\r\n--0a--\r\n";
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56\x4a\x4c\x2e\xc9\xcc\xcf\x03".to_vec();
    let post = |kind: &str, body: &[u8]| Request::post(&*workspace.inbound).body(kind, body);
    for (request, wanted) in [
        (post("multipart/form-data; boundary=0a", multipart.as_bytes()), "a form was sent"),
        (post("application/json", &gzip).header("Content-Encoding", "gzip"), "the body is compressed (gzip)"),
        (post("application/json", &gzip), "the body is compressed (gzip)"),
        (
            post("application/json; charset=ISO-8859-1", b"{\"text\":\"Jos\xe9\"}"),
            "declared as iso-8859-1; send it as UTF-8",
        ),
        (post("application/json", "{\u{a0}\"action\":\"send\"}".as_bytes()), "U+00A0"),
        (post("application/json", b"%7B%22action%22%3A%22send%22%7D"), "percent-encoded"),
    ] {
        let (code, said) = refused(&workspace.ask(&request), 400);
        assert!(code == "invalid_json" && said.contains(wanted), "{said}");
    }
    let wrapped = json!({"data": {"action": "send", "phone": "+12025550131", "text": "x"}});
    assert!(refused(&workspace.post(&wrapped), 400).1.contains("The fields stand inside \"data\""));
    assert_eq!(workspace.credits(), 100);
}

/// Texts that programs damaged, or whose placeholders were never filled in.
#[test]
fn odd_texts_are_sent_and_told_of() {
    let (server, workspace) = start();
    let post = |text: &str| {
        let body = format!(r#"{{"action":"send","phone":"{ADA}","text":"{text}"}}"#);
        workspace.ask(&Request::post(&*workspace.inbound).body("application/json", body))
    };
    for (text, arrives, said) in [
        (r"See you \ud83d", "See you \u{fffd}", "half an emoji"),
        (r"a\u0000b", "ab", "U+0000"),
        ("Hi {{contact.first_name}}", "Hi {{contact.first_name}}", "{{contact.first_name}}"),
        ("Hi undefined", "Hi undefined", "undefined"),
        ("[object Object]", "[object Object]", "[object Object]"),
        (r"one\\ntwo", r"one\ntwo", "two characters"),
    ] {
        workspace.wait_for_state(&post(text).message_id(), "sent", SOON);
        assert!(warnings(&workspace)[0].contains(said), "{text}: {:?}", warnings(&workspace));
        assert_eq!(server.simulator().texts(ADA).first().map(String::as_str), Some(arrives));
    }
    let verdict = dry_run(&workspace, &message(ADA, "Hi {{contact.first_name}}"));
    assert!(verdict["warnings"][0].as_str().unwrap().contains("{{contact.first_name}}"), "{verdict}");
    for text in [r"\u200b", r"\u2800\u3164", r"\u0000"] {
        assert_eq!(refused(&post(text), 400).0, "empty_message", "{text}");
    }
    let file = json!({"action": "send", "phone": ADA, "text": "\u{200b}", "file_url": "https://files.example/a.png",
        "file_name": "a.png"});
    assert_eq!(dry_run(&workspace, &file)["cost"], 1);
    set_strict(&workspace, true);
    let (code, said) = refused(&post(r"See you \ud83d"), 400);
    assert!(code == "invalid_value" && said.contains("half an emoji"), "{said}");
    assert_eq!(refused(&post(r"a\u0000b"), 400).0, "invalid_value");
    post("Hi {{contact.first_name}}").message_id();
}
