//! `bench idle`: memory of one connection that says nothing, with its session and its subscriptions, beside mosquitto; and
//! what a storm leaves behind when the network was lost and the server was not.

use std::time::Duration;

use serde::Serialize;

use super::broker::Broker;
use super::crowd::{Crowd, Way};
use super::guest::Guest;
use super::house::House;
use super::peer::{Peer, Signal};
use super::prepared::Prepared;
use super::process::{Cores, Scratch, idle};
use super::sheet::{Goal, Row, Sheet, as_f64};
use super::{Fault, Terms, broker, say};

/// Longest run of the whole bench.
const BENCH_MAX: Duration = Duration::from_hours(1);
/// Longest time until every device is back.
const BACK_WITHIN: Duration = Duration::from_mins(5);
/// Descriptors that a server needs beside its connections.
const SPARE: usize = 1_000;
/// Most devices: more do not get a port of their own on one address.
const DEVICES_MAX: usize = 25_000;
/// How long the silent fleet is watched.
const SILENCE: Duration = Duration::from_secs(20);

/// Arguments of `bench idle`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    terms: Terms,
    /// Devices connected at the same time; as many as the limit of open files permits if not given.
    #[arg(short = 'n', long, value_parser = clap::value_parser!(u16).range(100..=25_000))]
    devices: Option<u16>,
    /// Devices of the storm.
    #[arg(long, default_value_t = 3_000, value_parser = clap::value_parser!(u16).range(100..=19_000))]
    storm: u16,
    /// Pairs of runs, each with fresh processes.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=20))]
    pairs: u16,
}

/// One run against one side.
#[derive(Debug, Clone, Copy, Serialize)]
struct Run {
    resident_empty_mib: f64,
    resident_full_mib: f64,
    kib_each: f64,
    /// Share of a core while nobody says anything.
    cpu_percent: f64,
    storm_before_mib: f64,
    storm_after_mib: f64,
}

impl Run {
    fn growth(&self) -> f64 {
        self.storm_after_mib / self.storm_before_mib.max(1e-9)
    }
}

/// Runs the bench and prints the result.
///
/// # Errors
///
/// If a part is missing or does not start, or a device is not let in.
pub fn run(args: &Args) -> Result<(), Fault> {
    super::run(&args.terms, BENCH_MAX, |cores| measure(args, cores))
}

