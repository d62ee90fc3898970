//! Where messages are put first and how they get to their place: appended in the order of arrival, which touches few
//! pages, and moved later, many at a time and series by series, which touches each page of a series once.

use std::collections::{HashMap, HashSet};

use holdfast_core::id::{DeviceId, StreamId};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Appended, series_of};
use crate::error::StoreError;
use crate::row::{self, all, exactly, one};
use crate::sql;
use crate::writer::{Batch, Desk};

/// Fewest fresh messages that are worth a move.
const MOVE_ROWS_MIN: usize = 20_000;
/// Fresh messages for each series that are worth waiting for.
const MOVE_ROWS_PER_SERIES: usize = 10;
/// Fresh messages that are always moved; readers look through them one by one.
const MOVE_ROWS_MAX: usize = 100_000;
/// Messages moved after a turn, at least; otherwise twice as many as came in it.
const SLICE_ROWS_MIN: usize = 2_000;
/// Series kept in memory.
const SERIES_CACHED_MAX: usize = 500_000;

/// Sorts by series, then counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    series: i64,
    counter: i64,
    id: i64,
}

/// What the writer knows of fresh messages without looking.
#[derive(Debug, Default)]
pub(crate) struct Fresh {
    /// Numbers of series.
    series: HashMap<DeviceId, Vec<(StreamId, i64)>>,
    /// Series and counter of every message in `telemetry_fresh`.
    known: HashSet<(i64, i64)>,
    /// Highest counter in `telemetry`, by series; -1 if it has none.
    settled: HashMap<i64, i64>,
    /// Messages that came since the last move began.
    rows: Vec<Place>,
    /// Messages of the move under way, in order, and how many of them are done.
    moving: Vec<Place>,
    moved: usize,
}

impl Fresh {
    pub(crate) fn load(conn: &Connection) -> Result<Self, StoreError> {
        let rows = all(conn, (sql::FRESH_ALL, "telemetry_fresh"), [], |f| {
            Ok(Place { id: f.number()?, series: f.number()?, counter: f.number()? })
        })?;
        let known = rows.iter().map(|place| (place.series, place.counter)).collect();
        Ok(Self { rows, known, ..Self::default() })
    }

    /// Whether a message is stored already.
    fn knows(&mut self, conn: &Connection, series: i64, counter: i64) -> Result<bool, StoreError> {
        if self.known.contains(&(series, counter)) {
            return Ok(true);
        }
        let highest = match self.settled.get(&series) {
            Some(highest) => *highest,
            None => {
                let found = exactly(conn, (sql::MESSAGE_HIGHEST, "telemetry"), [series], row::number)?;
                self.settled.insert(series, found);
                found
            }
        };
        let from = (sql::MESSAGE_KNOWN, "telemetry");
        Ok(counter <= highest && one(conn, from, [series, counter], row::number::<i64>)?.is_some())
    }

    /// The number of a device's stream, new if need be; `None` if there is no such device.
    fn series(
        &mut self,
        conn: &Connection,
        device: &DeviceId,
        stream: &StreamId,
    ) -> Result<Option<i64>, StoreError> {
        let cached = self.series.get(device).and_then(|known| known.iter().find(|(name, _)| name == stream));
        if let Some((_, series)) = cached {
            return Ok(Some(*series));
        }
        let mut series = series_of(conn, device, stream)?;
        if series.is_none() {
            let mut statement = conn.prepare_cached(sql::SERIES_ADD.text)?;
            series = statement.query_row([stream.as_str(), device.as_str()], |row| row.get(0)).optional()?;
        }
        if let Some(series) = series {
            self.series.entry(device.clone()).or_default().push((stream.clone(), series));
        }
        Ok(series)
    }

    /// Forgets what can be looked up again, if there is too much of it.
    fn shrink(&mut self) {
        if self.settled.len() > SERIES_CACHED_MAX {
            self.settled = HashMap::new();
            self.series = HashMap::new();
        }
    }

    /// Begins a move if none is under way and there is enough to move; says whether one is under way.
    fn begin_move(&mut self) -> bool {
        let worth = self.settled.len().saturating_mul(MOVE_ROWS_PER_SERIES).clamp(MOVE_ROWS_MIN, MOVE_ROWS_MAX);
        if self.moving.is_empty() && self.rows.len() >= worth {
            self.moving = std::mem::take(&mut self.rows);
            self.moving.sort_unstable();
            self.moved = 0;
        }
        !self.moving.is_empty()
    }
}

impl Desk {
    /// Writes the messages of all batches and answers them in order.
    pub(crate) fn append(&mut self, batches: &[Batch]) -> Result<Vec<Appended>, StoreError> {
        self.fresh.shrink();
        let mut appended = Vec::with_capacity(batches.iter().map(|batch| batch.rows.len()).sum());
        let mut statement = self.conn.prepare_cached(sql::FRESH_ADD.text)?;
        for row in batches.iter().flat_map(|batch| &batch.rows) {
            let Ok(counter) = i64::try_from(row.counter) else {
                appended.push(Appended::CounterTooLarge);
                continue;
            };
            let Some(series) = self.fresh.series(&self.conn, &row.device, &row.stream)? else {
                appended.push(Appended::DeviceUnknown);
                continue;
            };
            if self.fresh.knows(&self.conn, series, counter)? {
                appended.push(Appended::Repeat);
                continue;
            }
            let (measured, received) = (row.device_time.as_micros(), row.received.as_micros());
            let id = statement.query_row(params![series, counter, measured, received, row.fields], |r| r.get(0))?;
            self.fresh.known.insert((series, counter));
            self.fresh.rows.push(Place { series, counter, id });
            appended.push(Appended::Stored);
        }
        drop(statement);
        let count = |what| appended.iter().filter(|a| **a == what).count();
        for (name, what) in [("telemetry-stored", Appended::Stored), ("telemetry-repeated", Appended::Repeat)] {
            let count = i64::try_from(count(what)).unwrap_or(i64::MAX);
            if count > 0 {
                self.execute(sql::TALLY_ADD, params![name, count])?;
            }
        }
        Ok(appended)
    }

    /// Moves a slice of the fresh messages to their place, if there are enough. A power cut may undo it, for the messages
    /// stay in `telemetry_fresh` until the whole move is done; so it need not wait for the disk.
    pub(crate) fn settle(&mut self, arrived: usize) -> Result<(), StoreError> {
        if !self.fresh.begin_move() {
            return Ok(());
        }
        self.conn.pragma_update(None, "synchronous", "NORMAL")?;
        self.conn.execute_batch("begin immediate")?;
        let slice = arrived.saturating_mul(2).max(SLICE_ROWS_MIN);
        {
            let mut statement = self.conn.prepare_cached(sql::FRESH_MOVE.text)?;
            for place in self.fresh.moving.iter().skip(self.fresh.moved).take(slice) {
                statement.execute([place.id])?;
            }
        }
        self.fresh.moved += slice;
        let done = self.fresh.moved >= self.fresh.moving.len();
        if done {
            let last = self.fresh.moving.iter().map(|place| place.id).max();
            self.execute(sql::FRESH_DROP, [last])?;
        }
        self.conn.execute_batch("commit")?;
        self.conn.pragma_update(None, "synchronous", "FULL")?;
        if done {
            for Place { series, counter, .. } in std::mem::take(&mut self.fresh.moving) {
                self.fresh.known.remove(&(series, counter));
                // Only a known mark may rise; an unknown one is looked up when it is needed.
                self.fresh.settled.entry(series).and_modify(|highest| *highest = counter.max(*highest));
            }
        }
        Ok(())
    }
}
