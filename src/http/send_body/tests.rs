//! Tests each field's rule, and the oddities that only cause warnings.

use super::*;

use crate::service::refusal::Refusal;

fn read(body: &str, origin: Origin) -> (Result<SendBody, Refusal>, Vec<String>) {
    let mut warnings = Vec::new();
    let body = SendBody::parse(body.as_bytes(), origin, None, 10, &mut warnings);
    (body, warnings)
}

fn parse(body: &str) -> Result<SendBody, Refusal> {
    read(body, Origin::Inbound).0
}

fn warnings(body: &str) -> Vec<String> {
    let (body, warnings) = read(body, Origin::Inbound);
    assert!(body.is_ok(), "{body:?}");
    warnings
}

fn code(body: &str) -> String {
    parse(body).unwrap_err().to_string().split(':').next().unwrap_or_default().to_owned()
}

#[test]
fn the_shortest_body_is_read() {
    let (body, warnings) = read(r#"{"action":"send","phone":"+12025550101","text":"hi"}"#, Origin::Inbound);
    let body = body.unwrap();
    assert_eq!(body.recipient, Recipient::Peer(Peer::from_phone("+12025550101")));
    assert_eq!((body.sender, body.text.as_str(), body.file), (None, "hi", None));
    assert_eq!((body.unknown_fields, warnings), (vec![], vec![]));
}

#[test]
fn numbers_count_as_their_digits() {
    for (number, digits) in [
        ("12025550101", "12025550101"),
        ("12025550101.0", "12025550101"),
        ("99999999999999999999", "99999999999999999999"),
        ("1e3", "1000"),
    ] {
        let body = parse(&format!(r#"{{"action":"send","phone":{number},"text":7.50}}"#)).unwrap();
        assert_eq!(body.recipient, Recipient::Peer(Peer::from_phone(digits)));
        assert_eq!(body.text, "7.50");
    }
    for number in ["12025550101.5", "-12025550101"] {
        assert_eq!(code(&format!(r#"{{"action":"send","phone":{number},"text":"x"}}"#)), "invalid_value");
        assert_eq!(code(&format!(r#"{{"action":"send","chat_id":{number},"text":"x"}}"#)), "chat_not_found");
    }
    let chat = parse(r#"{"action":"send","chat_id":100100000001,"text":"x"}"#).unwrap().recipient;
    assert_eq!(Some(chat), parse(r#"{"action":"send","chat_id":"100100000001","text":"x"}"#).ok().map(|b| b.recipient));
}

#[test]
fn the_first_of_several_recipients_counts_and_the_others_are_warned_about() {
    let body = r#"{"action":"send","text":"x","chat_name":"Ada","phone":"1","jid":"12025550101@c.us"}"#;
    assert_eq!(Some(parse(body).unwrap().recipient), Peer::from_jid("12025550101@c.us").map(Recipient::Peer));
    assert_eq!(warnings(body), ["\"phone\" was ignored: \"jid\" counts", "\"chat_name\" was ignored: \"jid\" counts"]);
    let named = parse(r#"{"action":"send","text":"x","phone":" ","chat_name":" Ada "}"#).unwrap();
    assert_eq!(named.recipient, Recipient::Name(" Ada ".to_owned()));
}

#[test]
fn text_is_kept_as_it_is_and_counted_in_characters() {
    let body = |text: &str| format!(r#"{{"action":"send","phone":"+12025550101","text":"{text}"}}"#);
    assert_eq!(parse(&body(" é\\n ")).unwrap().text, " é\n ");
    assert!(parse(&body("éééééééééé")).is_ok());
    assert_eq!(code(&body("ééééééééééé")), "text_too_long");
}

#[test]
fn with_a_file_the_text_may_be_blank_or_absent() {
    let file = r#""file_url":"https://files.example/cat.png","file_name":"pics/cat.png""#;
    for text in ["", r#","text":"""#, r#","text":" \n""#, r#","text":null"#] {
        let body = format!(r#"{{"action":"send","phone":"+12025550101",{file}{text}}}"#);
        let read = parse(&body).unwrap();
        assert_eq!((read.text.as_str(), read.file.unwrap().name.reveal()), ("", "cat.png"));
        assert_eq!(warnings(&body), ["\"file_name\" must be a plain name: \"cat.png\" was taken"]);
    }
}

#[test]
fn each_mistake_has_its_code() {
    let to = r#""phone":"+12025550101""#;
    let long = "1".repeat(256);
    for (body, wanted) in [
        (format!(r#"{{{to},"text":"x"}}"#), "missing_field"),
        (format!(r#"{{"action":"receive",{to},"text":"x"}}"#), "invalid_value"),
        (format!(r#"{{"action":"Send",{to},"text":"x"}}"#), "invalid_value"),
        (format!(r#"{{"action":"send",{to}}}"#), "missing_field"),
        (format!(r#"{{"action":"send",{to},"text":" "}}"#), "empty_message"),
        (format!(r#"{{"action":"send",{to},"text":null}}"#), "empty_message"),
        (format!(r#"{{"action":"send",{to},"text":["x"]}}"#), "invalid_value"),
        (format!(r#"{{"action":"send",{to},"text":{{}}}}"#), "invalid_value"),
        (format!(r#"{{"action":"send",{to},"text":true}}"#), "invalid_value"),
        (format!(r#"{{"action":"send",{to},"text":"x","jid":false}}"#), "invalid_value"),
        (format!(r#"{{"action":"send",{to},"text":"x","file_url":"u"}}"#), "file_name_missing"),
        (format!(r#"{{"action":"send",{to},"text":"x","file_name":"n"}}"#), "file_url_missing"),
        (format!(r#"{{"action":"send",{to},"text":"x","file_name":"n","file_url":"u"}}"#), "invalid_value"),
        (r#"{"action":"send","text":"x"}"#.to_owned(), "recipient_missing"),
        (r#"{"action":"send","text":"x","phone":"","jid":null}"#.to_owned(), "recipient_missing"),
        (r#"{"action":"send","text":"x","jid":"nobody"}"#.to_owned(), "invalid_value"),
        (r#"{"action":"send","text":"x","chat_id":"abc"}"#.to_owned(), "chat_not_found"),
        (r#"{"action":"send","text":"x","chat_id":-1.5}"#.to_owned(), "chat_not_found"),
        (format!(r#"{{"action":"send","text":"x","phone":"{long}"}}"#), "invalid_value"),
        (
            format!(r#"{{"action":"send",{to},"text":"x","whatsapp account phone":"1","whatsapp_account_phone":"2"}}"#),
            "conflicting_fields",
        ),
    ] {
        assert_eq!(code(&body), wanted, "{body}");
    }
}

#[test]
fn both_spellings_of_the_sender_may_say_the_same() {
    let body = r#"{"action":"send","phone":"+12025550101","text":"x","whatsapp account phone":"+1 202 555 0100",
        "whatsapp_account_phone":12025550100}"#;
    assert_eq!(parse(body).unwrap().sender.as_deref(), Some("+1 202 555 0100"));
}

#[test]
fn a_missing_field_that_was_misnamed_is_hinted_at() {
    for (body, meant) in [
        (r#"{"action":"send","text":"x","telefon":"+12025550101"}"#, "phone"),
        (r#"{"action":"send","text":"x","फोन":"+12025550101"}"#, "phone"),
        (r#"{"action":"send","text":"x","chatId":"1"}"#, "chat_id"),
        (r#"{"action":"send","phone":"+12025550101","metin":"x"}"#, "text"),
        (r#"{"eylem":"send","phone":"+12025550101","text":"x"}"#, "action"),
        (r#"{"action":"send","phone":"1","text":"x","file_url":"u","fileName":"n"}"#, "file_name"),
        (r#"{"action":"send","phone":"1","text":"x","dosya_url":"u","file_name":"n"}"#, "file_url"),
    ] {
        let refused = format!("{:?}", parse(body).unwrap_err());
        assert!(refused.contains(&format!("Did you mean \\\"{meant}\\\"?")), "{refused}");
    }
}

#[test]
fn what_is_odd_but_no_reason_to_refuse_is_a_warning() {
    let with = |more: &str| warnings(&format!(r#"{{"action":"send","phone":"+12025550101","text":"x",{more}}}"#));
    assert_eq!(with(r#""lead_id":[1]"#), ["Unknown field \"lead_id\" was ignored."]);
    assert_eq!(with(r#""metin":"y""#), ["Unknown field \"metin\" was ignored. Did you mean \"text\"?"]);
    assert_eq!(with(r#""text":"y""#), ["\"text\" is given more than once: the last one counts"]);
    let local = warnings(r#"{"action":"send","phone":"0532 111 22 33","text":"x"}"#);
    let wanted =
        "\"phone\" is no number: it begins with 0, so its country's code is missing. Write it like +12025550101";
    assert_eq!(local, [wanted]);
    let chat = r#"{"action":"send","chat_id":"100100000001","text":"x","whatsapp account phone":"+12025550100"}"#;
    assert_eq!(warnings(chat), ["\"whatsapp account phone\" was ignored: the chat's own account sends"]);
}

/// Reports anything odd in a phone that could make it another one; a strict webhook refuses these.
#[test]
fn what_is_odd_about_a_phone_is_told() {
    for (phone, canonical, said) in [
        (r#""12025550111.0""#, "+12025550111", "the .0 that spreadsheets write behind whole numbers was dropped"),
        ("12025550111.0", "+12025550111", "a JSON number with a fraction or an exponent"),
        ("1.2025550111e10", "+12025550111", "a JSON number with a fraction or an exponent"),
        (r#""tel:+12025550111""#, "+12025550111", "\"tel:\" was dropped"),
        (r#""0012025550111""#, "+12025550111", "00 was read as +"),
        (r#""2025550111""#, "+2025550111", "ten digits without +"),
        ("2025550111", "+2025550111", "ten digits without +"),
        (r#""12025550121@c.us""#, "+12025550121", "it is a JID"),
        (r#""120363041234567890@g.us""#, "120363041234567890@g.us", "it is a JID"),
        (r#""+44 (0)20 7946 0958""#, "?+44 (0)20 7946 0958", "leave that 0 out"),
        (r#""1.2E+10""#, "?1.2E+10", "exponent"),
        (r#""{{phone}}""#, "?{{phone}}", "placeholder"),
    ] {
        let body = format!(r#"{{"action":"send","phone":{phone},"text":"x"}}"#);
        let (read, warnings) = read(&body, Origin::Inbound);
        let read = read.unwrap();
        let Recipient::Peer(peer) = read.recipient else { panic!("{phone}: {:?}", read.recipient) };
        assert_eq!(peer.canonical, canonical);
        assert!(warnings.len() == 1 && warnings[0].contains(said), "{phone}: {warnings:?}");
        assert!(matches!(&read.doubt, Some(Doubt::Phone(why)) if why.contains(said)), "{phone}: {:?}", read.doubt);
    }
    for phone in ["\u{feff}+12025550111", "+1\u{61c}202\u{ad}5550111", "+1 (202) 555-0111", "+12025550111"] {
        let body = format!(r#"{{"action":"send","phone":"{phone}","text":"x"}}"#);
        assert_eq!((warnings(&body), parse(&body).unwrap().doubt), (vec![], None), "{phone:?}");
    }
}

/// Programs cut texts in the middle of an emoji, and leave other traces.
#[test]
fn broken_texts_are_mended_and_told() {
    let body = |text: &str| format!(r#"{{"action":"send","phone":"+12025550101","lead":[1],"text":"{text}"}}"#);
    for (text, wanted, said) in [
        (r"you \ud83d", "you \u{fffd}", "half an emoji"),
        (r"\udc00a", "\u{fffd}a", "half an emoji"),
        (r"a\u0000b", "ab", "U+0000"),
    ] {
        let read = parse(&body(text)).unwrap();
        assert_eq!(read.text, wanted);
        assert!(warnings(&body(text)).iter().any(|warning| warning.contains(said)), "{text}");
        assert!(matches!(&read.doubt, Some(Doubt::Text(what)) if what.contains(said)), "{:?}", read.doubt);
    }
    let read = parse(&body("Hi {{a.b}}")).unwrap();
    assert_eq!((read.text.as_str(), read.doubt), ("Hi {{a.b}}", None));
    assert!(warnings(&body("Hi {{a.b}}")).iter().any(|warning| warning.contains("\"{{a.b}}\"")));
    let name = parse(r#"{"action":"send","phone":"1","file_url":"https://files.example/a","file_name":"a\ud83d.pdf"}"#);
    assert_eq!(name.unwrap().file.unwrap().name.reveal(), "a\u{fffd}.pdf");
}

/// Nothing in it is visible, so nothing would be said.
#[test]
fn a_text_that_is_not_seen_is_empty() {
    for text in ["\\u200b", "\\u2800", "\\u3164 \\ufe0f", "\\u0000", "\\u00ad\\n\\u0007"] {
        let alone = format!(r#"{{"action":"send","phone":"+12025550101","text":"{text}"}}"#);
        assert_eq!(code(&alone), "empty_message", "{text}");
        let file = r#""file_url":"https://files.example/cat.png","file_name":"cat.png""#;
        let with_file = format!(r#"{{"action":"send","phone":"+12025550101","text":"{text}",{file}}}"#);
        assert_eq!(parse(&with_file).unwrap().text, "", "{text}");
    }
    assert_eq!(code(r#"{"action":"send","text":"x","phone":"\u200b"}"#), "recipient_missing");
}

/// The program that made the request has wrapped the fields.
#[test]
fn fields_inside_another_one_are_hinted_at() {
    for (body, holder) in [
        (r#"{"data":{"action":"send","phone":"+12025550131","text":"x"}}"#, "data"),
        (r#"{"body":"{\"action\":\"send\",\"phone\":\"+12025550131\",\"text\":\"x\"}"}"#, "body"),
        (r#"{"action":"send","payload":{"phone":"+12025550131","text":"x"}}"#, "payload"),
        (r#"{"action":"send","text":"x","data":{"phone":"+12025550131"}}"#, "data"),
    ] {
        let refused = format!("{:?}", parse(body).unwrap_err());
        assert!(refused.contains(&format!("The fields stand inside \\\"{holder}\\\"")), "{refused}");
    }
}

#[test]
fn fields_in_an_address_are_known_by_their_names() {
    let named = named_in_query("action=send&Phone=%2B1&x=1&whatsapp%20account%20phone=2&te%CC%81le%CC%81phone=3");
    assert_eq!(named, ["action", "Phone", "whatsapp account phone", "te\u{301}le\u{301}phone"]);
    assert_eq!(named_in_query("utm_source=a&v=2"), Vec::<String>::new());
}

#[test]
fn unknown_fields_are_named_up_to_a_number_and_a_length() {
    let fields: Vec<String> = (0..100).map(|nth| format!("\"{nth}{}\":1", "z".repeat(200))).collect();
    let body = format!(r#"{{"action":"send","phone":"+12025550101","text":"x",{}}}"#, fields.join(","));
    let unknown = parse(&body).unwrap().unknown_fields;
    assert_eq!((unknown.len(), unknown.iter().map(String::len).max()), (20, Some(64)));
    assert_eq!(warnings(&body).last().map(String::as_str), Some("80 more unknown fields were ignored"));
}

#[test]
fn our_own_api_needs_no_action_and_calls_the_sender_account() {
    let body = r#"{"phone":"+12025550101","text":"x","account":"+12025550100"}"#;
    let (read, warnings) = read(body, Origin::Api);
    assert_eq!((read.unwrap().sender.as_deref(), warnings), (Some("+12025550100"), vec![]));
    assert_eq!(code(body), "missing_field");
}
