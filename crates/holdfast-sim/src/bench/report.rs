//! What is shown at the end: each figure, the yardstick's, the goal, and whether it is met.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use serde::Serialize;

use super::load::{Load, Sent};
use super::process::Cores;
use super::{Args, broker};

/// Processor time of one clock tick, in microseconds (`USER_HZ` is 100 on every Linux architecture we build for).
const TICK_US: f64 = 10_000.0;
/// From so many messages in flight on, the goals for devices that drain a queue apply.
const DRAINING_IN_FLIGHT: u16 = 4;

/// One run against one side.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Run {
    /// Messages stored.
    stored: u64,
    /// Messages stored for each second, from the first message until the last was stored.
    stored_per_second: f64,
    /// Processor time of the server, or of broker and backend, for each message.
    cpu_us_per_message: f64,
    /// From the write to the PUBACK.
    puback_ms_p50: f64,
    /// The slowest of a hundred.
    puback_ms_p99: f64,
    /// Refusals by name.
    rejected: BTreeMap<String, u64>,
}

impl Run {
    pub(super) fn new(sent: &Sent, stored: u64, took: Duration, ticks: u64) -> Self {
        let count = as_f64(stored).max(1.0);
        let percentile = |part: usize| {
            let at = (sent.waits_us.len() * part / 100).min(sent.waits_us.len().saturating_sub(1));
            sent.waits_us.get(at).map_or(0.0, |us| f64::from(*us) / 1_000.0)
        };
        Self {
            stored,
            stored_per_second: count / took.as_secs_f64().max(1e-6),
            cpu_us_per_message: as_f64(ticks) * TICK_US / count,
            puback_ms_p50: percentile(50),
            puback_ms_p99: percentile(99),
            rejected: sent.rejected.clone(),
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cpu, rate) = (self.cpu_us_per_message, self.stored_per_second);
        write!(f, "{cpu:>6.1} µs CPU per message, {rate:>7.0} stored/s")?;
        write!(f, ", PUBACK p50 {:.1} ms, p99 {:.1} ms", self.puback_ms_p50, self.puback_ms_p99)?;
        let rejected: u64 = self.rejected.values().sum();
        if rejected > 0 { write!(f, ", {rejected} rejected: {:?}", self.rejected) } else { Ok(()) }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
const fn as_f64(count: u64) -> f64 {
    count as f64
}

/// What our server kept of what it acknowledged.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Kept {
    /// Messages that were acknowledged.
    pub(super) acknowledged: u64,
    /// Messages in the store.
    pub(super) stored: u64,
    /// Acknowledged and not stored.
    pub(super) lost: u64,
    /// Stored more than once.
    pub(super) twice: u64,
}

/// Under which conditions was measured.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Conditions {
    connections: u16,
    in_flight: u16,
    messages_per_run: u64,
    pairs: u16,
    payload_bytes: usize,
    placement: String,
    yardstick: String,
    load_average: String,
}

impl Conditions {
    pub(super) async fn of(args: &Args, cores: &Cores, load: &Load, mosquitto: &Path) -> Self {
        let load_average = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            connections: args.connections,
            in_flight: args.in_flight,
            messages_per_run: load.messages(),
            pairs: args.pairs,
            payload_bytes: load.payload_bytes(),
            placement: cores.note.clone(),
            yardstick: broker::version(mosquitto).await,
            load_average: load_average.split_ascii_whitespace().next().unwrap_or("unknown").to_owned(),
        }
    }
}

/// One line of the result.
#[derive(Debug, Clone, Serialize)]
struct Row {
    figure: &'static str,
    holdfast: f64,
    yardstick: Option<f64>,
    ratio: Option<f64>,
    goal: Option<Goal>,
    verdict: Option<&'static str>,
}

/// A limit for a ratio, or for the figure itself where there is no yardstick.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Goal {
    AtMost { must: f64, stretch: f64 },
    AtLeast { must: f64, stretch: f64 },
    Zero,
}

impl Goal {
    fn verdict(self, value: f64) -> &'static str {
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
            Self::AtMost { must, stretch } => write!(f, "× ≤ {must} (stretch {stretch})"),
            Self::AtLeast { must, stretch } => write!(f, "× ≥ {must} (stretch {stretch})"),
            Self::Zero => f.write_str("0"),
        }
    }
}

/// The whole result.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Report {
    rows: Vec<Row>,
    conditions: Conditions,
    kept: Kept,
    holdfast_runs: Vec<Run>,
    yardstick_runs: Vec<Run>,
}

