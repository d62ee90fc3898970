//! `bench ingest`: what one message costs, validated and on disk before it is acknowledged, against a broker with a backend.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use clap::ValueEnum;
use holdfast_core::id::StreamId;
use holdfast_core::topic::UpChannel;
use serde::Serialize;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::broker::Pipeline;
use super::guest::Guest;
use super::house::House;
use super::load::{Load, Sent, Shape};
use super::prepared::Prepared;
use super::process::{Cores, Scratch};
use super::reporter::{self, Orders};
use super::sheet::{Goal, Row, Sheet, as_f64, median, number, percentile};
use super::{Fault, Terms, broker, limits, say};

/// Longest run of the whole bench.
const BENCH_MAX: Duration = Duration::from_mins(30);
/// From so many messages in flight on, the goals for devices that drain a queue apply.
const DRAINING_IN_FLIGHT: u16 = 4;

/// Devices and rate of the paced shape: 500 messages a second in all.
const PACED_DEVICES: usize = 200;
const PACED_EVERY: Duration = Duration::from_millis(400);
/// Length of one paced run.
const PACED_FOR: Duration = Duration::from_secs(8);
/// Commits of the bare file for each pair.
const RAW_COMMITS: u32 = 200;

/// How the load looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Devices that drain a queue: 100 with 8 in flight, or what is asked for (G2, G4).
    Drain,
    /// 1,000 devices with one message in flight (G3).
    Single,
    /// 500 messages a second from 200 devices (G11).
    Paced,
}

/// Arguments of `bench ingest`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    terms: Terms,
    /// Only this shape of load; all three if not given.
    #[arg(long, value_enum)]
    shape: Option<Form>,
    /// Devices connected at the same time; only this load then, whatever the shape.
    #[arg(short = 'n', long, value_parser = clap::value_parser!(u16).range(1..=5_000))]
    connections: Option<u16>,
    /// Unacknowledged messages of each device; only this load then.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=64))]
    in_flight: Option<u16>,
    /// Messages in all for each side, over all pairs.
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(1_000..=5_000_000))]
    messages: u32,
    /// Pairs of runs; fewer than three say little.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=50))]
    pairs: u16,
}

impl Args {
    /// Devices and messages in flight of the loads that run as fast as they can.
    fn loads(&self) -> Vec<(u16, u16)> {
        let known = match self.shape {
            None => vec![(100, 8), (1_000, 1)],
            Some(Form::Drain) => vec![(100, 8)],
            Some(Form::Single) => vec![(1_000, 1)],
            Some(Form::Paced) => Vec::new(),
        };
        let asked = self.connections.is_some() || self.in_flight.is_some();
        if asked { vec![(self.connections.unwrap_or(100), self.in_flight.unwrap_or(8))] } else { known }
    }

    fn is_paced(&self) -> bool {
        self.connections.is_none() && self.in_flight.is_none() && self.shape.is_none_or(|shape| shape == Form::Paced)
    }
}

/// One run against one side.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Run {
    /// Messages stored.
    stored: u64,
    /// Messages stored for each second, from the first message until the last was stored.
    stored_per_second: f64,
    /// Processor time of the server, or of broker and backend, for each message.
    cpu_us_per_message: f64,
    /// From the write to the PUBACK.
    puback_ms_p50: f64,
    /// The slowest of a hundred.
    puback_ms_p99: f64,
    /// Refusals by name.
    rejected: BTreeMap<String, u64>,
}

impl Run {
    pub(super) fn new(sent: &Sent, stored: u64, took: Duration, cpu: Duration) -> Self {
        let count = as_f64(stored).max(1.0);
        let wait = |percent| f64::from(percentile(&sent.waits_us, percent)) / 1_000.0;
        Self {
            stored,
            stored_per_second: count / took.as_secs_f64().max(1e-6),
            cpu_us_per_message: cpu.as_secs_f64() * 1e6 / count,
            puback_ms_p50: wait(50),
            puback_ms_p99: wait(99),
            rejected: sent.rejected.clone(),
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cpu, rate) = (self.cpu_us_per_message, self.stored_per_second);
        write!(f, "{cpu:>6.1} µs CPU per message, {rate:>7.0} stored/s")?;
        write!(f, ", PUBACK p50 {:.1} ms, p99 {:.1} ms", self.puback_ms_p50, self.puback_ms_p99)?;
        let rejected: u64 = self.rejected.values().sum();
        if rejected > 0 { write!(f, ", {rejected} rejected: {:?}", self.rejected) } else { Ok(()) }
    }
}

/// What our server kept of what it acknowledged.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Kept {
    /// Messages that were acknowledged.
    pub(super) acknowledged: u64,
    /// Messages in the store.
    pub(super) stored: u64,
    /// Acknowledged and not stored.
    pub(super) lost: u64,
    /// Stored more than once.
    pub(super) twice: u64,
}

