//! Output of results: aligned columns or labelled lines for people, one JSON object per line for machines.

use comfy_table::{Cell, ContentArrangement, Table, presets};
use serde_json::Value;

use super::activity_line::visible;
use super::screen::width;

/// The title of a column or line, and the JSON pointer (RFC 6901) to its value.
pub(super) type Column = (&'static str, &'static str);

/// Longer cells are cut, because they would push the others off the screen.
const CHARS_MAX: usize = 80;

/// Formats rows under their titles; an empty text if there are none.
pub(super) fn list(json: bool, rows: &[Value], columns: &[Column]) -> String {
    if json {
        return rows.iter().flat_map(|row| [row.to_string(), "\n".to_owned()]).collect();
    }
    let cells = rows.iter().map(|row| columns.iter().map(|(_, pointer)| shortened(text(row, pointer))).collect());
    columned(columns.iter().map(|(title, _)| title.to_uppercase()).collect(), cells.collect())
}

/// Formats cells under their titles; an empty text if there are none.
pub(super) fn columned(titles: Vec<String>, rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    laid_out(titles, rows, width())
}

/// Formats cells to fit into `width` columns, with line breaks between words.
fn laid_out(titles: Vec<String>, rows: Vec<Vec<String>>, width: Option<u16>) -> String {
    let mut table = plain(width);
    table.set_header(titles);
    table.add_rows(rows);
    format!("{}\n", trimmed(&table))
}

/// Formats one object, one line for each of its values.
pub(super) fn view(json: bool, value: &Value, lines: &[Column]) -> String {
    if json {
        return format!("{value}\n");
    }
    let mut table = plain(width());
    for (label, pointer) in lines {
        table.add_row([Cell::new(label), Cell::new(text(value, pointer))]);
    }
    format!("{}\n", trimmed(&table))
}

/// Returns the value at a JSON pointer as people write it, with all characters visible; a dash if there is none.
pub(super) fn text(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) if text.is_empty() => "-".to_owned(),
        Some(Value::String(text)) => text.chars().map(visible).collect(),
        Some(Value::Bool(true)) => "yes".to_owned(),
        Some(Value::Bool(false)) => "no".to_owned(),
        Some(Value::Array(items)) => {
            let items: Vec<String> = items.iter().map(|item| text(item, "")).collect();
            if items.is_empty() { "-".to_owned() } else { items.join(", ") }
        }
        Some(other) => other.to_string().chars().map(visible).collect(),
    }
}

fn shortened(text: String) -> String {
    if text.chars().nth(CHARS_MAX).is_none() {
        return text;
    }
    text.chars().take(CHARS_MAX - 1).chain(['…']).collect()
}

fn plain(width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if let Some(width) = width {
        // `trimmed` removes the padding at both ends again.
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.saturating_add(2));
    }
    table
}

/// Formats the table without the padding at both ends of its lines.
fn trimmed(table: &Table) -> String {
    let lines = table.lines().map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const COLUMNS: &[Column] = &[("id", "/id"), ("name", "/owner/name"), ("on", "/on")];

    fn rows() -> Vec<Value> {
        vec![
            json!({"id": 7, "owner": {"name": "Ada"}, "on": true}),
            json!({"id": 1001, "owner": {"name": "a\u{1b}[2J"}, "on": null}),
        ]
    }

    #[test]
    fn rows_stand_in_columns_and_cannot_steer_the_terminal() {
        assert_eq!(list(false, &rows(), COLUMNS), "ID    NAME   ON\n7     Ada    yes\n1001  a·[2J  -\n");
    }

    #[test]
    fn machines_read_one_object_a_line() {
        let told = list(true, &rows(), COLUMNS);
        let read: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read, rows());
    }

    #[test]
    fn on_a_terminal_rows_fit_and_break_between_words() {
        let text = "Thank you for your order, it has left our house and will be with you soon";
        let rows = vec![vec!["1001".to_owned(), text.to_owned(), "+12025550101".to_owned()]];
        let titles = ["ID", "TEXT", "PHONE"].map(str::to_owned).to_vec();
        let told = laid_out(titles, rows, Some(40));
        assert!(told.lines().count() > 3 && told.lines().all(|line| line.chars().count() <= 40), "{told}");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert!(words(text).iter().all(|word| words(&told).contains(word)), "{told}");
    }

    #[test]
    fn no_rows_are_no_table() {
        assert_eq!(list(false, &[], COLUMNS), "");
        assert_eq!(list(true, &[], COLUMNS), "");
    }

    #[test]
    fn one_thing_is_told_line_by_line() {
        let told = view(false, &rows()[0], &[("Number", "/id"), ("Owner", "/owner/name"), ("Tags", "/tags")]);
        assert_eq!(told, "Number  7\nOwner   Ada\nTags    -\n");
    }

    #[test]
    fn a_long_cell_is_cut_in_a_list_and_whole_in_a_view() {
        let row = json!({"id": "ü".repeat(81)});
        assert!(list(false, std::slice::from_ref(&row), &[("id", "/id")]).contains(&format!("{}…\n", "ü".repeat(79))));
        assert!(view(false, &row, &[("id", "/id")]).contains(&"ü".repeat(81)));
    }
}
