//! Charts as values: what `templates/charts.html` draws as SVG, with its table beside it.
//!
//! A chart is laid out here in a box of [`WIDTH`] units; the template only draws it. Colours come
//! from the page's style.

use serde::Serialize;

/// Width of every chart, in its own units: so narrow that its text can still be read on a phone.
pub const WIDTH: f64 = 360.0;

/// Horizontal bars, each with an interval if it has one: rates by question or team. What a bar is
/// of stands above it as a line of the page, since names may be long.
#[derive(Debug, Clone, Serialize)]
pub struct Bars {
    /// What is shown; read aloud, and the caption of the table.
    pub title: String,
    /// Head of the column of values, with its unit.
    pub unit: String,
    pub width: f64,
    pub bars: Vec<Bar>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Bar {
    pub label: String,
    /// In words, with the interval and the count where there are some.
    pub value: String,
    pub length: f64,
    /// Ends of the interval, as places on the scale.
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub href: Option<String>,
}

/// One bar before it is laid out. Values lie between 0 and 1.
#[derive(Debug, Clone)]
pub struct BarOf {
    pub label: String,
    pub value: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub in_words: String,
    pub href: Option<String>,
}

impl Bars {
    pub fn new(title: &str, unit: &str, bars: Vec<BarOf>) -> Self {
        let place = |share: f64| share.clamp(0.0, 1.0) * WIDTH;
        // The ends of an interval are drawn two units wide.
        let end = |share: f64| place(share).clamp(1.0, WIDTH - 1.0);
        let laid = bars.into_iter().map(|bar| Bar {
            label: bar.label,
            value: bar.in_words,
            length: place(bar.value),
            low: bar.low.map(end),
            high: bar.high.map(end),
            href: bar.href,
        });
        Self {
            title: title.to_string(),
            unit: unit.to_string(),
            width: WIDTH,
            bars: laid.collect(),
        }
    }
}

/// How many there are of each step: scores of a night.
#[derive(Debug, Clone, Serialize)]
pub struct Histogram {
    pub title: String,
    pub unit: String,
    pub width: f64,
    pub height: f64,
    pub columns: Vec<Step>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Step {
    pub label: String,
    pub count: usize,
    /// Whether there is room for the label below it.
    pub is_labelled: bool,
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Histogram {
    /// `steps` are labels with counts, in order.
    pub fn new(title: &str, unit: &str, steps: &[(String, usize)]) -> Self {
        const HEIGHT: f64 = 150.0;
        const TOP: f64 = 18.0;
        const FOOT: f64 = 22.0;
        let most = steps.iter().map(|(_, n)| *n).max().unwrap_or(0).max(1);
        let each = WIDTH / steps.len().max(1) as f64;
        let columns = steps.iter().enumerate().map(|(at, (label, count))| {
            let height = *count as f64 / most as f64 * (HEIGHT - TOP - FOOT);
            Step {
                label: label.clone(),
                count: *count,
                is_labelled: steps.len() <= 6 || at.is_multiple_of(2),
                x: at as f64 * each + 4.0,
                y: HEIGHT - FOOT - height,
                width: each - 8.0,
                height,
            }
        });
        Self {
            title: title.to_string(),
            unit: unit.to_string(),
            width: WIDTH,
            height: HEIGHT,
            columns: columns.collect(),
        }
    }
}

/// A figure over weeks, with its interval as a band, and what happened when as marks.
#[derive(Debug, Clone, Serialize)]
pub struct Trend {
    pub title: String,
    pub unit: String,
    pub width: f64,
    pub height: f64,
    pub points: Vec<Point>,
    /// `points` attributes of the pieces of the line, and of the band: a point without a value
    /// parts them.
    pub lines: Vec<String>,
    pub bands: Vec<String>,
    /// Another line to compare with, such as the rest, if there is one.
    pub beside: Option<Beside>,
    pub ticks: Vec<Tick>,
    pub marks: Vec<Mark>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Beside {
    pub label: String,
    pub lines: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Point {
    pub label: String,
    pub value: String,
    /// What the line beside says there.
    pub beside: Option<String>,
    pub x: f64,
    pub y: Option<f64>,
    /// Whether the label stands below the axis, too.
    pub is_labelled: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct Tick {
    pub y: f64,
    pub label: String,
}

/// Something that happened between points: a new version, a coaching.
#[derive(Debug, Clone, Serialize)]
pub struct Mark {
    pub x: f64,
    pub label: String,
}

/// One point before it is laid out. Values lie between 0 and 1.
#[derive(Debug, Clone)]
pub struct PointOf {
    pub label: String,
    /// `None` where there is nothing: the line has a gap.
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub in_words: String,
    /// Value of the other line, with its words.
    pub beside: Option<(f64, String)>,
    /// What happened just before this point.
    pub mark: Option<String>,
}

impl Trend {
    /// `beside` names the other line, if there is one.
    pub fn new(title: &str, unit: &str, points: Vec<PointOf>, beside: Option<&str>) -> Self {
        const HEIGHT: f64 = 200.0;
        const TOP: f64 = 22.0;
        const FOOT: f64 = 26.0;
        const LEFT: f64 = 54.0;
        const RIGHT: f64 = 40.0;
        let step = (WIDTH - LEFT - RIGHT) / (points.len().max(2) - 1) as f64;
        let across = |at: usize| LEFT + at as f64 * step;
        let down = |share: f64| TOP + (1.0 - share.clamp(0.0, 1.0)) * (HEIGHT - TOP - FOOT);
        let lines = |value: &dyn Fn(&PointOf) -> Option<f64>| -> Vec<String> {
            let places: Vec<Option<String>> = points
                .iter()
                .enumerate()
                .map(|(at, p)| Some(format!("{:.1},{:.1}", across(at), down(value(p)?))))
                .collect();
            places
                .split(Option::is_none)
                .filter(|piece| !piece.is_empty())
                .map(|piece| {
                    piece
                        .iter()
                        .flatten()
                        .cloned()
                        .collect::<Vec<_>>()
                        .join(" ")
                })
                .collect()
        };
        let ends: Vec<Option<(f64, f64, f64)>> = points
            .iter()
            .enumerate()
            .map(|(at, p)| Some((across(at), down(p.high?), down(p.low?))))
            .collect();
        let bands = ends
            .split(Option::is_none)
            .filter(|piece| !piece.is_empty())
            .map(|piece| {
                let piece: Vec<(f64, f64, f64)> = match piece {
                    // A lone point has an upright line: a band of no width is not seen.
                    [Some((x, high, low))] => vec![(x - 3.0, *high, *low), (x + 3.0, *high, *low)],
                    piece => piece.iter().flatten().copied().collect(),
                };
                let upper = piece.iter().map(|(x, high, _)| format!("{x:.1},{high:.1}"));
                let lower = piece.iter().rev();
                let lower = lower.map(|(x, _, low)| format!("{x:.1},{low:.1}"));
                upper.chain(lower).collect::<Vec<_>>().join(" ")
            });
        // About six labels fit below.
        let every = points.len().div_ceil(6).max(1);
        Self {
            title: title.to_string(),
            unit: unit.to_string(),
            width: WIDTH,
            height: HEIGHT,
            lines: lines(&|p| p.value),
            bands: bands.collect(),
            beside: beside.map(|label| Beside {
                label: label.to_string(),
                lines: lines(&|p| p.beside.as_ref().map(|(value, _)| *value)),
            }),
            ticks: [0.0, 0.25, 0.5, 0.75, 1.0]
                .map(|share| Tick {
                    y: down(share),
                    label: format!("{:.0} %", share * 100.0),
                })
                .to_vec(),
            marks: points
                .iter()
                .enumerate()
                .filter_map(|(at, p)| {
                    Some(Mark {
                        // The first point's lies on the axis.
                        x: (across(at) - step / 2.0).max(LEFT),
                        label: p.mark.clone()?,
                    })
                })
                .collect(),
            points: points
                .iter()
                .enumerate()
                .map(|(at, p)| Point {
                    label: p.label.clone(),
                    value: p.in_words.clone(),
                    beside: p.beside.as_ref().map(|(_, words)| words.clone()),
                    x: across(at),
                    y: p.value.map(down),
                    is_labelled: at.is_multiple_of(every),
                })
                .collect(),
        }
    }
}

impl Trend {
    /// The scale in points from 0 to 100 where it is no share.
    pub fn in_points(mut self) -> Self {
        for tick in &mut self.ticks {
            tick.label = tick.label.trim_end_matches(" %").to_string();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_without_a_value_parts_line_and_band() {
        let point = |value: Option<f64>, has_interval: bool| PointOf {
            label: String::new(),
            value,
            low: value.filter(|_| has_interval).map(|v| v - 0.1),
            high: value.filter(|_| has_interval).map(|v| v + 0.1),
            in_words: String::new(),
            beside: None,
            mark: Some(String::new()),
        };
        // Of few weeks, a mark of the first stays within the chart.
        let few = Trend::new("", "", vec![point(None, false), point(None, false)], None);
        assert!(few.marks.iter().all(|mark| mark.x > 0.0 && mark.x < WIDTH));
        let points = vec![
            point(Some(0.5), true),
            point(Some(0.6), true),
            point(None, false),
            point(Some(0.4), false),
            point(None, false),
            point(Some(0.5), true),
        ];
        let trend = Trend::new("", "", points, None);
        let corners = |piece: &String| piece.split(' ').count();
        assert_eq!(
            trend.lines.iter().map(corners).collect::<Vec<_>>(),
            [2, 1, 1]
        );
        // The lone point's interval has a width, too.
        assert_eq!(trend.bands.iter().map(corners).collect::<Vec<_>>(), [4, 4]);
        let corners: Vec<&str> = trend.bands[1].split([' ', ',']).collect();
        assert_ne!(corners[0], corners[2]);
        assert!(trend.points[2].y.is_none());
        let labels = |trend: &Trend| [0, 4].map(|at| trend.ticks[at].label.clone());
        assert_eq!(labels(&trend), ["0 %", "100 %"]);
        assert_eq!(labels(&trend.in_points()), ["0", "100"]);
    }
}
