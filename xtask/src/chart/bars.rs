//! Draws groups of bars.

use super::Bars;
use super::frame::Frame;
use super::scale::{Span, words};
use super::svg::Anchor;

/// Share of a group's width that its bars take.
const FILLED: f64 = 0.8;

/// The chart as an SVG file. Each bar carries its value.
pub fn bars(chart: &Bars) -> String {
    let values = chart.series.iter().flat_map(|(_, values)| values.iter().copied());
    let y = Span::around(chart.y.scale, values, true);
    let names: Vec<&str> = chart.series.iter().map(|(name, _)| name.as_str()).collect();
    let mut frame = Frame::new(&chart.title, &names, y, (&chart.x, &chart.y.label));
    let group = 1.0 / count(chart.groups.len());
    let width = group * FILLED / count(chart.series.len());
    let mut begin = 0.0;
    for (at, name) in chart.groups.iter().enumerate() {
        frame.below(Frame::across(begin + group / 2.0), name);
        let mut left = begin + group * (1.0 - FILLED) / 2.0;
        for (nth, (_, values)) in chart.series.iter().enumerate() {
            if let Some(value) = values.get(at) {
                draw(&mut frame, nth, (left, width), *value);
            }
            left += width;
        }
        begin += group;
    }
    frame.svg.finish()
}

fn draw(frame: &mut Frame, nth: usize, (left, width): (f64, f64), value: f64) {
    let Some(up) = frame.up(value) else { return };
    let (left, right, ground) = (Frame::across(left), Frame::across(left + width), frame.ground());
    frame.svg.bar(nth, (left, up.min(ground)), (right - left - 1.0, (ground - up).abs()));
    let above = (left.midpoint(right), up.min(ground) - 4.0);
    frame.svg.text("value", above, Anchor::Middle, &words(value));
}

/// How many, at least one.
fn count(many: usize) -> f64 {
    f64::from(u32::try_from(many.max(1)).unwrap_or(u32::MAX))
}
