//! Log lines of devices: numbered batches, a bounded number of lines of each device.

use holdfast_core::id::DeviceId;
use holdfast_core::time::Timestamp;
use rusqlite::params;

use super::Appended;
use crate::error::{CommitError, StoreError};
use crate::row::{self, Fields, all, int, one};
use crate::sql;
use crate::store::Store;

/// Most log lines of one device; of more, the oldest batches go.
const LINES_MAX: u32 = 10_000;

/// One line to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// How much it matters, a word.
    pub level: String,
    /// What it is about, kebab-case.
    pub code: String,
    /// What it says, harmless to show.
    pub text: String,
}

/// One kept line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// The batch's counter.
    pub counter: u64,
    /// Its place in the batch.
    pub line: u32,
    /// The line.
    pub row: LogRow,
    /// When the batch was closed, by the device's clock.
    pub device_time: Timestamp,
    /// When it arrived.
    pub received: Timestamp,
}

impl Store {
    /// Stores a batch of log lines.
    ///
    /// # Errors
    ///
    /// [`CommitError`] if the store fails.
    pub fn append_log(
        &self,
        device: DeviceId,
        (counter, device_time): (u64, Timestamp),
        rows: Vec<LogRow>,
        received: Timestamp,
    ) -> impl Future<Output = Result<Appended, CommitError>> + Send + use<> {
        self.write(move |desk| {
            let Ok(counter) = int(counter) else { return Ok(Appended::CounterTooLarge) };
            let mut stored = false;
            for (at, row) in (0_i64..).zip(&rows) {
                let (measured, came) = (device_time.as_micros(), received.as_micros());
                let values = params![counter, at, row.level, row.code, row.text, measured, came, device.as_str()];
                stored |= desk.execute(sql::LOG_ADD, values)? == 1;
            }
            if stored {
                desk.execute(sql::LOG_PRUNE, params![device.as_str(), LINES_MAX])?;
                return Ok(Appended::Stored);
            }
            let known = one(&desk.conn, (sql::DEVICE, "device"), [device.as_str()], row::text)?.is_some();
            Ok(if known { Appended::Repeat } else { Appended::DeviceUnknown })
        })
    }

    /// A device's log lines, newest first, before this batch and line if given.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store fails.
    pub fn device_log(
        &self,
        device: &DeviceId,
        before: Option<(u64, u32)>,
        limit: u32,
    ) -> Result<Vec<LogLine>, StoreError> {
        let before = before.and_then(|(counter, line)| Some((i64::try_from(counter).ok()?, i64::from(line))));
        let (counter, line) = before.unwrap_or((i64::MAX, i64::MAX));
        let asked = params![device.as_str(), counter, line, limit];
        self.read(|conn| all(conn, (sql::LOGS, "device_log"), asked, log_line))
    }
}

fn log_line(f: &mut Fields<'_>) -> Result<LogLine, StoreError> {
    let (counter, line) = (f.number()?, f.number()?);
    let row = LogRow { level: f.text()?, code: f.text()?, text: f.text()? };
    Ok(LogLine { counter, line, row, device_time: f.time()?, received: f.time()? })
}
