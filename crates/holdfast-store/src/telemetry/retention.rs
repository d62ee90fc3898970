//! Deletes what is older than its stream keeps, a little at a time, so that the writer is never held up for long.

use holdfast_core::id::{ProductId, StreamId};
use holdfast_core::time::Timestamp;
use rusqlite::params;

use crate::error::{CommitError, StoreError};
use crate::row::{self, Fields, all, one};
use crate::sql;
use crate::store::{Store, wait};

/// Messages deleted in one turn of the writer.
const ROWS_AT_ONCE: u32 = 500;
/// Series looked at in one turn of the writer.
const SERIES_AT_ONCE: u32 = 200;

/// A stream of a product and the moment before which its messages have to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// The product.
    pub product: ProductId,
    /// The stream.
    pub stream: StreamId,
    /// Messages measured and received before this go.
    pub before: Timestamp,
}

/// What retention deleted of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionRun {
    /// The product.
    pub product: ProductId,
    /// The stream.
    pub stream: StreamId,
    /// Messages deleted ever.
    pub deleted: u64,
    /// Messages deleted by the last run.
    pub deleted_last: u64,
    /// When that was.
    pub last_run: Timestamp,
}

impl Store {
    /// Deletes the expired messages of a stream and says how many; each turn of the writer deletes only a few.
    ///
    /// # Errors
    ///
    /// [`CommitError`] if the store fails.
    pub fn expire_telemetry(&self, expiry: &Expiry, now: Timestamp) -> Result<u64, CommitError> {
        let (mut deleted, mut after) = (0_u64, -1_i64);
        let before = expiry.before.as_micros();
        // The newest ones of a quiet fleet may wait there for long.
        let fresh =
            self.read(|conn| one(conn, (sql::FRESH_BEFORE, "telemetry_fresh"), [before], |f| f.optional(row::number)))?;
        if let Some(last) = fresh.flatten() {
            while wait(self.write(move |desk| desk.settle_some_until(last).map_err(CommitError::from)))? {}
        }
        loop {
            let asked = params![expiry.product.as_str(), expiry.stream.as_str(), after, SERIES_AT_ONCE];
            let series: Vec<i64> =
                self.read(|conn| all(conn, (sql::RETENTION_SERIES, "series"), asked, row::number))?;
            let Some(last) = series.last().copied() else { break };
            after = last;
            for one in series {
                loop {
                    let gone = wait(self.write(move |desk| {
                        let values = params![one, before, before, ROWS_AT_ONCE];
                        Ok(desk.execute(sql::RETENTION_DROP, values)?)
                    }))?;
                    deleted = deleted.saturating_add(gone as u64);
                    if gone < ROWS_AT_ONCE as usize {
                        break;
                    }
                }
            }
        }
        let (product, stream) = (expiry.product.clone(), expiry.stream.clone());
        wait(self.write(move |desk| {
            let count = i64::try_from(deleted).unwrap_or(i64::MAX);
            let values = params![product.as_str(), stream.as_str(), count, now.as_micros()];
            desk.execute(sql::RETENTION_NOTE, values)?;
            Ok(())
        }))?;
        Ok(deleted)
    }

    /// Deletes what is kept aside, and log lines, from before then; says how many.
    ///
    /// # Errors
    ///
    /// [`CommitError`] if the store fails.
    pub fn expire_asides(&self, aside_before: Timestamp, log_before: Timestamp) -> Result<u64, CommitError> {
        let mut deleted = 0_u64;
        for (statement, before) in [(sql::RETENTION_ASIDE, aside_before), (sql::RETENTION_LOG, log_before)] {
            loop {
                let gone = wait(
                    self.write(move |desk| Ok(desk.execute(statement, params![before.as_micros(), ROWS_AT_ONCE])?)),
                )?;
                deleted = deleted.saturating_add(gone as u64);
                if gone < ROWS_AT_ONCE as usize {
                    break;
                }
            }
        }
        Ok(deleted)
    }

    /// What retention deleted so far, by product and stream.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store fails.
    pub fn retention_runs(&self) -> Result<Vec<RetentionRun>, StoreError> {
        let run = |f: &mut Fields<'_>| {
            Ok(RetentionRun {
                product: f.parsed()?,
                stream: f.parsed()?,
                deleted: f.number()?,
                deleted_last: f.number()?,
                last_run: f.time()?,
            })
        };
        self.read(|conn| all(conn, (sql::RETENTIONS, "telemetry_retention"), [], run))
    }
}
