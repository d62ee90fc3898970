//! `bench ingest`: what one message costs the real server, and what it costs the pipeline that people build instead.
//!
//! Ours is `holdfast serve`, which validates and commits before it acknowledges. The yardstick is mosquitto and a backend
//! that validates with the same model and inserts into SQLite. Both get the same load from the same generator, in turn;
//! medians of the pairs are shown. Times are never a gate: only lost or doubled messages make the bench fail.

mod broker;
mod enrol;
mod house;
mod load;
mod process;
mod report;
pub mod sink;

use std::fmt;
use std::io::Write as _;
use std::path::PathBuf;

use clap::ValueEnum;
use tokio::signal::unix::{SignalKind, signal};

use broker::Pipeline;
use house::House;
use load::{Load, Shape};
use process::{Cores, Scratch};
use report::{Conditions, Report};

/// The product of the simulated devices.
pub(crate) const MODEL: &str = include_str!("../../../examples/hearth-thermostat.tm.json");
/// Time between two readings by the device's clock; the model allows no less than 50 ms.
pub(crate) const READING_INTERVAL_US: i64 = 60_000;
/// Longest run of the whole bench.
const BENCH_SECS_MAX: u64 = 600;

/// Arguments of `bench ingest`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The `holdfast` program (release build); the one beside this program if not given.
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
    /// Devices connected at the same time.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=5_000))]
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
    /// Keep both processes wherever the system puts them, instead of one core for the server and one for the load.
    #[arg(long)]
    unpinned: bool,
    /// How the result is printed.
    #[arg(short = 'o', long = "output", value_enum, default_value = "table")]
    output: Format,
}

/// How the result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// Why a tool gave up.
#[derive(Debug)]
pub struct Fault(String);

impl Fault {
    /// Something that did not work, and why.
    #[must_use]
    pub fn new(what: &str, why: impl fmt::Display) -> Self {
        Self(format!("{what}: {why}"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

/// Tells a person how far we are; on stderr, so that the result stands alone on stdout.
pub fn say(text: &str) {
    // Nobody to tell if this fails.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Runs the bench and prints the result.
///
/// # Errors
///
/// If a part is missing or does not start, on Ctrl-C, or if an acknowledged message was lost or stored twice.
pub fn ingest(args: &Args) -> Result<(), Fault> {
    let cores = Cores::choose(args.unpinned)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| Fault::new("start", why))?;
    let report = runtime.block_on(async {
        let limit = std::time::Duration::from_secs(BENCH_SECS_MAX);
        tokio::select! {
            done = tokio::time::timeout(limit, measure(args, &cores)) => {
                done.unwrap_or_else(|_| Err(Fault::new("bench", format!("not done after {BENCH_SECS_MAX} s"))))
            }
            () = interrupted() => Err(Fault::new("interrupted", "everything was stopped and removed")),
        }
    })?;
    let text = match args.output {
        Format::Table => report.to_string(),
        Format::Json => serde_json::to_string_pretty(&report).map_err(|why| Fault::new("result", why))?,
    };
    writeln!(std::io::stdout(), "{text}").map_err(|why| Fault::new("stdout", why))?;
    if report.holds() {
        Ok(())
    } else {
        Err(Fault::new("durability", "acknowledged messages were lost or stored twice"))
    }
}

async fn interrupted() {
    match signal(SignalKind::terminate()) {
        Ok(mut term) => {
            tokio::select! { _ = tokio::signal::ctrl_c() => {}, _ = term.recv() => {} }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

async fn measure(args: &Args, cores: &Cores) -> Result<Report, Fault> {
    let mosquitto = broker::find()?;
    let scratch = Scratch::make()?;
    let mut house = House::start(args.server.as_deref(), &scratch, cores).await?;
    say(&format!("enrolling {} devices", args.connections));
    let devices = house.enrol(&scratch, args.connections).await?;
    let mut pipeline = Pipeline::start(&mosquitto, &scratch, cores, &house.operational_ca).await?;
    let each = args.messages / u32::from(args.pairs) / u32::from(args.connections);
    let shape = Shape { in_flight: args.in_flight, each: each.max(1), rounds: args.pairs };
    let mut load = Load::new(devices, shape, &[house.operational_ca.clone(), pipeline.ca.clone()])?;
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
    let conditions = Conditions::of(args, cores, &load, &mosquitto).await;
    Ok(Report::new(conditions, &ours, &theirs, &kept))
}
