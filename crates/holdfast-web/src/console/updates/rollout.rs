//! The picture of a roll-out: its devices over time, and its failures beside the share at which it stops itself.
//!
//! Decoration beside a sentence and a table that say the same.

use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;
use holdfast_core::time::{Millis, Timestamp};

use super::super::words::{When, span, when};
use crate::backend::fleet::ExecutionCounts;
use crate::backend::updates::{DeploymentView, RolloutMoment};
use crate::lang::Lang;

/// Size of a picture's view box, in its own units.
const WIDTH: u64 = 1_000;
const HEIGHT: u64 = 240;
/// Most rows of the table; the first and the last moment are among them.
const ROWS_MAX: usize = 12;
/// Percent that the scale of failures reaches at least, so that the line at which it stops is never at the edge.
const PERCENT_TOP_MIN: u64 = 10;

/// One layer of the picture: its class in the style sheet, its name, and how many devices it holds at a moment.
struct Layer {
    class: &'static str,
    name: &'static str,
    count: fn(&RolloutMoment) -> u64,
}

/// From the ground up: what is done, what went wrong, what nobody waits for, what moves, what waits.
const LAYERS: [Layer; 6] = [
    Layer { class: "part-ok", name: "rollout-healthy", count: |m| m.succeeded },
    Layer { class: "part-warn", name: "rollout-back", count: |m| m.rolled_back },
    Layer { class: "part-bad", name: "rollout-failed", count: |m| m.failed },
    Layer { class: "part-odd", name: "rollout-aside", count: |m| m.aside },
    Layer { class: "part-busy2", name: "rollout-installing", count: |m| m.under_way },
    Layer { class: "part-rest", name: "rollout-waiting", count: |m| m.waiting },
];

/// How all devices of a deployment stand now.
pub(super) const fn now_of(counts: &ExecutionCounts, at: Timestamp) -> RolloutMoment {
    RolloutMoment {
        at,
        waiting: counts.queued,
        under_way: counts.downloading + counts.installing + counts.rebooting,
        succeeded: counts.succeeded,
        failed: counts.failed,
        rolled_back: counts.rolled_back,
        aside: counts.declined + counts.unknown,
    }
}

const fn all(moment: &RolloutMoment) -> u64 {
    moment.waiting + moment.under_way + moment.succeeded + bad(moment) + moment.aside
}

const fn bad(moment: &RolloutMoment) -> u64 {
    moment.failed + moment.rolled_back
}

/// Failures in hundredths of a percent of what is finished.
fn failures(moment: &RolloutMoment) -> u64 {
    (bad(moment) * 10_000).checked_div(bad(moment) + moment.succeeded).unwrap_or(0)
}

/// One line of the table.
pub(super) struct Row {
    pub(super) at: When,
    pub(super) counts: [u64; LAYERS.len()],
    pub(super) failures: String,
}

/// One entry of the legend.
pub(super) struct Key {
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    pub(super) count: u64,
}

/// A roll-out over time.
pub(super) struct Rollout {
    moments: Vec<RolloutMoment>,
    threshold: u8,
    /// The whole of it in one sentence or two.
    pub(super) says: String,
    /// How long it has run.
    pub(super) length: String,
    pub(super) top: String,
    pub(super) half: String,
    pub(super) percent_top: u64,
    pub(super) rows: Vec<Row>,
    pub(super) keys: Vec<Key>,
    /// Names of the table's columns, as the layers are called.
    pub(super) names: [&'static str; LAYERS.len()],
}

impl Rollout {
    pub(super) fn new(l: Lang, view: &DeploymentView, counts: &ExecutionCounts, now: Timestamp) -> Self {
        let start = RolloutMoment { waiting: counts.total(), ..now_of(&ExecutionCounts::default(), view.created) };
        let ended = view.state.is_final();
        let mut moments = view.moments.clone();
        if moments.first().is_none_or(|first| first.at > view.created) {
            let reached = moments.first().map_or(counts.total(), all);
            moments.insert(0, RolloutMoment { waiting: reached, ..start });
        }
        let last = if ended { moments.last().map_or(now, |last| last.at) } else { now };
        moments.retain(|moment| moment.at < last);
        moments.push(now_of(counts, last.max(view.created)));
        let current = now_of(counts, now);
        let peak = moments.iter().map(all).max().unwrap_or(0);
        let worst = moments.iter().map(failures).max().unwrap_or(0).div_ceil(100);
        let reach = u64::from(view.abort_threshold_percent).max(worst);
        Self {
            says: says(l, &current, view.abort_threshold_percent, ended),
            length: span(l, Millis(u64::try_from((last.as_micros() - view.created.as_micros()) / 1_000).unwrap_or(0))),
            top: l.number(peak),
            half: l.number(peak / 2),
            percent_top: (reach + reach.div_ceil(4)).clamp(PERCENT_TOP_MIN, 100),
            rows: rows(l, &moments, now),
            keys: LAYERS
                .iter()
                .map(|layer| Key { class: layer.class, name: layer.name, count: (layer.count)(&current) })
                .filter(|key| key.count > 0)
                .collect(),
            names: LAYERS.map(|layer| layer.name),
            threshold: view.abort_threshold_percent,
            moments,
        }
    }

