//! Bodies that people post as JSON, and the explanations they get.

use super::*;

fn message(body: &str) -> String {
    fields(body.as_bytes()).unwrap_err().to_string()
}

#[test]
fn the_manuals_example_lacks_a_comma_on_line_4() {
    let manual = "{\n  \"action\": \"send\",\n  \"jid\": \"x\",\n  \"text\": \"lorem ipsum\"\n  \"file_url\": \"y\"\n}";
    let wanted = "Invalid JSON at line 4, column 24: a comma is missing after \"text\": \"lorem ipsum\" on line 4";
    assert_eq!(message(manual), format!("invalid_json: {wanted}"));
    assert!(message("{\"a\": 1 \"b\": 2}").ends_with("a comma is missing after \"a\": 1 on line 1"));
    assert!(message("{\"a\": [\n1,\n2\n]\n\"b\": 2}").ends_with("a comma is missing after ] on line 4"));
}

#[test]
fn each_slip_has_its_place_and_its_likely_cause() {
    for (body, line, column, cause) in [
        ("", 1, 1, "the body is empty"),
        (" \n ", 2, 2, "the body is empty"),
        ("action=send&phone=1", 1, 1, "looks like a form"),
        ("<xml/>", 1, 1, "looks like XML"),
        (r#"{"a": 1,}"#, 1, 8, "no comma may stand before the closing }"),
        (r#"{"a": [1,]}"#, 1, 9, "no comma may stand before the closing ]"),
        (r#"{"a": 1,,"b": 2}"#, 1, 9, "one comma too many"),
        ("{'a': 1}", 1, 2, "write double quotes"),
        (r#"{"é": 'x'}"#, 1, 7, "write double quotes"),
        ("{“a”: 1}", 1, 2, "write straight double quotes"),
        ("{\"a\": \"hi”,\n\"b\": 1}", 1, 12, "not with the typographic quote ”"),
        ("{\"a\": \"hi”}", 1, 7, "not with the typographic quote ”"),
        ("{a: 1}", 1, 2, "the name a must stand in double quotes: \"a\""),
        ("{\n\"a\": hello}", 2, 6, "the value hello must stand in double quotes: \"hello\""),
        (r#"{"a": True}"#, 1, 7, "write true instead of True"),
        (r#"{"a": undefined}"#, 1, 7, "write null"),
        (r#"{"a": +12025550101}"#, 1, 7, "begins with + must stand in double quotes"),
        (r#"{"a": 0532}"#, 1, 7, "0532 is no JSON number"),
        (r#"{"a": 1 202 555}"#, 1, 7, "a number with gaps"),
        (r#"{"a": }"#, 1, 7, "a value is missing here"),
        (r#"{"a" "b"}"#, 1, 6, "a colon is missing after \"a\""),
        (r#"{"a" = "b"}"#, 1, 6, "not ="),
        (r#"{"a": 1; "b": 2}"#, 1, 8, "a comma must stand here, not ;"),
        ("{\"a\": \"x\ny\"}", 1, 9, "a line break inside a text is written \\n"),
        ("{\"a\": \"x\ty\"}", 1, 9, "a tab inside a text is written \\t"),
        ("{\"a\": \"x\u{1}y\"}", 1, 9, "\\u0001"),
        (r#"{"a": "\d"}"#, 1, 8, "\\d is no escape"),
        (r#"{"a": "\u12"}"#, 1, 8, "four hexadecimal digits"),
        (r#"{"a": "He said "hi" to me"}"#, 1, 17, "a \" inside a text is written \\\""),
        (r#"{"a": "x"#, 1, 7, "its closing \" is missing"),
        (r#"{"a": 1"#, 1, 8, "the closing } is missing"),
        (r#"{"a": "#, 1, 7, "the closing } is missing"),
        (r#"{"a": {{phone}}}"#, 1, 8, "placeholder that was not filled in"),
        (r#"{"a": 1]"#, 1, 8, "} is expected, not ]"),
        (r#"{"a": 1} {"b": 2}"#, 1, 10, "nothing may follow"),
        (r#"{"a": 1}}"#, 1, 9, "nothing may follow"),
        ("{\"a\": 1 // one\n}", 1, 9, "no comments"),
        ("// one\n{\"a\": 1}", 1, 1, "no comments"),
    ] {
        let message = message(body);
        assert!(
            message.starts_with(&format!("invalid_json: Invalid JSON at line {line}, column {column}: ")),
            "{body} {message}"
        );
        assert!(message.contains(cause), "{body} {message}");
    }
}

/// Bodies that are not JSON in UTF-8: forms, archives, other encodings, output of shells and PHP.
#[test]
fn what_is_something_else_is_called_by_its_name() {
    let multipart = "--------------------------0a\r\nContent-Disposition: form-data; name=\"action\"\r\n\r\nsend\r\n";
    for (body, cause) in [
        (multipart, "a form was sent (multipart/form-data)"),
        ("action=send&phone=%2B12025550131&text=hi", "looks like a form"),
        ("data[action]=send&data[text]=hi", "looks like a form"),
        ("payload=%7B%22action%22%3A%22send%22%7D", "looks like a form"),
        ("%7B%22action%22%3A%22send%22%7D", "percent-encoded"),
        ("{\"action\":\"send\"}=", "field of a form"),
        ("Array\n(\n    [action] => send\n)\n", "as PHP prints it"),
        ("array (\n  'action' => 'send',\n)", "as PHP prints it"),
        ("a:1:{s:6:\"action\";s:4:\"send\";}", "as PHP prints it"),
        ("'{\"action\":\"send\"}'", "the shell's quotes"),
        ("'{action:send}'", "the shell's quotes"),
        ("{action:send}", "a shell may have taken the quotes away"),
        ("{\\\"action\\\":\\\"send\\\"}", "the quotes are escaped"),
        ("{\"action\": \\\"send\\\"}", "the quotes are escaped"),
        ("\"{\"action\":\"send\"}\"", "the whole body stands in quotes"),
        ("{\0\"\0a\0\"\0:\x001\0}\0", "UTF-16"),
        ("\0{\0\"\0a\0\"\0:\x001\0}", "UTF-16"),
        ("PK\u{3}\u{4}", "compressed (zip)"),
    ] {
        let message = message(body);
        assert!(
            message.starts_with("invalid_json: Invalid JSON at line 1, ") && message.contains(cause),
            "{body} {message}"
        );
    }
    for (body, cause) in [
        (&b"\x1f\x8b\x08\0\0\0\0\0\0\x03"[..], "compressed (gzip)"),
        (b"\x28\xb5\x2f\xfd\x04\x00", "compressed (zstd)"),
        (b"\x78\x9c\xab\x56\x4a", "compressed (deflate)"),
        (b"\xff\xfe{\0", "UTF-16"),
        (b"{\"text\":\"Jos\xe9\"}", "byte 13 is wrong: it looks like ISO-8859-1 or Windows-1252; send it as UTF-8"),
    ] {
        let message = fields(body).unwrap_err().to_string();
        assert!(message.contains(cause), "{body:?} {message}");
    }
}

/// Text that was pasted from web pages and word processors has invisible characters where JSON allows none.
#[test]
fn an_invisible_character_is_called_by_its_code() {
    for (body, column, code) in [
        ("{\u{a0}\"action\":\"send\"}", 2, "U+00A0"),
        ("\u{200b}{\"action\":\"send\"}", 1, "U+200B"),
        ("\u{feff}\u{feff}{\"action\":\"send\"}", 1, "U+FEFF"),
        ("{\"action\"\u{2003}:\"send\"}", 10, "U+2003"),
        ("{\"action\":\u{a0}\"send\"}", 11, "U+00A0"),
        ("{\"action\":\"send\"\u{a0},\"text\":\"x\"}", 17, "U+00A0"),
        ("{\"action\":\"send\",\u{2028}\"text\":\"x\"}", 18, "U+2028"),
        ("{\"action\":\"send\"}\u{0}", 18, "U+0000"),
    ] {
        let wanted = format!(
            "invalid_json: Invalid JSON at line 1, column {column}: the invisible character {code} must not stand here; delete it"
        );
        assert_eq!(message(body), wanted, "{body:?}");
    }
}

/// The declaration in the headers is mentioned only if the body cannot be read.
#[test]
fn headers_tell_what_a_body_is() {
    let explained = |headers: &[(&'static str, &'static str)], body: &[u8]| {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(name.parse().unwrap(), value.parse().unwrap());
        }
        explain(fields(body).unwrap_err(), &map, body).to_string()
    };
    for (headers, body, cause) in [
        (&[("content-encoding", "br")][..], &b"\x0b\x02\x80"[..], "the body is compressed (br); send it plain"),
        (&[("content-encoding", "GZIP")], b"x", "the body is compressed (gzip); send it plain"),
        (
            &[("content-type", "application/json; charset=ISO-8859-1")],
            b"{\"text\":\"Jos\xe9\"}",
            "declared as iso-8859-1; send it as UTF-8",
        ),
        (&[("content-type", "text/plain;charset=\"windows-1252\"; x=y")], b"\xe9", "declared as windows-1252; send"),
        (&[("content-type", "application/json; charset=utf-8")], b"\xe9", "it looks like ISO-8859-1 or Windows-1252"),
        (&[("content-type", "multipart/form-data; boundary=x")], b"--x--", "a form was sent (multipart/form-data)"),
        (&[("content-encoding", "aws-chunked")], b"{a: 1}", "the name a must stand in double quotes"),
    ] {
        let message = explained(headers, body);
        assert!(message.contains(cause), "{headers:?} {message}");
    }
}

/// Many senders wrap their fields into another field.
#[test]
fn a_field_that_holds_the_fields_is_found() {
    for (body, wanted) in [
        (r#"{"data":{"action":"send"}}"#, Some("data")),
        (r#"{"x":1,"payload":{"phone":"1"}}"#, Some("payload")),
        (r#"{"body":"{\"action\":\"send\"}"}"#, Some("body")),
        (r#"{"data":{"colour":"red"}}"#, None),
        (r#"{"data":[{"action":"send"}]}"#, None),
        (r#"{"data":"action"}"#, None),
    ] {
        assert_eq!(fields(body.as_bytes()).unwrap().holding(&["action", "phone"]), wanted, "{body}");
    }
}

#[test]
fn half_a_surrogate_is_found_when_its_field_is_read() {
    let body = b"{\n\"phone\": 1,\n\"text\": \"\\ud83d!\"}";
    let refused = fields(body).unwrap().text("text").unwrap_err().to_string();
    assert_eq!(
        refused,
        "invalid_json: Invalid JSON at line 3, column 9: this text has half an emoji: \\ud800 to \\udfff stand in pairs only"
    );
}

#[test]
fn only_an_object_will_do() {
    for body in ["[]", "null", "1", "\"x\"", "true", r#"[{"action":"send"}]"#] {
        assert!(message(body).starts_with("not_an_object"), "{body}");
        assert!(object(body.as_bytes()).unwrap_err().to_string().starts_with("not_an_object"), "{body}");
    }
}

#[test]
fn what_is_neither_an_object_nor_json_is_no_json() {
    for (body, at) in
        [("[1,", "column 4"), (r#"[{"action":"send",]"#, "column 19"), ("5x", "column 1"), ("[1] 2", "column 5")]
    {
        let message = message(body);
        assert!(message.starts_with("invalid_json") && message.contains(at), "{body} {message}");
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_counted() {
    let refused = fields(b"{\"a\": \"\xff\"}").unwrap_err().to_string();
    let wanted = "invalid_json: Invalid JSON at line 1, column 8: the body is not UTF-8, byte 8 is wrong: \
                  it looks like ISO-8859-1 or Windows-1252; send it as UTF-8";
    assert_eq!(refused, wanted);
    let refused = fields(b"{\n\"\xc3\xa9\": \"\xff\"}").unwrap_err().to_string();
    assert!(refused.contains("at line 2, column 7: "), "{refused}");
    assert!(fields(b"\xff\xfe{\0").unwrap_err().to_string().ends_with("the body is UTF-16; send it as UTF-8"));
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    assert_eq!(fields("\u{feff}{\"a\": 1}".as_bytes()).unwrap().fields.len(), 1);
    assert!(message("\u{feff}{a: 1}").contains("line 1, column 2"));
}

#[test]
fn nesting_is_bounded_and_costs_no_stack() {
    let nested = |depth: usize| format!("{{\"a\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(fields(nested(63).as_bytes()).is_ok());
    for body in [nested(64), nested(100_000), format!("{{\"a\": {}", "[".repeat(100_000))] {
        let message = message(&body);
        assert!(message.contains("nested deeper than 64 levels") || message.contains("too early"), "{message}");
    }
    assert!(message(&"[".repeat(100_000)).contains("nested deeper than 64 levels"));
    assert!(object(nested(100_000).as_bytes()).is_err());
}

#[test]
fn the_last_of_two_fields_of_one_name_counts() {
    let body = br#"{"a": 1, "b": 2, "a": 3}"#;
    let object = fields(body).unwrap();
    assert_eq!(object.fields.get("a").map(|value| value.get()), Some("3"));
    assert_eq!(object.repeated, ["a"]);
}

#[test]
fn fields_are_counted() {
    let body = |count: usize| {
        let fields: Vec<String> = (0..count).map(|nth| format!("\"f{nth}\": 1")).collect();
        format!("{{{}}}", fields.join(","))
    };
    assert!(fields(body(1_000).as_bytes()).is_ok());
    assert!(message(&body(1_001)).starts_with("invalid_value: The request body has more than 1000 fields"));
}

proptest::proptest! {
    #[test]
    fn whatever_serde_refuses_is_explained_and_nothing_else(body in "[{}\\[\\],:\"'a1 \\\\ntue+.\n-]{0,40}") {
        let right = serde_json::from_str::<IgnoredAny>(&body).is_ok();
        proptest::prop_assert_eq!(mistake::first(&body).is_none(), right, "{:?}", mistake::first(&body));
    }
}
