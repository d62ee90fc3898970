//! Pictures drawn by the server as SVG: stacked bars and lines, which need no script and no inline style.
//!
//! Owns geometry only. Colours come from classes in the style sheet; every picture has a text that says the same.

use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;

use crate::backend::fleet::ExecutionCounts;
use crate::lang::Lang;

/// One part of a stacked bar.
pub(crate) struct Part {
    /// Class of the style sheet that colours it.
    pub(crate) class: &'static str,
    /// What it counts.
    pub(crate) label: String,
    /// How many.
    pub(crate) count: u64,
}

impl Part {
    pub(crate) fn new(class: &'static str, label: impl Into<String>, count: u64) -> Self {
        Self { class, label: label.into(), count }
    }
}

/// A bar of parts, each as wide as its share.
pub(crate) struct Stack {
    /// The parts that are not empty.
    pub(crate) parts: Vec<Part>,
    total: u64,
}

/// Units of a bar's width.
const BAR_WIDTH: u64 = 1_000;

impl Stack {
    pub(crate) fn new(parts: Vec<Part>) -> Self {
        let total = parts.iter().map(|part| part.count).sum();
        Self { parts: parts.into_iter().filter(|part| part.count > 0).collect(), total }
    }

    pub(crate) fn share(&self, part: &Part) -> u64 {
        (part.count * 100).checked_div(self.total).unwrap_or(0)
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<svg class=\"stack\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">")?;
        let mut before = 0;
        for part in &self.parts {
            let x = (before * BAR_WIDTH).checked_div(self.total).unwrap_or(0);
            before += part.count;
            let end = (before * BAR_WIDTH).checked_div(self.total).unwrap_or(0);
            write!(f, "<rect class=\"{}\" x=\"{x}\" y=\"0\" width=\"{}\" height=\"10\"/>", part.class, end - x)?;
        }
        f.write_str("</svg>")
    }
}

impl HtmlSafe for Stack {}

/// The bar of a roll-out's states, best first.
pub(crate) fn executions(l: Lang, counts: &ExecutionCounts) -> Stack {
    let part = |class, state: &str, count| Part::new(class, l.term(state), count);
    Stack::new(vec![
        part("part-ok", "succeeded", counts.succeeded),
        part("part-busy3", "rebooting", counts.rebooting),
        part("part-busy2", "installing", counts.installing),
        part("part-busy1", "downloading", counts.downloading),
        part("part-warn", "rolled_back", counts.rolled_back),
        part("part-bad", "failed", counts.failed),
        part("part-odd", "declined", counts.declined),
        part("part-odd2", "unknown", counts.unknown),
        part("part-rest", "queued", counts.queued),
    ])
}

/// A line over time; gaps stay gaps.
pub(crate) struct Line {
    values: Vec<Option<f64>>,
    class: &'static str,
    from_zero: bool,
    /// Lowest and highest value at each place, drawn as a band behind the line.
    band: Vec<Option<(f64, f64)>>,
    /// Places with a value that is not to be trusted.
    doubtful: Vec<bool>,
}

/// Size of a line's view box, in its own units.
const LINE_WIDTH: f64 = 600.0;
const LINE_HEIGHT: f64 = 120.0;
const LINE_MARGIN: f64 = 6.0;
/// Half the height of the mark of a doubtful place.
const DOUBT_HEIGHT: f64 = 10.0;

impl Line {
    pub(crate) const fn new(values: Vec<Option<f64>>, class: &'static str) -> Self {
        Self { values, class, from_zero: false, band: Vec::new(), doubtful: Vec::new() }
    }

    /// The same line with a band from the lowest to the highest value of each place.
    pub(crate) fn with_band(self, low: Vec<Option<f64>>, high: Vec<Option<f64>>) -> Self {
        Self { band: low.into_iter().zip(high).map(|(low, high)| low.zip(high)).collect(), ..self }
    }

    /// The same line with a mark at each doubtful place.
    pub(crate) fn with_doubt(self, doubtful: Vec<bool>) -> Self {
        Self { doubtful, ..self }
    }

    pub(crate) fn of_counts(counts: &[u32]) -> Self {
        Self {
            values: counts.iter().map(|n| Some(f64::from(*n))).collect(),
            class: "line",
            from_zero: true,
            band: Vec::new(),
            doubtful: Vec::new(),
        }
    }

