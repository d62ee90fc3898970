//! `bench command`: telling a thousand devices something, beside a publisher at mosquitto.
//!
//! Not stored: challenges, which the server makes up and sends by itself. Stored: commands, given one by one through the
//! interface for people, each on disk before it is sent. One order for all: a deployment is resumed, which nudges every
//! device of its phase. What a device hears is noted when it has it; no device answers a command.

use std::collections::BTreeSet;
use std::time::Duration;

use holdfast_core::topic::DownChannel;

use super::broker::Broker;
use super::guest::Guest;
use super::house::{House, NO_CHALLENGES_SECS};
use super::listeners::{Heard, Listeners, Publisher};
use super::prepared::Prepared;
use super::process::{Cores, Scratch, idle};
use super::sheet::{Goal, Row, Sheet, as_f64};
use super::{Fault, Terms, broker, say};
use crate::clock;

mod orders;

/// Longest run of the whole bench.
const BENCH_MAX: Duration = Duration::from_mins(30);
/// Longest time until every device has heard.
const HEARD_WITHIN: Duration = Duration::from_mins(1);
/// Time between two challenges of one device, in seconds.
const CHALLENGE_SECS: u32 = 5;
/// How long challenges are counted.
const CHALLENGES_FOR: Duration = Duration::from_secs(10);

/// Arguments of `bench command`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    terms: Terms,
    /// Devices that are told; a deployment nudges at most 1,000 at once.
    #[arg(short = 'n', long, default_value_t = 1_000, value_parser = clap::value_parser!(u16).range(10..=1_000))]
    devices: u16,
    /// Pairs of runs; fewer than three say little.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=12))]
    pairs: u16,
}

/// What one run of one kind gave.
#[derive(Debug, Clone, Copy, serde::Serialize)]
struct Run {
    cpu_us_each: f64,
    seconds_to_all: f64,
    missing: u64,
}

/// Runs the bench and prints the result.
///
/// # Errors
///
/// If a part is missing or does not start, or a device that should have heard something did not.
pub fn run(args: &Args) -> Result<(), Fault> {
    super::run(&args.terms, BENCH_MAX, |cores| measure(args, cores))
}

/// Runs of every kind.
#[derive(Default, serde::Serialize)]
struct Runs {
    broker: Vec<Run>,
    commands: Vec<Run>,
    nudges: Vec<Run>,
    challenges_us_each: Vec<f64>,
    broker_paced_us_each: Vec<f64>,
}

