//! The last tries of the outbound webhook, in the form for display and download.

use super::recent::Download;
use super::tables::{Tabled, TextEntry, headers, title};
use crate::outbound::{ResponseView, Try, TryView};

impl Download for Try {
    const FILE: &'static str = "outbound-log";
}

impl Tabled for TryView {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "at",
        "delivery_id",
        "status",
        "error",
        "duration_ms",
        "headers",
        "body",
        "body_cut",
        "answer",
        "answer_cut",
        "url",
        "answer_headers",
        "test",
    ];

    fn cells(&self) -> Vec<String> {
        let (answer, answer_cut) = answer(self);
        vec![
            self.id.clone(),
            self.at.clone(),
            self.delivery_id.clone(),
            status(self).unwrap_or_default(),
            self.error.clone().unwrap_or_default(),
            self.duration_ms.to_string(),
            headers(&self.request),
            self.request.body.clone(),
            self.request.body_cut.to_string(),
            answer.to_owned(),
            answer_cut.to_string(),
            self.url.clone(),
            answer_headers(self),
            self.test.to_string(),
        ]
    }

    fn text_entry(&self) -> TextEntry {
        let status = status(self).unwrap_or_else(|| "---".to_owned());
        let (answer, answer_cut) = answer(self);
        let test = if self.test { "  test" } else { "" };
        let (at, id, ms, delivery) = (&self.at, &self.id, self.duration_ms, &self.delivery_id);
        let what = format!("{at}  {status}  {id}  {ms} ms  delivery {delivery}{test}");
        TextEntry {
            line: what,
            notes: self.error.iter().map(|error| format!("error: {error}")).collect(),
            blocks: vec![
                ("url".to_owned(), self.url.clone()),
                ("headers".to_owned(), headers(&self.request)),
                (title("body", self.request.body_cut), self.request.body.clone()),
                ("answer's headers".to_owned(), answer_headers(self)),
                (title("answer", answer_cut), answer.to_owned()),
            ],
        }
    }
}

fn status(view: &TryView) -> Option<String> {
    view.response.as_ref().map(|response| response.status.to_string())
}

fn answer_headers(view: &TryView) -> String {
    let headers = view.response.iter().flat_map(|response| &response.headers);
    headers.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n")
}

/// Returns the response body, and true if it is cut.
fn answer(view: &TryView) -> (&str, bool) {
    view.response.as_ref().map_or(("", false), |ResponseView { body, body_cut, .. }| (body, *body_cut))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::http::api::tables::{read_back, text};
    use crate::recent::RequestView;

    fn failed(answer: Option<&str>) -> TryView {
        TryView {
            id: "try_17".to_owned(),
            at: "2026-01-02T03:04:05.006Z".to_owned(),
            delivery_id: "10010001".to_owned(),
            url: "https://crm.example/hook?***".to_owned(),
            test: false,
            request: RequestView {
                headers: BTreeMap::from([("webhook-id".to_owned(), "10010001".to_owned())]),
                body: "{\"text\":\"hi\"}".to_owned(),
                body_cut: false,
            },
            response: answer.map(|body| ResponseView {
                status: 500,
                headers: BTreeMap::from([("retry-after".to_owned(), "60".to_owned())]),
                body: body.to_owned(),
                body_cut: true,
            }),
            error: Some("report_http_error: The receiver answers with status 500".to_owned()),
            duration_ms: 84,
        }
    }

    #[test]
    fn what_a_receiver_answers_is_no_formula() {
        for start in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "plain", "a \"b\",\nc"] {
            let row = read_back(&[failed(Some(&format!("{start}|cmd")))]).remove(0);
            assert_eq!(row.len(), TryView::COLUMNS.len());
            assert!(row[9].ends_with(&format!("{start}|cmd")), "{row:?}");
            assert_eq!((&*row[3], &*row[10]), ("500", "true"));
        }
        let row = read_back(&[failed(None)]).remove(0);
        assert_eq!((&*row[3], &*row[9], &*row[10]), ("", "", "false"));
    }

    #[test]
    fn the_text_tells_a_receivers_lines_from_ours() {
        let forged = "no\r\n2026-01-02T03:04:05.006Z  200  try_18\u{1b}[31m\n  error: none";
        let text = text(&[failed(Some(forged)), failed(None)]);
        assert!(text.starts_with("2026-01-02T03:04:05.006Z  500  try_17  84 ms  delivery 10010001\n"), "{text}");
        assert!(text.contains("\n2026-01-02T03:04:05.006Z  ---  try_17  "), "{text}");
        assert_eq!(text.lines().filter(|line| !line.starts_with(' ') && !line.is_empty()).count(), 2, "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with("  error: ")).count(), 2, "{text}");
        assert!(text.contains("  answer (cut):\n    no\n") && !text.contains('\u{1b}'), "{text}");
    }
}