impl Kept {
    /// Adds one device: its stored counters, rising, and those it saw acknowledged.
    pub(super) fn add(&mut self, stored: &[u64], acknowledged: &[u64]) {
        self.stored += stored.len() as u64;
        self.twice += stored.windows(2).filter(|pair| matches!(pair, [a, b] if a == b)).count() as u64;
        self.acknowledged += acknowledged.len() as u64;
        self.lost += acknowledged.iter().filter(|counter| stored.binary_search(counter).is_err()).count() as u64;
    }
}

/// Runs the bench and prints the result.
///
/// # Errors
///
/// If a part is missing or does not start, on Ctrl-C, or if an acknowledged message was lost or stored twice.
pub fn run(args: &Args) -> Result<(), Fault> {
    super::run(&args.terms, BENCH_MAX, |cores| measure(args, cores))
}

async fn measure(args: &Args, cores: Cores) -> Result<Sheet, Fault> {
    let mosquitto = broker::find()?;
    let mut sheet = Sheet::new("ingest", "mosquitto + backend");
    let mut runs = serde_json::Map::new();
    for load in args.loads() {
        let (ours, theirs, kept) = as_fast_as_possible(args, load, &mosquitto, &cores).await?;
        fill(&mut sheet, load, &ours, &theirs, &kept);
        let shown = serde_json::json!({ "holdfast": ours, "yardstick": theirs, "kept": kept });
        runs.insert(format!("{}x{}", load.0, load.1), shown);
    }
    if args.is_paced() {
        runs.insert("paced".to_owned(), paced(args, &mosquitto, &cores, &mut sheet).await?);
    }
    raw(&mut sheet, &args.terms)?;
    sheet.note(format!(
        "{} pairs, {} messages for each side and load; TLS 1.3 with client certificates, QoS 1; ours is validated and on disk before each PUBACK.",
        args.pairs, args.messages
    ));
    let peer = broker::version(&mosquitto).await;
    sheet.note(format!(
        "{}. Yardstick: {peer}, nothing on disk, and a backend (SQLite, synchronous=NORMAL).",
        cores.note
    ));
    sheet.runs(runs.into());
    Ok(sheet)
}

async fn as_fast_as_possible(
    args: &Args,
    (connections, in_flight): (u16, u16),
    mosquitto: &Path,
    cores: &Cores,
) -> Result<(Vec<Run>, Vec<Run>, Kept), Fault> {
    say(&format!("{connections} devices × {in_flight} in flight"));
    let scratch = Scratch::make()?;
    let prepared = Prepared::at_least(&args.terms, connections.into(), cores).await?;
    let mut house = House::open(&prepared, &scratch, cores).await?;
    let mut pipeline = Pipeline::start(mosquitto, &scratch, cores, &prepared.ca).await?;
    let each = args.messages / u32::from(args.pairs) / u32::from(connections);
    let shape = Shape { in_flight, each: each.max(1), rounds: args.pairs };
    let devices = prepared.devices.get(..usize::from(connections)).unwrap_or(&prepared.devices);
    let mut load = Load::new(devices, shape, &[prepared.ca.clone(), pipeline.broker.ca.clone()])?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for pair in 1..=args.pairs {
        let run = house.run(&mut load).await?;
        say(&format!("pair {pair} of {}: holdfast   {run}", args.pairs));
        ours.push(run);
        let run = pipeline.run(&mut load).await?;
        say(&format!("pair {pair} of {}: mosquitto  {run}", args.pairs));
        theirs.push(run);
        load.next_round();
    }
    pipeline.stop().await;
    house.stop().await?;
    let kept = house.count(&load)?;
    Ok((ours, theirs, kept))
}

fn fill(sheet: &mut Sheet, (connections, in_flight): (u16, u16), ours: &[Run], theirs: &[Run], kept: &Kept) {
    let draining = in_flight >= DRAINING_IN_FLIGHT;
    let (goal, must, stretch) = if draining { ("G2: ", 0.45, 0.30) } else { ("G3: ", 0.95, 0.75) };
    let (rate, rate_goal) =
        if draining { ("G4: ", Some(Goal::AtLeast { must: 1.5, stretch: 2.0 })) } else { ("", None) };
    let both =
        |of: fn(&Run) -> f64| (ours.iter().map(of).collect::<Vec<_>>(), theirs.iter().map(of).collect::<Vec<_>>());
    let load = format!("{connections} × {in_flight}");
    let mut pairs = |figure: String, of: fn(&Run) -> f64, goal: Option<Goal>| {
        let (ours, theirs) = both(of);
        sheet.row(Row::pairs(&figure, &ours, &theirs, goal));
    };
    let cpu = Some(Goal::AtMost { must, stretch });
    pairs(format!("{goal}{load}: CPU per message, µs"), |run| run.cpu_us_per_message, cpu);
    pairs(format!("{rate}{load}: stored for each second"), |run| run.stored_per_second, rate_goal);
    pairs(format!("{load}: PUBACK p50, ms (ours on disk)"), |run| run.puback_ms_p50, None);
    pairs(format!("{load}: PUBACK p99, ms (ours on disk)"), |run| run.puback_ms_p99, None);
    let rejected = |runs: &[Run]| runs.iter().flat_map(|run| run.rejected.values()).sum();
    sheet.row(Row::counted(&format!("{load}: rejected"), rejected(ours), Some(rejected(theirs)), None));
    let name = format!("{load}: lost of {} acknowledged", kept.acknowledged);
    sheet.row(Row::counted(&name, kept.lost, None, Some(Goal::Zero)));
    sheet.row(Row::counted(&format!("{load}: stored twice"), kept.twice, None, Some(Goal::Zero)));
}

