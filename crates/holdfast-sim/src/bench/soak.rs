//! `soak`: many devices report steadily for many minutes; the server's memory must stay flat and nothing may be lost.
//!
//! Memory is sampled every few seconds; after the warm-up a straight line is fitted (Theil and Sen: the median of all
//! slopes, so that single jumps do not decide). Draws the memory as SVG.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use holdfast_core::id::{DeviceId, StreamId};
use holdfast_core::topic::UpChannel;
use serde::Serialize;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::curve::{Line, Picture};
use super::house::House;
use super::prepared::Prepared;
use super::process::{Cores, Scratch};
use super::reporter::{self, Orders, Seen};
use super::sheet::{Goal, Row, Sheet, as_f64, median, percentile};
use super::{Fault, Terms, bar, say};
use crate::clock;

/// Time for what comes before and after the soak.
const AROUND: Duration = Duration::from_mins(15);
/// Time between two samples.
const SAMPLE_EVERY: Duration = Duration::from_secs(10);
/// Share of the time that is warm-up, at least and at most.
const WARM_UP: (f64, f64) = (0.25, 0.65);
/// Minutes until the store's page cache is full, at the usual load.
const CACHE_FULL_MINUTES: f64 = 5.0;
/// Readings a device may have sent in the past.
const READINGS_MAX: i64 = 100_000;
/// The product's stream.
const STREAM: &str = "climate";
/// Bytes.
const MIB: f64 = 1_048_576.0;

/// Arguments of `soak`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    terms: Terms,
    /// How long.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    minutes: u16,
    /// Devices.
    #[arg(short = 'n', long, default_value_t = 3_500, value_parser = clap::value_parser!(u16).range(1..=19_000))]
    devices: u16,
    /// Messages of each device for each second.
    #[arg(long, default_value_t = 1.0)]
    rate: f64,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Sample {
    minutes: f64,
    resident_mib: f64,
    cpu_percent: f64,
    acknowledged_per_second: f64,
}

/// Runs the soak and prints the result.
///
/// # Errors
///
/// If a part is missing or the server ends; if something acknowledged is missing or doubled.
pub fn run(args: &Args) -> Result<(), Fault> {
    let limit = Duration::from_mins(args.minutes.into()) + AROUND;
    super::run(&args.terms, limit, |cores| measure(args, cores))
}

