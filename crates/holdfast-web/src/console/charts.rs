//! Telemetry as pictures and tables: panels on the device page, and the figures that the chart script fetches.

use std::fmt::Display;

use axum::extract::State;
use holdfast_core::id::{DeviceId, StreamId};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::people::access::{Act, may};
use serde::Serialize;

use super::device::StreamFacts;
use super::pictures::Line;
use super::words::{calendar, figure};
use crate::backend::fleet::{ChartAsk, ChartLine, FieldKind, FieldView, Message, Reading, StreamView};
use crate::backend::telemetry::Account;
use crate::door::App;
use crate::door::extract::{Asked, Fields, Ids, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/console/devices/{id}/chart/{stream}", Access::May(Act::ReadTelemetry), figures)
}

/// Points of a chart: one for every two pixels of a wide one.
const POINTS: u16 = 300;
/// Messages in the table below a chart.
pub(super) const TABLE_ROWS: u16 = 25;

/// How far back a chart goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    Hour,
    Day,
    Week,
    Month,
}

impl Range {
    pub(super) const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// Reads `range`; the last hour if nothing or something else is asked for.
    pub(super) fn of(query: &Fields) -> Self {
        Self::ALL.into_iter().find(|range| range.word() == query.typed("range")).unwrap_or(Self::Hour)
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Hour => "device-range-hour",
            Self::Day => "device-range-day",
            Self::Week => "device-range-week",
            Self::Month => "device-range-month",
        }
    }

    const fn seconds(self) -> u64 {
        match self {
            Self::Hour => 3_600,
            Self::Day => 86_400,
            Self::Week => 604_800,
            Self::Month => 2_592_000,
        }
    }

    pub(super) const fn chart(self, now: Timestamp, clear: bool) -> ChartAsk {
        let back = Millis::from_secs(self.seconds());
        let from = Timestamp::from_micros(now.as_micros().saturating_sub_unsigned(back.0.saturating_mul(1_000)));
        ChartAsk { from, to: now, points: POINTS, clear }
    }
}

/// One stream on the device page.
pub(super) struct StreamPanel {
    pub(super) stream: String,
    pub(super) title: String,
    pub(super) source: String,
    pub(super) charts: Vec<FieldChart>,
    pub(super) account: AccountLine,
    pub(super) heads: Vec<String>,
    pub(super) rows: Vec<(String, Vec<String>)>,
}

/// What a panel says of a stream's quality and losses.
pub(super) struct AccountLine {
    /// Whether there is a reading of late that the score can be about.
    pub(super) is_judged: bool,
    pub(super) score: u8,
    pub(super) class: &'static str,
    pub(super) parts: String,
    pub(super) losses: String,
    pub(super) stale: bool,
}

impl AccountLine {
    fn new(l: Lang, account: &Account) -> Self {
        let score = account.score;
        let mut losses = Vec::new();
        let counts: [(u64, &str); 3] = [
            (account.missing, "device-lost-missing"),
            (account.shed, "device-lost-shed"),
            (account.repeats, "device-lost-repeats"),
        ];
        losses.extend(counts.iter().filter(|(count, _)| *count > 0).map(|(count, key)| l.count(key, *count)));
        for gap in account.gaps.iter().rev().take(GAPS_NAMED) {
            let (first, last) = (gap.span.first, gap.span.last);
            let reason = gap.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            let span = if first == last { first.to_string() } else { format!("{first}–{last}") };
            losses.push(l.with2("device-gap", ("span", span), ("reason", reason)));
        }
        Self {
            is_judged: account.looked_at > 0,
            score: score.overall,
            class: match score.overall {
                90..=100 => "ok",
                60..90 => "busy",
                _ => "bad",
            },
            parts: l.fill(
                "device-quality-parts",
                &[
                    ("complete", &score.completeness),
                    ("timely", &score.timeliness),
                    ("valid", &score.validity),
                    ("trusted", &score.consistency),
                ],
            ),
            losses: if losses.is_empty() { l.say("device-lost-none") } else { losses.join(" · ") },
            stale: score.stale,
        }
    }
}

/// Newest gaps that a panel names.
const GAPS_NAMED: usize = 3;

/// One number field's picture.
pub(super) struct FieldChart {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) unit: String,
    pub(super) last: Option<String>,
    pub(super) low: String,
    pub(super) high: String,
    /// The picture in words.
    pub(super) words: String,
    pub(super) line: Line,
}

/// Classes of lines in the style sheet.
const LINE_CLASSES: [&str; 4] = ["line1", "line2", "line3", "line4"];

impl StreamPanel {
    pub(super) fn new(l: Lang, device: &DeviceId, stream: &StreamView, facts: StreamFacts) -> Self {
        let StreamFacts { chart, last, account } = facts;
        let last = last.as_slice();
        let newest = last.first();
        let charts = chart.lines.into_iter().zip(LINE_CLASSES.into_iter().cycle());
        Self {
            stream: stream.id.to_string(),
            title: stream.title.clone(),
            source: format!("/console/devices/{device}/chart/{}", stream.id),
            account: AccountLine::new(l, &account),
            charts: charts.map(|(line, class)| FieldChart::new(l, line, class, newest)).collect(),
            heads: stream.fields.iter().map(head).collect(),
            rows: last.iter().map(|message| row(l, stream, message)).collect(),
        }
    }
}

