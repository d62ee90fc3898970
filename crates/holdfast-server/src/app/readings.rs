//! Stored telemetry as pages show it: messages of a stream, and numbers ready to draw.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::id::{DeviceId, StreamId};
use holdfast_core::time::Timestamp;
use holdfast_domain::telemetry::Model;
use holdfast_domain::telemetry::schema::Stream;
use holdfast_domain::telemetry::value::FieldMap;
use holdfast_store::telemetry::{
    Chart as StoredChart, ChartAsk as StoredChartAsk, Message as StoredMessage, MessageAsk as StoredAsk, Order, Point,
};
use holdfast_web::backend::fleet::{Chart, ChartAsk, ChartLine, Message, MessageAsk, Reading};
use holdfast_web::backend::{Answer, Page};
use serde_json::Value;

use super::paging::{cut, message_cursor, one_more};
use super::{House, models, stored};

impl House {
    pub(super) fn stored_messages(&self, id: &DeviceId, stream: &StreamId, ask: &MessageAsk) -> Answer<Page<Message>> {
        let asked = StoredAsk {
            from: ask.from.unwrap_or(Timestamp::from_micros(i64::MIN)),
            to: ask.to.unwrap_or(Timestamp::from_micros(i64::MAX)),
            order: Order::NewestFirst,
            after: ask.page.after.as_deref().map(message_cursor).transpose()?,
            limit: one_more(&ask.page),
        };
        let rows = self.store.telemetry(id, stream, &asked).map_err(stored)?;
        let page = cut(rows, &ask.page, |row| format!("{}.{}", row.device_time.as_micros(), row.counter));
        let device = self.device_or_absent(id)?;
        let model = self.model_of(&device.product)?;
        let declared = model.stream(stream.as_str());
        let rows = page.rows.into_iter().map(|row| Message {
            counter: row.counter,
            measured: row.device_time,
            stored: row.received,
            quality: quality(&row, declared, device.created),
            fields: shown(readings(&row.fields), declared, ask.clear),
        });
        Ok(Page { rows: rows.collect(), next: page.next })
    }

    pub(super) fn drawn_chart(&self, id: &DeviceId, stream: &StreamId, ask: ChartAsk) -> Answer<Chart> {
        let device = self.device_or_absent(id)?;
        let model = self.model_of(&device.product)?;
        let asked = StoredChartAsk { from: ask.from, to: ask.to, points: ask.points };
        let chart = self.store.telemetry_chart(id, stream, &asked).map_err(stored)?;
        Ok(drawn(&model, stream, &chart, ask))
    }
}

fn readings(fields: &str) -> BTreeMap<String, Reading> {
    let parsed: BTreeMap<String, Value> = serde_json::from_str(fields).unwrap_or_default();
    let reading = |value: Value| match value {
        Value::Bool(flag) => Reading::Flag(flag),
        Value::Number(n) => n.as_f64().map_or_else(|| Reading::Text(n.to_string()), Reading::Number),
        Value::String(text) => Reading::Text(text),
        other @ (Value::Null | Value::Array(_) | Value::Object(_)) => Reading::Text(other.to_string()),
    };
    parsed.into_iter().map(|(name, value)| (name, reading(value))).collect()
}

/// The readings that the asker may see; a field that the model does not know any more counts as sensitive.
fn shown(mut readings: BTreeMap<String, Reading>, declared: Option<&Stream>, clear: bool) -> BTreeMap<String, Reading> {
    let plain = |name: &str| declared.and_then(|s| s.field(name)).is_some_and(|field| !field.labels.security_sensitive);
    if !clear {
        readings.iter_mut().filter(|(name, _)| !plain(name)).for_each(|(_, reading)| *reading = Reading::Redacted);
    }
    readings
}

/// What speaks against values of a message: the device's own words, and calibrations that have run out.
fn quality(row: &StoredMessage, declared: Option<&Stream>, made: Timestamp) -> BTreeMap<String, String> {
    let said: BTreeMap<String, String> =
        row.quality.as_deref().and_then(|quality| serde_json::from_str(quality).ok()).unwrap_or_default();
    let mut words: BTreeMap<_, _> = said.into_iter().filter(|(_, word)| word != "good").collect();
    let calibrated = declared.map(|stream| stream.fields.as_slice()).unwrap_or_default();
    let calibrated = calibrated.iter().filter(|field| field.measuring.calibration.is_some());
    for (field, stream) in calibrated.zip(std::iter::repeat(declared).flatten()) {
        let fields = FieldMap::parse(&row.fields).unwrap_or_default();
        let due = stream.calibration_due(field, &fields, made);
        if due.is_some_and(|due| due < row.device_time) {
            words.entry(field.name.clone()).or_insert_with(|| "calibration-expired".to_owned());
        }
    }
    words
}

/// Spans without a value after which a line is broken.
const GAP_SPANS: i64 = 3;

/// All lines share one time axis. Where nothing came for longer than three spans, or three times the declared interval,
/// there is a place without values, so that a gap is seen as a gap.
fn drawn(model: &Model, stream: &StreamId, chart: &StoredChart, ask: ChartAsk) -> Chart {
    let declared = model.stream(stream.as_str());
    let mut at: BTreeSet<Timestamp> = chart.fields.values().flatten().map(|point| point.at).collect();
    let span = ask.to.as_micros().saturating_sub(ask.from.as_micros()) / i64::from(ask.points.max(1));
    let interval = declared.and_then(|stream| stream.interval_ms_max.or(Some(stream.interval_ms_min)));
    let interval = i64::try_from(interval.map_or(0, |interval| interval.0)).unwrap_or(i64::MAX).saturating_mul(1_000);
    let known: Vec<i64> = at.iter().map(|at| at.as_micros()).collect();
    let mut apart: Vec<i64> = known.windows(2).filter_map(|pair| Some(pair.get(1)? - pair.first()?)).collect();
    apart.sort_unstable();
    let usual = apart.get(apart.len() / 2).copied().unwrap_or(span);
    let longest = span.max(interval).max(usual).saturating_mul(GAP_SPANS);
    for pair in known.windows(2) {
        if let [before, after] = pair
            && after - before > longest
        {
            at.insert(Timestamp::from_micros(before.midpoint(*after)));
        }
    }
    let lines = chart.fields.iter().filter_map(|(name, points)| {
        let declared = declared?.field(name)?;
        if declared.labels.security_sensitive && !ask.clear {
            return None;
        }
        let by_time: BTreeMap<Timestamp, &Point> = points.iter().map(|point| (point.at, point)).collect();
        let each = |value: fn(&Point) -> f64| at.iter().map(|t| by_time.get(t).map(|point| value(point))).collect();
        Some(ChartLine {
            field: models::field(declared),
            values: each(|point| point.mean),
            low: each(|point| point.min),
            high: each(|point| point.max),
            doubtful: at.iter().map(|t| by_time.get(t).is_some_and(|point| point.doubtful > 0)).collect(),
        })
    });
    Chart { lines: lines.collect(), at: at.iter().copied().collect() }
}
