//! Compares the figures of two sides over several rounds: medians, spreads and ratios.

use std::fmt;

/// The figures of both sides so far.
#[derive(Default)]
pub struct Comparison {
    figures: Vec<Figure>,
}

/// The side that a figure comes from.
#[derive(Clone, Copy)]
pub enum Side {
    Old,
    New,
}

struct Figure {
    name: String,
    old: Vec<f64>,
    new: Vec<f64>,
}

impl Comparison {
    /// Adds the figures of one round.
    pub fn add(&mut self, side: Side, figures: Vec<(String, f64)>) {
        for (name, value) in figures {
            let figure = self.figure(name);
            match side {
                Side::Old => figure.old.push(value),
                Side::New => figure.new.push(value),
            }
        }
    }

    /// True if there are no figures.
    pub fn is_empty(&self) -> bool {
        self.figures.is_empty()
    }

    fn figure(&mut self, name: String) -> &mut Figure {
        let at = self.figures.iter().position(|figure| figure.name == name).unwrap_or(self.figures.len());
        if at == self.figures.len() {
            self.figures.push(Figure { name, old: Vec::new(), new: Vec::new() });
        }
        #[expect(clippy::indexing_slicing, reason = "found there, or just put there")]
        &mut self.figures[at]
    }
}

/// Formats a Markdown table. A ratio is bold where all of one side's values lie above all of the other's.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| figure | old | new | new/old |\n|---|---|---|---|")?;
        for Figure { name, old, new } in &self.figures {
            let (old, new) = (Spread::of(old), Spread::of(new));
            writeln!(f, "| {name} | {} | {} | {} |", shown(old), shown(new), ratio(old, new))?;
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Spread {
    lowest: f64,
    median: f64,
    highest: f64,
}

impl Spread {
    /// Returns `None` if there are no values.
    fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (below, above) = (sorted.get(sorted.len().saturating_sub(1) / 2)?, sorted.get(sorted.len() / 2)?);
        Some(Self { lowest: *sorted.first()?, median: below.midpoint(*above), highest: *sorted.last()? })
    }

    fn is_apart_from(self, other: Self) -> bool {
        self.lowest > other.highest || other.lowest > self.highest
    }
}

fn shown(spread: Option<Spread>) -> String {
    let Some(Spread { lowest, median, highest }) = spread else { return "not there".to_owned() };
    format!("{median} ({lowest} to {highest})")
}

/// Returns an empty text if there is no ratio.
fn ratio(old: Option<Spread>, new: Option<Spread>) -> String {
    let (Some(old), Some(new)) = (old, new) else { return String::new() };
    if old.median == 0.0 {
        return String::new();
    }
    let bold = if new.is_apart_from(old) { "**" } else { "" };
    format!("{bold}{:.2}{bold}", new.median / old.median)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(old: &[f64], new: &[f64]) -> String {
        let mut comparison = Comparison::default();
        for (side, values) in [(Side::Old, old), (Side::New, new)] {
            for value in values {
                comparison.add(side, vec![("f".to_owned(), *value)]);
            }
        }
        comparison.to_string().lines().skip(2).collect()
    }

    #[test]
    fn the_median_is_the_middle_value_or_lies_between_the_two() {
        assert_eq!(Spread::of(&[5.0, 1.0, 9.0]), Some(Spread { lowest: 1.0, median: 5.0, highest: 9.0 }));
        assert_eq!(Spread::of(&[4.0, 1.0, 9.0, 2.0]), Some(Spread { lowest: 1.0, median: 3.0, highest: 9.0 }));
        assert_eq!(Spread::of(&[-7.0]), Some(Spread { lowest: -7.0, median: -7.0, highest: -7.0 }));
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn a_row_has_both_medians_with_their_spreads_and_the_ratio() {
        assert_eq!(
            table(&[100.0, 90.0, 110.0], &[105.0, 0.5, 120.0]),
            "| f | 100 (90 to 110) | 105 (0.5 to 120) | 1.05 |"
        );
    }

    #[test]
    fn a_ratio_is_bold_where_the_spreads_do_not_meet() {
        assert_eq!(table(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), "| f | 2 (1 to 3) | 5 (4 to 6) | **2.50** |");
        assert_eq!(table(&[4.0, 5.0, 6.0], &[1.0, 2.0, 3.0]), "| f | 5 (4 to 6) | 2 (1 to 3) | **0.40** |");
        assert_eq!(table(&[1.0, 2.0, 3.0], &[3.0, 4.0, 5.0]), "| f | 2 (1 to 3) | 4 (3 to 5) | 2.00 |");
    }

    #[test]
    fn nothing_is_divided_by_zero_and_what_only_one_side_told_is_shown() {
        assert_eq!(table(&[0.0], &[1.0]), "| f | 0 (0 to 0) | 1 (1 to 1) |  |");
        assert_eq!(table(&[], &[1.0]), "| f | not there | 1 (1 to 1) |  |");
        assert_eq!(table(&[1.0], &[]), "| f | 1 (1 to 1) | not there |  |");
    }

    #[test]
    fn figures_stay_in_the_order_in_which_they_were_first_told() {
        let mut comparison = Comparison::default();
        let told = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), 1.0)).collect();
        comparison.add(Side::New, told(&["b", "a"]));
        comparison.add(Side::Old, told(&["a", "c", "b"]));
        let names: Vec<&str> = comparison.figures.iter().map(|figure| figure.name.as_str()).collect();
        assert_eq!(names, ["b", "a", "c"]);
    }
}