async fn measure(args: &Args, cores: Cores) -> Result<Sheet, Fault> {
    let mosquitto = broker::find()?;
    let mut sheet = Sheet::new("command", "mosquitto");
    let scratch = Scratch::make()?;
    // Four in five are of the product that gets the deployment.
    let count = usize::from(args.devices);
    let prepared = Prepared::exactly(&args.terms, (count * 5).div_ceil(4), &cores).await?;
    let broker = Broker::start(&mosquitto, &scratch, &cores, &prepared.ca).await?;
    let cas = [prepared.ca.clone(), broker.ca.clone()];
    let all = prepared.guests(prepared.devices.len(), &cas)?;
    let mut runs = Runs::default();
    challenges(args, &prepared, &cores, &all, &mut runs).await?;
    let mut house = House::open(&prepared, &scratch, &cores).await?;
    let ordinary: Vec<Guest> = all.into_iter().filter(|guest| !guest.safety).take(count).collect();
    let release = orders::publish_release(&house, &prepared, &scratch).await?;
    let api = orders::Api::open(&house)?;
    let listeners = Listeners::connect(&ordinary, &house.doors.mqtt).await?;
    let beside = Listeners::connect(&ordinary, &broker.address).await?;
    let mut publisher =
        Publisher::connect(ordinary.first().ok_or_else(|| Fault::new("fleet", "empty"))?, &broker.address).await?;
    let deployment = api.prepare_deployment(&release).await?;
    for pair in 1..=args.pairs {
        let resumed = api.steer(&deployment, "resume");
        let nudges = one(&house.running, &listeners, DownChannel::Update, count, resumed).await?;
        api.steer(&deployment, "pause").await?;
        let commands = one(&house.running, &listeners, DownChannel::Command, count, api.command_all(&ordinary)).await?;
        let payload = orders::PAYLOAD.as_bytes();
        let told = publisher.publish(&ordinary, DownChannel::Command, payload);
        let broker = one(&broker.running, &beside, DownChannel::Command, count, told).await?;
        say(&format!(
            "pair {pair} of {}: mosquitto {:.1} µs each, all after {:.3} s; nudges {:.1} µs, {:.3} s; commands {:.1} µs, {:.3} s",
            args.pairs,
            broker.cpu_us_each,
            broker.seconds_to_all,
            nudges.cpu_us_each,
            nudges.seconds_to_all,
            commands.cpu_us_each,
            commands.seconds_to_all
        ));
        runs.broker.push(broker);
        runs.commands.push(commands);
        runs.nudges.push(nudges);
    }
    for _ in 0..args.pairs {
        runs.broker_paced_us_each.push(paced(&broker, &mut publisher, &ordinary).await?);
    }
    listeners.leave().await;
    beside.leave().await;
    house.stop().await?;
    fill(&mut sheet, &runs);
    sheet.note(format!(
        "{count} connected devices, each told one thing at QoS 1. mosquitto: one publisher writes {count} messages in one go, nothing on disk. Commands: {count} requests over {} connections of the interface for people, one ledger line and one row each. One order: a deployment is resumed with one request; the nudges go through the outbox on disk.",
        orders::CONNECTIONS
    ));
    sheet.note("Challenges come when each device's time is up, so one wake-up tells one device; beside them mosquitto passes on one message at a time at the same rate.");
    sheet.note(format!("{}. Yardstick: {}.", cores.note, broker::version(&mosquitto).await));
    sheet.runs(serde_json::json!(runs));
    Ok(sheet)
}

/// Gives an order and waits until every device has heard.
async fn one(
    server: &super::process::Running,
    listeners: &Listeners,
    channel: DownChannel,
    devices: usize,
    order: impl Future<Output = Result<(), Fault>>,
) -> Result<Run, Fault> {
    let before = idle(&[server]).await?;
    listeners.take();
    let begun = clock::elapsed();
    let (given, heard) = tokio::join!(order, listeners.collect(channel, devices, HEARD_WITHIN));
    given?;
    let heard: Vec<Heard> = heard?.into_iter().filter(|heard| heard.channel == channel).collect();
    let used = idle(&[server]).await?.saturating_sub(before);
    let told: BTreeSet<usize> = heard.iter().map(|heard| heard.device).collect();
    let last = heard.iter().map(|heard| heard.at).max().unwrap_or(begun);
    Ok(Run {
        cpu_us_each: used.as_secs_f64() * 1e6 / as_f64(devices as u64),
        seconds_to_all: last.saturating_sub(begun).as_secs_f64(),
        missing: (devices - told.len().min(devices)) as u64,
    })
}

/// Processor time for one challenge, in as many windows as there are pairs.
async fn challenges(
    args: &Args,
    prepared: &Prepared,
    cores: &Cores,
    all: &[Guest],
    runs: &mut Runs,
) -> Result<(), Fault> {
    let few = all.get(..usize::from(args.devices)).unwrap_or(all);
    let quiet = silent(prepared, cores, few).await?;
    let scratch = Scratch::make()?;
    let mut house = House::open_asking(prepared, &scratch, cores, CHALLENGE_SECS).await?;
    let listeners = Listeners::connect(few, &house.doors.mqtt).await?;
    tokio::time::sleep(Duration::from_secs(CHALLENGE_SECS.into())).await;
    for _ in 0..args.pairs {
        listeners.take();
        let before = house.running.cpu()?;
        let begun = clock::elapsed();
        tokio::time::sleep(CHALLENGES_FOR).await;
        let used = house.running.cpu()?.saturating_sub(before).as_secs_f64();
        let took = clock::elapsed().saturating_sub(begun).as_secs_f64();
        let count = listeners.take().iter().filter(|heard| heard.channel == DownChannel::Challenge).count();
        if count == 0 {
            return Err(Fault::new("challenges", "no device was challenged"));
        }
        let each = (used - quiet * took).max(0.0) * 1e6 / as_f64(count as u64);
        say(&format!("{count} challenges, {each:.1} µs each"));
        runs.challenges_us_each.push(each);
    }
    listeners.leave().await;
    house.stop().await
}

