//! Which counters of a series came: unbroken runs, kept when messages are moved to their place, exact after retention.

use holdfast_core::id::{DeviceId, StreamId};
use holdfast_core::telemetry::Shed as Declared;
use holdfast_core::telemetry::senml::TIME_COUNTERS_FROM;
use holdfast_core::time::Timestamp;
use holdfast_domain::telemetry::gaps::{Gap, Shed, Span, gaps, joined};
use rusqlite::{Connection, params};

use super::series_of;
use crate::error::{CommitError, StoreError};
use crate::row::{self, Fields, all, exactly, int, one};
use crate::sql;
use crate::store::Store;
use crate::writer::Desk;

/// Most runs of one series; of more, the two oldest are joined and what is missing between them is only counted.
const RUNS_MAX: u64 = 1_000;
/// Most declared sheds of one series; of more, the oldest are forgotten.
const SHEDS_MAX: u32 = 1_000;

/// What came of a stream and what did not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Received {
    /// Runs of counters that came, joined.
    pub runs: Vec<Span>,
    /// Counters that did not, each range with its reason if the device gave one.
    pub gaps: Vec<Gap>,
    /// Missing counters that are too old to be listed; only how many.
    pub unlisted: u64,
    /// Messages that came again.
    pub repeats: u64,
}

impl Received {
    /// How many counters are missing without an explanation.
    #[must_use]
    pub fn missing(&self) -> u64 {
        let unexplained = self.gaps.iter().filter(|gap| gap.reason.is_none());
        unexplained.map(|gap| gap.span.len()).fold(self.unlisted, u64::saturating_add)
    }

    /// How many counters the device declared as shed.
    #[must_use]
    pub fn shed(&self) -> u64 {
        self.gaps.iter().filter(|gap| gap.reason.is_some()).map(|gap| gap.span.len()).fold(0, u64::saturating_add)
    }
}

impl Store {
    /// Which counters of a stream came, and which did not.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store fails.
    pub fn telemetry_received(&self, device: &DeviceId, stream: &StreamId) -> Result<Received, StoreError> {
        self.read(|conn| {
            let Some(series) = series_of(conn, device, stream)? else { return Ok(Received::default()) };
            received(conn, series)
        })
    }

    /// Keeps which counters a device dropped by intent; false if there is no such device.
    ///
    /// # Errors
    ///
    /// [`CommitError`] if the store fails.
    pub fn declare_shed(
        &self,
        device: DeviceId,
        stream: StreamId,
        shed: Declared,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, CommitError>> + Send + use<> {
        self.write(move |desk| {
            let Some(series) = desk.series_made(&device, &stream)? else { return Ok(false) };
            for (first, last) in &shed.ranges {
                let (first, last) = (int(*first)?, int(*last)?);
                desk.execute(sql::SHED_ADD, params![series, first, last, shed.reason, now.as_micros()])?;
            }
            desk.execute(sql::SHED_PRUNE, params![series, SHEDS_MAX])?;
            Ok(true)
        })
    }
}

fn received(conn: &Connection, series: i64) -> Result<Received, StoreError> {
    let mut spans = all(conn, (sql::RUNS, "telemetry_run"), [series], span)?;
    let fresh: Vec<u64> = all(conn, (sql::FRESH_COUNTERS, "telemetry_fresh"), [series], row::number)?;
    let counted = fresh.into_iter().filter(|counter| *counter < TIME_COUNTERS_FROM);
    spans.extend(counted.map(|counter| Span { first: counter, last: counter }));
    let runs = joined(spans);
    let shed = |f: &mut Fields<'_>| Ok(Shed { span: span(f)?, reason: f.text()? });
    let sheds = all(conn, (sql::SHEDS, "telemetry_shed"), [series], shed)?;
    let counts = one(conn, (sql::SERIES_COUNT, "telemetry_count"), [series], |f| Ok((f.number()?, f.number()?)))?;
    let (unlisted, repeats) = counts.unwrap_or((0, 0));
    Ok(Received { gaps: gaps(&runs, &sheds), runs, unlisted, repeats })
}

fn span(f: &mut Fields<'_>) -> Result<Span, StoreError> {
    Ok(Span { first: f.number()?, last: f.number()? })
}

impl Desk {
    /// Adds counters of one series, rising, to its runs.
    pub(super) fn note_runs(&self, counters: &[(i64, i64)]) -> Result<(), StoreError> {
        let by_time = i64::try_from(TIME_COUNTERS_FROM).unwrap_or(i64::MAX);
        let counted = counters.iter().take_while(|(_, counter)| *counter < by_time);
        let mut run: Option<(i64, i64, i64)> = None;
        for (series, counter) in counted {
            run = match run {
                Some((series, first, last)) if *counter <= last + 1 => Some((series, first, *counter)),
                Some(done) => {
                    self.note_run(done)?;
                    Some((*series, *counter, *counter))
                }
                None => Some((*series, *counter, *counter)),
            };
        }
        run.map_or(Ok(()), |run| self.note_run(run))
    }

    fn note_run(&self, (series, first, last): (i64, i64, i64)) -> Result<(), StoreError> {
        let pair = |f: &mut Fields<'_>| Ok((f.number::<i64>()?, f.number::<i64>()?));
        let near = params![series, last + 1, first - 1];
        let near = all(&self.conn, (sql::RUNS_NEAR, "telemetry_run"), near, pair)?;
        match near.as_slice() {
            [(begin, end)] if *begin <= first => {
                if *end < last {
                    self.execute(sql::RUN_GROW, [last, series, *begin])?;
                }
                return Ok(());
            }
            _ => {}
        }
        let (mut from, mut to) = (first, last);
        for (begin, end) in near {
            (from, to) = (from.min(begin), to.max(end));
            self.execute(sql::RUN_DROP, [series, begin])?;
        }
        self.execute(sql::RUN_ADD, [series, from, to])?;
        let count: u64 = exactly(&self.conn, (sql::RUNS_COUNT, "telemetry_run"), [series], row::number)?;
        if count > RUNS_MAX
            && let [(a, a_end), (b, b_end)] = *all(&self.conn, (sql::RUNS_OLDEST, "telemetry_run"), [series], pair)?
        {
            self.execute(sql::RUN_DROP, [series, b])?;
            self.execute(sql::RUN_GROW, [b_end, series, a])?;
            self.execute(sql::UNLISTED_ADD, [series, b - a_end - 1])?;
        }
        Ok(())
    }
}
