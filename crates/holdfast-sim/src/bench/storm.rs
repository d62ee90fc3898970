//! `bench storm`: a whole fleet comes back at once after its server ended, without a word or in order.
//!
//! *Together*: every device tries in the moment the server listens again, as after a power cut, and a second after a
//! failed try. *Spread*: every device comes in the window it was given and backs off with decorrelated jitter, as the
//! agent does. Shown: time to all, failed tries, server's processor time for each, who came first, and the curve.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::broker::Broker;
use super::crowd::{Crowd, Way};
use super::curve::{Line, Picture};
use super::guest::Guest;
use super::house::House;
use super::limits::Handshakes;
use super::peer::{Peer, Signal};
use super::prepared::Prepared;
use super::process::{Cores, Scratch, idle};
use super::sheet::{Goal, Row, Sheet, as_f64, median};
use super::{Fault, Terms, broker, say};
use crate::clock;

/// Longest run of the whole bench.
const BENCH_MAX: Duration = Duration::from_mins(40);
/// Longest time until every device is back.
const BACK_WITHIN: Duration = Duration::from_mins(5);

/// Batches of handshakes in memory.
const RAW_BATCHES: usize = 20;

/// Arguments of `bench storm`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    terms: Terms,
    /// Devices that come back to holdfast.
    #[arg(short = 'n', long, default_value_t = 5_000, value_parser = clap::value_parser!(u16).range(10..=19_000))]
    devices: u16,
    /// Devices that come back to either side in the pairs.
    #[arg(long, default_value_t = 3_000, value_parser = clap::value_parser!(u16).range(10..=19_000))]
    beside: u16,
    /// All devices come from one address, as behind one large router; the server limits what one address may open.
    #[arg(long)]
    one_address: bool,
    /// Pairs of storms beside mosquitto; 0 for none.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(0..=20))]
    pairs: u16,
}

/// What one storm gave.
#[derive(Debug, Clone, Serialize)]
struct Storm {
    side: &'static str,
    ended_by: &'static str,
    way: &'static str,
    devices: usize,
    /// From the moment the server listened until the last device was back with its subscriptions.
    seconds_to_all: f64,
    /// The same for the devices that matter for safety.
    seconds_to_all_safety: f64,
    /// The middle device of each class, safety first.
    seconds_to_half: [f64; 2],
    connects_per_second: f64,
    /// Processor time of the server for each device.
    cpu_us_each: f64,
    /// Tries that failed although the server listened, by name.
    failed: BTreeMap<String, u64>,
    /// Tries before the server listened.
    nobody_listened: u64,
    /// Memory with everybody connected, before and after.
    resident_mib: [f64; 2],
    #[serde(skip)]
    curve: Vec<(f64, f64)>,
}

impl Storm {
    fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    fn tell(&self) {
        let Self { side, ended_by, way, devices, seconds_to_all, seconds_to_all_safety, cpu_us_each, .. } = self;
        let [before, after] = self.resident_mib;
        say(&format!(
            "{side}, {ended_by}, {way}: {devices} back in {seconds_to_all:.2} s (safety {seconds_to_all_safety:.2} s), \
             {cpu_us_each:.0} µs CPU each, failed tries {:?}, memory {before:.0} to {after:.0} MiB",
            self.failed
        ));
    }
}

/// Runs the bench and prints the result.
///
/// # Errors
///
/// If a part is missing or does not start, or if the fleet does not come back.
pub fn run(args: &Args) -> Result<(), Fault> {
    super::run(&args.terms, BENCH_MAX, |cores| measure(args, cores))
}

