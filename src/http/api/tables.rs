//! Downloads of rows for people: a table in which no spreadsheet finds a formula, and a text.

use std::fmt::Write as _;

use crate::recent::RequestView;

/// Without it, spreadsheets assume another encoding.
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// Spreadsheets treat cells that begin with one of these as formulas.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A value that can be a row of a table and an entry of a text.
pub(in crate::http) trait Tabled {
    /// The column titles.
    const COLUMNS: &'static [&'static str];
    /// Returns as many cells as there are titles.
    fn cells(&self) -> Vec<String>;
    /// Returns the entry.
    fn text_entry(&self) -> TextEntry;
}

/// An entry of a text.
pub(in crate::http) struct TextEntry {
    /// Its summary, in one line.
    pub(in crate::http) line: String,
    /// Further lines that we wrote. They may quote others.
    pub(in crate::http) notes: Vec<String>,
    /// Titles, each with text from others.
    pub(in crate::http) blocks: Vec<(String, String)>,
}

/// Writes a CSV table with a row of titles.
pub(in crate::http) fn csv<T: Tabled>(views: &[T]) -> Result<Vec<u8>, Box<csv::Error>> {
    let mut table = csv::Writer::from_writer(BYTE_ORDER_MARK.as_bytes().to_vec());
    table.write_record(T::COLUMNS).map_err(Box::new)?;
    for view in views {
        table.write_record(view.cells().iter().map(|cell| harmless(cell))).map_err(Box::new)?;
    }
    table.into_inner().map_err(|error| Box::new(error.into_error().into()))
}

/// Turns a cell that begins like a formula into text. Replaces control characters, except tabs and line breaks.
fn harmless(cell: &str) -> String {
    let is_bad = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    let cell = cell.replace(is_bad, "\u{fffd}");
    if cell.starts_with(FORMULA) { format!("'{cell}") } else { cell }
}

/// Writes a text, one entry after the other.
pub(in crate::http) fn text<T: Tabled>(views: &[T]) -> String {
    let mut text = String::new();
    for entry in views.iter().map(Tabled::text_entry) {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{}", one_line(&entry.line));
        for note in entry.notes {
            let _ = writeln!(text, "  {}", one_line(&note));
        }
        for (title, block) in entry.blocks {
            let _ = writeln!(text, "  {title}:\n{}", indented(&block));
        }
        text.push('\n');
    }
    text
}

/// Indents text from others further than our own lines, so that it cannot imitate them.
fn indented(block: &str) -> String {
    let lines = block.split(['\n', '\r']).filter(|line| !line.is_empty());
    lines.map(|line| format!("    {}", one_line(line))).collect::<Vec<_>>().join("\n")
}

/// Replaces line breaks and other control characters: text from others stands in our own lines too.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// Formats a request's headers, one per line.
pub(in crate::http) fn headers(request: &RequestView) -> String {
    let lines = request.headers.iter().map(|(name, value)| format!("{name}: {value}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Formats a title that says if the body below it is cut.
pub(in crate::http) fn title(name: &str, is_cut: bool) -> String {
    let cut = if is_cut { " (cut)" } else { "" };
    format!("{name}{cut}")
}

/// Returns the rows of a table without its titles. Fails if a cell is a formula, or if a row has more or fewer
/// cells than titles.
#[cfg(test)]
pub(in crate::http) fn read_back<T: Tabled>(views: &[T]) -> Vec<Vec<String>> {
    let table = csv(views).unwrap();
    let table = table.strip_prefix(BYTE_ORDER_MARK.as_bytes()).expect("a byte-order mark");
    let mut reader = csv::Reader::from_reader(table);
    let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>());
    let rows: Vec<Vec<String>> = rows.collect();
    assert!(rows.iter().flatten().all(|cell| !cell.starts_with(FORMULA)), "{rows:?}");
    let is_plain = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    assert!(rows.iter().flatten().all(|cell| cell.chars().all(is_plain)), "{rows:?}");
    rows
}
