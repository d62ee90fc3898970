//! Where messages are put first and how they get to their place: appended in the order of arrival, which touches few
//! pages, and moved later, many at a time and series by series, which touches each page of a series once.

use std::collections::{HashMap, HashSet, VecDeque};

use holdfast_core::id::{DeviceId, StreamId};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Appended, series_of};
use crate::error::StoreError;
use crate::row::{self, all, exactly, one};
use crate::sql;
use crate::writer::{Batch, Desk};

/// Fewest messages of a move.
const MOVE_ROWS_MIN: usize = 5_000;
/// Most messages of a move: the writer does nothing else meanwhile, and readers look through fresh ones one by one.
const MOVE_ROWS_MAX: usize = 50_000;
/// Messages for each series that make a move worth its pages.
const MOVE_ROWS_PER_SERIES: usize = 24;
/// Series kept in memory.
const SERIES_CACHED_MAX: usize = 500_000;

/// What the writer knows of messages without looking.
#[derive(Debug, Default)]
pub(crate) struct Fresh {
    /// Numbers of series.
    series: HashMap<DeviceId, Vec<(StreamId, i64)>>,
    /// Highest counter in `telemetry`, by series; -1 if it has none.
    settled: HashMap<i64, i64>,
    /// Series and counter of every message in `telemetry_fresh`.
    known: HashSet<(i64, i64)>,
    /// Id, series and counter of every message in `telemetry_fresh`, oldest first.
    rows: VecDeque<(i64, i64, i64)>,
    /// Id of the newest.
    newest: i64,
    /// How often something was added or moved: whoever undoes work in the database sees whether this has to be read again.
    changes: u64,
}

impl Fresh {
    pub(crate) fn load(conn: &Connection) -> Result<Self, StoreError> {
        let rows = all(conn, (sql::FRESH_ALL, "telemetry_fresh"), [], |f| {
            Ok((f.number::<i64>()?, f.number::<i64>()?, f.number::<i64>()?))
        })?;
        let known = rows.iter().map(|(_, series, counter)| (*series, *counter)).collect();
        let newest = rows.last().map_or(0, |(id, ..)| *id);
        Ok(Self { known, newest, rows: rows.into(), ..Self::default() })
    }

    /// Rises with everything that is added or moved.
    pub(crate) const fn changes(&self) -> u64 {
        self.changes
    }

    /// Whether a message is stored already.
    fn knows(&mut self, conn: &Connection, series: i64, counter: i64) -> Result<bool, StoreError> {
        if self.known.contains(&(series, counter)) {
            return Ok(true);
        }
        let mut highest = self.settled.get(&series).copied();
        if highest.is_none() {
            let found = exactly(conn, (sql::MESSAGE_HIGHEST, "telemetry"), [series], row::number)?;
            self.settled.insert(series, found);
            highest = Some(found);
        }
        let from = (sql::MESSAGE_KNOWN, "telemetry");
        Ok(highest >= Some(counter) && one(conn, from, [series, counter], row::number::<i64>)?.is_some())
    }

