//! Messages and events of devices: the fast path in, ranges and charts out. No ledger line, no savepoint per message.

mod aside;
mod chart;
mod fresh;
mod journal;
mod newest;
mod proof;
mod retention;
mod runs;

use holdfast_core::id::{DeviceId, StreamId};
use holdfast_core::time::Timestamp;
use rusqlite::{Connection, params};
use tokio::sync::oneshot;

pub(crate) use fresh::Fresh;
pub use journal::{LogLine, LogRow};
pub use newest::LastStored;
pub use proof::{Proof, ProofRow};
pub use retention::{Expiry, RetentionRun};
pub use runs::Received;

pub use aside::{Aside, AsideRow, FIELD_NONE, FaultCount};
pub use chart::{CHART_FIELDS_MAX, CHART_MESSAGES_MAX, CHART_POINTS_MAX, Chart, ChartAsk, Point};

use crate::error::{CommitError, StoreError};
use crate::row::{self, Fields, all, exactly, int, one};
use crate::sql;
use crate::store::Store;
use crate::writer::{Batch, Desk, Job};

/// One admitted message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelemetryRow {
    /// Whose.
    pub device: DeviceId,
    /// Of which stream.
    pub stream: StreamId,
    /// The device's counter in this stream; unique.
    pub counter: u64,
    /// When the device says it was measured.
    pub device_time: Timestamp,
    /// When it arrived.
    pub received: Timestamp,
    /// Its fields, a flat JSON object.
    pub fields: String,
    /// What the device says of their quality, a flat JSON object, if it says something.
    pub quality: Option<String>,
}

/// One event a device reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Whose.
    pub device: DeviceId,
    /// The device's event counter; unique.
    pub counter: u64,
    /// Stable kind, kebab-case.
    pub kind: String,
    /// One sentence.
    pub text: String,
    /// When the device says it happened.
    pub device_time: Timestamp,
    /// When it arrived.
    pub received: Timestamp,
}

/// What became of a message or event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is on disk.
    Stored,
    /// One with this counter is on disk already; nothing was written.
    Repeat,
    /// There is no such device; nothing was written.
    DeviceUnknown,
    /// The counter is larger than 2^63 − 1; nothing was written.
    CounterTooLarge,
}

/// One stored message of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The device's counter.
    pub counter: u64,
    /// When the device says it was measured.
    pub device_time: Timestamp,
    /// When it arrived.
    pub received: Timestamp,
    /// Its fields, a flat JSON object.
    pub fields: String,
    /// What the device says of their quality, a flat JSON object, if it says something.
    pub quality: Option<String>,
}

/// Where a list of messages goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageCursor {
    /// Device time of the last message of the page before.
    pub device_time: Timestamp,
    /// Its counter.
    pub counter: u64,
}

/// In which order messages are listed, by device time and counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Rising.
    OldestFirst,
    /// Falling.
    NewestFirst,
}

/// Which messages of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageAsk {
    /// Measured at or after.
    pub from: Timestamp,
    /// Measured before.
    pub to: Timestamp,
    /// In which order.
    pub order: Order,
    /// Only those that follow this one in that order.
    pub after: Option<MessageCursor>,
    /// At most so many.
    pub limit: u32,
}

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says, each write as `CommitError`")]
impl Store {
    /// Stores messages; the answer has one entry for each row, in order, and comes when they are on disk.
    pub fn append_telemetry(
        &self,
        rows: Vec<TelemetryRow>,
    ) -> impl Future<Output = Result<Vec<Appended>, StoreError>> + Send + use<> {
        let (answer, result) = oneshot::channel();
        self.send(Job::Telemetry(Batch { rows, answer }), result)
    }

    /// Stores events; the answer has one entry for each row, in order, and comes when they are on disk.
    pub fn append_events(
        &self,
        rows: Vec<EventRow>,
    ) -> impl Future<Output = Result<Vec<Appended>, CommitError>> + Send + use<> {
        self.write(move |desk| rows.iter().map(|row| desk.append_event(row)).collect())
    }

    /// Messages of a stream.
    pub fn telemetry(
        &self,
        device: &DeviceId,
        stream: &StreamId,
        ask: &MessageAsk,
    ) -> Result<Vec<Message>, StoreError> {
        let (statement, start) = match ask.order {
            Order::OldestFirst => (sql::MESSAGES, (i64::MIN, -1)),
            Order::NewestFirst => (sql::MESSAGES_NEWEST, (i64::MAX, i64::MAX)),
        };
        let (time, counter) = ask.after.map_or(start, |cursor| {
            (cursor.device_time.as_micros(), i64::try_from(cursor.counter).unwrap_or(i64::MAX))
        });
        self.read(|conn| {
            let Some(series) = series_of(conn, device, stream)? else { return Ok(Vec::new()) };
            let asked = params![series, ask.from.as_micros(), ask.to.as_micros(), time, counter, ask.limit];
            all(conn, (statement, "telemetry"), asked, message_row)
        })
    }

