//! `torture server`: the server is killed at random moments while devices report; nothing it acknowledged may be missing
//! or doubled afterwards, and its ledger must hold and have only grown.
//!
//! The kills are SIGKILL, some of them while the server starts. Devices send again what was not answered, with the same
//! counter. The seed is printed and repeats the moments of the kills (not what the operating system makes of them).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use holdfast_core::id::{DeviceId, StreamId};
use holdfast_core::topic::UpChannel;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::house::House;
use super::peer::{Peer, Signal};
use super::prepared::Prepared;
use super::process::{Cores, Scratch};
use super::reporter::{self, Dice, Orders, Seen};
use super::sheet::{Goal, Row, Sheet, as_f64};
use super::{Fault, Terms, bar, say, trace};
use crate::clock;

/// Longest run of the whole.
const TORTURE_MAX: Duration = Duration::from_hours(2);
/// Time between the doors' opening and the kill.
const LIVES_MS: (u64, u64) = (50, 2_000);
/// One kill of so many comes while the server starts.
const EARLY_ONE_OF: u64 = 6;
/// Time between the start and an early kill.
const EARLY_MS: (u64, u64) = (1, 150);
/// Time between two turns of a device.
const TURN: Duration = Duration::from_millis(40);
/// Readings a device may have sent in the past.
const READINGS_MAX: i64 = 1_000_000;
/// The product's stream.
const STREAM: &str = "climate";

/// Arguments of `torture server`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    terms: Terms,
    /// How often the server is killed.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    kills: u16,
    /// Devices that report.
    #[arg(short = 'n', long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=5_000))]
    devices: u16,
    /// Unacknowledged messages of each device.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    in_flight: u16,
    /// Repeats the moments of the kills; drawn if not given.
    #[arg(long)]
    seed: Option<u64>,
    /// Do not look at the order of system calls (needs the program strace).
    #[arg(long)]
    no_strace: bool,
}

/// Runs the torture and prints the result.
///
/// # Errors
///
/// If a part is missing, the server does not start again, or something acknowledged is missing or doubled.
pub fn run(args: &Args) -> Result<(), Fault> {
    super::run(&args.terms, TORTURE_MAX, |cores| measure(args, cores))
}

async fn measure(args: &Args, cores: Cores) -> Result<Sheet, Fault> {
    let seed = match args.seed {
        Some(seed) => seed,
        None => getrandom::u64().map_err(|why| Fault::new("random bytes", why))?,
    };
    say(&format!("seed {seed}"));
    let mut sheet = Sheet::new("torture server", "–");
    let scratch = Scratch::make()?;
    let prepared = Prepared::at_least(&args.terms, args.devices.into(), &cores).await?;
    let guests = prepared.guests(args.devices.into(), std::slice::from_ref(&prepared.ca))?;
    let mut peer = Peer::Holdfast(House::open(&prepared, &scratch, &cores).await?);
    if !args.no_strace {
        let first = guests.first().ok_or_else(|| Fault::new("fleet", "no devices"))?;
        let order = trace::syncs_before_answers(peer.running(), first, peer.address(), &scratch).await?;
        let wrong = order.answers - order.after_sync;
        sheet.row(Row::counted("strace: acknowledgements watched", order.answers, None, None));
        sheet.row(Row::counted("strace: acknowledgement written before the sync", wrong, None, Some(Goal::Zero)));
    }
    let (stop, stopped) = watch::channel(false);
    let orders = Arc::new(orders(args, peer.address(), stopped)?);
    let mut devices = JoinSet::new();
    for (guest, n) in guests.into_iter().zip(1_u64..) {
        let id = guest.id.clone();
        let work = reporter::report(guest, Arc::clone(&orders), seed ^ n.wrapping_mul(0x9e37_79b9));
        devices.spawn(async move { (id, work.await) });
    }
    let ledgers = kill_again_and_again(args, &mut peer, &orders, &scratch, seed).await?;
    stop.send_replace(true);
    let mut reports: Vec<(DeviceId, Seen)> = Vec::new();
    while let Some(done) = devices.join_next().await {
        reports.push(done.map_err(|why| Fault::new("device", why))?);
    }
    peer.end(Signal::Term).await?;
    let Peer::Holdfast(house) = &peer else { return Err(Fault::new("server", "not ours")) };
    judge(&mut sheet, args, house, &reports, &ledgers)?;
    let losses = orders.losses.load(Ordering::Relaxed);
    sheet.note(format!(
        "{} kills with SIGKILL, {} of them while the server started; {} devices × {} in flight, {losses} connections lost or not made. Seed {seed}.",
        args.kills, ledgers.early, args.devices, args.in_flight
    ));
    sheet.note(format!(
        "{}. Only the process was killed: that data survives a power cut is what the order of sync and answer shows.",
        cores.note
    ));
    Ok(sheet)
}

fn orders(args: &Args, address: &str, stop: watch::Receiver<bool>) -> Result<Orders, Fault> {
    let stream: StreamId = STREAM.parse().map_err(|why| Fault::new(STREAM, why))?;
    Ok(Orders {
        address: address.to_owned(),
        channel: UpChannel::Telemetry(stream),
        in_flight: args.in_flight.into(),
        every: TURN,
        burst: args.in_flight.into(),
        base_us: reporter::base_us(READINGS_MAX),
        stop,
        acknowledged: AtomicU64::new(0),
        first: 1,
        losses: AtomicU64::new(0),
    })
}

