//! Bodies byte for byte, and the names in them.

mod browser;
mod golden;
mod size;

use events::chat::Responsible;
use events::ids::{ChatId, MessageId};
use events::time::Timestamp;

use super::*;
use crate::outbound::bundle::{AccountSide, ChatSide};

const BASE: &str = "https://tidings.example";

/// The example of the contract: a person, a new chat, one message sent from the phone.
fn bundle() -> Bundle {
    let responsible = Responsible { full_name: "Amnon".into(), email: "amnon@acme.example".into() };
    Bundle {
        aggregated: false,
        account: AccountSide {
            full_name: "Amnon Haha".into(),
            email: "amnon@acme.example".into(),
            phone: "+972500000000".into(),
        },
        chat: ChatSide {
            id: ChatId::new(100_100_000_001).unwrap(),
            full_name: "John Doe".into(),
            phone: "+97251111111".into(),
            is_group: false,
            is_new_chat: true,
            responsible: Some(responsible),
        },
        messages: vec![said(Direction::Sent, "lorem ipsum")],
    }
}

fn said(direction: Direction, text: &str) -> Said {
    Said {
        id: MessageId::from_bits(0x9FCC_85FE_9966_2E46),
        direction,
        at: Timestamp::from_ms(1_614_147_929_007),
        sent_by: None,
        text: text.into(),
        file: None,
    }
}

fn text_of(bundle: &Bundle) -> String {
    String::from_utf8(json(bundle, BASE).unwrap()).unwrap()
}

/// The part of a body between two pieces.
fn between<'a>(body: &'a str, begin: &str, end: &str) -> &'a str {
    body.split_once(begin).unwrap().1.split_once(end).unwrap().0
}

const EXAMPLE_BEGIN: &str = concat!(
    r#"{"whatsapp_account":{"full_name":"Amnon Haha","email":"amnon@acme.example","phone":"+972500000000"},"#,
    r#""chat":{"full_name":"John Doe","responsible_name":"Amnon","responsible_email":"amnon@acme.example","#,
    r#""chat_url":"https://tidings.example/chat/100100000001/messages/","chat_id":"100100000001","is_new_chat":true,"#,
    r#""is_group":false,"phone":"+97251111111"},"#,
);
const EXAMPLE_MESSAGE: &str = concat!(
    r#"{"direction":"sent","timestamp":"2021-02-24T06:25:29+0000","message_id":"wa_backend:3EB09FCC85FE99662E46","#,
    r#""sender":{"full_name":"Amnon Haha","phone":"+972500000000"},"#,
    r#""recipient":{"full_name":"John Doe","phone":"+97251111111"},"text":"lorem ipsum"}"#,
);

