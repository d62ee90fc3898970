//! What every bench shows: a figure, the peer's, their ratio, the goal and whether it is met; for people and as JSON.
//!
//! Knows nothing of what is measured. A goal is met by the median of the pairs, not by the best of them.

use std::fmt;

use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use serde::Serialize;

/// A limit for a ratio, or for the figure itself where there is no peer.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Goal {
    /// The less, the better.
    AtMost {
        /// The floor.
        must: f64,
        /// What we aim at.
        stretch: f64,
    },
    /// The more, the better.
    AtLeast {
        /// The floor.
        must: f64,
        /// What we aim at.
        stretch: f64,
    },
    /// None at all; the bench fails otherwise.
    Zero,
}

impl Goal {
    pub(super) fn verdict(self, value: f64) -> &'static str {
        let (met, stretched) = match self {
            Self::AtMost { must, stretch } => (value <= must, value <= stretch),
            Self::AtLeast { must, stretch } => (value >= must, value >= stretch),
            Self::Zero => (value == 0.0, false),
        };
        match (met, stretched) {
            (true, true) => "met (stretch)",
            (true, false) => "met",
            (false, _) => "short",
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost { must, stretch } => write!(f, "≤ {} (stretch {})", number(*must), number(*stretch)),
            Self::AtLeast { must, stretch } => write!(f, "≥ {} (stretch {})", number(*must), number(*stretch)),
            Self::Zero => f.write_str("0"),
        }
    }
}

/// One line of a result.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    figure: String,
    holdfast: f64,
    yardstick: Option<f64>,
    ratio: Option<f64>,
    goal: Option<Goal>,
    verdict: Option<&'static str>,
}

impl Row {
    /// A figure of ours beside the same figure of the yardstick, run by run; the goal is for the median ratio.
    pub(super) fn pairs(figure: &str, ours: &[f64], theirs: &[f64], goal: Option<Goal>) -> Self {
        let ratio = median(ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs.max(1e-9)).collect());
        Self {
            figure: figure.to_owned(),
            holdfast: median(ours.to_vec()),
            yardstick: Some(median(theirs.to_vec())),
            ratio: Some(ratio),
            goal,
            verdict: goal.map(|goal| goal.verdict(ratio)),
        }
    }

    /// A figure whose goal is for itself; the yardstick's, if there is one, is shown beside it.
    pub(super) fn alone(figure: &str, ours: f64, theirs: Option<f64>, goal: Option<Goal>) -> Self {
        let ratio = theirs.filter(|theirs| *theirs > 0.0).map(|theirs| ours / theirs);
        let verdict = goal.map(|goal| goal.verdict(ours));
        Self { figure: figure.to_owned(), holdfast: ours, yardstick: theirs, ratio, goal, verdict }
    }

    /// A number of things that should not have happened.
    pub(super) fn counted(figure: &str, ours: u64, theirs: Option<u64>, goal: Option<Goal>) -> Self {
        Self { ratio: None, ..Self::alone(figure, as_f64(ours), theirs.map(as_f64), goal) }
    }

    /// Whether this line is a gate and not met.
    pub(super) const fn fails(&self) -> bool {
        matches!(self.goal, Some(Goal::Zero)) && self.holdfast != 0.0
    }
}

/// A whole result.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Sheet {
    bench: &'static str,
    yardstick: String,
    rows: Vec<Row>,
    conditions: Vec<String>,
    load_average: String,
    /// Single runs and curves, for programs.
    runs: serde_json::Value,
}

impl Sheet {
    pub(super) fn new(bench: &'static str, yardstick: &str) -> Self {
        let runs = serde_json::Value::Null;
        Self {
            bench,
            yardstick: yardstick.to_owned(),
            rows: Vec::new(),
            conditions: Vec::new(),
            load_average: load_average(),
            runs,
        }
    }

