//! Draws charts as SVG with plotters: the axes, the data, a legend in one line above them.

use anyhow::Result;
use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::range::words;
use super::{Bars, Lines, Scale};

const SIZE: (u32, u32) = (760, 430);
/// The title and the legend, above the axes.
const TITLE_AT: (i32, i32) = (24, 14);
const LEGEND_AT: (i32, i32) = (24, 46);
const AXES_FROM: i32 = 72;
/// Distance of group names below the ground line.
const GROUP_BELOW: i32 = 8;
/// Average width of a character, used for the legend only: if it is off, a gap is wider or narrower.
const CHARACTER: usize = 7;

/// Colours that colour-blind people can tell apart (Okabe and Ito), on white and on black.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0x00, 0x77, 0xBB),
    RGBColor(0xD5, 0x5E, 0x00),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xCC, 0x79, 0xA7),
    RGBColor(0xB8, 0x86, 0x0B),
    RGBColor(0x56, 0xB4, 0xE9),
];
const TEXT: RGBColor = RGBColor(0x1F, 0x23, 0x28);
const GRID: RGBColor = RGBColor(0xD0, 0xD7, 0xDE);
const AXIS: RGBColor = RGBColor(0x59, 0x63, 0x6E);
/// Replaces the colours above in dark mode.
const STYLE: &str = "@media(prefers-color-scheme:dark){text{fill:#e6edf3}[fill=\"#FFFFFF\"]{fill:#0d1117}\
[stroke=\"#D0D7DE\"]{stroke:#30363d}[stroke=\"#59636E\"]{stroke:#9198a1}}";

/// A line with more points is drawn without markers.
const POINTS_MARKED: usize = 40;
/// Share of a group's width that its bars fill.
const FILLED: f64 = 0.8;

/// Approximate number of marks on the horizontal axis.
const MARKS: usize = 10;

type Sheet<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws a line chart as SVG.
pub fn lines(chart: &Lines) -> Result<String> {
    let points = || chart.series.iter().flat_map(|series| &series.points);
    let x = chart.x.scale.around(points().map(|point| point.0));
    let y = chart.y.scale.around(points().map(|point| point.1));
    let names = chart.series.iter().map(|series| series.name.as_str());
    sheet(&chart.title, names, |sheet| match (chart.x.scale, chart.y.scale) {
        (Scale::Even, Scale::Even) => draw_lines(sheet, chart, x, y),
        (Scale::Even, Scale::Logarithmic) => draw_lines(sheet, chart, x, y.log_scale()),
        (Scale::Logarithmic, Scale::Even) => draw_lines(sheet, chart, x.log_scale(), y),
        (Scale::Logarithmic, Scale::Logarithmic) => draw_lines(sheet, chart, x.log_scale(), y.log_scale()),
    })
}

/// Draws a bar chart as SVG. Each bar shows its value.
pub fn bars(chart: &Bars) -> Result<String> {
    let y = chart.y.scale.around(chart.series.iter().flat_map(|(_, values)| values.iter().copied()));
    let ground = y.start.max(0.0);
    sheet(&chart.title, chart.series.iter().map(|(name, _)| name.as_str()), |sheet| match chart.y.scale {
        Scale::Even => draw_bars(sheet, chart, y, ground),
        Scale::Logarithmic => draw_bars(sheet, chart, y.log_scale(), ground),
    })
}

fn draw_lines<X: Along, Y: Along>(sheet: &Sheet<'_>, chart: &Lines, x: X, y: Y) -> Result<()> {
    let mut axes = axes(sheet, (x, y), (&chart.x.label, &chart.y.label), MARKS)?;
    for (nth, series) in chart.series.iter().enumerate() {
        let is_shown = |(x, y): &&(f64, f64)| chart.x.scale.shows(*x) && chart.y.scale.shows(*y);
        let points: Vec<(f64, f64)> = series.points.iter().filter(is_shown).copied().collect();
        axes.draw_series(LineSeries::new(points.iter().copied(), colour(nth).stroke_width(2)))?;
        if points.len() <= POINTS_MARKED {
            let colour = colour(nth).filled();
            // Also use shapes, for readers who cannot tell the colours apart.
            match nth % 2 {
                0 => axes.draw_series(points.iter().map(|point| Circle::new(*point, 4, colour)))?,
                _ => axes.draw_series(points.iter().map(|point| TriangleMarker::new(*point, 6, colour)))?,
            };
        }
    }
    Ok(())
}

