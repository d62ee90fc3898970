//! The picture of a finding: the last windows against the band of what was expected, with the anomaly marked.

use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;
use holdfast_domain::integrity::finding::Finding;

use crate::lang::Lang;

/// Size of the view box.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 180.0;
const MARGIN: f64 = 12.0;
/// The band of the expected reaches so many spreads to both sides.
const BAND_SPREADS: f64 = 3.0;
/// The picture reaches at least so many spreads to both sides.
const REACH_MIN: f64 = 6.0;

/// A series in spreads, with where the anomaly begins.
pub(crate) struct Band {
    points: Vec<f64>,
    from: usize,
    label: String,
}

impl Band {
    /// The picture of a finding; `None` without a series.
    pub(crate) fn new(l: Lang, finding: &Finding) -> Option<Self> {
        let points = finding.evidence.series.clone();
        if points.len() < 2 {
            return None;
        }
        let window = finding.evidence.window_ms.max(1);
        let since = usize::try_from(finding.time_to_detect().0 / window).unwrap_or(usize::MAX).max(1);
        let from = points.len().saturating_sub(since);
        let far = points.iter().fold(0.0_f64, |far, z| if z.abs() > far.abs() { *z } else { far });
        let count = points.len();
        let label = l.with2("finding-picture-label", ("count", count), ("far", plain(l, far)));
        Some(Self { points, from, label })
    }

    /// What the picture says, in words.
    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    fn reach(&self) -> f64 {
        self.points.iter().fold(REACH_MIN, |reach, z| reach.max(z.abs()))
    }

    fn y(&self, z: f64) -> f64 {
        HEIGHT / 2.0 - z / self.reach() * (HEIGHT / 2.0 - MARGIN)
    }

    fn x(&self, at: usize) -> f64 {
        let place = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
        MARGIN + place(at) / place(self.points.len().saturating_sub(1).max(1)) * (WIDTH - 2.0 * MARGIN)
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "<svg class=\"evidence\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
            self.label
        )?;
        let (top, bottom) = (self.y(BAND_SPREADS), self.y(-BAND_SPREADS));
        write!(
            f,
            "<rect class=\"band\" x=\"0\" y=\"{top:.1}\" width=\"{WIDTH}\" height=\"{:.1}\"/>",
            (bottom - top).max(2.0)
        )?;
        let (first, last) = (self.x(self.from), self.x(self.points.len().saturating_sub(1)));
        write!(
            f,
            "<rect class=\"odd\" x=\"{:.1}\" y=\"0\" width=\"{:.1}\" height=\"{HEIGHT}\"/>",
            first - 4.0,
            last - first + 8.0
        )?;
        write!(f, "<path class=\"middle\" d=\"M0 {:.1}H{WIDTH}\"/>", self.y(0.0))?;
        let mut path = String::new();
        for (at, z) in self.points.iter().enumerate() {
            write!(path, "{}{:.1} {:.1}", if at == 0 { 'M' } else { 'L' }, self.x(at), self.y(*z))?;
        }
        write!(f, "<path class=\"seen\" d=\"{path}\"/>")?;
        for (at, z) in self.points.iter().enumerate().skip(self.from) {
            let (x, y) = (self.x(at), self.y(*z));
            write!(
                f,
                "<rect class=\"mark\" x=\"{:.1}\" y=\"{:.1}\" width=\"7\" height=\"7\" rx=\"3.5\"/>",
                x - 3.5,
                y - 3.5
            )?;
        }
        f.write_str("</svg>")
    }
}

impl HtmlSafe for Band {}

/// A figure with as many places as tell something.
pub(super) fn plain(l: Lang, n: f64) -> String {
    if n.abs() >= 1_000.0 {
        return l.number(format_args!("{n:.0}"));
    }
    let text = format!("{n:.1}");
    l.number(text.strip_suffix(".0").unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_grouped_and_have_one_place_at_most() {
        for (n, text) in [(0.04, "0"), (12.34, "12.3"), (-3.0, "-3"), (12_345.6, "12,346"), (-2_000.0, "-2,000")] {
            assert_eq!(plain(Lang::default(), n), text);
        }
    }
}
