//! The few shapes that a chart is made of, as SVG. It knows no axis.

use std::fmt::Write as _;

/// Of the whole picture.
pub(super) const WIDTH: f64 = 760.0;
pub(super) const HEIGHT: f64 = 430.0;

/// Told apart by people who see colours otherwise too (Okabe and Ito), on white and on black.
const COLOURS: [&str; 6] = ["#0077bb", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9"];

const STYLE: &str = "text{font-family:system-ui,sans-serif;font-size:13px;fill:#1f2328}.title{font-size:16px;font-weight:600}\
.grid{stroke:#d0d7de}.axis{stroke:#59636e}.paper{fill:#fff}.value{font-size:11px}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.grid{stroke:#30363d}.axis{stroke:#9198a1}.paper{fill:#0d1117}}";

/// How a text lies at its point.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A picture that grows.
pub(super) struct Svg(String);

impl Svg {
    /// An empty sheet. The title is read out too.
    pub(super) fn new(title: &str) -> Self {
        let title = escaped(title);
        Self(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
             height=\"{HEIGHT}\" role=\"img\" aria-label=\"{title}\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
             <rect class=\"paper\" width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n"
        ))
    }

    /// The whole file.
    pub(super) fn finish(self) -> String {
        self.0 + "</svg>\n"
    }

    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        let (anchor, text) = (anchor.name(), escaped(text));
        self.add(format_args!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    /// Reads upwards.
    pub(super) fn text_upwards(&mut self, (x, y): (f64, f64), text: &str) {
        let text = escaped(text);
        self.add(format_args!(
            "<text transform=\"translate({x:.1} {y:.1}) rotate(-90)\" text-anchor=\"middle\">{text}</text>"
        ));
    }

    pub(super) fn rule(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        self.add(format_args!("<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"));
    }

    /// A line through points, in the colour of the `nth` series.
    pub(super) fn path(&mut self, nth: usize, points: &[(f64, f64)]) {
        let mut through = String::new();
        for (x, y) in points {
            let _ = write!(through, "{x:.1},{y:.1} ");
        }
        let (colour, through) = (colour(nth), through.trim_end());
        self.add(format_args!("<polyline points=\"{through}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>"));
    }

    /// A point of the `nth` series: a disc, or in every second one a square.
    pub(super) fn point(&mut self, nth: usize, (x, y): (f64, f64)) {
        if nth.is_multiple_of(2) {
            self.add(format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{}\"/>", colour(nth)));
        } else {
            self.bar(nth, (x - 3.5, y - 3.5), (7.0, 7.0));
        }
    }

    pub(super) fn bar(&mut self, nth: usize, (x, y): (f64, f64), (width, height): (f64, f64)) {
        let colour = colour(nth);
        self.add(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>"
        ));
    }

    fn add(&mut self, shape: std::fmt::Arguments<'_>) {
        let _ = self.0.write_fmt(shape);
        self.0.push('\n');
    }
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

fn colour(nth: usize) -> &'static str {
    COLOURS.get(nth % COLOURS.len()).copied().unwrap_or("#888")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
