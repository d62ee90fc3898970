//! `bench connect`: processor time of one full mutual-TLS connect, up to CONNACK, beside the bare handshake and mosquitto.
//!
//! Each device connects once in a run with its own certificate, some at a time, and leaves after CONNACK. On our side this
//! includes the certificate's state, the quarantine check and the models; the broker only checks the chain.

use std::time::Duration;

use super::broker::Broker;
use super::guest::{self, Guest};
use super::house::House;
use super::limits::{Handshakes, key_exchange};
use super::peer::Peer;
use super::prepared::Prepared;
use super::process::{Cores, Scratch, idle};
use super::sheet::{Goal, Row, Sheet, as_f64};
use super::{Fault, Terms, broker, say};
use crate::clock;

/// Longest run of the whole bench.
const BENCH_MAX: Duration = Duration::from_mins(15);
/// Batches of handshakes in memory for each pair.
const RAW_BATCHES: usize = 10;

/// Arguments of `bench connect`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    terms: Terms,
    /// Connections in one run; each device makes one.
    #[arg(short = 'n', long, default_value_t = 2_000, value_parser = clap::value_parser!(u16).range(100..=18_000))]
    connections: u16,
    /// Pairs of runs; fewer than three say little.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=50))]
    pairs: u16,
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
    let mut sheet = Sheet::new("connect", "mosquitto");
    let scratch = Scratch::make()?;
    let count = usize::from(args.connections);
    let prepared = Prepared::at_least(&args.terms, count, &cores).await?;
    let house = House::open(&prepared, &scratch, &cores).await?;
    let broker = Broker::start(&mosquitto, &scratch, &cores, &prepared.ca).await?;
    let guests = prepared.guests(count, &[prepared.ca.clone(), broker.ca.clone()])?;
    let raw = Handshakes::of(&prepared.devices, &prepared.ca, false)?;
    let classic = Handshakes::of(&prepared.devices, &prepared.ca, true)?;
    let (ours, theirs) = (Peer::Holdfast(house), Peer::Mosquitto(broker));
    let (mut us, mut them, mut raws, mut classics) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for pair in 1..=args.pairs {
        let (cpu, rate) = one(&ours, &guests).await?;
        raws.push(raw.server_cpu(RAW_BATCHES, &cores)?.as_secs_f64() * 1e6);
        classics.push(classic.server_cpu(RAW_BATCHES, &cores)?.as_secs_f64() * 1e6);
        let (peer, peer_rate) = one(&theirs, &guests).await?;
        let shown = raws.last().copied().unwrap_or_default();
        say(&format!(
            "pair {pair} of {}: holdfast {cpu:.0} µs ({rate:.0}/s), mosquitto {peer:.0} µs ({peer_rate:.0}/s), in memory {shown:.0} µs",
            args.pairs
        ));
        us.push((cpu, rate));
        them.push((peer, peer_rate));
    }
    let first = |list: &[(f64, f64)]| list.iter().map(|(cpu, _)| *cpu).collect::<Vec<_>>();
    let second = |list: &[(f64, f64)]| list.iter().map(|(_, rate)| *rate).collect::<Vec<_>>();
    let raw_goal = Goal::AtMost { must: 2.0, stretch: 1.6 };
    let peer_goal = Goal::AtMost { must: 0.33, stretch: 0.25 };
    sheet.row(Row::pairs("G1: CPU per connect, µs / rustls in memory", &first(&us), &raws, Some(raw_goal)));
    sheet.row(Row::pairs("G1b: CPU per connect, µs", &first(&us), &first(&them), Some(peer_goal)));
    sheet.row(Row::pairs("connects per second (one core each side)", &second(&us), &second(&them), None));
    sheet.row(Row::pairs("rustls in memory, µs: as here / X25519 alone", &raws, &classics, None));
    let group = key_exchange();
    sheet.note(format!(
        "{count} connects a run, {} at a time, each with its own P-256 certificate; TLS 1.3, no resumption; CONNECT, CONNACK, DISCONNECT.",
        guest::CALM
    ));
    sheet.note(format!(
        "First row: the yardstick is the server's side of a handshake in memory with the same client certificates and {group}, which both prefer, on the server's core with the other one busy; mosquitto's OpenSSL takes X25519."
    ));
    let peer = broker::version(&mosquitto).await;
    sheet.note(format!("{}. Yardstick: {peer}, no access lists, nothing on disk.", cores.note));
    sheet.runs(serde_json::json!({ "holdfast_us": first(&us), "mosquitto_us": first(&them), "raw_us": raws, "raw_x25519_us": classics }));
    Ok(sheet)
}

/// Processor time of the server for one connect in microseconds, and connects for each second.
async fn one(peer: &Peer, guests: &[Guest]) -> Result<(f64, f64), Fault> {
    let before = idle(&[peer.running()]).await?;
    let begun = clock::elapsed();
    guest::greet_all(guests, peer.address()).await?;
    let took = clock::elapsed().saturating_sub(begun).as_secs_f64();
    let used = idle(&[peer.running()]).await?.saturating_sub(before);
    let count = as_f64(guests.len() as u64);
    Ok((used.as_secs_f64() * 1e6 / count, count / took.max(1e-9)))
}
