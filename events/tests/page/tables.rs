//! The tables of the page, as a stranger would take them from it.

use std::collections::BTreeMap;

pub const PAGE: &str = include_str!("../../../docs/records.md");

/// Names and types, in the order of the bytes.
pub type Fields = Vec<(&'static str, &'static str)>;

/// A variant of a choice: its name, and the type of what it holds.
pub type Variant = (&'static str, Option<&'static str>);

/// A type of events.
pub struct EventType {
    pub name: &'static str,
    /// `chat`, `workspace`, or `-` if it has no personal text.
    pub sealed_for: &'static str,
    pub fields: Fields,
}

/// All tables of the page.
pub struct Page {
    /// What the page says of the bytes of each plain type.
    pub plain: BTreeMap<&'static str, &'static str>,
    pub structures: BTreeMap<&'static str, Fields>,
    pub choices: BTreeMap<&'static str, Vec<Variant>>,
    pub record: Fields,
    pub event: Fields,
    pub sealed_part: Fields,
    pub events: BTreeMap<(u64, u64), EventType>,
}

impl Page {
    pub fn read() -> Self {
        let plain = table("type").into_iter().flat_map(|row| row[0].split(", ").map(move |name| (code(name), row[1])));
        let structures = table("structure").into_iter().map(|row| (code(row[0]), fields(row[1])));
        let choices = table("choice").into_iter().map(|row| (code(row[0]), variants(row[1])));
        let events = table("number").into_iter().map(|row| {
            let event = EventType { name: code(row[2]), sealed_for: row[3], fields: fields(row[4]) };
            ((row[0].parse().unwrap(), row[1].parse().unwrap()), event)
        });
        let (rows, events) = (table("number").len(), events.collect::<BTreeMap<_, _>>());
        assert_eq!(rows, events.len(), "two rows of one number and version");
        Self {
            plain: plain.collect(),
            structures: structures.collect(),
            choices: choices.collect(),
            record: parts("part of a record"),
            event: parts("part of an event"),
            sealed_part: parts("sealed part"),
            events,
        }
    }

    /// The dotted names and the types of all fields of an event or a structure, those of structures within it included.
    pub fn all_fields(&self, fields: &Fields) -> Vec<(String, &'static str)> {
        let mut all = Vec::new();
        for (name, kind) in fields {
            all.push(((*name).to_owned(), *kind));
            if let Some(within) = self.structures.get(kind.trim_end_matches('?')) {
                all.extend(self.all_fields(within).into_iter().map(|(inner, kind)| (format!("{name}.{inner}"), kind)));
            }
        }
        all
    }

    /// The numbers that the page names for a plain type.
    pub fn numbers(&self, kind: &str) -> Vec<u64> {
        let words = self.plain[kind].split(|c: char| !c.is_ascii_digit()).filter(|word| !word.is_empty());
        words.map(|word| word.parse().unwrap()).collect()
    }
}

/// Returns the cells of all rows of the table whose first column is called like this.
fn table(first: &str) -> Vec<Vec<&'static str>> {
    let heading = format!("| {first} |");
    let rows = PAGE.lines().skip_while(|line| !line.starts_with(&heading)).skip(2);
    let rows: Vec<_> = rows.take_while(|line| line.starts_with('|')).map(cells).collect();
    assert!(!rows.is_empty(), "the page has no table {first}");
    rows
}

fn cells(row: &'static str) -> Vec<&'static str> {
    row.trim_matches('|').split('|').map(str::trim).collect()
}

fn parts(first: &str) -> Fields {
    table(first).into_iter().map(|row| (code(row[0]), row[1].trim_matches('`'))).collect()
}

fn fields(cell: &'static str) -> Fields {
    code(cell).split(", ").map(|field| field.split_once(": ").unwrap()).collect()
}

fn variants(cell: &'static str) -> Vec<Variant> {
    let variant = |(number, variant): (usize, &'static str)| {
        let (at, name) = code(variant).split_once(' ').unwrap();
        assert_eq!(at.parse(), Ok(number), "{variant}");
        name.split_once(": ").map_or((name, None), |(name, holds)| (name, Some(holds)))
    };
    cell.split(", ").enumerate().map(variant).collect()
}

/// Returns what stands between backticks.
fn code(cell: &str) -> &str {
    cell.strip_prefix('`').and_then(|cell| cell.strip_suffix('`')).unwrap_or_else(|| panic!("{cell} is no code"))
}
