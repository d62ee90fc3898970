//! The Numenta Anomaly Benchmark, scored by its own rule (Lavin and Ahmad, "Evaluating Real-time Anomaly Detection
//! Algorithms – the Numenta Anomaly Benchmark", 2015, §II), standard profile.
//!
//! The first detection in a window counts by how early it is; each one outside costs; each missed window costs. The
//! threshold is one for all series, the best for the detector: that is the benchmark's rule, for everybody. The product's
//! own, fixed threshold is shown beside it. A detection that goes on for a day is one, as a finding is.

use holdfast_domain::integrity::anomaly::value::ValueGauge;
use holdfast_domain::integrity::anomaly::{FieldSummary, Settings, narrow};
use serde::Serialize;

use super::naive::ThreeSigma;
use super::share;

macro_rules! series {
    ($($name:literal),* $(,)?) => {
        &[$(include_str!(concat!("../../../testdata/nab/", $name, ".txt"))),*]
    };
}

const SERIES: &[&str] = series![
    "ambient_temperature_system_failure",
    "art_daily_flatmiddle",
    "art_daily_jumpsdown",
    "art_daily_jumpsup",
    "art_daily_no_noise",
    "art_daily_nojump",
    "art_daily_perfect_square_wave",
    "art_daily_small_noise",
    "art_flatline",
    "art_increase_spike_density",
    "art_load_balancer_spikes",
    "art_noisy",
    "cpu_utilization_asg_misconfiguration",
    "ec2_request_latency_system_failure",
    "machine_temperature_system_failure",
    "nyc_taxi",
    "rogue_agent_key_hold",
    "rogue_agent_key_updown",
];

/// Share of a series in which a detector only learns, and the longest that is.
const PROBATION_PERCENT: usize = 15;
const PROBATION_ROWS_MAX: usize = 750;
/// Cost of a false alarm in the standard profile.
const FALSE_WEIGHT: f64 = 0.11;
const DAY_S: u64 = 86_400;
/// Thresholds that are tried, in the detector's own unit: 1 is its own.
const THRESHOLDS: u32 = 60;

/// Scores of both detectors.
#[derive(Debug, Serialize)]
pub(super) struct Scores {
    pub(super) series: usize,
    pub(super) ours: Side,
    pub(super) naive: Side,
}

/// One detector's.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Side {
    /// At the best threshold, as the benchmark ranks.
    pub(super) best: f64,
    pub(super) best_threshold: f64,
    /// At the detector's own threshold.
    pub(super) own: f64,
    /// Of its own threshold: windows found among detections, among windows.
    pub(super) precision: f64,
    pub(super) recall: f64,
    pub(super) false_alarms: u32,
}

struct Series {
    start_s: u64,
    step_s: u64,
    windows: Vec<(usize, usize)>,
    values: Vec<f64>,
}

impl Series {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let (head, rest) = text.split_once('\n').ok_or("a series has no head")?;
        let words: Vec<&str> = head.split(' ').collect();
        let [_, "start", start, "step", step, "windows", windows] = words.as_slice() else {
            return Err("a head cannot be read");
        };
        let number = |text: &str| text.parse::<u64>().map_err(|_| "a number in a head");
        let window = |text: &str| {
            let (from, to) = text.split_once('-')?;
            Some((from.parse().ok()?, to.parse().ok()?))
        };
        let windows = if *windows == "none" { Some(Vec::new()) } else { windows.split(',').map(window).collect() };
        let values = rest.lines().map(str::parse::<f64>).collect::<Result<Vec<_>, _>>();
        Ok(Self {
            start_s: number(start)?,
            step_s: number(step)?,
            windows: windows.ok_or("a window in a head")?,
            values: values.map_err(|_| "a value")?,
        })
    }

    fn probation(&self) -> usize {
        (self.values.len() * PROBATION_PERCENT / 100).min(PROBATION_ROWS_MAX)
    }

    fn rest(&self) -> usize {
        usize::try_from(DAY_S / self.step_s.max(1)).unwrap_or(1).max(1)
    }

    /// Our score of each row.
    fn ours(&self) -> Vec<f64> {
        let settings = Settings {
            window_ms: self.step_s * 1_000,
            value_warm_windows: u16::try_from(self.probation()).unwrap_or(u16::MAX),
            long_windows: u16::try_from(3_600 / self.step_s.max(1)).unwrap_or(1).max(4),
            ..Settings::default()
        };
        let first = self.start_s / self.step_s.max(1);
        let mut gauge = ValueGauge::new(0);
        let mut hits = Vec::new();
        let score = |(window, value): (u64, &f64)| {
            let mean = narrow(*value);
            let seen = FieldSummary { key: 0, mean, low: mean, high: mean };
            hits.clear();
            f64::from(gauge.step(&seen, (window, &settings), &mut hits).score)
        };
        (first..).zip(&self.values).map(score).collect()
    }

    fn naive(&self) -> Vec<f64> {
        let mut sigma = ThreeSigma::default();
        self.values
            .iter()
            .map(|value| sigma.step(*value, u32::try_from(self.probation()).unwrap_or(u32::MAX)))
            .collect()
    }
}