    /// The devices over time.
    pub(super) const fn devices(&self) -> Devices<'_> {
        Devices(self)
    }

    /// The failures over time.
    pub(super) const fn failures(&self) -> Failures<'_> {
        Failures(self)
    }

    fn x(&self, at: Timestamp) -> u64 {
        let ends = self.moments.first().zip(self.moments.last());
        let Some((first, last)) = ends else { return 0 };
        let span = last.at.as_micros().saturating_sub(first.at.as_micros()).max(1);
        let place = i128::from(at.as_micros().saturating_sub(first.at.as_micros())) * i128::from(WIDTH);
        u64::try_from(place / i128::from(span)).unwrap_or(0).min(WIDTH)
    }
}

fn says(l: Lang, now: &RolloutMoment, threshold: u8, ended: bool) -> String {
    let mut text = l.with2("rollout-says", ("done", l.number(now.succeeded)), ("total", l.number(all(now))));
    let parts = [
        (now.under_way, "rollout-says-installing"),
        (now.rolled_back, "rollout-says-back"),
        (now.failed, "rollout-says-failed"),
        (now.aside, "rollout-says-aside"),
        (now.waiting, if ended { "rollout-says-left" } else { "rollout-says-waiting" }),
    ];
    for (count, what) in parts.into_iter().filter(|(count, _)| *count > 0) {
        text.push_str(", ");
        text.push_str(&l.with(what, "count", l.number(count)));
    }
    text.push_str(". ");
    text.push_str(&l.with2("rollout-says-share", ("share", percent(failures(now))), ("limit", threshold.to_string())));
    text
}

/// Hundredths of a percent, with one digit behind the point.
fn percent(hundredths: u64) -> String {
    format!("{}.{}", hundredths / 100, hundredths % 100 / 10)
}

/// Moments at even distances, the first and the last among them.
fn rows(l: Lang, moments: &[RolloutMoment], now: Timestamp) -> Vec<Row> {
    let last = moments.len().saturating_sub(1);
    let shown = moments.len().min(ROWS_MAX);
    let places = (0..shown).map(|n| (n * last).checked_div(shown.saturating_sub(1)).unwrap_or(0));
    let row = |moment: &RolloutMoment| Row {
        at: when(l, moment.at, now),
        counts: LAYERS.map(|layer| (layer.count)(moment)),
        failures: l.with("console-percent", "n", percent(failures(moment))),
    };
    places.filter_map(|place| moments.get(place)).map(row).collect()
}

fn frame(f: &mut fmt::Formatter<'_>, class: &str) -> fmt::Result {
    write!(f, "<svg class=\"plot {class}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" ")?;
    f.write_str("aria-hidden=\"true\">")
}

fn ground(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for quarter in 1..4 {
        let (x, y) = (WIDTH * quarter / 4, HEIGHT * quarter / 4);
        write!(f, "<line class=\"grid\" x1=\"{x}\" x2=\"{x}\" y1=\"0\" y2=\"{HEIGHT}\"/>")?;
        write!(f, "<line class=\"grid\" x1=\"0\" x2=\"{WIDTH}\" y1=\"{y}\" y2=\"{y}\"/>")?;
    }
    Ok(())
}

/// The devices as layers, one on the other.
pub(super) struct Devices<'a>(&'a Rollout);

impl fmt::Display for Devices<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        frame(f, "layers")?;
        let moments = &self.0.moments;
        let peak = moments.iter().map(all).max().unwrap_or(0).max(1);
        let y = |count: u64| HEIGHT - (count.min(peak) * HEIGHT) / peak;
        let mut below = vec![0_u64; moments.len()];
        for layer in &LAYERS {
            let above: Vec<u64> = moments.iter().zip(&below).map(|(m, below)| below + (layer.count)(m)).collect();
            if above != below {
                let mut path = String::new();
                for (n, (moment, top)) in moments.iter().zip(&above).enumerate() {
                    write!(path, "{}{} {}", if n == 0 { 'M' } else { 'L' }, self.0.x(moment.at), y(*top))?;
                }
                for (moment, bottom) in moments.iter().zip(&below).rev() {
                    write!(path, "L{} {}", self.0.x(moment.at), y(*bottom))?;
                }
                write!(f, "<path class=\"{}\" d=\"{path}Z\"/>", layer.class)?;
            }
            below = above;
        }
        ground(f)?;
        f.write_str("</svg>")
    }
}

impl HtmlSafe for Devices<'_> {}

/// The failures as a line, with the line at which it stops itself.
pub(super) struct Failures<'a>(&'a Rollout);