impl FieldChart {
    fn new(l: Lang, line: ChartLine, class: &'static str, newest: Option<&Message>) -> Self {
        let lows = || line.low.iter().flatten().copied();
        let highs = || line.high.iter().flatten().copied();
        let (low, high) = (lows().reduce(f64::min), highs().reduce(f64::max));
        let doubtful = line.doubtful.iter().filter(|doubtful| **doubtful).count();
        let gaps = line.values.split(Option::is_none).filter(|part| !part.is_empty()).count().saturating_sub(1);
        let current = newest.and_then(|message| message.fields.get(&line.field.name));
        Self {
            last: current
                .map(|value| reading(l, value))
                .or_else(|| line.values.iter().rev().flatten().next().map(|n| amount(l, *n))),
            words: words(l, &line, doubtful, gaps),
            low: low.map(|n| amount(l, n)).unwrap_or_default(),
            high: high.map(|n| amount(l, n)).unwrap_or_default(),
            name: line.field.name,
            title: line.field.title,
            unit: line.field.unit.unwrap_or_default(),
            line: Line::new(line.values, class).with_band(line.low, line.high).with_doubt(line.doubtful),
        }
    }
}

/// What the picture shows, for whoever does not see it.
fn words(l: Lang, line: &ChartLine, doubtful: usize, gaps: usize) -> String {
    let known = || line.values.iter().flatten().copied();
    let unit = line.field.unit.as_deref().unwrap_or_default();
    let (Some(first), Some(last)) = (known().next(), known().last()) else {
        return l.say("device-chart-empty");
    };
    let low = line.low.iter().flatten().copied().fold(first, f64::min);
    let high = line.high.iter().flatten().copied().fold(first, f64::max);
    let with_unit = |n: f64| format!("{} {unit}", amount(l, n)).trim_end().to_owned();
    let (first, last, low, high) = (with_unit(first), with_unit(last), with_unit(low), with_unit(high));
    let told: [(&str, &dyn Display); 5] =
        [("title", &line.field.title), ("first", &first), ("last", &last), ("low", &low), ("high", &high)];
    let mut text = l.fill("device-chart-words", &told);
    for (count, key) in [(gaps, "device-chart-gaps"), (doubtful, "device-chart-doubtful")] {
        if count > 0 {
            text.push(' ');
            text.push_str(&l.count(key, count));
        }
    }
    text
}

/// A figure of telemetry in the way of the language.
fn amount(l: Lang, n: f64) -> String {
    l.number(figure(n))
}

fn head(field: &FieldView) -> String {
    field.unit.as_ref().map_or_else(|| field.title.clone(), |unit| format!("{} ({unit})", field.title))
}

fn row(l: Lang, stream: &StreamView, message: &Message) -> (String, Vec<String>) {
    let cell = |field: &FieldView| message.fields.get(&field.name).map(|value| reading(l, value)).unwrap_or_default();
    (calendar(l, message.measured), stream.fields.iter().map(cell).collect())
}

fn reading(l: Lang, value: &Reading) -> String {
    match value {
        Reading::Number(n) => amount(l, *n),
        Reading::Flag(flag) => l.say(if *flag { "common-yes" } else { "common-no" }),
        Reading::Text(text) => text.clone(),
        Reading::Redacted => l.say("console-hidden"),
    }
}

impl Lang {
    /// The limits of a field in words, for labels of controls and tables of models.
    pub(super) fn limits(self, kind: &FieldKind) -> String {
        limits(self, kind)
    }
}

fn limits(l: Lang, kind: &FieldKind) -> String {
    fn between(l: Lang, min: Option<String>, max: Option<String>) -> String {
        match (min, max) {
            (Some(min), Some(max)) => l.with2("device-between", ("min", min), ("max", max)),
            (Some(min), None) => l.with("device-from", "min", min),
            (None, Some(max)) => l.with("device-up-to", "max", max),
            (None, None) => String::new(),
        }
    }
    match kind {
        FieldKind::Number { min, max } => between(l, min.map(|n| amount(l, n)), max.map(|n| amount(l, n))),
        FieldKind::Integer { min, max } => between(l, min.map(|n| l.number(n)), max.map(|n| l.number(n))),
        FieldKind::Boolean => l.say("device-on-or-off"),
        FieldKind::Choice(words) => words.join(", "),
        FieldKind::Text { chars_max } => l.count("device-characters", *chars_max),
    }
}

#[derive(Serialize)]
struct LineDoc {
    field: String,
    values: Vec<Option<f64>>,
    low: Vec<Option<f64>>,
    high: Vec<Option<f64>>,
    doubtful: Vec<bool>,
}

#[derive(Serialize)]
struct ChartDoc {
    /// Seconds since 1970, as the chart library wants them.
    t: Vec<i64>,
    lines: Vec<LineDoc>,
}

fn line_doc(line: ChartLine) -> LineDoc {
    LineDoc { field: line.field.name, values: line.values, low: line.low, high: line.high, doubtful: line.doubtful }
}

async fn figures(
    State(app): State<App>,
    Who(caller): Who,
    Ids(device, stream): Ids<DeviceId, StreamId>,
    Asked(query): Asked,
) -> Result<axum::Json<ChartDoc>, Problem> {
    let clear = may(caller.person.role, Act::ReadSensitive);
    let ask = Range::of(&query.only(&["range"])?).chart(app.ground().now(), clear);
    let chart = app.ask(move |b| b.chart(&device, &stream, ask)).await?;
    Ok(axum::Json(ChartDoc {
        t: chart.at.iter().map(|at| at.as_micros().div_euclid(1_000_000)).collect(),
        lines: chart.lines.into_iter().map(line_doc).collect(),
    }))
}