/// Processor time of the broker for one message, when messages come one at a time at the rate of the challenges.
async fn paced(broker: &Broker, publisher: &mut Publisher, guests: &[Guest]) -> Result<f64, Fault> {
    let (quiet, from) = (idle(&[&broker.running]).await?, clock::elapsed());
    tokio::time::sleep(CHALLENGES_FOR).await;
    let before = broker.running.cpu()?;
    let silent = before.saturating_sub(quiet).as_secs_f64() / clock::elapsed().saturating_sub(from).as_secs_f64();
    let gap = Duration::from_secs(CHALLENGE_SECS.into()) / u32::try_from(guests.len()).unwrap_or(1).max(1);
    let mut ticks = tokio::time::interval(gap);
    let (begun, mut count) = (clock::elapsed(), 0);
    for guest in guests.iter().cycle() {
        if clock::elapsed().saturating_sub(begun) >= CHALLENGES_FOR {
            break;
        }
        ticks.tick().await;
        let one = std::slice::from_ref(guest);
        publisher.publish(one, DownChannel::Challenge, orders::PAYLOAD.as_bytes()).await?;
        count += 1;
    }
    let took = clock::elapsed().saturating_sub(begun).as_secs_f64();
    let used = broker.running.cpu()?.saturating_sub(before).as_secs_f64();
    Ok((used - silent * took).max(0.0) * 1e6 / as_f64(count).max(1.0))
}

/// Share of a core that the same silent devices cost without challenges.
async fn silent(prepared: &Prepared, cores: &Cores, few: &[Guest]) -> Result<f64, Fault> {
    let scratch = Scratch::make()?;
    let mut house = House::open_asking(prepared, &scratch, cores, NO_CHALLENGES_SECS).await?;
    let listeners = Listeners::connect(few, &house.doors.mqtt).await?;
    let (before, begun) = (idle(&[&house.running]).await?, clock::elapsed());
    tokio::time::sleep(CHALLENGES_FOR).await;
    let used = house.running.cpu()?.saturating_sub(before).as_secs_f64();
    let took = clock::elapsed().saturating_sub(begun).as_secs_f64();
    listeners.leave().await;
    house.stop().await?;
    Ok(used / took)
}

fn fill(sheet: &mut Sheet, runs: &Runs) {
    let cpu = |list: &[Run]| list.iter().map(|run| run.cpu_us_each).collect::<Vec<_>>();
    let time = |list: &[Run]| list.iter().map(|run| run.seconds_to_all).collect::<Vec<_>>();
    let missing = |list: &[Run]| list.iter().map(|run| run.missing).sum::<u64>();
    let at_most = |must, stretch| Some(Goal::AtMost { must, stretch });
    let peer = cpu(&runs.broker);
    let paced = &runs.broker_paced_us_each;
    sheet.row(Row::pairs(
        "G9: CPU per challenge (not stored, one at a time), µs",
        &runs.challenges_us_each,
        paced,
        at_most(0.6, 0.45),
    ));
    sheet.row(Row::pairs(
        "G9: CPU per nudge of one stored order to all, µs",
        &cpu(&runs.nudges),
        &peer,
        at_most(1.0, 0.6),
    ));
    sheet.row(Row::pairs("CPU per command through the interface (stored), µs", &cpu(&runs.commands), &peer, None));
    sheet.row(Row::pairs(
        "G10: one order to all, time to all, s",
        &time(&runs.nudges),
        &time(&runs.broker),
        at_most(1.0, 0.7),
    ));
    sheet.row(Row::pairs("commands one by one, time to all, s", &time(&runs.commands), &time(&runs.broker), None));
    let ours = missing(&runs.nudges) + missing(&runs.commands);
    sheet.row(Row::counted("G10: devices that did not hear", ours, Some(missing(&runs.broker)), Some(Goal::Zero)));
}
