//! Draws lines.

use super::frame::Frame;
use super::scale::{Span, words};
use super::{Lines, Series};

/// A line of more points shows them by itself.
const POINTS_MARKED: usize = 40;

/// The chart as an SVG file.
pub fn lines(chart: &Lines) -> String {
    let points = || chart.series.iter().flat_map(|series| &series.points);
    let x = Span::around(chart.x.scale, points().map(|point| point.0), false);
    let y = Span::around(chart.y.scale, points().map(|point| point.1), true);
    let names: Vec<&str> = chart.series.iter().map(|series| series.name.as_str()).collect();
    let mut frame = Frame::new(&chart.title, &names, y, (&chart.x.label, &chart.y.label));
    for mark in x.marks() {
        frame.below(Frame::across(x.share(mark)), &words(mark));
    }
    for (nth, series) in chart.series.iter().enumerate() {
        draw(&mut frame, &x, nth, series);
    }
    frame.svg.finish()
}

fn draw(frame: &mut Frame, x: &Span, nth: usize, series: &Series) {
    let shown = series.points.iter().filter(|(across, _)| x.shows(*across));
    let placed = shown.filter_map(|(across, up)| Some((Frame::across(x.share(*across)), frame.up(*up)?)));
    let points: Vec<(f64, f64)> = placed.collect();
    frame.svg.path(nth, &points);
    if points.len() <= POINTS_MARKED {
        for point in points {
            frame.svg.point(nth, point);
        }
    }
}