fn draw_bars<Y: Along>(sheet: &Sheet<'_>, chart: &Bars, y: Y, ground: f64) -> Result<()> {
    let middles = || std::iter::successors(Some(0.5), |middle| Some(middle + 1.0));
    let end = middles().nth(chart.groups.len().saturating_sub(1)).unwrap_or(0.5) + 0.5;
    let mut axes = axes(sheet, (0.0..end, y), (&chart.x, &chart.y.label), 0)?;
    for (name, middle) in chart.groups.iter().zip(middles()) {
        let below = Text::new(name.clone(), (0, GROUP_BELOW), text(16).pos(Pos::new(HPos::Center, VPos::Top)));
        axes.draw_series([EmptyElement::at((middle, ground)) + below])?;
    }
    let width = FILLED / chart.series.iter().fold(0.0, |many, _| many + 1.0);
    let mut left = -FILLED / 2.0;
    for (nth, (_, values)) in chart.series.iter().enumerate() {
        for (value, middle) in values.iter().zip(middles()).filter(|(value, _)| chart.y.scale.shows(**value)) {
            let (from, to) = (middle + left, middle + left + width);
            axes.draw_series([Rectangle::new([(from, ground), (to, *value)], colour(nth).filled())])?;
            let above = text(15).pos(Pos::new(HPos::Center, VPos::Bottom));
            axes.draw_series([Text::new(words(*value), (from.midpoint(to), *value), above)])?;
        }
        left += width;
    }
    Ok(())
}

/// A range along one side of a chart.
trait Along: AsRangedCoord<Value = f64, CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>> {}
impl<A> Along for A where A: AsRangedCoord<Value = f64, CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>> {}

type Axes<'a, X, Y> = ChartContext<
    'a,
    SVGBackend<'a>,
    Cartesian2d<<X as AsRangedCoord>::CoordDescType, <Y as AsRangedCoord>::CoordDescType>,
>;

/// Draws axes with their labels, and about this many marks on the horizontal one.
fn axes<'a, X: Along, Y: Along>(
    sheet: &Sheet<'a>,
    (x, y): (X, Y),
    (across, up): (&str, &str),
    marks: usize,
) -> Result<Axes<'a, X, Y>> {
    let mut axes = ChartBuilder::on(sheet)
        .margin_left(8)
        .margin_right(24)
        .margin_bottom(8)
        .x_label_area_size(48)
        .y_label_area_size(80)
        .build_cartesian_2d(x, y)?;
    axes.configure_mesh()
        .disable_x_mesh()
        .max_light_lines(0)
        .bold_line_style(GRID)
        .axis_style(AXIS)
        .label_style(text(16))
        .x_labels(marks)
        .x_desc(across)
        .y_desc(up)
        .x_label_formatter(&|value| words(*value))
        .y_label_formatter(&|value| words(*value))
        .draw()?;
    Ok(axes)
}

/// Draws a sheet with title and legend; `draw` fills the area below them.
fn sheet<'a>(
    title: &str,
    names: impl Iterator<Item = &'a str>,
    draw: impl FnOnce(&Sheet<'_>) -> Result<()>,
) -> Result<String> {
    let mut svg = String::new();
    {
        let sheet = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        sheet.fill(&WHITE)?;
        sheet.draw_text(title, &text_of(FontStyle::Bold, 20), TITLE_AT)?;
        let (mut x, y) = LEGEND_AT;
        for (nth, name) in names.enumerate() {
            sheet.draw(&Rectangle::new([(x, y), (x + 10, y + 10)], colour(nth).filled()))?;
            sheet.draw_text(name, &text(16), (x + 15, y - 2))?;
            x += 30 + i32::try_from(name.chars().count() * CHARACTER)?;
        }
        let (_, below) = sheet.split_vertically(AXES_FROM);
        draw(&below)?;
        sheet.present()?;
    }
    let title = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    Ok(svg.replacen(">\n", &format!(" role=\"img\">\n<title>{title}</title>\n<style>{STYLE}</style>\n"), 1))
}

fn text(size: i32) -> TextStyle<'static> {
    text_of(FontStyle::Normal, size)
}

fn text_of(style: FontStyle, size: i32) -> TextStyle<'static> {
    ("system-ui,sans-serif", size, style).into_text_style(&SIZE).color(&TEXT)
}

fn colour(nth: usize) -> RGBColor {
    COLOURS.get(nth % COLOURS.len()).copied().unwrap_or(BLACK)
}
