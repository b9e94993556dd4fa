//! What every chart has around its data: title, legend, axes with their marks. It knows no series' shape.

use super::scale::{Span, words};
use super::svg::{Anchor, HEIGHT, Svg, WIDTH};

const LEFT: f64 = 84.0;
const RIGHT: f64 = WIDTH - 24.0;
const TOP: f64 = 72.0;
const BOTTOM: f64 = HEIGHT - 58.0;
const LEGEND_Y: f64 = 52.0;
/// Room for a legend's mark and the gap behind its words.
const LEGEND_MARK: f64 = 14.0;
const LEGEND_GAP: f64 = 22.0;
/// Width of a character on average, for the legend only: where it is wrong, a gap is wider or narrower.
const CHARACTER: f64 = 7.2;

/// A place for data, from its axes.
pub(super) struct Frame {
    pub(super) svg: Svg,
    y: Span,
}

impl Frame {
    /// Draws everything but the axis across.
    pub(super) fn new(title: &str, names: &[&str], y: Span, labels: (&str, &str)) -> Self {
        let mut svg = Svg::new(title);
        svg.text("title", (LEFT, 28.0), Anchor::Start, title);
        legend(&mut svg, names);
        for mark in y.marks() {
            let up = height(&y, mark);
            svg.rule("grid", (LEFT, up), (RIGHT, up));
            svg.text("mark", (LEFT - 8.0, up + 4.5), Anchor::End, &words(mark));
        }
        svg.rule("axis", (LEFT, BOTTOM), (RIGHT, BOTTOM));
        svg.text("label", (LEFT.midpoint(RIGHT), HEIGHT - 14.0), Anchor::Middle, labels.0);
        svg.text_upwards((20.0, TOP.midpoint(BOTTOM)), labels.1);
        Self { svg, y }
    }

    /// The x of a share of the width, from 0 to 1.
    pub(super) fn across(share: f64) -> f64 {
        LEFT + share * (RIGHT - LEFT)
    }

    /// The y of a value, or none if it cannot be shown.
    pub(super) fn up(&self, value: f64) -> Option<f64> {
        self.y.shows(value).then(|| height(&self.y, value))
    }

    /// The y where bars stand.
    pub(super) fn ground(&self) -> f64 {
        height(&self.y, self.y.low().max(0.0))
    }

    /// Writes below the axis across.
    pub(super) fn below(&mut self, x: f64, text: &str) {
        self.svg.rule("axis", (x, BOTTOM), (x, BOTTOM + 5.0));
        self.svg.text("mark", (x, BOTTOM + 20.0), Anchor::Middle, text);
    }
}

fn height(y: &Span, value: f64) -> f64 {
    BOTTOM - y.share(value) * (BOTTOM - TOP)
}

fn legend(svg: &mut Svg, names: &[&str]) {
    let mut x = LEFT;
    for (nth, name) in names.iter().enumerate() {
        svg.bar(nth, (x, LEGEND_Y - 9.0), (10.0, 10.0));
        svg.text("name", (x + LEGEND_MARK, LEGEND_Y), Anchor::Start, name);
        let characters = name.chars().fold(0.0, |width, _| width + CHARACTER);
        x += LEGEND_MARK + characters + LEGEND_GAP;
    }
}