    /// The number of a device's stream, new if need be; `None` if there is no such device.
    fn series(&mut self, conn: &Connection, device: &DeviceId, stream: &StreamId) -> Result<Option<i64>, StoreError> {
        let cached = self.series.get(device).and_then(|known| known.iter().find(|(name, _)| name == stream));
        if let Some((_, series)) = cached {
            return Ok(Some(*series));
        }
        let mut series = series_of(conn, device, stream)?;
        if series.is_none() {
            self.changes += 1;
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

    /// Up to which id messages are to be moved now, if there are enough.
    fn due(&self) -> Option<(usize, i64)> {
        let worth = self.settled.len().saturating_mul(MOVE_ROWS_PER_SERIES).clamp(MOVE_ROWS_MIN, MOVE_ROWS_MAX);
        let (last, ..) = self.rows.get(worth - 1)?;
        Some((worth, *last))
    }

    /// Remembers that the oldest `count` messages are in their place.
    fn moved(&mut self, count: usize) {
        self.changes += 1;
        for (_, series, counter) in self.rows.drain(..count.min(self.rows.len())) {
            self.known.remove(&(series, counter));
            // Only a known mark may rise; an unknown one is looked up when it is needed.
            self.settled.entry(series).and_modify(|highest| *highest = counter.max(*highest));
        }
    }
}

impl Desk {
    /// The number of a device's stream, new if need be.
    pub(super) fn series_made(&mut self, device: &DeviceId, stream: &StreamId) -> Result<Option<i64>, StoreError> {
        self.fresh.series(&self.conn, device, stream)
    }

    /// Writes the messages of all batches and answers them in order.
    pub(crate) fn append(&mut self, batches: &[Batch]) -> Result<Vec<Appended>, StoreError> {
        self.fresh.shrink();
        let mut appended = Vec::with_capacity(batches.iter().map(|batch| batch.rows.len()).sum());
        let mut statement = self.conn.prepare_cached(sql::FRESH_ADD.text)?;
        let mut repeats = HashMap::new();
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
                *repeats.entry(series).or_insert(0_i64) += 1;
                appended.push(Appended::Repeat);
                continue;
            }
            let (measured, received) = (row.device_time.as_micros(), row.received.as_micros());
            let id = self.fresh.newest + 1;
            statement.execute(params![id, series, counter, measured, received, row.fields, row.quality])?;
            self.fresh.newest = id;
            self.fresh.changes += 1;
            self.fresh.known.insert((series, counter));
            self.fresh.rows.push_back((id, series, counter));
            appended.push(Appended::Stored);
        }
        drop(statement);
        for (series, count) in repeats {
            self.execute(sql::REPEATS_ADD, [series, count])?;
        }
        let count = |what| appended.iter().filter(|a| **a == what).count();
        for (name, what) in [("telemetry-stored", Appended::Stored), ("telemetry-repeated", Appended::Repeat)] {
            let count = i64::try_from(count(what)).unwrap_or(i64::MAX);
            if count > 0 {
                self.execute(sql::TALLY_ADD, params![name, count])?;
            }
        }
        Ok(appended)
    }

    /// Moves fresh messages to their place while there are enough. That need not wait for the disk: if a power cut undoes
    /// it, it undoes all of it.
    pub(crate) fn settle(&mut self) -> Result<(), StoreError> {
        while let Some((count, last)) = self.fresh.due() {
            self.conn.pragma_update(None, "synchronous", "NORMAL")?;
            self.conn.execute_batch("begin immediate")?;
            self.move_fresh(count, last)?;
            self.conn.execute_batch("commit")?;
            self.conn.pragma_update(None, "synchronous", "FULL")?;
            self.fresh.moved(count);
        }
        Ok(())
    }

    /// Moves the oldest `count` fresh messages, up to id `last`, inside the transaction of the moment.
    fn move_fresh(&self, count: usize, last: i64) -> Result<(), StoreError> {
        self.execute(sql::FRESH_MOVE, [last])?;
        self.execute(sql::FRESH_DROP, [last])?;
        let mut counters: Vec<_> = self.fresh.rows.iter().take(count).map(|(_, series, c)| (*series, *c)).collect();
        counters.sort_unstable();
        for of_one in counters.chunk_by(|a, b| a.0 == b.0) {
            self.note_runs(of_one)?;
        }
        Ok(())
    }

    /// Moves every fresh message up to id `last` now, whether or not that is worth its pages.
    pub(super) fn settle_until(&mut self, last: i64) -> Result<(), StoreError> {
        let count = self.fresh.rows.iter().take_while(|(id, ..)| *id <= last).count();
        if count > 0 {
            self.move_fresh(count, last)?;
            self.fresh.moved(count);
        }
        Ok(())
    }
}
