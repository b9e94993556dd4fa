//! The last attempts to send through the inbound webhook: listed, shown, downloaded.

use std::fmt::Write as _;

use actix_web::http::header::{CONTENT_DISPOSITION, ContentType};
use actix_web::{HttpRequest, HttpResponse, web};
use events::ids::WorkspaceId;

use super::caller::Caller;
use super::error::Refused;
use super::page::{self, Query};
use crate::attempts::{AttemptView, KEPT};
use crate::gateway::Gateway;

/// So many are shown unless more are asked for.
const SHOWN: usize = 10;
/// Spreadsheets take cells that begin so for formulas.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The last ones, the newest first.
pub(super) async fn list(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    let query = Query::of(&request)?.page_of(SHOWN, KEPT)?;
    let rows = all(&gateway, workspace).await?;
    Ok(page::answer(page::within(rows, query), query))
}

/// One attempt.
pub(super) async fn show(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, Refused> {
    let found = all(&gateway, workspace).await?.into_iter().map(|(_, view)| view).find(|view| view.id == *id);
    let not_found = || Refused::not_found("attempt_not_found", "Attempt not found: only the last 100 are kept");
    Ok(HttpResponse::Ok().json(found.ok_or_else(not_found)?))
}

/// All of them as a JSON list.
pub(super) async fn json(gateway: web::Data<Gateway>, Caller(workspace): Caller) -> Result<HttpResponse, Refused> {
    let views = views(&gateway, workspace).await?;
    let text = serde_json::to_vec_pretty(&views).map_err(|error| Refused::fault(&error))?;
    Ok(download("json", ContentType::json(), text))
}

/// All of them as a table that no spreadsheet takes for a program.
pub(super) async fn csv(gateway: web::Data<Gateway>, Caller(workspace): Caller) -> Result<HttpResponse, Refused> {
    let table = table(&views(&gateway, workspace).await?).map_err(|error| Refused::fault(&error))?;
    Ok(download("csv", ContentType("text/csv; charset=utf-8".parse().map_err(|error| Refused::fault(&error))?), table))
}

/// All of them for reading.
pub(super) async fn txt(gateway: web::Data<Gateway>, Caller(workspace): Caller) -> Result<HttpResponse, Refused> {
    let text = story(&views(&gateway, workspace).await?);
    Ok(download("txt", ContentType::plaintext(), text.into_bytes()))
}

async fn all(gateway: &Gateway, workspace: WorkspaceId) -> Result<Vec<(u64, AttemptView)>, Refused> {
    let listed = gateway.read(move |gateway| gateway.attempts.list(gateway.shard.log().as_ref(), workspace));
    Ok(listed.await?)
}

async fn views(gateway: &Gateway, workspace: WorkspaceId) -> Result<Vec<AttemptView>, Refused> {
    Ok(all(gateway, workspace).await?.into_iter().map(|(_, view)| view).collect())
}

fn download(kind: &str, content_type: ContentType, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"inbound-log.{kind}\"")))
        .insert_header(("x-content-type-options", "nosniff"))
        .body(bytes)
}

/// As a table, with a row of titles.
pub(super) fn table(views: &[AttemptView]) -> Result<Vec<u8>, Box<csv::Error>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let columns = ["id", "at", "status", "message_id", "message", "warnings", "headers", "body", "body_cut", "answer"];
    table.write_record(columns).map_err(Box::new)?;
    for view in views {
        table.write_record(cells(view).map(|cell| harmless(&cell))).map_err(Box::new)?;
    }
    table.into_inner().map_err(|error| Box::new(error.into_error().into()))
}

fn cells(view: &AttemptView) -> [String; 10] {
    [
        view.id.clone(),
        view.at.clone(),
        view.status.to_string(),
        view.message_id.clone().unwrap_or_default(),
        said(view).to_owned(),
        view.warnings.join("; "),
        headers(view),
        view.request.body.clone(),
        view.request.body_cut.to_string(),
        view.answer.to_string(),
    ]
}

/// A cell that begins like a formula is made a text.
fn harmless(cell: &str) -> String {
    if cell.starts_with(FORMULA) { format!("'{cell}") } else { cell.to_owned() }
}

fn story(views: &[AttemptView]) -> String {
    let mut text = String::new();
    for view in views {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{}  {}  {}  {}", view.at, view.status, view.id, said(view));
        if let Some(message) = &view.message_id {
            let _ = writeln!(text, "  message: {message}");
        }
        for warning in &view.warnings {
            let _ = writeln!(text, "  warning: {warning}");
        }
        let cut = if view.request.body_cut { " (cut)" } else { "" };
        for (title, block) in [
            ("headers".to_owned(), headers(view)),
            (format!("body{cut}"), view.request.body.clone()),
            ("answer".to_owned(), view.answer.to_string()),
        ] {
            let _ = writeln!(text, "  {title}:\n{}", indented(&block));
        }
        text.push('\n');
    }
    text
}

/// Lines of a request stand further right than ours, so that none can pass for ours.
fn indented(block: &str) -> String {
    let lines = block.split(['\n', '\r']).filter(|line| !line.is_empty());
    lines.map(|line| format!("    {}", line.replace(char::is_control, " "))).collect::<Vec<_>>().join("\n")
}

fn headers(view: &AttemptView) -> String {
    let lines = view.request.headers.iter().map(|(name, value)| format!("{name}: {value}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// What the sender was told, in words.
fn said(view: &AttemptView) -> &str {
    view.answer.get("message").and_then(|message| message.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::attempts::RequestView;

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
            let table = table(&[attempt(&format!("{start}|cmd"))]).unwrap();
            let mut reader = csv::Reader::from_reader(table.as_slice());
            let row = reader.records().next().unwrap().unwrap();
            assert!(row.iter().all(|cell| !cell.starts_with(FORMULA)), "{row:?}");
            assert!(row[7].ends_with(&format!("{start}|cmd")), "{row:?}");
        }
    }

    #[test]
    fn the_text_tells_lines_of_a_request_from_ours() {
        let text = story(&[attempt("{\n2026-01-02T03:04:05.006Z  200  att_18\n\u{1b}[31m}")]);
        assert!(text.starts_with("2026-01-02T03:04:05.006Z  400  att_17  text is missing\n"), "{text}");
        assert_eq!(text.lines().filter(|line| !line.starts_with(' ') && !line.is_empty()).count(), 1, "{text}");
        assert!(text.contains("  warning: +odd\n") && !text.contains('\u{1b}'), "{text}");
    }
}