    pub(super) fn row(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// A sentence under the table: how it was measured.
    pub(super) fn note(&mut self, sentence: impl Into<String>) {
        self.conditions.push(sentence.into());
    }

    /// Every single run, in the JSON output only.
    pub(super) fn runs(&mut self, runs: serde_json::Value) {
        self.runs = runs;
    }

    /// Whether no gate failed.
    pub(super) fn holds(&self) -> bool {
        !self.rows.iter().any(Row::fails)
    }
}

impl fmt::Display for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
        let beside = self.rows.iter().any(|row| row.yardstick.is_some());
        let (figure, ours) = if beside { ("Figure (medians)", "holdfast") } else { ("Figure", "value") };
        let mut header = vec![figure, ours];
        header.extend(beside.then_some([self.yardstick.as_str(), "×"]).into_iter().flatten());
        header.extend(["goal", "verdict"]);
        table.set_header(header);
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
        for row in &self.rows {
            let mut cells = vec![row.figure.clone(), number(row.holdfast)];
            if beside {
                cells.push(or_dash(row.yardstick.map(number)));
                cells.push(or_dash(row.ratio.map(|ratio| format!("{ratio:.2}"))));
            }
            cells.push(or_dash(row.goal.map(|goal| goal.to_string())));
            cells.push(row.verdict.unwrap_or("–").to_owned());
            table.add_row(cells);
        }
        writeln!(f, "{table}")?;
        for sentence in &self.conditions {
            writeln!(f, "{sentence}")?;
        }
        write!(f, "Load average (1, 5, 15 minutes), start and end: {}; {}.", self.load_average, load_average())
    }
}

/// Short, with as many digits as say something.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if size >= 1_000.0 || value.fract() == 0.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// What the system says about how busy it is.
pub(super) fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_ascii_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
pub(super) const fn as_f64(count: u64) -> f64 {
    count as f64
}

/// The middle one, or the middle of the middle two; 0 for none.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match (values.len() % 2, values.get(half)) {
        (0, Some(upper)) => values.get(half.saturating_sub(1)).map_or(*upper, |lower| f64::midpoint(*lower, *upper)),
        (_, Some(middle)) => *middle,
        (_, None) => 0.0,
    }
}

/// The value that so many percent are below, of a sorted list.
pub(super) fn percentile<T: Copy + Default>(sorted: &[T], percent: usize) -> T {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_is_between_the_middle_two() {
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(vec![9.0, 1.0, 3.0]), 3.0);
        assert_eq!(median(Vec::new()), 0.0);
    }

    #[test]
    fn a_goal_is_met_at_its_limit_and_short_beyond() {
        let cheap = Goal::AtMost { must: 0.45, stretch: 0.30 };
        assert_eq!([0.3, 0.45, 0.46].map(|x| cheap.verdict(x)), ["met (stretch)", "met", "short"]);
        let fast = Goal::AtLeast { must: 1.5, stretch: 2.0 };
        assert_eq!([2.0, 1.5, 1.4].map(|x| fast.verdict(x)), ["met (stretch)", "met", "short"]);
        assert_eq!([0.0, 1.0].map(|x| Goal::Zero.verdict(x)), ["met", "short"]);
    }

    #[test]
    fn only_a_gate_that_is_not_met_makes_the_whole_fail() {
        let mut sheet = Sheet::new("connect", "mosquitto");
        sheet.row(Row::pairs(
            "CPU",
            &[2.0, 4.0, 3.0],
            &[1.0, 1.0, 1.0],
            Some(Goal::AtMost { must: 1.0, stretch: 0.5 }),
        ));
        sheet.row(Row::counted("lost", 0, None, Some(Goal::Zero)));
        assert!(sheet.holds(), "a ratio that is short is shown, not failed");
        assert!(sheet.to_string().contains("short"));
        sheet.row(Row::counted("lost", 1, None, Some(Goal::Zero)));
        assert!(!sheet.holds());
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        assert_eq!(percentile(&[1, 2, 3, 4], 50), 3);
        assert_eq!(percentile(&[1, 2, 3, 4], 99), 4);
        assert_eq!(percentile::<u32>(&[], 50), 0);
    }
}