impl fmt::Display for Failures<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        frame(f, "failures")?;
        ground(f)?;
        let top = self.0.percent_top.max(1) * 100;
        let y = |hundredths: u64| HEIGHT - (hundredths.min(top) * (HEIGHT - 4)) / top - 2;
        let mut path = String::new();
        for (n, moment) in self.0.moments.iter().enumerate() {
            write!(path, "{}{} {}", if n == 0 { 'M' } else { 'L' }, self.0.x(moment.at), y(failures(moment)))?;
        }
        write!(
            f,
            "<path class=\"area\" d=\"{path}L{WIDTH} {HEIGHT}L0 {HEIGHT}Z\"/><path class=\"line\" d=\"{path}\"/>"
        )?;
        let limit = y(u64::from(self.0.threshold) * 100);
        write!(f, "<line class=\"limit\" x1=\"0\" x2=\"{WIDTH}\" y1=\"{limit}\" y2=\"{limit}\"/></svg>")
    }
}

impl HtmlSafe for Failures<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_790_000_000_000_000;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(START + seconds * 1_000_000)
    }

    fn view(moments: Vec<RolloutMoment>) -> DeploymentView {
        use holdfast_core::id::{DeploymentId, PersonId, ReleaseId};
        DeploymentView {
            id: DeploymentId::new(at(0), [1; 10]),
            release: ReleaseId::new(at(0), [1; 10]),
            version: "1.2.0".to_owned(),
            product: "hearth-thermostat".parse().expect("an id"),
            group: None,
            state: holdfast_domain::updates::DeploymentState::Running { phase: 0 },
            generation: 1,
            abort_threshold_percent: 20,
            min_devices: 5,
            deadline: Millis::from_secs(60),
            created_by: PersonId::new(at(0), [1; 10]),
            created_by_name: String::new(),
            created: at(0),
            phases: Vec::new(),
            moments,
        }
    }

    fn moment(seconds: i64, succeeded: u64, rolled_back: u64) -> RolloutMoment {
        let waiting = 100 - succeeded - rolled_back;
        RolloutMoment { at: at(seconds), waiting, under_way: 0, succeeded, failed: 0, rolled_back, aside: 0 }
    }

    fn counts(succeeded: u64, rolled_back: u64) -> ExecutionCounts {
        ExecutionCounts { succeeded, rolled_back, queued: 100 - succeeded - rolled_back, ..ExecutionCounts::default() }
    }

    #[test]
    fn the_picture_begins_with_everybody_waiting_and_ends_with_now() {
        let rollout = Rollout::new(Lang::default(), &view(vec![moment(50, 40, 0)]), &counts(60, 5), at(100));
        let text = rollout.devices().to_string();
        assert!(text.contains("M0 240L500 144L1000 96L1000 240L500 240L0 240Z"), "healthy, from none to sixty: {text}");
        assert!(text.contains("class=\"part-rest\"") && !text.contains("part-bad"), "{text}");
        assert_eq!((rollout.rows.len(), rollout.rows[0].counts[5], rollout.rows[2].counts[0]), (3, 100, 60));
        assert!(rollout.says.starts_with("60 of 100 devices run it"), "{}", rollout.says);
        assert!(rollout.says.contains("Failures are 7.6%") && rollout.says.contains("stops itself at 20%"));
    }

    #[test]
    fn the_line_at_which_it_stops_is_in_the_picture_and_above_the_failures_that_it_allows() {
        let rollout = Rollout::new(Lang::default(), &view(vec![moment(50, 95, 5)]), &counts(95, 5), at(100));
        assert_eq!(rollout.percent_top, 25);
        let text = rollout.failures().to_string();
        assert!(text.contains("class=\"limit\" x1=\"0\" x2=\"1000\" y1=\"50\""), "{text}");
        assert!(text.contains("L1000 191"), "five percent of twenty-five: {text}");
    }

    #[test]
    fn a_roll_out_without_a_moment_or_a_device_is_drawn_all_the_same() {
        for (counts, devices) in [(ExecutionCounts::default(), "0 of 0"), (counts(0, 0), "0 of 100")] {
            let rollout = Rollout::new(Lang::default(), &view(Vec::new()), &counts, at(0));
            assert!(rollout.says.starts_with(devices), "{}", rollout.says);
            assert!(rollout.devices().to_string().ends_with("</svg>"));
            assert!(rollout.failures().to_string().ends_with("</svg>"));
        }
    }

    #[test]
    fn the_table_has_a_dozen_rows_however_long_it_runs() {
        let moments = (1..200).map(|n| moment(n, 1, 0)).collect();
        let rollout = Rollout::new(Lang::default(), &view(moments), &counts(2, 0), at(500));
        assert_eq!(rollout.rows.len(), ROWS_MAX);
        assert_eq!(rollout.rows.last().expect("a row").counts[0], 2);
    }
}