#[test]
fn one_message_has_the_body_of_the_manual() {
    assert_eq!(text_of(&bundle()), format!(r#"{EXAMPLE_BEGIN}"message":{EXAMPLE_MESSAGE}}}"#));
}

#[test]
fn a_bundle_has_the_aggregated_body_of_the_manual() {
    let second = Said {
        id: MessageId::from_bits(2),
        at: Timestamp::from_ms(1_614_183_900_000),
        ..said(Direction::Received, "a < b\n\"c\" & 'd'")
    };
    let aggregated =
        Bundle { aggregated: true, messages: vec![said(Direction::Sent, "lorem ipsum"), second], ..bundle() };
    let expected = [
        EXAMPLE_BEGIN,
        r#""messages":["#,
        EXAMPLE_MESSAGE,
        r#",{"direction":"received","timestamp":"2021-02-24T16:25:00+0000","message_id":"wa_backend:3EB00000000000000002","#,
        r#""sender":{"full_name":"John Doe","phone":"+97251111111"},"#,
        r#""recipient":{"full_name":"Amnon Haha","phone":"+972500000000"},"text":"a < b\n\"c\" & 'd'"}],"#,
        r#""first_message_timestamp":"2021-02-24T06:25:29+0000","last_message_timestamp":"2021-02-24T16:25:00+0000","#,
        r#""aggregation":"from Amnon Haha on 2021-02-24 06:25: lorem ipsum<br/>"#,
        r"from John Doe on 2021-02-24 16:25: a &lt; b<br/>&quot;c&quot; &amp; &#39;d&#39;<br/>",
        r"Click <a href='https://tidings.example/permalink/74696469-6e67-8002-9fcc-85fe99662e46/'>here</a> ",
        r#"to open the conversation in Tidings"}"#,
    ];
    assert_eq!(text_of(&aggregated), expected.concat());
}

#[test]
fn a_teammate_who_sent_it_is_its_sender_and_never_its_recipient() {
    let mut reported = bundle();
    reported.messages[0].sent_by = Some("Dana Roe".into());
    let sender = r#""sender":{"full_name":"Dana Roe","phone":"+972500000000"}"#;
    assert!(text_of(&reported).contains(sender), "{}", text_of(&reported));
    reported.messages[0].direction = Direction::Received;
    assert!(!text_of(&reported).contains("Dana"), "{}", text_of(&reported));
}

#[test]
fn nobody_is_responsible_in_empty_strings() {
    let mut reported = bundle();
    reported.chat.responsible = None;
    let body = text_of(&reported);
    assert!(body.contains(r#""responsible_name":"","responsible_email":"","#), "{body}");
}

#[test]
fn a_group_shows_no_phone_but_the_accounts_own() {
    let mut reported = bundle();
    reported.chat.is_group = true;
    for (aggregated, direction) in [(false, Direction::Sent), (true, Direction::Received)] {
        reported.aggregated = aggregated;
        reported.messages[0].direction = direction;
        let body = text_of(&reported);
        assert_eq!(body.matches(r#""phone":"""#).count(), 3, "{body}");
        assert_eq!(body.matches(r#""phone":"+972500000000""#).count(), 1, "{body}");
    }
}

#[test]
fn a_file_is_the_last_key_of_its_message() {
    let mut reported = bundle();
    let file = Attachment { name: "a.png".into(), size: 2_048, mime: "image/png".to_owned(), url: None };
    reported.messages[0].file = Some(file.clone());
    let received = r#","text":"lorem ipsum","attachments":[{"filename":"a.png","size":2048,"mimetype":"image/png"}]}}"#;
    assert!(text_of(&reported).ends_with(received), "{}", text_of(&reported));
    reported.messages[0].file = Some(Attachment { url: Some("https://files.example/a.png".into()), ..file });
    let body = text_of(&reported);
    assert!(body.contains(r#"[{"temporary_download_url":"https://files.example/a.png","filename":"a.png","#), "{body}");
}

#[test]
fn only_the_aggregation_is_escaped() {
    let mut reported = bundle();
    reported.aggregated = true;
    reported.chat.full_name = "<b>John</b>".into();
    reported.messages = vec![said(Direction::Received, "<i>a</i>\r\n\0")];
    let body = text_of(&reported);
    assert!(body.contains(r#""chat":{"full_name":"<b>John</b>","#), "{body}");
    assert!(body.contains("\"text\":\"<i>a</i>\\r\\n\u{fffd}\""), "{body}");
    let shown = "from &lt;b&gt;John&lt;/b&gt; on 2021-02-24 06:25: &lt;i&gt;a&lt;/i&gt;&#13;<br/>\u{fffd}<br/>";
    assert_eq!(between(&body, r#""aggregation":""#, "Click"), shown);
}

// A receiver may be unable to store NUL, whoever wrote it and whenever.
#[test]
fn no_nul_is_reported() {
    let mut reported = bundle();
    let nul = "a\0b";
    (reported.account.full_name, reported.account.email, reported.chat.full_name) =
        (nul.into(), nul.into(), nul.into());
    reported.chat.responsible = Some(Responsible { full_name: nul.into(), email: nul.into() });
    let file = Attachment { name: nul.into(), size: 1, mime: nul.to_owned(), url: None };
    reported.messages = vec![Said { file: Some(file), ..said(Direction::Received, nul) }];
    for aggregated in [false, true] {
        reported.aggregated = aggregated;
        let body = text_of(&reported);
        assert!(!body.contains("\\u0000") && !body.contains('\0') && body.contains("a\u{fffd}b"), "{body}");
    }
}

// A reader of the aggregation must see that a file was attached.
#[test]
fn a_file_is_named_in_the_aggregation() {
    let mut reported = bundle();
    reported.aggregated = true;
    let file =
        |name: &str| Some(Attachment { name: name.into(), size: 1, mime: "application/pdf".to_owned(), url: None });
    let alone = Said { file: file("in<voice>\"1\".pdf"), ..said(Direction::Received, "") };
    let beside = Said { file: file("b.pdf"), ..said(Direction::Sent, "see") };
    reported.messages = vec![alone, beside];
    let shown = concat!(
        "from John Doe on 2021-02-24 06:25: in&lt;voice&gt;&quot;1&quot;.pdf<br/>",
        "from Amnon Haha on 2021-02-24 06:25: see<br/>b.pdf<br/>"
    );
    assert_eq!(between(&text_of(&reported), r#""aggregation":""#, "Click"), shown);
}

#[test]
fn a_bundle_of_the_wrong_size_is_refused() {
    let empty = Bundle { messages: Vec::new(), ..bundle() };
    assert!(matches!(json(&empty, BASE), Err(BodyError::Empty)));
    assert!(matches!(json(&Bundle { aggregated: true, ..empty }, BASE), Err(BodyError::Empty)));
    let two = Bundle { messages: vec![said(Direction::Sent, "a"), said(Direction::Sent, "b")], ..bundle() };
    assert!(matches!(json(&two, BASE), Err(BodyError::NotAggregated(2))));
}
