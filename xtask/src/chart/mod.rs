//! Charts as SVG: lines or groups of bars, several series, each axis even or logarithmic. They know nothing of what is shown.
//!
//! The same data gives the same bytes. Text stays text, and the colours follow a light or a dark viewer.

mod draw;
mod range;

pub use draw::{bars, lines};

/// How values lie along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps are equal differences.
    Even,
    /// Equal steps are equal factors.
    Logarithmic,
}

/// What runs along one side.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What is counted, with its unit: `p99, ms`.
    pub label: String,
    /// How values lie along it. A logarithmic axis leaves out what is not above 0.
    pub scale: Scale,
}

impl Axis {
    /// An axis along which equal steps are equal differences.
    pub fn even(label: &str) -> Self {
        Self { label: label.to_owned(), scale: Scale::Even }
    }

    /// An axis along which equal steps are equal factors.
    pub fn logarithmic(label: &str) -> Self {
        Self { label: label.to_owned(), scale: Scale::Logarithmic }
    }
}

/// Points that belong together, in the order in which a line joins them. Values that are no number are left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// Across and up.
    pub points: Vec<(f64, f64)>,
}

/// A chart of lines: one value against another.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines {
    /// The sentence above it.
    pub title: String,
    /// Across.
    pub x: Axis,
    /// Up.
    pub y: Axis,
    /// One line each.
    pub series: Vec<Series>,
}

/// A chart of bars: for each group one bar of every series.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// The sentence above it.
    pub title: String,
    /// What the groups are, with their unit.
    pub x: String,
    /// Names of the groups, from the left.
    pub groups: Vec<String>,
    /// Up.
    pub y: Axis,
    /// Name of a series and its value in each group.
    pub series: Vec<(String, Vec<f64>)>,
}

#[cfg(test)]
mod tests;
