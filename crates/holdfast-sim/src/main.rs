//! `holdfast-sim`: the development tools as one program.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use holdfast_sim::bench::{self, anomalies, command, connect, idle, ingest, pages, sink, soak, storm, torture};
use holdfast_sim::fuzz::seeds;

/// Development tools of Holdfast.
#[derive(Debug, Parser)]
#[command(name = "holdfast-sim", version)]
struct Cli {
    #[command(subcommand)]
    tool: Tool,
}

#[derive(Debug, Subcommand)]
enum Tool {
    /// Measure the server against a yardstick in the same run.
    #[command(subcommand)]
    Bench(Bench),
    /// Break things on purpose and see that nothing is lost.
    #[command(subcommand)]
    Torture(Torture),
    /// Many devices for many minutes; memory must stay flat.
    #[command(after_help = "Example: cargo xtask soak -- --minutes 5 --devices 1000")]
    Soak(soak::Args),
    /// Write the seeds of the fuzz targets where `cargo fuzz` looks for them.
    Seeds {
        /// The folder, `fuzz/corpus`.
        dir: PathBuf,
    },
    /// The backend behind the broker, for `bench ingest`: reads messages, validates and stores them.
    #[command(hide = true)]
    Sink(sink::Args),
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// Telemetry over mutual TLS: validated and durable before it is acknowledged, against mosquitto with a backend.
    Ingest(ingest::Args),
    /// Processor time of one full mutual-TLS connect, against the bare handshake and mosquitto.
    #[command(after_help = "Example: cargo xtask bench connect -- -n 1000 --pairs 3 -o json")]
    Connect(connect::Args),
    /// A whole fleet comes back at once after its server was killed or stopped, against mosquitto; draws the curve.
    #[command(after_help = "Example: cargo xtask bench storm -- -n 2000 --beside 1000 --pairs 1")]
    Storm(storm::Args),
    /// Memory of one silent connection, and what a storm leaves behind, against mosquitto.
    #[command(after_help = "Example: cargo xtask bench idle -- -n 10000 --pairs 3")]
    Idle(idle::Args),
    /// Telling a thousand devices something, stored and not, against mosquitto.
    #[command(after_help = "Example: cargo xtask bench command -- -n 500 --pairs 3")]
    Command(command::Args),
    /// How long the console's pages take over a fleet of 100,000; a page over 300 ms fails it.
    #[command(after_help = "Example: cargo xtask bench pages -- -n 100000 --only devices -o json")]
    Pages(pages::Args),
    /// What the detectors find, how soon and how often wrongly: NAB's series and injected faults, beside three sigma.
    #[command(after_help = "Example: cargo xtask bench anomalies -- --days 30 -o json")]
    Anomalies(anomalies::Args),
}

#[derive(Debug, Subcommand)]
enum Torture {
    /// Kill the server at random moments under load; nothing acknowledged may be lost or doubled (exit code 5).
    #[command(after_help = "Example: cargo xtask torture server -- --kills 20 --seed 7 -o json")]
    Server(torture::Args),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().tool {
        Tool::Bench(Bench::Ingest(args)) => ingest::run(&args),
        Tool::Bench(Bench::Connect(args)) => connect::run(&args),
        Tool::Bench(Bench::Storm(args)) => storm::run(&args),
        Tool::Bench(Bench::Idle(args)) => idle::run(&args),
        Tool::Bench(Bench::Command(args)) => command::run(&args),
        Tool::Bench(Bench::Pages(args)) => pages::run(&args),
        Tool::Bench(Bench::Anomalies(args)) => anomalies::run(&args),
        Tool::Torture(Torture::Server(args)) => torture::run(&args),
        Tool::Soak(args) => soak::run(&args),
        Tool::Seeds { dir } => match seeds::write(&dir) {
            Ok(count) => {
                bench::say(&format!("{count} seeds in {}", dir.display()));
                Ok(())
            }
            Err(why) => Err(bench::Fault::new(&dir.display().to_string(), why)),
        },
        Tool::Sink(args) => sink::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            // Nobody to tell if this fails as well.
            let _ = writeln!(std::io::stderr(), "{fault}");
            ExitCode::from(fault.exit_code())
        }
    }
}