    /// Streams in which a device has sent something, with the number of stored messages.
    pub fn telemetry_streams(&self, device: &DeviceId) -> Result<Vec<(StreamId, u64)>, StoreError> {
        self.read(|conn| {
            let streams: Vec<(StreamId, i64)> =
                all(conn, (sql::STREAMS, "series"), [device.as_str()], |f| Ok((f.parsed()?, f.number()?)))?;
            streams.into_iter().map(|(stream, series)| Ok((stream, count(conn, series)?))).collect()
        })
    }

    /// How many messages of a stream are stored.
    pub fn telemetry_count(&self, device: &DeviceId, stream: &StreamId) -> Result<u64, StoreError> {
        self.read(|conn| series_of(conn, device, stream)?.map_or(Ok(0), |series| count(conn, series)))
    }

    /// Counters of a stream's stored messages above `after`, rising.
    pub fn telemetry_counters(
        &self,
        device: &DeviceId,
        stream: &StreamId,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<u64>, StoreError> {
        let after = after.map_or(-1, |counter| i64::try_from(counter).unwrap_or(i64::MAX));
        self.read(|conn| {
            let Some(series) = series_of(conn, device, stream)? else { return Ok(Vec::new()) };
            all(conn, (sql::COUNTERS, "telemetry"), params![series, after, limit], row::number)
        })
    }

    /// How many messages of a stream came in a span of time and are still kept, and the bytes of their readings.
    pub fn telemetry_traffic(
        &self,
        device: &DeviceId,
        stream: &StreamId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<(u64, u64), StoreError> {
        self.read(|conn| {
            let Some(series) = series_of(conn, device, stream)? else { return Ok((0, 0)) };
            let asked = params![series, from.as_micros(), to.as_micros()];
            exactly(conn, (sql::TRAFFIC, "telemetry"), asked, |f| Ok((f.number()?, f.number()?)))
        })
    }

    /// How many messages of all devices were ever stored.
    pub fn telemetry_total(&self) -> Result<u64, StoreError> {
        self.read(|conn| Ok(one(conn, (sql::TALLY, "tally"), ["telemetry-stored"], row::number)?.unwrap_or(0)))
    }

    /// A device's events, newest first, below counter `before` if given.
    pub fn events(&self, device: &DeviceId, before: Option<u64>, limit: u32) -> Result<Vec<EventRow>, StoreError> {
        let before = before.and_then(|counter| i64::try_from(counter).ok()).unwrap_or(i64::MAX);
        let asked = params![device.as_str(), before, limit];
        self.read(|conn| all(conn, (sql::EVENTS, "device_event"), asked, event_row))
    }
}

impl Desk {
    fn append_event(&self, row: &EventRow) -> Result<Appended, CommitError> {
        let Ok(counter) = int(row.counter) else { return Ok(Appended::CounterTooLarge) };
        let (happened, received) = (row.device_time.as_micros(), row.received.as_micros());
        let values = params![counter, row.kind, row.text, happened, received, row.device.as_str()];
        if self.execute(sql::EVENT_ADD, values)? == 1 {
            return Ok(Appended::Stored);
        }
        let known = one(&self.conn, (sql::DEVICE, "device"), [row.device.as_str()], row::text)?.is_some();
        Ok(if known { Appended::Repeat } else { Appended::DeviceUnknown })
    }
}

fn series_of(conn: &Connection, device: &DeviceId, stream: &StreamId) -> Result<Option<i64>, StoreError> {
    one(conn, (sql::SERIES, "series"), [device.as_str(), stream.as_str()], row::number)
}

fn count(conn: &Connection, series: i64) -> Result<u64, StoreError> {
    let everything = params![series, i64::MIN, i64::MAX];
    exactly(conn, (sql::MESSAGES_COUNT, "telemetry"), everything, row::number)
}

fn message_row(f: &mut Fields<'_>) -> Result<Message, StoreError> {
    Ok(Message {
        counter: f.number()?,
        device_time: f.time()?,
        received: f.time()?,
        fields: f.text()?,
        quality: f.optional(row::text)?,
    })
}

fn event_row(f: &mut Fields<'_>) -> Result<EventRow, StoreError> {
    Ok(EventRow {
        device: f.parsed()?,
        counter: f.number()?,
        kind: f.text()?,
        text: f.text()?,
        device_time: f.time()?,
        received: f.time()?,
    })
}
