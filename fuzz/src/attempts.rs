//! Downloads attempts with arbitrary texts as a table, and reads it back.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tidings::http::attempts_csv;
use tidings::recent::attempts::{AttemptView, RequestView};

const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
/// Separates the texts of an input: a byte that never occurs in UTF-8.
const BETWEEN: u8 = 0xff;
/// Number of texts that make one attempt.
const TEXTS: usize = 6;

/// Writes the attempts of an input as a table, and checks what reads back.
pub fn write(bytes: &[u8]) {
    let texts: Vec<String> =
        bytes.split(|byte| *byte == BETWEEN).map(|text| String::from_utf8_lossy(text).into_owned()).collect();
    let views: Vec<AttemptView> = texts.chunks(TEXTS).map(view).collect();
    let table = attempts_csv(&views).expect("texts can be written");
    let table = table.strip_prefix(b"\xef\xbb\xbf").expect("a byte-order mark");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(table);
    let mut rows = reader.records().map(|row| row.expect("a table with rows of one length, in UTF-8"));
    let titles = rows.next().expect("titles");
    let rest = rows.by_ref();
    for view in &views {
        let row = rest.next().expect("a row for each attempt");
        for (title, cell) in titles.iter().zip(&row) {
            assert!(!cell.starts_with(FORMULA), "{title}: {cell:?}");
            let wanted = wanted(view, title).replace(is_hidden, "\u{fffd}");
            let shown = if wanted.starts_with(FORMULA) { format!("'{wanted}") } else { wanted };
            assert_eq!(cell, shown, "{title}");
        }
    }
    assert!(rest.next().is_none(), "a row for each attempt");
}

fn view(texts: &[String]) -> AttemptView {
    let text = |nth: usize| texts.get(nth).cloned().unwrap_or_default();
    AttemptView {
        id: "att_17".to_owned(),
        at: "2026-01-02T03:04:05.006Z".to_owned(),
        status: 400,
        request: RequestView {
            headers: BTreeMap::from([(text(1), text(2)), ("host".to_owned(), text(3))]),
            body: text(0),
            body_cut: texts.len().is_multiple_of(2),
        },
        answer: json!({"status": 400, "message": text(4)}),
        warnings: texts.iter().skip(TEXTS - 1).cloned().collect(),
        message_id: texts.get(3).cloned(),
    }
}

/// True for characters that no spreadsheet shows, and at which some stop reading.
fn is_hidden(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r')
}

/// Returns the expected content of a column.
fn wanted(view: &AttemptView, title: &str) -> String {
    let headers = || view.request.headers.iter().map(|(name, value)| format!("{name}: {value}"));
    match title {
        "id" => view.id.clone(),
        "at" => view.at.clone(),
        "status" => view.status.to_string(),
        "message_id" => view.message_id.clone().unwrap_or_default(),
        "message" => view.answer.get("message").and_then(Value::as_str).unwrap_or_default().to_owned(),
        "warnings" => view.warnings.join("; "),
        "headers" => headers().collect::<Vec<_>>().join("\n"),
        "body" => view.request.body.clone(),
        "body_cut" => view.request.body_cut.to_string(),
        "answer" => view.answer.to_string(),
        other => panic!("an unknown column {other}"),
    }
}