    /// Its class in the style sheet.
    pub(crate) const fn class(&self) -> &'static str {
        self.class
    }

    fn range(&self) -> (f64, f64) {
        let ends = self.band.iter().flatten().flat_map(|(low, high)| [*low, *high]);
        let known: Vec<f64> = self.values.iter().flatten().copied().chain(ends).collect();
        let known = || known.iter().copied();
        let low = if self.from_zero { 0.0 } else { known().fold(f64::INFINITY, f64::min) };
        let high = known().fold(f64::NEG_INFINITY, f64::max);
        if (high - low).abs() < f64::EPSILON { (low - 1.0, high + 1.0) } else { (low, high) }
    }

    /// How far apart places are, and where a value lies.
    fn scale(&self) -> (f64, impl Fn(f64) -> f64) {
        let (low, high) = self.range();
        let last = self.values.len().saturating_sub(1).max(1);
        let step = LINE_WIDTH / f64::from(u32::try_from(last).unwrap_or(u32::MAX));
        let scale = (LINE_HEIGHT - 2.0 * LINE_MARGIN) / (high - low);
        (step, move |value: f64| LINE_HEIGHT - LINE_MARGIN - (value - low) * scale)
    }

    /// The band's outline, one closed shape for each part without a gap.
    fn outline(&self) -> String {
        let (step, place) = self.scale();
        let mut path = String::new();
        let mut at = 0_u32;
        for part in self.band.split(Option::is_none) {
            let known: Vec<(f64, f64)> = part.iter().flatten().copied().collect();
            let from = f64::from(at) * step;
            at = at.saturating_add(u32::try_from(part.len()).unwrap_or(u32::MAX)).saturating_add(1);
            if known.is_empty() {
                continue;
            }
            let x = |n: usize| from + step * f64::from(u32::try_from(n).unwrap_or(u32::MAX));
            for (n, (_, high)) in known.iter().enumerate() {
                write!(path, "{}{:.1} {:.1}", if n == 0 { "M" } else { "L" }, x(n), place(*high)).unwrap_or_default();
            }
            for (n, (low, _)) in known.iter().enumerate().rev() {
                write!(path, "L{:.1} {:.1}", x(n), place(*low)).unwrap_or_default();
            }
            path.push('Z');
        }
        path
    }

    /// Pairs of x and y, with `None` where the line is broken.
    fn points(&self) -> Vec<Option<(f64, f64)>> {
        let (step, y) = self.scale();
        let mut x = -step;
        let place = |value: &Option<f64>| {
            x += step;
            value.map(|value| (x, y(value)))
        };
        self.values.iter().map(place).collect()
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<svg class=\"plot {}\" viewBox=\"0 0 {LINE_WIDTH} {LINE_HEIGHT}\" ", self.class)?;
        f.write_str("preserveAspectRatio=\"none\" aria-hidden=\"true\">")?;
        for y in [0.25, 0.5, 0.75] {
            let y = LINE_HEIGHT * y;
            write!(f, "<line class=\"grid\" x1=\"0\" x2=\"{LINE_WIDTH}\" y1=\"{y}\" y2=\"{y}\"/>")?;
        }
        if self.band.iter().flatten().any(|(low, high)| low < high) {
            write!(f, "<path class=\"band\" d=\"{}\"/>", self.outline())?;
        }
        let mut path = String::new();
        let mut pen_down = false;
        let points = self.points();
        for point in &points {
            match point {
                Some((x, y)) => {
                    write!(path, "{}{x:.1} {y:.1}", if pen_down { "L" } else { "M" })?;
                    pen_down = true;
                }
                None => pen_down = false,
            }
        }
        write!(f, "<path d=\"{path}\"/>")?;
        // A tick that is as high as the picture is seen whatever its width is stretched to.
        for (point, _) in points.iter().zip(&self.doubtful).filter(|(_, doubtful)| **doubtful) {
            if let Some((x, y)) = point {
                let (from, to) = ((y - DOUBT_HEIGHT).max(0.0), (y + DOUBT_HEIGHT).min(LINE_HEIGHT));
                write!(f, "<line class=\"doubt\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{from:.1}\" y2=\"{to:.1}\"/>")?;
            }
        }
        f.write_str("</svg>")
    }
}

impl HtmlSafe for Line {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_filled_to_its_end_whatever_the_rounding() {
        let stack = Stack::new(vec![Part::new("a", "a", 1), Part::new("b", "b", 1), Part::new("c", "c", 1)]);
        let text = stack.to_string();
        assert!(text.contains("x=\"666\" y=\"0\" width=\"334\""), "{text}");
    }

    #[test]
    fn an_empty_bar_and_an_empty_line_draw_nothing_and_do_not_fail() {
        assert!(!Stack::new(Vec::new()).to_string().contains("rect"));
        assert!(Line::new(Vec::new(), "line").to_string().contains("d=\"\""));
    }

    #[test]
    fn a_gap_in_the_values_is_a_gap_in_the_line() {
        let text = Line::new(vec![Some(1.0), None, Some(2.0)], "line").to_string();
        assert_eq!(text.matches('M').count(), 2, "{text}");
    }

    #[test]
    fn a_band_has_one_shape_for_each_part_without_a_gap_and_doubt_is_marked() {
        let some = |values: &[f64]| values.iter().map(|v| Some(*v)).collect::<Vec<_>>();
        let (mut low, mut high) = (some(&[1.0, 1.0, 0.0, 2.0]), some(&[2.0, 3.0, 0.0, 4.0]));
        (low[2], high[2]) = (None, None);
        let line = Line::new(vec![Some(1.5), Some(2.0), None, Some(3.0)], "line1").with_band(low, high);
        let text = line.with_doubt(vec![false, true, true, false]).to_string();
        assert_eq!(text.matches('Z').count(), 2, "{text}");
        assert_eq!(text.matches("doubt").count(), 1, "a place without a value has no mark: {text}");
        assert!(text.contains("M600.0"), "the last part lies at the end: {text}");
    }
}
