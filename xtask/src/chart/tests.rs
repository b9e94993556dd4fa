//! Tests what a reader must find in a chart.

use super::*;

fn growth() -> Lines {
    let series = |name: &str, points: &[(f64, f64)]| Series { name: name.to_owned(), points: points.to_vec() };
    Lines {
        title: "Time to wake an actor".to_owned(),
        x: Axis::logarithmic("events of its stream"),
        y: Axis::logarithmic("p99, ms"),
        series: vec![
            series("from the log", &[(10.0, 0.2), (1_000.0, 1.5), (100_000.0, 160.0), (1_000_000.0, 1_900.0)]),
            series("with a snapshot", &[(10.0, 0.2), (1_000.0, 0.4), (100_000.0, 0.5), (1_000_000.0, 0.6)]),
        ],
    }
}

fn accepts() -> Bars {
    Bars {
        title: "Durable accepts <a second> & the bare loop's".to_owned(),
        x: "connections".to_owned(),
        groups: ["1", "64", "512"].map(str::to_owned).to_vec(),
        y: Axis::even("accepts/s"),
        series: vec![
            ("bare loop".to_owned(), vec![1_200.0, 40_600.0, 58_775.0]),
            ("tidings".to_owned(), vec![900.0, 23_743.0, 33_141.0]),
        ],
    }
}

/// Appears only in the line of a series.
const LINE: &str = "stroke-width=\"2\"";

fn count(picture: &str, what: &str) -> usize {
    picture.matches(what).count()
}

#[test]
fn lines_have_a_title_labels_a_legend_and_every_point() {
    let picture = lines(&growth()).unwrap();
    for words in ["Time to wake an actor", "events of its stream", "p99, ms", "from the log", "with a snapshot"] {
        assert!(picture.contains(&format!(">\n{words}\n</text>")), "{words}");
    }
    assert_eq!((count(&picture, LINE), count(&picture, "<circle"), count(&picture, "<polygon")), (2, 4, 4));
    assert!(picture.contains(">\n100,000\n</text>") && picture.contains(">\n1 M\n</text>"), "{picture}");
}

#[test]
fn bars_stand_in_groups_and_carry_their_values() {
    let picture = bars(&accepts()).unwrap();
    for words in ["1", "64", "512", "connections", "accepts/s", "40,600", "33,141"] {
        assert!(picture.contains(&format!(">\n{words}\n</text>")), "{words}");
    }
    // The background, two marks of the legend, six bars.
    assert_eq!(count(&picture, "<rect"), 1 + 2 + 6);
}

#[test]
fn the_same_data_gives_the_same_bytes() {
    assert_eq!(lines(&growth()).unwrap(), lines(&growth()).unwrap());
    assert_eq!(bars(&accepts()).unwrap(), bars(&accepts()).unwrap());
}

#[test]
fn a_name_is_text_and_never_markup() {
    let picture = bars(&accepts()).unwrap();
    assert_eq!(count(&picture, "Durable accepts &lt;a second&gt; &amp; the bare loop"), 2, "{picture}");
    assert!(!picture.contains("<a second>"));
}

#[test]
fn a_dark_viewer_gets_light_words() {
    assert!(lines(&growth()).unwrap().contains("@media(prefers-color-scheme:dark){text{fill:#e6edf3}"));
}

#[test]
fn what_is_no_number_is_left_out_and_everything_stays_on_the_sheet() {
    let mut chart = growth();
    chart.series[0].points.extend([(0.0, 5.0), (f64::NAN, 1.0), (20.0, f64::INFINITY), (30.0, -1.0)]);
    let picture = lines(&chart).unwrap();
    assert!(!picture.contains("NaN") && !picture.contains("inf"), "{picture}");
    assert_eq!(count(&picture, "<circle"), 4);
}

#[test]
fn an_empty_chart_is_an_empty_sheet() {
    let picture = lines(&Lines { series: Vec::new(), ..growth() }).unwrap();
    assert!(picture.ends_with("</svg>\n") && count(&picture, LINE) == 0);
    let empty = Bars { groups: Vec::new(), series: Vec::new(), ..accepts() };
    assert!(bars(&empty).unwrap().ends_with("</svg>\n"));
}

#[test]
fn a_long_line_shows_no_single_points() {
    let points = (0..100_u32).map(|nth| (f64::from(nth), f64::from(nth % 7))).collect();
    let series = vec![Series { name: "memory".to_owned(), points }];
    let picture = lines(&Lines { x: Axis::even("minutes"), y: Axis::even("MiB"), series, ..growth() }).unwrap();
    assert_eq!((count(&picture, LINE), count(&picture, "<circle")), (1, 0));
}
