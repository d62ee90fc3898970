//! A stream drawn in few points: lowest, mean and highest value of each number field in equal spans of time.

use std::collections::BTreeMap;

use holdfast_core::id::{DeviceId, StreamId};
use holdfast_core::time::Timestamp;
use rusqlite::params;
use serde_json::Value;

use super::series_of;
use crate::error::StoreError;
use crate::row::{self, exactly};
use crate::sql;
use crate::store::Store;

/// Most messages that one chart reads; of more, only every second, third … one is read.
pub const CHART_MESSAGES_MAX: u64 = 50_000;
/// Most points of one chart.
pub const CHART_POINTS_MAX: u16 = 2_000;
/// Most fields of one chart.
pub const CHART_FIELDS_MAX: usize = 64;

/// Which part of a stream to draw, in how many points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChartAsk {
    /// Measured at or after.
    pub from: Timestamp,
    /// Measured before.
    pub to: Timestamp,
    /// At most so many points a field, 1 to [`CHART_POINTS_MAX`].
    pub points: u16,
}

/// One span of time of one field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Begin of the span.
    pub at: Timestamp,
    /// Lowest value in it.
    pub min: f64,
    /// Mean of the values in it.
    pub mean: f64,
    /// Highest value in it.
    pub max: f64,
    /// How many values.
    pub count: u32,
    /// How many of them the device itself does not trust.
    pub doubtful: u32,
}

/// A stream in few points.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chart {
    /// Points by field, by time; spans without values are left out, as are fields that hold no numbers.
    pub fields: BTreeMap<String, Vec<Point>>,
    /// How many messages lie in the range.
    pub messages: u64,
    /// Every so many-th of them, by counter, was read.
    pub stride: u64,
}

impl Store {
    /// Draws a part of a stream.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store fails.
    pub fn telemetry_chart(&self, device: &DeviceId, stream: &StreamId, ask: &ChartAsk) -> Result<Chart, StoreError> {
        let (from, to) = (ask.from.as_micros(), ask.to.as_micros());
        self.read(|conn| {
            let Some(series) = series_of(conn, device, stream)? else { return Ok(Chart::default()) };
            let range = params![series, from, to];
            let messages: u64 = exactly(conn, (sql::MESSAGES_COUNT, "telemetry"), range, row::number)?;
            let stride = messages.div_ceil(CHART_MESSAGES_MAX).max(1);
            let mut buckets = Buckets::new(ask);
            let mut statement = conn.prepare_cached(sql::MESSAGES_SAMPLED.text)?;
            let mut rows = statement.query(params![series, from, to, i64::try_from(stride).unwrap_or(i64::MAX)])?;
            while let Some(row) = rows.next()? {
                let quality = row.get_ref(2)?.as_str().unwrap_or_default();
                buckets.add(row.get(0)?, row.get_ref(1)?.as_str().unwrap_or_default(), quality);
            }
            Ok(Chart { fields: buckets.points(), messages, stride })
        })
    }
}

/// Values as they are gathered.
struct Buckets {
    from: i64,
    span_us: i64,
    fields: BTreeMap<String, BTreeMap<i64, Bucket>>,
}

/// Values of one field in one span.
struct Bucket {
    min: f64,
    sum: f64,
    max: f64,
    count: u32,
    doubtful: u32,
}

/// The values of a field, if there is room for another field.
fn field_of<'b>(
    fields: &'b mut BTreeMap<String, BTreeMap<i64, Bucket>>,
    name: &str,
) -> Option<&'b mut BTreeMap<i64, Bucket>> {
    if !fields.contains_key(name) {
        if fields.len() >= CHART_FIELDS_MAX {
            return None;
        }
        fields.insert(name.to_owned(), BTreeMap::new());
    }
    fields.get_mut(name)
}

impl Buckets {
    fn new(ask: &ChartAsk) -> Self {
        let (from, to) = (ask.from.as_micros(), ask.to.as_micros());
        let points = i64::from(ask.points.clamp(1, CHART_POINTS_MAX));
        let width = to.saturating_sub(from).max(1);
        let span_us = width.saturating_add(points - 1) / points;
        Self { from, span_us: span_us.max(1), fields: BTreeMap::new() }
    }

    fn add(&mut self, at: i64, fields: &str, quality: &str) {
        let Ok(fields) = serde_json::from_str::<BTreeMap<&str, Value>>(fields) else { return };
        let quality: BTreeMap<&str, &str> =
            if quality.is_empty() { BTreeMap::new() } else { serde_json::from_str(quality).unwrap_or_default() };
        let bucket = at.saturating_sub(self.from) / self.span_us;
        for (name, value) in fields {
            let Some(value) = value.as_f64() else { continue };
            let Some(field) = field_of(&mut self.fields, name) else { continue };
            let empty = Bucket { min: value, sum: 0.0, max: value, count: 0, doubtful: 0 };
            let bucket = field.entry(bucket).or_insert(empty);
            bucket.min = bucket.min.min(value);
            bucket.sum += value;
            bucket.max = bucket.max.max(value);
            bucket.count += 1;
            bucket.doubtful += u32::from(quality.get(name).is_some_and(|word| *word != "good"));
        }
    }

    fn points(self) -> BTreeMap<String, Vec<Point>> {
        let at = |bucket: i64| Timestamp::from_micros(bucket.saturating_mul(self.span_us).saturating_add(self.from));
        let point = |(bucket, Bucket { min, sum, max, count, doubtful })| Point {
            at: at(bucket),
            min,
            mean: sum / f64::from(count),
            max,
            count,
            doubtful,
        };
        self.fields.into_iter().map(|(name, buckets)| (name, buckets.into_iter().map(point).collect())).collect()
    }
}