/// What the ledger's checks gave.
#[derive(Debug, Default)]
struct Ledgers {
    checks: u64,
    /// A check that did not hold, or a history that was rewritten.
    broken: u64,
    /// Commands that the server said it had taken.
    commands: u64,
    /// Commands in the ledger at the end.
    commands_in_ledger: u64,
    early: u64,
    /// Slowest start until the doors were open.
    start_ms_max: u64,
}

async fn kill_again_and_again(
    args: &Args,
    peer: &mut Peer,
    orders: &Orders,
    scratch: &Scratch,
    seed: u64,
) -> Result<Ledgers, Fault> {
    let mut dice = Dice(seed);
    let mut found = Ledgers::default();
    let mut history: Vec<String> = Vec::new();
    let progress = bar("kills", args.kills.into());
    for kill in 1..=args.kills {
        let Peer::Holdfast(house) = peer else { return Err(Fault::new("server", "not ours")) };
        // Something for the ledger, so that it is written to while the kill comes.
        let mut commands = JoinSet::new();
        commands.spawn(house.order("device", &["command", "sim-00001", "identify", "--input", "{\"seconds\":2}"]));
        tokio::time::sleep(Duration::from_millis(dice.between(LIVES_MS.0, LIVES_MS.1))).await;
        peer.end(Signal::Kill).await?;
        while let Some(done) = commands.join_next().await {
            found.commands += u64::from(matches!(done, Ok(Ok(_))));
        }
        let Peer::Holdfast(house) = peer else { return Err(Fault::new("server", "not ours")) };
        if dice.between(1, EARLY_ONE_OF) == 1 {
            found.early += 1;
            house.start_and_kill(Duration::from_millis(dice.between(EARLY_MS.0, EARLY_MS.1))).await?;
        }
        let begun = clock::elapsed();
        house.again().await?;
        let took = u64::try_from(clock::elapsed().saturating_sub(begun).as_millis()).unwrap_or(u64::MAX);
        found.start_ms_max = found.start_ms_max.max(took);
        match ledger(house, &scratch.path("ledger.txt"), &mut history).await {
            Ok(commands) => found.commands_in_ledger = commands,
            Err(why) => {
                say(&format!("kill {kill}: {why}"));
                found.broken += 1;
            }
        }
        found.checks += 1;
        progress.inc(1);
        if kill.is_multiple_of(10) {
            say(&format!("{kill} kills, {} acknowledged", orders.acknowledged.load(Ordering::Relaxed)));
        }
    }
    progress.finish_and_clear();
    Ok(found)
}

/// Exports and verifies the ledger; every line of before must still be there. Gives the number of commands in it.
async fn ledger(house: &House, file: &Path, history: &mut Vec<String>) -> Result<u64, Fault> {
    let shown = file.to_string_lossy().into_owned();
    house.holdfast(&["ledger", "export", "--out", &shown]).await?;
    let said = house.holdfast(&["ledger", "verify", &shown]).await?;
    let said: serde_json::Value = serde_json::from_slice(&said).map_err(|why| Fault::new("ledger verify", why))?;
    let text = std::fs::read_to_string(file).map_err(|why| Fault::new(&shown, why))?;
    // The first line is the checkpoint, which changes.
    let lines: Vec<String> = text.lines().skip(1).map(str::to_owned).collect();
    if !lines.starts_with(history) {
        return Err(Fault::new(
            "ledger",
            format!("{} lines were known, and they are not the first now", history.len()),
        ));
    }
    *history = lines;
    Ok(said.pointer("/kinds/command-issued").and_then(serde_json::Value::as_u64).unwrap_or(0))
}

fn judge(
    sheet: &mut Sheet,
    args: &Args,
    house: &House,
    seen: &[(DeviceId, Seen)],
    found: &Ledgers,
) -> Result<(), Fault> {
    let stream: StreamId = STREAM.parse().map_err(|why| Fault::new(STREAM, why))?;
    let kept = house.compare(&stream, seen.iter().map(|(id, seen)| (id, seen.acknowledged.as_slice())))?;
    let sum = |of: fn(&Seen) -> u64| seen.iter().map(|(_, seen)| of(seen)).sum::<u64>();
    let mut refused: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, count) in seen.iter().flat_map(|(_, seen)| &seen.refused) {
        *refused.entry(name).or_default() += count;
    }
    let lost_commands = found.commands.saturating_sub(found.commands_in_ledger);
    for (name, count, gate) in [
        ("kills", args.kills.into(), false),
        ("acknowledged", kept.acknowledged, false),
        ("stored", kept.stored, false),
        ("G5: acknowledged and lost", kept.lost, true),
        ("G5: stored twice", kept.twice, true),
        ("never answered after the last start", sum(|seen| seen.unanswered), true),
        ("refused", refused.values().sum(), false),
        ("ledger checks", found.checks, false),
        ("ledger does not hold, or was rewritten", found.broken, true),
        ("commands taken and not in the ledger", lost_commands, true),
    ] {
        sheet.row(Row::counted(name, count, None, gate.then_some(Goal::Zero)));
    }
    sheet.row(Row::alone("slowest start after a kill, s", as_f64(found.start_ms_max) / 1e3, None, None));
    if !refused.is_empty() {
        sheet.note(format!("Refused, by name: {refused:?}."));
    }
    sheet.note(format!("{} commands were taken, {} stand in the ledger.", found.commands, found.commands_in_ledger));
    sheet.runs(serde_json::json!({
        "acknowledged": kept.acknowledged, "stored": kept.stored, "lost": kept.lost, "twice": kept.twice,
        "refused": refused, "ledger_checks": found.checks, "ledger_broken": found.broken,
    }));
    Ok(())
}