async fn measure(args: &Args, cores: Cores) -> Result<Sheet, Fault> {
    let mosquitto = broker::find()?;
    let mut sheet = Sheet::new("storm", "mosquitto");
    let scratch = Scratch::make()?;
    let (all, beside) = (usize::from(args.devices), usize::from(args.beside));
    let prepared = Prepared::at_least(&args.terms, all.max(beside), &cores).await?;
    let mut ours = Peer::Holdfast(House::open(&prepared, &scratch, &cores).await?);
    let broker = Broker::start(&mosquitto, &scratch, &cores, &prepared.ca).await?;
    let cas = [prepared.ca.clone(), broker.ca.clone()];
    let mut theirs = Peer::Mosquitto(broker);
    let mut guests = prepared.guests(all.max(beside), &cas)?;
    if args.one_address {
        guests = guests.into_iter().map(Guest::behind_one_address).collect();
    }
    let few = guests.get(..beside).unwrap_or(&guests);
    let (mut us, mut them) = (Vec::new(), Vec::new());
    for pair in 1..=args.pairs {
        say(&format!("pair {pair} of {}", args.pairs));
        us.push(storm(&mut ours, few, Way::Together, Signal::Kill).await?);
        them.push(storm(&mut theirs, few, Way::Together, Signal::Kill).await?);
    }
    let everybody = guests.get(..all).unwrap_or(&guests);
    let mut whole = Vec::new();
    for (way, signal) in [
        (Way::Together, Signal::Kill),
        (Way::Spread, Signal::Kill),
        (Way::Together, Signal::Term),
        (Way::Spread, Signal::Term),
    ] {
        whole.push(storm(&mut ours, everybody, way, signal).await?);
    }
    ours.end(Signal::Term).await?;
    theirs.end(Signal::Term).await?;
    let raw = Handshakes::of(&prepared.devices, &prepared.ca, false)?.server_cpu(RAW_BATCHES, &cores)?;
    fill(&mut sheet, &us, &them, &whole);
    for storm in whole.iter().filter(|storm| storm.way == Way::Together.name()).take(1) {
        let raw = raw.as_secs_f64() * 1e6;
        let name = "CPU per reconnect, µs / rustls in memory";
        sheet.row(Row::pairs(name, &[storm.cpu_us_each], &[raw], None));
    }
    let svg = args.terms.folder()?.join("storm.svg");
    draw(&svg, &whole, them.last(), &sheet_note(all, beside))?;
    sheet.note(format!("Picture: {}", svg.display()));
    sheet.note(format!(
        "{all} devices (one in five of a product with priority safety), each with its own certificate and five subscriptions; pairs at {beside}. {}. Time starts when the server listens again.",
        if args.one_address { "All from one address" } else { "Each from an address of its own" }
    ));
    let peer = broker::version(&mosquitto).await;
    sheet.note(format!(
        "{}; all devices in one process, {} file descriptors allowed. Yardstick: {peer}, no access lists, nothing on disk.",
        cores.note,
        descriptors()
    ));
    sheet.runs(serde_json::json!({ "pairs_holdfast": us, "pairs_mosquitto": them, "whole": whole }));
    Ok(sheet)
}

/// Open files that one process may have.
pub(super) fn descriptors() -> String {
    let text = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files"));
    line.and_then(|rest| rest.split_ascii_whitespace().next()).unwrap_or("unknown").to_owned()
}

fn sheet_note(all: usize, beside: usize) -> String {
    format!(
        "{all} devices at Holdfast, {beside} at mosquitto; mutual TLS 1.3, server killed and started again, one core each"
    )
}

