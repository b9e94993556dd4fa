//! The last attempts to send through the inbound webhook, in the form for display and download.

use super::recent::Download;
use super::tables::{Tabled, TextEntry, headers, title};
use crate::recent::attempts::{Attempt, AttemptView};

impl Download for Attempt {
    const FILE: &'static str = "inbound-log";
}

impl Tabled for AttemptView {
    const COLUMNS: &'static [&'static str] =
        &["id", "at", "status", "message_id", "message", "warnings", "headers", "body", "body_cut", "answer"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.clone(),
            self.at.clone(),
            self.status.to_string(),
            self.message_id.clone().unwrap_or_default(),
            said(self).to_owned(),
            self.warnings.join("; "),
            headers(&self.request),
            self.request.body.clone(),
            self.request.body_cut.to_string(),
            self.answer.to_string(),
        ]
    }

    fn text_entry(&self) -> TextEntry {
        let message = self.message_id.iter().map(|message| format!("message: {message}"));
        let warnings = self.warnings.iter().map(|warning| format!("warning: {warning}"));
        TextEntry {
            line: format!("{}  {}  {}  {}", self.at, self.status, self.id, said(self)),
            notes: message.chain(warnings).collect(),
            blocks: vec![
                ("headers".to_owned(), headers(&self.request)),
                (title("body", self.request.body_cut), self.request.body.clone()),
                ("answer".to_owned(), self.answer.to_string()),
            ],
        }
    }
}

/// Returns the message of the response to the sender.
fn said(view: &AttemptView) -> &str {
    view.answer.get("message").and_then(|message| message.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::http::api::tables::{read_back, text};
    use crate::recent::attempts::RequestView;

    fn attempt(body: &str) -> AttemptView {
        AttemptView {
            id: "att_17".to_owned(),
            at: "2026-01-02T03:04:05.006Z".to_owned(),
            status: 400,
            request: RequestView {
                headers: BTreeMap::from([("user-agent".to_owned(), "crm/1.0".to_owned())]),
                body: body.to_owned(),
                body_cut: false,
            },
            answer: json!({"status": 400, "message": "text is missing"}),
            warnings: vec!["+odd".to_owned()],
            message_id: None,
        }
    }

    #[test]
    fn no_cell_is_a_formula_and_every_cell_is_read_back() {
        for start in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "plain", "a \"b\",\nc"] {
            let row = read_back(&[attempt(&format!("{start}|cmd"))]).remove(0);
            assert_eq!(row.len(), AttemptView::COLUMNS.len());
            assert!(row[7].ends_with(&format!("{start}|cmd")), "{row:?}");
        }
    }

    /// Without a byte order mark, spreadsheets assume the encoding of their country; at a NUL they stop reading.
    #[test]
    fn a_table_is_read_as_it_was_written_whatever_its_letters() {
        let table =
            crate::http::api::tables::csv(&[attempt("\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}\0\u{1b}[2J\u{9b}")])
                .unwrap();
        assert!(table.starts_with(b"\xef\xbb\xbfid,"), "{table:?}");
        let row = read_back(&[attempt("\u{41f}\0\u{1b}[2J\u{9b}a\tb")]).remove(0);
        assert_eq!(row[7], "\u{41f}\u{fffd}\u{fffd}[2J\u{fffd}a\tb");
        assert_eq!(read_back(&[attempt("\0=1+1")]).remove(0)[7], "\u{fffd}=1+1");
    }

    #[test]
    fn the_text_tells_lines_of_a_request_from_ours() {
        let text = text(&[attempt("{\n2026-01-02T03:04:05.006Z  200  att_18\n\u{1b}[31m}")]);
        assert!(text.starts_with("2026-01-02T03:04:05.006Z  400  att_17  text is missing\n"), "{text}");
        assert_eq!(text.lines().filter(|line| !line.starts_with(' ') && !line.is_empty()).count(), 1, "{text}");
        assert!(text.contains("  warning: +odd\n") && !text.contains('\u{1b}'), "{text}");
    }

    /// Warnings name unknown fields.
    #[test]
    fn a_warning_and_an_answer_stay_on_their_line() {
        const HOSTILE: &str = "a\u{1b}]0;b\u{7}\n2026-01-01T00:00:00Z  200  att_18\r\u{9b}31m";
        let mut odd = attempt("{}");
        odd.warnings = vec![format!("Unknown field \"{HOSTILE}\" was ignored.")];
        odd.answer = json!({"status": 400, "message": HOSTILE});
        let text = text(&[odd]);
        assert_eq!(text.lines().filter(|line| !line.starts_with(' ') && !line.is_empty()).count(), 1, "{text}");
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    }
}