async fn measure(args: &Args, cores: Cores) -> Result<Sheet, Fault> {
    let mosquitto = broker::find()?;
    let mut sheet = Sheet::new("idle", "mosquitto");
    let scratch = Scratch::make()?;
    let limit = super::storm::descriptors();
    let permitted = limit.parse::<usize>().unwrap_or(DEVICES_MAX).saturating_sub(SPARE).min(DEVICES_MAX);
    let count = args.devices.map_or(permitted, usize::from).min(permitted);
    let prepared = Prepared::at_least(&args.terms, count.max(args.storm.into()), &cores).await?;
    let mut ours = Peer::Holdfast(House::open(&prepared, &scratch, &cores).await?);
    let broker = Broker::start(&mosquitto, &scratch, &cores, &prepared.ca).await?;
    let cas = [prepared.ca.clone(), broker.ca.clone()];
    let mut theirs = Peer::Mosquitto(broker);
    let guests = prepared.guests(count.max(args.storm.into()), &cas)?;
    let (many, few) = (guests.get(..count).unwrap_or(&guests), guests.get(..args.storm.into()).unwrap_or(&guests));
    let (mut us, mut them) = (Vec::new(), Vec::new());
    for pair in 1..=args.pairs {
        for (peer, list) in [(&mut ours, &mut us), (&mut theirs, &mut them)] {
            let run = one(peer, many, few).await?;
            say(&format!(
                "pair {pair} of {}: {:<9} {:.1} KiB each, {:.2} % of a core; storm: {:.0} to {:.0} MiB",
                args.pairs,
                peer.name(),
                run.kib_each,
                run.cpu_percent,
                run.storm_before_mib,
                run.storm_after_mib
            ));
            list.push(run);
        }
    }
    ours.end(Signal::Term).await?;
    theirs.end(Signal::Term).await?;
    let both = |of: fn(&Run) -> f64| (us.iter().map(of).collect::<Vec<_>>(), them.iter().map(of).collect::<Vec<_>>());
    let (kib, peer_kib) = both(|run| run.kib_each);
    let goal = Goal::AtMost { must: 16.0, stretch: 13.0 };
    let (middle, peer_middle) = (super::sheet::median(kib.clone()), super::sheet::median(peer_kib.clone()));
    sheet.row(Row::alone("G6: KiB per idle connection", middle, Some(peer_middle), Some(goal)));
    let goal = Goal::AtMost { must: 0.8, stretch: 0.6 };
    sheet.row(Row::pairs("G6: the same / mosquitto", &kib, &peer_kib, Some(goal)));
    let (growth, peer_growth) = both(Run::growth);
    let (middle, peer_middle) = (super::sheet::median(growth), super::sheet::median(peer_growth));
    let goal = Goal::AtMost { must: 1.2, stretch: 1.1 };
    sheet.row(Row::alone("G7: memory after a storm / before", middle, Some(peer_middle), Some(goal)));
    for (name, of) in [
        ("memory of the server alone, MiB", (|run| run.resident_empty_mib) as fn(&Run) -> f64),
        ("memory with all connected, MiB", |run| run.resident_full_mib),
        ("CPU while all are silent, % of a core", |run| run.cpu_percent),
    ] {
        let (ours, theirs) = both(of);
        sheet.row(Row::pairs(name, &ours, &theirs, None));
    }
    sheet.note(format!(
        "{count} devices in one process ({limit} open files allowed), each with its own certificate and five subscriptions; a fresh server for each run. Storm: {} devices lose the network at once and come back at once.",
        args.storm
    ));
    sheet.note(
        "Memory is what is in RAM (Rss of smaps_rollup); the kernel's buffers come on top on both sides.".to_owned(),
    );
    let peer = broker::version(&mosquitto).await;
    sheet.note(format!("{}. Yardstick: {peer}, no access lists, nothing on disk.", cores.note));
    sheet.runs(serde_json::json!({ "devices": count, "holdfast": us, "mosquitto": them }));
    Ok(sheet)
}

async fn one(peer: &mut Peer, many: &[Guest], few: &[Guest]) -> Result<Run, Fault> {
    restart(peer).await?;
    let empty = peer.running().resident()?;
    let crowd = Crowd::connect(many, peer.address(), Way::Together).await?;
    let before = idle(&[peer.running()]).await?;
    let full = peer.running().resident()?;
    tokio::time::sleep(SILENCE).await;
    let used = peer.running().cpu()?.saturating_sub(before);
    crowd.leave().await;
    restart(peer).await?;
    let crowd = Crowd::connect(few, peer.address(), Way::Together).await?;
    idle(&[peer.running()]).await?;
    let storm_before = peer.running().resident()?;
    crowd.lose_all(BACK_WITHIN).await?;
    idle(&[peer.running()]).await?;
    let storm_after = peer.running().resident()?;
    crowd.leave().await;
    let mib = |bytes: u64| as_f64(bytes) / f64::from(1 << 20);
    Ok(Run {
        resident_empty_mib: mib(empty),
        resident_full_mib: mib(full),
        kib_each: (mib(full) - mib(empty)) * 1_024.0 / as_f64(many.len() as u64),
        cpu_percent: used.as_secs_f64() / SILENCE.as_secs_f64() * 100.0,
        storm_before_mib: mib(storm_before),
        storm_after_mib: mib(storm_after),
    })
}

async fn restart(peer: &mut Peer) -> Result<(), Fault> {
    peer.end(Signal::Term).await?;
    peer.again().await?;
    idle(&[peer.running()]).await.map(|_| ())
}