/// Steady 500 messages a second: how long a device waits for its PUBACK, beside what one sync of the disk takes.
async fn paced(args: &Args, mosquitto: &Path, cores: &Cores, sheet: &mut Sheet) -> Result<serde_json::Value, Fault> {
    say(&format!("{PACED_DEVICES} devices, one message each every {} ms", PACED_EVERY.as_millis()));
    let scratch = Scratch::make()?;
    let prepared = Prepared::at_least(&args.terms, PACED_DEVICES, cores).await?;
    let mut house = House::open(&prepared, &scratch, cores).await?;
    let mut pipeline = Pipeline::start(mosquitto, &scratch, cores, &prepared.ca).await?;
    let guests = prepared.guests(PACED_DEVICES, &[prepared.ca.clone(), pipeline.broker.ca.clone()])?;
    let (mut ours, mut theirs, mut syncs) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 0..u64::from(args.pairs) {
        let us = puback_ms(&guests, &house.doors.mqtt, pair).await?;
        let sync = limits::group_commit(&args.terms.folder()?, 1, RAW_COMMITS)?.sync_ms_p50;
        let them = puback_ms(&guests, &pipeline.broker.address, pair).await?;
        say(&format!(
            "pair {} of {}: PUBACK p50 holdfast {us:.2} ms, mosquitto {them:.2} ms, fsync {sync:.2} ms",
            pair + 1,
            args.pairs
        ));
        ours.push(us);
        theirs.push(them);
        syncs.push(sync);
    }
    pipeline.stop().await;
    house.stop().await?;
    sheet.row(Row::pairs("500 messages/s: PUBACK p50, ms (ours on disk)", &ours, &theirs, None));
    let more = ours.iter().zip(&theirs).zip(&syncs).map(|((us, them), sync)| (us - them) / sync.max(1e-9));
    let goal = Goal::AtMost { must: 2.5, stretch: 1.5 };
    sheet.row(Row::alone(
        "G11: what ours takes longer, in syncs of the disk",
        median(more.collect()),
        None,
        Some(goal),
    ));
    Ok(serde_json::json!({ "holdfast_ms": ours, "mosquitto_ms": theirs, "fsync_ms": syncs }))
}

async fn puback_ms(guests: &[Guest], address: &str, round: u64) -> Result<f64, Fault> {
    let (stop, stopped) = watch::channel(false);
    let stream: StreamId = "climate".parse().map_err(|why| Fault::new("climate", why))?;
    let orders = Arc::new(Orders {
        address: address.to_owned(),
        channel: UpChannel::Telemetry(stream),
        in_flight: 64,
        every: PACED_EVERY,
        burst: 1,
        base_us: reporter::base_us(100_000),
        first: round * 1_000 + 1,
        stop: stopped,
        acknowledged: AtomicU64::new(0),
        losses: AtomicU64::new(0),
    });
    let mut devices = JoinSet::new();
    for (guest, seed) in guests.iter().cloned().zip(1_u64..) {
        devices.spawn(reporter::report(guest, Arc::clone(&orders), seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    }
    tokio::time::sleep(PACED_FOR).await;
    stop.send_replace(true);
    let mut waits = Vec::new();
    while let Some(done) = devices.join_next().await {
        let mut seen = done.map_err(|why| Fault::new("device", why))?;
        // The first message of a device waits for nothing but its connection.
        waits.extend(seen.waits_us.drain(..).skip(1));
    }
    waits.sort_unstable();
    Ok(f64::from(percentile(&waits, 50)) / 1e3)
}

/// What the bare file gives on this machine now.
fn raw(sheet: &mut Sheet, terms: &Terms) -> Result<(), Fault> {
    let dir = terms.folder()?;
    for batch in [1, 100] {
        let limits::GroupCommit { per_second, cpu_us, sync_ms_p50, .. } =
            limits::group_commit(&dir, batch, RAW_COMMITS)?;
        sheet.note(format!(
            "Raw limit: append and fdatasync, {batch} records a commit: {} records/s, {} µs CPU a record, {} ms a sync (p50).",
            number(per_second),
            number(cpu_us),
            number(sync_ms_p50)
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_acknowledged_and_is_not_stored_is_lost_and_what_is_stored_twice_is_seen() {
        let mut kept = Kept::default();
        kept.add(&[1, 2, 3, 5], &[3, 1, 2]);
        assert_eq!(
            (kept.lost, kept.twice, kept.stored, kept.acknowledged),
            (0, 0, 4, 3),
            "stored and not answered is no loss"
        );
        kept.add(&[1, 2, 2], &[1, 2, 4]);
        assert_eq!((kept.lost, kept.twice, kept.stored, kept.acknowledged), (1, 1, 7, 6));
    }
}