/// Rows at which a detector speaks: at or above the threshold, and not within a day of the last such row.
fn detections(scores: &[f64], threshold: f64, (probation, rest): (usize, usize)) -> Vec<usize> {
    let mut found = Vec::new();
    let mut last: Option<usize> = None;
    for (row, _) in scores.iter().enumerate().filter(|(_, score)| **score >= threshold) {
        if last.is_none_or(|last| row - last > rest) && row >= probation {
            found.push(row);
        }
        last = Some(row);
    }
    found
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    score: f64,
    windows: u32,
    hit: u32,
    wrong: u32,
}

/// The scaled sigmoid of the benchmark: nearly 1 at a window's begin, 0 at its end, -1 far behind it.
fn sigmoid(position: f64) -> f64 {
    if position > 3.0 { -1.0 } else { 2.0 / (1.0 + (5.0 * position).exp()) - 1.0 }
}

fn of_rows(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::MAX, f64::from)
}

fn judge(series: &Series, found: &[usize], count: &mut Count) {
    for (from, to) in &series.windows {
        count.windows += 1;
        let first = found.iter().find(|row| (*from..=*to).contains(*row));
        if let Some(row) = first {
            count.hit += 1;
            let position = -of_rows(to - row + 1) / of_rows(to - from + 1);
            count.score += sigmoid(position) / sigmoid(-1.0);
        } else {
            count.score -= 1.0;
        }
    }
    for row in found.iter().filter(|row| !series.windows.iter().any(|(from, to)| (*from..=*to).contains(*row))) {
        count.wrong += 1;
        let before = series.windows.iter().rfind(|(_, to)| to < row);
        let cost = before.map_or(-1.0, |(from, to)| sigmoid(of_rows(row - to) / of_rows(to - from).max(1.0)));
        count.score += FALSE_WEIGHT * cost;
    }
}

fn total(all: &[(Series, Vec<f64>)], threshold: f64) -> (f64, Count) {
    let mut count = Count::default();
    for (series, scores) in all {
        let found = detections(scores, threshold, (series.probation(), series.rest()));
        judge(series, &found, &mut count);
    }
    let windows = f64::from(count.windows);
    (100.0 * (count.score + windows) / (2.0 * windows), count)
}

fn side(all: &[(Series, Vec<f64>)]) -> Side {
    let tried = (1..=THRESHOLDS).map(|n| f64::from(n) * 0.05).map(|threshold| (total(all, threshold).0, threshold));
    let (best, best_threshold) = tried.fold((f64::MIN, 1.0), |best, next| if next.0 > best.0 { next } else { best });
    let (own, count) = total(all, 1.0);
    Side {
        best,
        best_threshold,
        own,
        precision: share(count.hit, count.hit + count.wrong),
        recall: share(count.hit, count.windows),
        false_alarms: count.wrong,
    }
}

/// Scores both detectors on all series.
pub(super) fn score() -> Result<Scores, &'static str> {
    let with = |scores: fn(&Series) -> Vec<f64>| {
        SERIES
            .iter()
            .map(|text| Series::parse(text).map(|series| (scores(&series), series)))
            .map(|both| both.map(|(scores, series)| (series, scores)))
            .collect::<Result<Vec<_>, _>>()
    };
    Ok(Scores { series: SERIES.len(), ours: side(&with(Series::ours)?), naive: side(&with(Series::naive)?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(windows: &[(usize, usize)]) -> Series {
        Series { start_s: 0, step_s: 300, windows: windows.to_vec(), values: vec![0.0; 1_000] }
    }

    fn scored(found: &[usize]) -> f64 {
        let mut count = Count::default();
        judge(&flat(&[(500, 599)]), found, &mut count);
        count.score
    }

    #[test]
    fn early_is_worth_one_late_little_a_miss_costs_one_and_a_false_alarm_a_ninth() {
        assert!((scored(&[500]) - 1.0).abs() < 1e-9);
        assert!(scored(&[599]) < 0.1 && scored(&[599]) > 0.0);
        assert!((scored(&[]) + 1.0).abs() < 1e-9);
        assert!((scored(&[200, 500]) - (1.0 - FALSE_WEIGHT)).abs() < 1e-9);
        assert!(scored(&[500, 601]) > scored(&[500, 950]), "right after a window is nearly right");
    }

    #[test]
    fn what_goes_on_is_one_detection() {
        let mut scores = vec![0.0; 1_000];
        scores[400..450].fill(2.0);
        scores[900] = 2.0;
        assert_eq!(detections(&scores, 1.0, (150, 288)), [400, 900]);
    }
}
