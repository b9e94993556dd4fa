//! Reads the figures of a bench from the Markdown tables that it prints.

/// Separates two values in one cell.
const THEN: &str = ", then ";

/// Returns every number in the tables, named by its row and column. Leaves out cells that are not numbers.
pub fn figures(told: &str) -> Vec<(String, f64)> {
    let lines: Vec<&str> = told.lines().collect();
    let tables = lines.split(|line| !line.starts_with('|')).filter(|lines| !lines.is_empty());
    tables.flat_map(|lines| of_table(&lines.iter().map(|line| cells(line)).collect::<Vec<_>>())).collect()
}

fn of_table(rows: &[Vec<&str>]) -> Vec<(String, f64)> {
    let [header, _rule, rows @ ..] = rows else { return Vec::new() };
    let names = names_of_a_row(rows);
    rows.iter().flat_map(|row| of_row(header, row, names)).collect()
}

/// Returns how many columns name a row: all up to the first one without numbers, or else only the first one.
fn names_of_a_row(rows: &[Vec<&str>]) -> usize {
    let has_no_number = |at: &usize| rows.iter().all(|row| row.get(*at).and_then(|cell| number(cell)).is_none());
    let columns = rows.iter().map(Vec::len).min().unwrap_or(0);
    (0..columns).find(has_no_number).map_or(1, |at| at + 1)
}

fn of_row(header: &[&str], row: &[&str], names: usize) -> Vec<(String, f64)> {
    let row_name: Vec<String> = row.iter().take(names).map(|cell| name(cell)).collect();
    let row_name = row_name.join(", ");
    let mut figures = Vec::new();
    for (column, cell) in header.iter().zip(row).skip(names) {
        for (nth, part) in cell.split(THEN).enumerate() {
            let then = if nth == 0 { "" } else { THEN.trim_end() };
            let colon = if column.is_empty() { "" } else { ": " };
            figures.extend(number(part).map(|value| (format!("{row_name}{colon}{column}{then}"), value)));
        }
    }
    figures
}

fn cells(line: &str) -> Vec<&str> {
    let line = line.trim().trim_start_matches('|');
    line.strip_suffix('|').unwrap_or(line).split('|').map(str::trim).collect()
}

fn number(cell: &str) -> Option<f64> {
    cell.trim_matches('*').parse().ok().filter(|value: &f64| value.is_finite())
}

/// Makes a cell part of a name. Numbers between words are measured values, which differ from run to run, so they
/// become `N`.
fn name(cell: &str) -> String {
    if number(cell).is_some() {
        return cell.to_owned();
    }
    let words = cell.split(' ').map(|word| if number(word).is_some() { "N" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(told: &str, expected: &[(&str, f64)]) {
        let expected: Vec<(String, f64)> = expected.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        assert_eq!(figures(told), expected);
    }

    #[test]
    fn a_row_is_named_by_its_cells_up_to_the_first_words() {
        check(
            "| clients | side | accepts/s | p50 ms |\n|---|---|---|---|\n| 64 | tidings | 33598 | **1.79** |\n",
            &[("64, tidings: accepts/s", 33598.0), ("64, tidings: p50 ms", 1.79)],
        );
    }

    #[test]
    fn a_row_of_numbers_is_named_by_the_first() {
        check(
            "| events | asleep, ms |\n|---|---|\n| 10 | 9.5 |\n| 100 | -4.8 |\n",
            &[("10: asleep, ms", 9.5), ("100: asleep, ms", -4.8)],
        );
    }

    #[test]
    fn a_cell_may_hold_two_numbers_or_none_and_a_column_no_name() {
        check(
            "| start | MiB | report s |\n|---|---|---|\n| sled, 16 MiB on disk | 504, then 806 | |\n| later | 9 | 0.5 |\n",
            &[
                ("sled, N MiB on disk: MiB", 504.0),
                ("sled, N MiB on disk: MiB, then", 806.0),
                ("later: MiB", 9.0),
                ("later: report s", 0.5),
            ],
        );
        check("| a message | |\n|---|---|\n| events | 10.15 |\n", &[("events", 10.15)]);
    }

    #[test]
    fn what_stands_around_tables_is_no_figure() {
        let told = "2 cores; 3 rounds\n\n| a | b |\n|---|---|\n| x | 1 |\n\nchart: {\"y\": 2}\n\n| c | d |\n|---|---|\n| y | 3 |";
        check(told, &[("x: b", 1.0), ("y: d", 3.0)]);
        check("no table", &[]);
        check("| a | b |", &[]);
    }
}