impl Report {
    pub(super) fn new(conditions: Conditions, ours: &[Run], theirs: &[Run], kept: &Kept) -> Self {
        let draining = conditions.in_flight >= DRAINING_IN_FLIGHT;
        let cpu = if draining {
            Goal::AtMost { must: 0.45, stretch: 0.30 }
        } else {
            Goal::AtMost { must: 0.95, stretch: 0.75 }
        };
        let rate = draining.then_some(Goal::AtLeast { must: 1.5, stretch: 2.0 });
        let pairs = Pairs { ours, theirs };
        let rejected = |runs: &[Run]| runs.iter().flat_map(|run| run.rejected.values()).sum();
        let missing = theirs.iter().map(|run| conditions.messages_per_run.saturating_sub(run.stored)).sum();
        let rows = vec![
            pairs.row("CPU per message, µs", |run| run.cpu_us_per_message, Some(cpu)),
            pairs.row("stored for each second", |run| run.stored_per_second, rate),
            pairs.row("PUBACK p50, ms (ours after the commit)", |run| run.puback_ms_p50, None),
            pairs.row("PUBACK p99, ms (ours after the commit)", |run| run.puback_ms_p99, None),
            counted("rejected", rejected(ours), Some(rejected(theirs)), None),
            counted("acknowledged and not stored", kept.lost, Some(missing), Some(Goal::Zero)),
            counted("stored twice", kept.twice, None, Some(Goal::Zero)),
        ];
        Self { rows, conditions, kept: *kept, holdfast_runs: ours.to_vec(), yardstick_runs: theirs.to_vec() }
    }

    /// Whether nothing was lost and nothing doubled; the only thing the bench fails for.
    pub(super) const fn holds(&self) -> bool {
        self.kept.lost == 0 && self.kept.twice == 0
    }
}

struct Pairs<'a> {
    ours: &'a [Run],
    theirs: &'a [Run],
}

impl Pairs<'_> {
    /// Medians of both sides, and the median of the ratios of each pair.
    fn row(&self, figure: &'static str, of: impl Fn(&Run) -> f64, goal: Option<Goal>) -> Row {
        let ratio = |(ours, theirs): (&Run, &Run)| of(ours) / of(theirs).max(1e-9);
        let ratio = median(self.ours.iter().zip(self.theirs).map(ratio).collect());
        Row {
            figure,
            holdfast: median(self.ours.iter().map(&of).collect()),
            yardstick: Some(median(self.theirs.iter().map(&of).collect())),
            ratio: Some(ratio),
            goal,
            verdict: goal.map(|goal| goal.verdict(ratio)),
        }
    }
}

fn counted(figure: &'static str, ours: u64, theirs: Option<u64>, goal: Option<Goal>) -> Row {
    let verdict = goal.map(|goal| goal.verdict(as_f64(ours)));
    Row { figure, holdfast: as_f64(ours), yardstick: theirs.map(as_f64), ratio: None, goal, verdict }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match (values.len() % 2, values.get(half)) {
        (0, Some(upper)) => values.get(half.saturating_sub(1)).map_or(*upper, |lower| f64::midpoint(*lower, *upper)),
        (_, Some(middle)) => *middle,
        (_, None) => 0.0,
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(["Figure (medians)", "holdfast", "mosquitto + backend", "×", "goal", "verdict"]);
        let number =
            |value: f64| if value >= 1_000.0 || value == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") };
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
        for row in &self.rows {
            table.add_row([
                row.figure.to_owned(),
                number(row.holdfast),
                or_dash(row.yardstick.map(number)),
                or_dash(row.ratio.map(|ratio| format!("{ratio:.2}"))),
                or_dash(row.goal.map(|goal| goal.to_string())),
                row.verdict.unwrap_or("–").to_owned(),
            ]);
        }
        let c = &self.conditions;
        writeln!(f, "{table}")?;
        writeln!(
            f,
            "{} devices × {} in flight, {} pairs of {} messages of {} bytes; TLS 1.3 with client certificates, QoS 1.",
            c.connections, c.in_flight, c.pairs, c.messages_per_run, c.payload_bytes
        )?;
        writeln!(
            f,
            "{}. Yardstick: {}, nothing on disk, and a backend (SQLite, synchronous=NORMAL).",
            c.placement, c.yardstick
        )?;
        write!(
            f,
            "{} acknowledged, {} stored, {} lost, {} twice. Load average at the end: {}.",
            self.kept.acknowledged, self.kept.stored, self.kept.lost, self.kept.twice, c.load_average
        )
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use std::slice::from_ref;

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
    fn one_lost_message_makes_the_whole_fail() {
        let run = Run::new(&Sent::default(), 100, Duration::from_secs(1), 1);
        let conditions = Conditions {
            connections: 1,
            in_flight: 8,
            messages_per_run: 100,
            pairs: 1,
            payload_bytes: 90,
            placement: String::new(),
            yardstick: String::new(),
            load_average: String::new(),
        };
        let report = |kept: Kept| Report::new(conditions.clone(), from_ref(&run), from_ref(&run), &kept);
        assert!(report(Kept { acknowledged: 100, stored: 100, lost: 0, twice: 0 }).holds());
        assert!(!report(Kept { acknowledged: 100, stored: 99, lost: 1, twice: 0 }).holds());
        assert!(report(Kept::default()).to_string().contains("stored for each second"));
    }
}
