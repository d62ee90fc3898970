//! Stored telemetry as pages show it: messages of a stream, and numbers ready to draw.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::id::{DeviceId, StreamId};
use holdfast_core::time::Timestamp;
use holdfast_domain::telemetry::Model;
use holdfast_store::telemetry::{Chart as StoredChart, ChartAsk as StoredChartAsk, MessageAsk as StoredAsk, Order};
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
        let rows = page.rows.into_iter().map(|row| Message {
            counter: row.counter,
            measured: row.device_time,
            stored: row.received,
            fields: readings(&row.fields),
        });
        Ok(Page { rows: rows.collect(), next: page.next })
    }

    pub(super) fn drawn_chart(&self, id: &DeviceId, stream: &StreamId, ask: ChartAsk) -> Answer<Chart> {
        let device = self.device_or_absent(id)?;
        let model = self.model_of(&device.product)?;
        let asked = StoredChartAsk { from: ask.from, to: ask.to, points: ask.points };
        let chart = self.store.telemetry_chart(id, stream, &asked).map_err(stored)?;
        Ok(drawn(&model, stream, &chart))
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

/// All lines share one time axis; a field that was not sent at a time has a gap there.
fn drawn(model: &Model, stream: &StreamId, chart: &StoredChart) -> Chart {
    let declared = model.stream(stream.as_str());
    let at: BTreeSet<Timestamp> = chart.fields.values().flatten().map(|point| point.at).collect();
    let lines = chart.fields.iter().filter_map(|(name, points)| {
        let field = models::field(declared?.field(name)?);
        let by_time: BTreeMap<Timestamp, f64> = points.iter().map(|point| (point.at, point.mean)).collect();
        Some(ChartLine { field, values: at.iter().map(|t| by_time.get(t).copied()).collect() })
    });
    Chart { lines: lines.collect(), at: at.iter().copied().collect() }
}
