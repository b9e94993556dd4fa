//! Draws charts as SVG: lines or groups of bars, several series, each axis linear or logarithmic. Knows nothing of
//! the data.
//!
//! The same data gives the same bytes. Text stays text, and the colours follow light and dark mode.

mod draw;
mod range;

pub use draw::{bars, lines};

/// The scale of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Linear: equal steps are equal differences.
    Even,
    /// Logarithmic: equal steps are equal factors.
    Logarithmic,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// The quantity with its unit: `p99, ms`.
    pub label: String,
    /// The scale. A logarithmic axis leaves out values that are not above 0.
    pub scale: Scale,
}

impl Axis {
    /// Creates a linear axis.
    pub fn even(label: &str) -> Self {
        Self { label: label.to_owned(), scale: Scale::Even }
    }

    /// Creates a logarithmic axis.
    pub fn logarithmic(label: &str) -> Self {
        Self { label: label.to_owned(), scale: Scale::Logarithmic }
    }
}

/// The points of one line, in drawing order. Values that are not finite are left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The name in the legend.
    pub name: String,
    /// Horizontal and vertical values.
    pub points: Vec<(f64, f64)>,
}

/// A line chart: one value against another.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines {
    /// The sentence above the chart.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// One line per series.
    pub series: Vec<Series>,
}

/// A bar chart: one bar of every series for each group.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// The sentence above the chart.
    pub title: String,
    /// The meaning of the groups, with their unit.
    pub x: String,
    /// Names of the groups, from left to right.
    pub groups: Vec<String>,
    /// The vertical axis.
    pub y: Axis,
    /// The name of each series and its value in each group.
    pub series: Vec<(String, Vec<f64>)>,
}

#[cfg(test)]
mod tests;