async fn storm(peer: &mut Peer, guests: &[Guest], way: Way, signal: Signal) -> Result<Storm, Fault> {
    let crowd = Crowd::connect(guests, peer.address(), way).await?;
    idle(&[peer.running()]).await?;
    let before = peer.running().resident()?;
    peer.end(signal).await?;
    peer.again().await?;
    let cpu = peer.running().cpu()?;
    let listening = clock::elapsed();
    let back = crowd.come_back(BACK_WITHIN).await?;
    let used = idle(&[peer.running()]).await?.saturating_sub(cpu);
    let after = peer.running().resident()?;
    crowd.leave().await;
    idle(&[peer.running()]).await?;
    let since = |at: &Duration| at.saturating_sub(listening).as_secs_f64();
    let mut times: Vec<f64> = back.at.iter().map(|(at, _)| since(at)).collect();
    times.sort_by(f64::total_cmp);
    let of =
        |safety: bool| -> Vec<f64> { back.at.iter().filter(|(_, s)| *s == safety).map(|(at, _)| since(at)).collect() };
    let seconds_to_all = times.last().copied().unwrap_or_default();
    let count = as_f64(guests.len() as u64);
    let mib = |bytes: u64| as_f64(bytes) / f64::from(1 << 20);
    let storm = Storm {
        side: peer.name(),
        ended_by: if signal == Signal::Kill { "SIGKILL" } else { "SIGTERM" },
        way: way.name(),
        devices: guests.len(),
        seconds_to_all,
        seconds_to_all_safety: of(true).into_iter().fold(0.0, f64::max),
        seconds_to_half: [median(of(true)), median(of(false))],
        connects_per_second: count / seconds_to_all.max(1e-9),
        cpu_us_each: used.as_secs_f64() * 1e6 / count,
        failed: back.failures(),
        nobody_listened: back.nobody_listened,
        resident_mib: [mib(before), mib(after)],
        curve: times.iter().zip(1_u32..).map(|(at, n)| (*at, f64::from(n))).collect(),
    };
    storm.tell();
    Ok(storm)
}

fn fill(sheet: &mut Sheet, us: &[Storm], them: &[Storm], whole: &[Storm]) {
    let of = |list: &[Storm], figure: fn(&Storm) -> f64| list.iter().map(figure).collect::<Vec<_>>();
    let mut pairs = |name: &str, figure: fn(&Storm) -> f64, goal: Option<Goal>| {
        if !us.is_empty() {
            sheet.row(Row::pairs(name, &of(us, figure), &of(them, figure), goal));
        }
    };
    let goal = Goal::AtMost { must: 0.4, stretch: 0.25 };
    pairs("G8: time to all, s (pairs)", |storm| storm.seconds_to_all, Some(goal));
    pairs("CPU per reconnect, µs (pairs)", |storm| storm.cpu_us_each, None);
    pairs("connects per second (pairs)", |storm| storm.connects_per_second, None);
    let failures = |list: &[Storm]| list.iter().map(Storm::failures).sum();
    sheet.row(Row::counted(
        "G8: failed tries (pairs and whole fleet)",
        failures(us) + failures(whole),
        Some(failures(them)),
        Some(Goal::Zero),
    ));
    for storm in whole {
        let name = format!("whole fleet, {}, {}", storm.ended_by, storm.way);
        sheet.row(Row::alone(&format!("{name}: time to all, s"), storm.seconds_to_all, None, None));
        sheet.row(Row::alone(&format!("{name}: CPU per reconnect, µs"), storm.cpu_us_each, None, None));
        let [safety, ordinary] = storm.seconds_to_half;
        let first = Goal::AtMost { must: 1.0, stretch: 0.5 };
        let goal = (storm.way == Way::Spread.name()).then_some(first);
        sheet.row(Row::pairs(&format!("{name}: half of safety / of ordinary back, s"), &[safety], &[ordinary], goal));
    }
}

fn draw(file: &Path, whole: &[Storm], peer: Option<&Storm>, subtitle: &str) -> Result<(), Fault> {
    let shown = whole.iter().filter(|storm| storm.ended_by == "SIGKILL").chain(peer);
    let lines: Vec<Line> = shown
        .map(|storm| {
            let name = if storm.side == "holdfast" {
                format!("Holdfast, {}", storm.way)
            } else {
                "mosquitto, together".to_owned()
            };
            let start = [(0.0, 0.0)].into_iter();
            let percent = 100.0 / as_f64(storm.devices as u64).max(1.0);
            Line { name, points: start.chain(storm.curve.iter().map(|(at, n)| (*at, n * percent))).collect() }
        })
        .collect();
    let picture = Picture {
        title: "A fleet comes back after its server was killed",
        subtitle,
        x: "seconds since the server listens again",
        y: "devices back, %",
        lines: &lines,
    };
    std::fs::write(file, picture.svg()).map_err(|why| Fault::new(&file.display().to_string(), why))
}
