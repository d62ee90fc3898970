//! Where messages are put first and how they get to their place: appended in the order of arrival, which touches few
//! pages, and moved later, many of them series by series, which touches each page of a series once. A move is cut into
//! small turns between which the writer does other work.

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
/// Most messages of a move: readers look through fresh ones one by one.
const MOVE_ROWS_MAX: usize = 50_000;
/// Messages of one turn of a move, unless more came in the turn before.
const SLICE_ROWS: usize = 2_000;
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
    /// Series and counter of every message that is in `telemetry_fresh` alone.
    known: HashSet<(i64, i64)>,
    /// Id, series and counter of every message of which no move is under way, oldest first.
    rows: VecDeque<(i64, i64, i64)>,
    /// Series, counter and id of those that are still to be moved, falling.
    moving: Vec<(i64, i64, i64)>,
    /// Up to which id messages are taken away already, and up to which they are after this move.
    leaving: Option<(i64, i64)>,
    /// Id of the newest.
    newest: i64,
    /// How often something was added or moved: whoever undoes work in the database sees whether this has to be read again.
    changes: u64,
}

impl Fresh {
    /// Reads it again; ends a move that was cut short.
    pub(crate) fn load(conn: &Connection) -> Result<Self, StoreError> {
        conn.execute(sql::FRESH_DROP_MOVED.text, [])?;
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

    /// Begins a move if enough messages wait for it.
    fn plan(&mut self) {
        let worth = self.settled.len().saturating_mul(MOVE_ROWS_PER_SERIES).clamp(MOVE_ROWS_MIN, MOVE_ROWS_MAX);
        if !self.is_moving() && self.rows.len() >= worth {
            self.plan_of(worth);
        }
    }

    /// Begins a move of the oldest messages.
    fn plan_of(&mut self, count: usize) {
        let oldest = self.rows.drain(..count.min(self.rows.len()));
        self.moving = oldest.map(|(id, series, counter)| (series, counter, id)).collect();
        let ids = || self.moving.iter().map(|(_, _, id)| *id);
        self.leaving = ids().min().zip(ids().max()).map(|(first, last)| (first - 1, last));
        self.moving.sort_unstable_by(|a, b| b.cmp(a));
    }

    /// Whether a move is under way.
    pub(crate) const fn is_moving(&self) -> bool {
        self.leaving.is_some()
    }

    /// Id of the oldest message that is still in `telemetry_fresh`.
    fn oldest(&self) -> Option<i64> {
        self.leaving.map(|(gone, _)| gone + 1).or_else(|| self.rows.front().map(|(id, ..)| *id))
    }

    /// Remembers that messages are in their place.
    fn moved(&mut self, counters: &[(i64, i64)]) {
        for (series, counter) in counters {
            self.known.remove(&(*series, *counter));
            // Only a known mark may rise; an unknown one is looked up when it is needed.
            self.settled.entry(*series).and_modify(|highest| *highest = (*counter).max(*highest));
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

    /// Moves a few fresh messages to their place, if enough wait or a move is under way; `came` of them came meanwhile.
    /// That need not wait for the disk: if a power cut undoes it, it undoes all of it.
    pub(crate) fn settle(&mut self, came: usize) -> Result<(), StoreError> {
        self.fresh.plan();
        if !self.fresh.is_moving() {
            return Ok(());
        }
        self.conn.pragma_update(None, "synchronous", "NORMAL")?;
        self.conn.execute_batch("begin immediate")?;
        // Never slower than they come.
        self.move_some(came.max(SLICE_ROWS))?;
        self.conn.execute_batch("commit")?;
        self.conn.pragma_update(None, "synchronous", "FULL")?;
        Ok(())
    }

    /// Goes on with moving every fresh message up to id `last`, whether or not that is worth its pages; false if that is
    /// done.
    pub(crate) fn settle_some_until(&mut self, last: i64) -> Result<bool, StoreError> {
        let is_done = |fresh: &Fresh| fresh.oldest().is_none_or(|oldest| oldest > last);
        if is_done(&self.fresh) {
            return Ok(false);
        }
        if !self.fresh.is_moving() {
            let count = self.fresh.rows.iter().take_while(|(id, ..)| *id <= last).count();
            self.fresh.plan_of(count.min(MOVE_ROWS_MAX));
        }
        self.move_some(SLICE_ROWS)?;
        Ok(!is_done(&self.fresh))
    }

    /// Takes the next step of a move inside the transaction of the moment: to their place, series by series, and when all
    /// are there, away from where they were, in the order in which they came. In between some stand in both.
    fn move_some(&mut self, count: usize) -> Result<(), StoreError> {
        self.fresh.changes += 1;
        let rest = self.fresh.moving.len().saturating_sub(count);
        let mut slice = self.fresh.moving.split_off(rest);
        if slice.is_empty() {
            let Some((next, last)) = self.fresh.leaving else { return Ok(()) };
            let until = next.saturating_add(i64::try_from(count).unwrap_or(i64::MAX)).min(last);
            self.execute(sql::FRESH_DROP, [until])?;
            self.fresh.leaving = (until < last).then_some((until, last));
            return Ok(());
        }
        slice.reverse();
        let mut place = self.conn.prepare_cached(sql::FRESH_MOVE.text)?;
        for (_, _, id) in &slice {
            place.execute([id])?;
        }
        drop(place);
        let counters: Vec<_> = slice.iter().map(|(series, counter, _)| (*series, *counter)).collect();
        for of_one in counters.chunk_by(|a, b| a.0 == b.0) {
            self.note_runs(of_one)?;
        }
        self.fresh.moved(&counters);
        Ok(())
    }
}
