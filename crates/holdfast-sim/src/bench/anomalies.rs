//! `bench anomalies`: how well the detectors find what is not as it was, beside three sigma over the same windows.
//!
//! Two parts: the series of the Numenta Anomaly Benchmark, scored by its own rule; and a simulated fleet in which faults are
//! injected, among events that are no fault. Everything comes from a seed. Detectors are the product's own code.

mod faults;
mod fleet;
mod nab;
mod naive;

use std::fmt::{self, Write as _};
use std::io::Write as _;

use clap::ValueEnum;
use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};
use serde::Serialize;

use super::Fault;

/// Arguments of `bench anomalies`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Seed of the simulated fleet.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Devices of the simulated fleet.
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(60..=2_000))]
    devices: u32,
    /// Days that are simulated, a window a minute.
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u32).range(6..=120))]
    days: u32,
    /// Show every finding that was no fault.
    #[arg(long)]
    false_alarms: bool,
    /// How the result is printed.
    #[arg(short = 'o', long = "output", value_enum, default_value = "table")]
    output: Output,
}

/// How the result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// The whole result.
#[derive(Debug, Serialize)]
struct Report {
    nab: nab::Scores,
    fleet: faults::Scores,
}

/// Runs both parts and prints the result.
///
/// # Errors
///
/// If the series cannot be read or the result cannot be printed.
pub fn run(args: &Args) -> Result<(), Fault> {
    let nab = nab::score().map_err(|why| Fault::new("nab", why))?;
    let fleet = faults::score(fleet::Scale { seed: args.seed, devices: args.devices, days: args.days });
    let report = Report { nab, fleet };
    let text = match args.output {
        Output::Table => report.table(args.false_alarms),
        Output::Json => serde_json::to_string_pretty(&report).map_err(|why| Fault::new("result", why))?,
    };
    writeln!(std::io::stdout(), "{text}").map_err(|why| Fault::new("stdout", why))
}

impl Report {
    fn table(&self, false_alarms: bool) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut text, false_alarms);
        text
    }

    fn write(&self, text: &mut String, false_alarms: bool) -> fmt::Result {
        let nab = &self.nab;
        writeln!(
            text,
            "Numenta Anomaly Benchmark, {} series, standard profile (null detector 0, perfect 100)",
            nab.series
        )?;
        let mut table =
            table(&["detector", "NAB score", "at its own threshold", "precision", "recall", "false alarms"]);
        for (name, side) in [("holdfast", &nab.ours), ("three sigma", &nab.naive)] {
            table.add_row([
                name.to_owned(),
                format!("{:.1}", side.best),
                format!("{:.1}", side.own),
                percent(side.precision),
                percent(side.recall),
                side.false_alarms.to_string(),
            ]);
        }
        writeln!(text, "{table}\n")?;
        let fleet = &self.fleet;
        writeln!(
            text,
            "Injected faults: {} devices, {} days of one-minute windows ({:.1} device-years), seed {}",
            fleet.devices, fleet.days, fleet.device_years, fleet.seed
        )?;
        let mut table = self::table(&["fault", "found", "after (median)", "three sigma found", "after (median)"]);
        for row in &fleet.faults {
            table.add_row([
                row.fault.to_owned(),
                format!("{} of {}", row.ours.found, row.injected),
                minutes(row.ours.delay_minutes),
                format!("{} of {}", row.naive.found, row.injected),
                minutes(row.naive.delay_minutes),
            ]);
        }
        writeln!(text, "{table}\n")?;
        let mut table =
            self::table(&["detector", "precision", "recall", "false alarms per device-year", "state per device"]);
        for (name, side, state) in [
            ("holdfast", &fleet.ours, format!("{} bytes", fleet.state_bytes)),
            ("three sigma", &fleet.naive, "–".to_owned()),
        ] {
            table.add_row([
                name.to_owned(),
                percent(side.precision),
                percent(side.recall),
                format!("{:.2}", side.false_per_device_year),
                state,
            ]);
        }
        writeln!(text, "{table}")?;
        writeln!(text, "No fault, and not to be told: {}", fleet.benign.join(", "))?;
        if false_alarms {
            for alarm in &fleet.false_alarms {
                writeln!(text, "  {alarm}")?;
            }
        }
        Ok(())
    }
}

fn table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(head.iter().copied());
    table
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn minutes(delay: Option<f64>) -> String {
    delay.map_or_else(
        || "–".to_owned(),
        |m| if m < 180.0 { format!("{m:.0} min") } else { format!("{:.1} h", m / 60.0) },
    )
}

/// A share of two counts; nothing of nothing is all.
fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 { 1.0 } else { f64::from(part) / f64::from(whole) }
}

#[cfg(test)]
mod tests;
