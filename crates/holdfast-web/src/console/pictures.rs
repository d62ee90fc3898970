//! Pictures drawn by the server as SVG: stacked bars and lines, which need no script and no inline style.
//!
//! Owns geometry only. Colours come from classes in the style sheet; every picture has a text that says the same.

use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;

use crate::backend::fleet::ExecutionCounts;

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
pub(crate) fn executions(counts: &ExecutionCounts) -> Stack {
    Stack::new(vec![
        Part::new("part-ok", "succeeded", counts.succeeded),
        Part::new("part-busy3", "rebooting", counts.rebooting),
        Part::new("part-busy2", "installing", counts.installing),
        Part::new("part-busy1", "downloading", counts.downloading),
        Part::new("part-warn", "rolled back", counts.rolled_back),
        Part::new("part-bad", "failed", counts.failed),
        Part::new("part-odd", "declined", counts.declined),
        Part::new("part-odd2", "no progress", counts.unknown),
        Part::new("part-rest", "queued", counts.queued),
    ])
}

/// A line over time; gaps stay gaps.
pub(crate) struct Line {
    values: Vec<Option<f64>>,
    class: &'static str,
    from_zero: bool,
}

/// Size of a line's view box, in its own units.
const LINE_WIDTH: f64 = 600.0;
const LINE_HEIGHT: f64 = 120.0;
const LINE_MARGIN: f64 = 6.0;

impl Line {
    pub(crate) const fn new(values: Vec<Option<f64>>, class: &'static str) -> Self {
        Self { values, class, from_zero: false }
    }

    pub(crate) fn of_counts(counts: &[u32]) -> Self {
        Self { values: counts.iter().map(|n| Some(f64::from(*n))).collect(), class: "line", from_zero: true }
    }

    /// Its class in the style sheet.
    pub(crate) const fn class(&self) -> &'static str {
        self.class
    }

    fn range(&self) -> (f64, f64) {
        let known = || self.values.iter().flatten().copied();
        let low = if self.from_zero { 0.0 } else { known().fold(f64::INFINITY, f64::min) };
        let high = known().fold(f64::NEG_INFINITY, f64::max);
        if (high - low).abs() < f64::EPSILON { (low - 1.0, high + 1.0) } else { (low, high) }
    }

    /// Pairs of x and y, with `None` where the line is broken.
    fn points(&self) -> Vec<Option<(f64, f64)>> {
        let (low, high) = self.range();
        let last = self.values.len().saturating_sub(1).max(1);
        let step = LINE_WIDTH / f64::from(u32::try_from(last).unwrap_or(u32::MAX));
        let scale = (LINE_HEIGHT - 2.0 * LINE_MARGIN) / (high - low);
        let mut x = -step;
        let place = |value: &Option<f64>| {
            x += step;
            value.map(|value| (x, LINE_HEIGHT - LINE_MARGIN - (value - low) * scale))
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
        let mut path = String::new();
        let mut pen_down = false;
        for point in self.points() {
            match point {
                Some((x, y)) => {
                    write!(path, "{}{x:.1} {y:.1}", if pen_down { "L" } else { "M" })?;
                    pen_down = true;
                }
                None => pen_down = false,
            }
        }
        write!(f, "<path d=\"{path}\"/></svg>")
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
}
