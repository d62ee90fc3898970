//! Telemetry as pictures and tables: panels on the device page, and the figures that the chart script fetches.

use std::fmt::Write as _;

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
            Self::Hour => "Last hour",
            Self::Day => "Last day",
            Self::Week => "Last week",
            Self::Month => "Last 30 days",
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
    fn new(account: &Account) -> Self {
        let score = account.score;
        let mut losses = Vec::new();
        let counts: [(u64, &str); 3] = [
            (account.missing, "missing without an explanation"),
            (account.shed, "dropped by the device by intent"),
            (account.repeats, "sent again"),
        ];
        losses.extend(counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
        for gap in account.gaps.iter().rev().take(GAPS_NAMED) {
            let (first, last) = (gap.span.first, gap.span.last);
            let reason = gap.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            losses.push(if first == last {
                format!("no {first}{reason}")
            } else {
                format!("no {first} to {last}{reason}")
            });
        }
        Self {
            is_judged: account.looked_at > 0,
            score: score.overall,
            class: match score.overall {
                90..=100 => "ok",
                60..90 => "busy",
                _ => "bad",
            },
            parts: format!(
                "complete {} %, in time {} %, valid {} %, trusted {} %",
                score.completeness, score.timeliness, score.validity, score.consistency
            ),
            losses: if losses.is_empty() { "no reading is missing".to_owned() } else { losses.join(" · ") },
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
    pub(super) fn new(device: &DeviceId, stream: &StreamView, facts: StreamFacts) -> Self {
        let StreamFacts { chart, last, account } = facts;
        let last = last.as_slice();
        let newest = last.first();
        let charts = chart.lines.into_iter().zip(LINE_CLASSES.into_iter().cycle());
        Self {
            stream: stream.id.to_string(),
            title: stream.title.clone(),
            source: format!("/console/devices/{device}/chart/{}", stream.id),
            account: AccountLine::new(&account),
            charts: charts.map(|(line, class)| FieldChart::new(line, class, newest)).collect(),
            heads: stream.fields.iter().map(head).collect(),
            rows: last.iter().map(|message| row(stream, message)).collect(),
        }
    }
}

impl FieldChart {
    fn new(line: ChartLine, class: &'static str, newest: Option<&Message>) -> Self {
        let lows = || line.low.iter().flatten().copied();
        let highs = || line.high.iter().flatten().copied();
        let (low, high) = (lows().reduce(f64::min), highs().reduce(f64::max));
        let doubtful = line.doubtful.iter().filter(|doubtful| **doubtful).count();
        let gaps = line.values.split(Option::is_none).filter(|part| !part.is_empty()).count().saturating_sub(1);
        let current = newest.and_then(|message| message.fields.get(&line.field.name));
        Self {
            last: current.map(reading).or_else(|| line.values.iter().rev().flatten().next().map(|n| figure(*n))),
            words: words(&line, doubtful, gaps),
            low: low.map(figure).unwrap_or_default(),
            high: high.map(figure).unwrap_or_default(),
            name: line.field.name,
            title: line.field.title,
            unit: line.field.unit.unwrap_or_default(),
            line: Line::new(line.values, class).with_band(line.low, line.high).with_doubt(line.doubtful),
        }
    }
}

/// What the picture shows, for whoever does not see it.
fn words(line: &ChartLine, doubtful: usize, gaps: usize) -> String {
    let known = || line.values.iter().flatten().copied();
    let unit = line.field.unit.as_deref().unwrap_or_default();
    let (Some(first), Some(last)) = (known().next(), known().last()) else {
        return "No value in this time.".to_owned();
    };
    let low = line.low.iter().flatten().copied().fold(first, f64::min);
    let high = line.high.iter().flatten().copied().fold(first, f64::max);
    let mut text = format!(
        "{}: from {} {unit} at the beginning to {} {unit} at the end, between {} and {} {unit}",
        line.field.title,
        figure(first),
        figure(last),
        figure(low),
        figure(high)
    );
    for (count, what) in [(gaps, "gap"), (doubtful, "doubtful point")] {
        if count > 0 {
            let _ = write!(text, ", {count} {what}{}", if count == 1 { "" } else { "s" });
        }
    }
    text.push('.');
    text
}

fn head(field: &FieldView) -> String {
    field.unit.as_ref().map_or_else(|| field.title.clone(), |unit| format!("{} ({unit})", field.title))
}

fn row(stream: &StreamView, message: &Message) -> (String, Vec<String>) {
    let cell = |field: &FieldView| message.fields.get(&field.name).map(reading).unwrap_or_default();
    (calendar(message.measured), stream.fields.iter().map(cell).collect())
}

fn reading(value: &Reading) -> String {
    match value {
        Reading::Number(n) => figure(*n),
        Reading::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Reading::Text(text) => text.clone(),
        Reading::Redacted => "hidden".to_owned(),
    }
}

/// The limits of a field in words, for labels of controls and tables of models.
pub(super) fn limits(kind: &FieldKind) -> String {
    fn between<T: ToString>(min: Option<T>, max: Option<T>) -> String {
        match (min, max) {
            (Some(min), Some(max)) => format!("{} to {}", min.to_string(), max.to_string()),
            (Some(min), None) => format!("from {}", min.to_string()),
            (None, Some(max)) => format!("up to {}", max.to_string()),
            (None, None) => String::new(),
        }
    }
    match kind {
        FieldKind::Number { min, max } => between(min.map(figure), max.map(figure)),
        FieldKind::Integer { min, max } => between(*min, *max),
        FieldKind::Boolean => "on or off".to_owned(),
        FieldKind::Choice(words) => words.join(", "),
        FieldKind::Text { chars_max } => format!("up to {chars_max} characters"),
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
