//! What was refused and is kept aside: a bounded number of messages of each device, and how often each sensor failed.

use holdfast_core::id::{DeviceId, ProductId, StreamId};
use holdfast_core::time::Timestamp;
use rusqlite::params;

use super::series_of;
use crate::error::{CommitError, StoreError};
use crate::row::{self, Fields, all, exactly, one};
use crate::sql;
use crate::store::Store;

/// Most messages kept aside of one device; of more, the oldest go.
const ASIDE_ROWS_MAX: u32 = 200;
/// Most sensors and reasons that are counted of one device; more are counted together, of no stream, as `other`.
const FAULTS_MAX: u64 = 500;
/// What stands for a field where the whole message is meant.
pub const FIELD_NONE: &str = "";
/// What stands for a stream where many are counted together.
const STREAM_NONE: &str = "";

/// A message to be kept aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsideRow {
    /// Whose.
    pub device: DeviceId,
    /// Of which stream, as the topic says; the model may not know it.
    pub stream: StreamId,
    /// The stable name of the refusal.
    pub reason: String,
    /// The field it is about.
    pub field: Option<String>,
    /// Whether a newer model may admit it.
    pub waits: bool,
    /// When it arrived.
    pub received: Timestamp,
    /// What was sent.
    pub payload: Vec<u8>,
}

/// A message that is kept aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// Its number.
    pub id: i64,
    /// The message.
    pub row: AsideRow,
}

/// How often values of a sensor were refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultCount {
    /// The stream; empty where many are counted together.
    pub stream: String,
    /// The field; [`FIELD_NONE`] for whole messages.
    pub field: String,
    /// The stable name of the refusal.
    pub reason: String,
    /// How often.
    pub count: u64,
    /// When last.
    pub last: Timestamp,
}

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says, each write as `CommitError`")]
impl Store {
    /// Keeps a message aside, on disk when this answers, and counts it for its sensor.
    pub fn keep_aside(&self, row: AsideRow) -> impl Future<Output = Result<(), CommitError>> + Send + use<> {
        self.write(move |desk| {
            let (device, received) = (row.device.as_str(), row.received.as_micros());
            let stream = row.stream.as_str();
            let values = params![stream, row.reason, row.field, row.waits, received, row.payload, device];
            if desk.execute(sql::ASIDE_ADD, values)? == 0 {
                return Ok(());
            }
            desk.execute(sql::ASIDE_PRUNE, params![device, ASIDE_ROWS_MAX])?;
            let counted: u64 = exactly(&desk.conn, (sql::FAULTS_COUNT, "telemetry_fault"), [device], row::number)?;
            // A device can make up names of streams without end; what is counted of it has an end.
            let (stream, field, reason) = if counted < FAULTS_MAX {
                (stream, row.field.as_deref().unwrap_or(FIELD_NONE), row.reason.as_str())
            } else {
                (STREAM_NONE, FIELD_NONE, "other")
            };
            desk.execute(sql::FAULT_ADD, params![stream, field, reason, received, device])?;
            Ok(())
        })
    }

    /// Messages of a device that are kept aside, newest first, below id `before` if given.
    pub fn asides(&self, device: &DeviceId, before: Option<i64>, limit: u32) -> Result<Vec<Aside>, StoreError> {
        let asked = params![device.as_str(), before.unwrap_or(i64::MAX), limit];
        self.read(|conn| all(conn, (sql::ASIDES, "telemetry_aside"), asked, aside))
    }

    /// Messages of a product's devices that a newer model may admit, oldest first, above id `after`.
    pub fn asides_waiting(&self, product: &ProductId, after: i64, limit: u32) -> Result<Vec<Aside>, StoreError> {
        let asked = params![product.as_str(), after, limit];
        self.read(|conn| all(conn, (sql::ASIDES_WAITING, "telemetry_aside"), asked, aside))
    }

    /// Takes messages out of what is kept aside.
    pub fn drop_asides(&self, ids: Vec<i64>) -> impl Future<Output = Result<(), CommitError>> + Send + use<> {
        self.write(move |desk| {
            for id in ids {
                desk.execute(sql::ASIDE_DROP, [id])?;
            }
            Ok(())
        })
    }

    /// How many messages of a stream were kept aside since then.
    pub fn asides_since(&self, device: &DeviceId, stream: &StreamId, from: Timestamp) -> Result<u64, StoreError> {
        let asked = params![device.as_str(), stream.as_str(), from.as_micros()];
        self.read(|conn| exactly(conn, (sql::ASIDE_SINCE, "telemetry_aside"), asked, row::number))
    }

    /// How often values of each sensor of a device were refused.
    pub fn telemetry_faults(&self, device: &DeviceId) -> Result<Vec<FaultCount>, StoreError> {
        self.read(|conn| all(conn, (sql::FAULTS, "telemetry_fault"), [device.as_str()], fault))
    }

    /// One stored message.
    pub fn telemetry_message(
        &self,
        device: &DeviceId,
        stream: &StreamId,
        counter: u64,
    ) -> Result<Option<super::Message>, StoreError> {
        let Ok(counter) = i64::try_from(counter) else { return Ok(None) };
        self.read(|conn| {
            let Some(series) = series_of(conn, device, stream)? else { return Ok(None) };
            one(conn, (sql::MESSAGE, "telemetry"), [series, counter], super::message_row)
        })
    }
}

fn aside(f: &mut Fields<'_>) -> Result<Aside, StoreError> {
    let id = f.number()?;
    let row = AsideRow {
        device: f.parsed()?,
        stream: f.parsed()?,
        reason: f.text()?,
        field: f.optional(row::text)?,
        waits: f.flag()?,
        received: f.time()?,
        payload: f.blob()?,
    };
    Ok(Aside { id, row })
}

fn fault(f: &mut Fields<'_>) -> Result<FaultCount, StoreError> {
    Ok(FaultCount { stream: f.text()?, field: f.text()?, reason: f.text()?, count: f.number()?, last: f.time()? })
}