async fn measure(args: &Args, cores: Cores) -> Result<Sheet, Fault> {
    if !(args.rate > 0.0 && args.rate <= 100.0) {
        return Err(Fault::new("--rate", "more than 0 and at most 100 messages for each second"));
    }
    let mut sheet = Sheet::new("soak", "–");
    let scratch = Scratch::make()?;
    let prepared = Prepared::at_least(&args.terms, args.devices.into(), &cores).await?;
    let guests = prepared.guests(args.devices.into(), std::slice::from_ref(&prepared.ca))?;
    let mut house = House::open(&prepared, &scratch, &cores).await?;
    let (stop, stopped) = watch::channel(false);
    let stream: StreamId = STREAM.parse().map_err(|why| Fault::new(STREAM, why))?;
    let orders = Arc::new(Orders {
        address: house.doors.mqtt.clone(),
        channel: UpChannel::Telemetry(stream.clone()),
        in_flight: 16,
        every: Duration::from_secs_f64(1.0 / args.rate),
        burst: 1,
        base_us: reporter::base_us(READINGS_MAX),
        stop: stopped,
        acknowledged: AtomicU64::new(0),
        first: 1,
        losses: AtomicU64::new(0),
    });
    say(&format!("{} devices, {} messages/s each, {} minutes", args.devices, args.rate, args.minutes));
    let mut devices = JoinSet::new();
    for (guest, seed) in guests.into_iter().zip(1_u64..) {
        let id = guest.id.clone();
        let work = reporter::report(guest, Arc::clone(&orders), seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        devices.spawn(async move { (id, work.await) });
    }
    let samples = watch_it(args, &mut house, &orders).await?;
    stop.send_replace(true);
    let mut seen: Vec<(DeviceId, Seen)> = Vec::new();
    while let Some(done) = devices.join_next().await {
        seen.push(done.map_err(|why| Fault::new("device", why))?);
    }
    house.stop().await?;
    let kept = house.compare(&stream, seen.iter().map(|(id, seen)| (id, seen.acknowledged.as_slice())))?;
    fill(&mut sheet, args, &samples);
    let mut waits: Vec<u32> = seen.iter().flat_map(|(_, seen)| &seen.waits_us).copied().collect();
    waits.sort_unstable();
    for (name, percent) in [("PUBACK p50, ms", 50), ("PUBACK p99, ms", 99)] {
        sheet.row(Row::alone(name, f64::from(percentile(&waits, percent)) / 1e3, None, None));
    }
    for (name, count, gate) in [
        ("acknowledged", kept.acknowledged, false),
        ("acknowledged and lost", kept.lost, true),
        ("stored twice", kept.twice, true),
        ("refused", seen.iter().flat_map(|(_, seen)| seen.refused.values()).sum(), true),
        ("connections lost", orders.losses.load(Ordering::Relaxed), false),
    ] {
        sheet.row(Row::counted(name, count, None, gate.then_some(Goal::Zero)));
    }
    let svg = args.terms.folder()?.join("soak.svg");
    std::fs::write(&svg, draw(args, &samples)).map_err(|why| Fault::new("soak.svg", why))?;
    sheet.note(format!("Picture: {}", svg.display()));
    sheet.note(format!(
        "{} devices × {} messages/s for {} minutes, mutual TLS 1.3, QoS 1, durable before each acknowledgement. {}.",
        args.devices, args.rate, args.minutes, cores.note
    ));
    sheet.runs(serde_json::json!(samples));
    Ok(sheet)
}

async fn watch_it(args: &Args, house: &mut House, orders: &Orders) -> Result<Vec<Sample>, Fault> {
    let count = u64::from(args.minutes) * 60 / SAMPLE_EVERY.as_secs();
    let progress = bar("samples", count);
    let mut samples = Vec::new();
    let begun = clock::elapsed();
    let (mut cpu, mut acknowledged, mut at) = (house.running.cpu()?, 0, begun);
    let mut ticks = tokio::time::interval(SAMPLE_EVERY);
    ticks.tick().await;
    for n in 1..=count {
        ticks.tick().await;
        house.running.alive()?;
        let (now, used, answered) =
            (clock::elapsed(), house.running.cpu()?, orders.acknowledged.load(Ordering::Relaxed));
        let seconds = now.saturating_sub(at).as_secs_f64().max(1e-9);
        let sample = Sample {
            minutes: now.saturating_sub(begun).as_secs_f64() / 60.0,
            resident_mib: as_f64(house.running.resident()?) / MIB,
            cpu_percent: used.saturating_sub(cpu).as_secs_f64() / seconds * 100.0,
            acknowledged_per_second: as_f64(answered - acknowledged) / seconds,
        };
        (cpu, acknowledged, at) = (used, answered, now);
        samples.push(sample);
        progress.inc(1);
        if n.is_multiple_of(6) {
            let Sample { minutes, resident_mib, cpu_percent, acknowledged_per_second } = sample;
            say(&format!(
                "{minutes:.0} min: {resident_mib:.1} MiB, {cpu_percent:.0} % of a core, {acknowledged_per_second:.0} acknowledged/s"
            ));
        }
    }
    progress.finish_and_clear();
    Ok(samples)
}

fn warm(samples: &[Sample]) -> impl Iterator<Item = &Sample> {
    let all = samples.last().map_or(0.0, |last| last.minutes);
    let from = CACHE_FULL_MINUTES.clamp(all * WARM_UP.0, all * WARM_UP.1);
    samples.iter().filter(move |sample| sample.minutes >= from)
}

fn fill(sheet: &mut Sheet, args: &Args, samples: &[Sample]) {
    let points: Vec<(f64, f64)> = warm(samples).map(|sample| (sample.minutes, sample.resident_mib)).collect();
    let slope = slope(&points);
    let middle = median(points.iter().map(|(_, mib)| *mib).collect());
    // What half an hour at this slope would add, as a share of what there is.
    let growth = slope * 30.0 / middle.max(1e-9) * 100.0;
    let goal = Goal::AtMost { must: 5.0, stretch: 2.0 };
    sheet.row(Row::alone("memory: growth in 30 minutes at the fitted slope, %", growth, None, Some(goal)));
    sheet.row(Row::alone("memory: slope, KiB per minute", slope * 1_024.0, None, None));
    sheet.row(Row::alone("memory: median, MiB", middle, None, None));
    let of = |figure: fn(&Sample) -> f64| median(warm(samples).map(figure).collect());
    sheet.row(Row::alone("CPU, % of a core", of(|sample| sample.cpu_percent), None, None));
    let rate = of(|sample| sample.acknowledged_per_second);
    let wanted = f64::from(args.devices) * args.rate;
    let goal = Goal::AtLeast { must: 0.95, stretch: 0.99 };
    sheet.row(Row::alone("acknowledged / sent by the clock", rate / wanted, None, Some(goal)));
    sheet.row(Row::alone("acknowledged per second", rate, None, None));
    let mut slowest: Vec<f64> = warm(samples).map(|sample| sample.acknowledged_per_second).collect();
    slowest.sort_by(f64::total_cmp);
    sheet.row(Row::alone(
        "acknowledged per second in the worst of a hundred samples",
        percentile(&slowest, 1),
        None,
        None,
    ));
}

/// The median of the slopes between all pairs of points (Theil 1950, Sen 1968).
fn slope(points: &[(f64, f64)]) -> f64 {
    let mut slopes = Vec::new();
    for (at, (x, y)) in points.iter().enumerate() {
        for (later_x, later_y) in points.iter().skip(at + 1) {
            if later_x > x {
                slopes.push((later_y - y) / (later_x - x));
            }
        }
    }
    median(slopes)
}

fn draw(args: &Args, samples: &[Sample]) -> String {
    let line = Line {
        name: "memory in RAM".to_owned(),
        points: samples.iter().map(|sample| (sample.minutes, sample.resident_mib)).collect(),
    };
    let subtitle = format!("{} devices, {} messages a second each, durable, mutual TLS 1.3", args.devices, args.rate);
    let picture = Picture {
        title: "The server's memory under steady load",
        subtitle: &subtitle,
        x: "minutes",
        y: "MiB",
        lines: std::slice::from_ref(&line),
    };
    picture.svg()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    #[test]
    fn one_jump_does_not_make_a_slope_and_a_steady_rise_does() {
        let flat: Vec<(f64, f64)> = (0..20).map(|n| (f64::from(n), if n == 7 { 90.0 } else { 50.0 })).collect();
        assert_eq!(slope(&flat), 0.0);
        let rising: Vec<(f64, f64)> = (0..20).map(|n| (f64::from(n), 50.0 + 2.0 * f64::from(n))).collect();
        assert_eq!(slope(&rising), 2.0);
        assert_eq!(slope(&[]), 0.0);
    }
}
