//! `bench ingest`: what one message costs, validated and on disk before it is acknowledged, against a broker with a backend.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::broker::Pipeline;
use super::house::House;
use super::load::{Load, Sent, Shape};
use super::prepared::Prepared;
use super::process::{Cores, Scratch};
use super::sheet::{Goal, Row, Sheet, as_f64, percentile};
use super::{Fault, Terms, broker, say};

/// Longest run of the whole bench.
const BENCH_MAX: Duration = Duration::from_mins(20);
/// From so many messages in flight on, the goals for devices that drain a queue apply.
const DRAINING_IN_FLIGHT: u16 = 4;

/// Arguments of `bench ingest`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    terms: Terms,
    /// Devices connected at the same time.
    #[arg(short = 'n', long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=5_000))]
    connections: u16,
    /// Unacknowledged messages of each device.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    in_flight: u16,
    /// Messages in all for each side, over all pairs.
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(1_000..=5_000_000))]
    messages: u32,
    /// Pairs of runs; fewer than three say little.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=50))]
    pairs: u16,
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
    let scratch = Scratch::make()?;
    let prepared = Prepared::at_least(&args.terms, args.connections.into(), &cores).await?;
    let mut house = House::open(&prepared, &scratch, &cores).await?;
    let mut pipeline = Pipeline::start(&mosquitto, &scratch, &cores, &prepared.ca).await?;
    let each = args.messages / u32::from(args.pairs) / u32::from(args.connections);
    let shape = Shape { in_flight: args.in_flight, each: each.max(1), rounds: args.pairs };
    let devices = prepared.devices.get(..usize::from(args.connections)).unwrap_or(&prepared.devices);
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
    say("stopping the server in order; counting what it stored");
    house.stop().await?;
    let kept = house.count(&load)?;
    fill(&mut sheet, args, &ours, &theirs, &kept);
    sheet.note(format!(
        "{} devices × {} in flight, {} pairs of {} messages of {} bytes; TLS 1.3 with client certificates, QoS 1.",
        args.connections,
        args.in_flight,
        args.pairs,
        load.messages(),
        load.payload_bytes()
    ));
    let peer = broker::version(&mosquitto).await;
    sheet.note(format!("{}. Yardstick: {peer}, nothing on disk, and a backend (SQLite, synchronous=NORMAL).", cores.note));
    sheet.note(format!(
        "{} acknowledged, {} stored, {} lost, {} twice.",
        kept.acknowledged, kept.stored, kept.lost, kept.twice
    ));
    sheet.runs(serde_json::json!({ "holdfast": ours, "yardstick": theirs, "kept": kept }));
    Ok(sheet)
}

fn fill(sheet: &mut Sheet, args: &Args, ours: &[Run], theirs: &[Run], kept: &Kept) {
    let draining = args.in_flight >= DRAINING_IN_FLIGHT;
    let (name, must, stretch) = if draining { ("G2", 0.45, 0.30) } else { ("G3", 0.95, 0.75) };
    let rate = draining.then_some(Goal::AtLeast { must: 1.5, stretch: 2.0 });
    let both = |of: fn(&Run) -> f64| (ours.iter().map(of).collect::<Vec<_>>(), theirs.iter().map(of).collect::<Vec<_>>());
    let mut pairs = |figure: &str, of: fn(&Run) -> f64, goal: Option<Goal>| {
        let (ours, theirs) = both(of);
        sheet.row(Row::pairs(figure, &ours, &theirs, goal));
    };
    let cpu = format!("{name}: CPU per message, µs");
    pairs(&cpu, |run| run.cpu_us_per_message, Some(Goal::AtMost { must, stretch }));
    pairs(if draining { "G4: stored for each second" } else { "stored for each second" }, |run| run.stored_per_second, rate);
    pairs("PUBACK p50, ms (ours after the commit)", |run| run.puback_ms_p50, None);
    pairs("PUBACK p99, ms (ours after the commit)", |run| run.puback_ms_p99, None);
    let rejected = |runs: &[Run]| runs.iter().flat_map(|run| run.rejected.values()).sum();
    sheet.row(Row::counted("rejected", rejected(ours), Some(rejected(theirs)), None));
    sheet.row(Row::counted("acknowledged and not stored", kept.lost, None, Some(Goal::Zero)));
    sheet.row(Row::counted("stored twice", kept.twice, None, Some(Goal::Zero)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_acknowledged_and_is_not_stored_is_lost_and_what_is_stored_twice_is_seen() {
        let mut kept = Kept::default();
        kept.add(&[1, 2, 3, 5], &[3, 1, 2]);
        assert_eq!((kept.lost, kept.twice, kept.stored, kept.acknowledged), (0, 0, 4, 3), "stored and not answered is no loss");
        kept.add(&[1, 2, 2], &[1, 2, 4]);
        assert_eq!((kept.lost, kept.twice, kept.stored, kept.acknowledged), (1, 1, 7, 6));
    }
}
