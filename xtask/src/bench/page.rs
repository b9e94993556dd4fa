//! The page of figures: the output of each bench becomes Markdown with pictures between its own two marks.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::chart::{Axis, Bars, Lines, Series, bars, lines};

/// Marks a line of a bench that contains a chart.
const CHART: &str = "chart: ";

pub struct Page<'a>(pub &'a str);

impl Page<'_> {
    /// Returns the page with these figures between the marks of the bench.
    pub fn with(&self, name: &str, figures: &str) -> Result<String> {
        let (begin, end) = (format!("<!-- {name}: begin -->"), format!("<!-- {name}: end -->"));
        let (before, rest) = self.0.split_once(&begin).with_context(|| format!("the page has no mark {begin}"))?;
        let (_, after) = rest.split_once(&end).with_context(|| format!("the page has no mark {end} behind that"))?;
        Ok(format!("{before}{begin}\n{}\n{end}{after}", figures.trim()))
    }
}

/// The output of a bench.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Markdown, with a picture in place of each chart.
    pub figures: String,
    /// Names and SVG contents.
    pub charts: Vec<(String, String)>,
}

impl Found {
    /// Parses a bench's output and draws its charts.
    pub fn read(told: &str) -> Result<Self> {
        let mut found = Self { figures: String::new(), charts: Vec::new() };
        for line in told.lines() {
            let Some(chart) = line.strip_prefix(CHART) else {
                found.figures.extend([line, "\n"]);
                continue;
            };
            let chart: Value = serde_json::from_str(chart).context("a chart that is no JSON")?;
            let (name, title) = (text(&chart, "name")?, text(&chart, "title")?);
            found.figures.extend(["![", &title, "](charts/", &name, ".svg)\n"]);
            found.charts.push((name, drawn(&chart, title)?));
        }
        let lines: Vec<&str> = found.figures.lines().collect();
        // Keep only one of several empty lines in a row.
        let kept = lines.iter().enumerate().filter(|(at, line)| !line.is_empty() || lines.get(at + 1) != Some(line));
        found.figures = kept.flat_map(|(_, line)| [line, "\n"]).collect();
        Ok(found)
    }
}

fn drawn(chart: &Value, title: String) -> Result<String> {
    let y = axis(&chart["y"])?;
    let series = chart["series"].as_array().context("a chart without series")?;
    let Some(groups) = chart["groups"].as_array() else {
        let series = series.iter().map(|one| Ok(Series { name: text(one, "name")?, points: points(one)? }));
        return lines(&Lines { title, x: axis(&chart["x"])?, y, series: series.collect::<Result<_>>()? });
    };
    let groups = groups.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let series = series.iter().map(|one| Ok((text(one, "name")?, numbers(&one["values"]))));
    bars(&Bars { title, x: text(chart, "x")?, groups, y, series: series.collect::<Result<_>>()? })
}

fn axis(axis: &Value) -> Result<Axis> {
    let label = text(axis, "label")?;
    Ok(if axis["logarithmic"] == true { Axis::logarithmic(&label) } else { Axis::even(&label) })
}

fn points(series: &Value) -> Result<Vec<(f64, f64)>> {
    let points = series["points"].as_array().context("a series without points")?;
    let pair = |point: &Value| match numbers(point).as_slice() {
        [across, up] => Ok((*across, *up)),
        other => anyhow::bail!("a point of {} numbers", other.len()),
    };
    points.iter().map(pair).collect()
}

/// Reads numbers; anything else becomes NaN, which is not drawn.
fn numbers(values: &Value) -> Vec<f64> {
    values.as_array().into_iter().flatten().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect()
}

fn text(value: &Value, name: &str) -> Result<String> {
    Ok(value[name].as_str().with_context(|| format!("a chart without {name}: {value}"))?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_a_benchs_own_marks_is_replaced() {
        let page = "# A\n<!-- a: begin -->\nold\n<!-- a: end -->\nz\n<!-- b: begin -->\nb\n<!-- b: end -->\n";
        let with = Page(page).with("a", "\nnew\n").unwrap();
        assert_eq!(with, page.replace("old", "new"));
    }

    #[test]
    fn a_page_without_both_marks_is_refused() {
        assert!(Page("# A\n").with("a", "new").is_err());
        assert!(Page("<!-- a: end -->\n<!-- a: begin -->").with("a", "new").is_err());
        assert!(Page("<!-- a: begin --><!-- a: end -->").with("b", "new").is_err());
    }

    #[test]
    fn charts_become_pictures_where_they_were_asked_for() {
        let told = "| a |\n|---|\n| 1 |\n\nchart: {\"name\":\"n\",\"title\":\"T\",\"x\":\"c\",\"groups\":[\"1\"],\
            \"y\":{\"label\":\"l\",\"logarithmic\":false},\"series\":[{\"name\":\"s\",\"values\":[2.5]}]}\n\n\nend\n";
        let found = Found::read(told).unwrap();
        assert_eq!(found.figures, "| a |\n|---|\n| 1 |\n\n![T](charts/n.svg)\n\nend\n");
        let [(name, picture)] = found.charts.as_slice() else { panic!("{found:?}") };
        assert!(name == "n" && picture.contains(">\n2.5\n</text>"), "{picture}");
    }

    #[test]
    fn a_line_chart_has_all_its_points() {
        let told = "chart: {\"name\":\"n\",\"title\":\"T\",\"x\":{\"label\":\"x\",\"logarithmic\":true},\
            \"y\":{\"label\":\"y\",\"logarithmic\":false},\"series\":[{\"name\":\"s\",\"points\":[[1,2],[10,null],[100,3]]}]}";
        let found = Found::read(told).unwrap();
        assert_eq!(found.charts[0].1.matches("<circle").count(), 2);
    }

    #[test]
    fn a_chart_that_lacks_something_is_an_error() {
        for told in ["chart: {", "chart: {}", "chart: {\"name\":\"n\",\"title\":\"T\",\"y\":{\"label\":\"y\"}}"] {
            assert!(Found::read(told).is_err(), "{told}");
        }
    }
}
