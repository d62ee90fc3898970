//! `holdfast-sim`: the development tools as one program.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use holdfast_sim::bench::{self, sink};
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
    Ingest(bench::Args),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().tool {
        Tool::Bench(Bench::Ingest(args)) => bench::ingest(&args),
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
            ExitCode::FAILURE
        }
    }
}
