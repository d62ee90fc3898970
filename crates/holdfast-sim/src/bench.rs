//! The benches: what something costs the real server, and what it costs with what people use instead.
//!
//! Ours is `holdfast serve`; the yardstick is mosquitto with mutual TLS, where needed with a backend that stores. Both get
//! the same load from the same generator, in turn, in one run; medians of the pairs are shown. Processor time binds, times
//! inform: a bench fails only where something was lost, doubled or missing. Read `sheet` for what is shown, `house` and
//! `broker` for the two sides, `guest` for a simulated device; each bench is the file of its name.

pub mod anomalies;
mod broker;
pub mod command;
pub mod connect;
mod crowd;
mod curve;
mod enrol;
mod folk;
mod guest;
mod house;
pub mod idle;
pub mod ingest;
mod limits;
mod listeners;
mod load;
pub mod pages;
mod peer;
mod prepared;
mod process;
mod reporter;
mod sheet;
pub mod sink;
pub mod soak;
pub mod storm;
pub mod torture;
mod town;
mod trace;

use std::fmt;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::signal::unix::{SignalKind, signal};

use process::Cores;
use sheet::Sheet;

/// The product of the simulated devices.
pub(crate) const MODEL: &str = include_str!("../../../examples/hearth-thermostat.tm.json");
/// Time between two readings by the device's clock; the model allows no less than 50 ms.
pub(crate) const READING_INTERVAL_US: i64 = 60_000;
/// Exit code when something that was acknowledged is gone, or is there twice.
const EXIT_LOSS: u8 = 5;

/// What every bench can be told.
#[derive(Debug, Clone, clap::Args)]
pub struct Terms {
    /// The `holdfast` program (release build); the one beside this program if not given.
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
    /// Where prepared fleets are kept and pictures are written; `bench` beside the build folder if not given.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Keep all processes wherever the system puts them, instead of one core for the server and one for the load.
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

impl Terms {
    /// The folder for prepared fleets and pictures, made if it is not there.
    fn folder(&self) -> Result<PathBuf, Fault> {
        let beside = || -> std::io::Result<PathBuf> {
            let own = std::env::current_exe()?;
            Ok(own.ancestors().nth(2).unwrap_or(&own).join("bench"))
        };
        let dir = match &self.dir {
            Some(dir) => dir.clone(),
            None => beside().map_err(|why| Fault::new("this program's place", why))?,
        };
        std::fs::create_dir_all(&dir).map_err(|why| Fault::new(&dir.display().to_string(), why))?;
        Ok(dir)
    }
}

/// Why a tool gave up.
#[derive(Debug)]
pub struct Fault {
    text: String,
    code: u8,
}

impl Fault {
    /// Something that did not work, and why.
    #[must_use]
    pub fn new(what: &str, why: impl fmt::Display) -> Self {
        Self { text: format!("{what}: {why}"), code: 1 }
    }

    /// Something that must never be lost was.
    #[must_use]
    pub fn loss(what: &str, why: impl fmt::Display) -> Self {
        Self { code: EXIT_LOSS, ..Self::new(what, why) }
    }

    /// The process's exit code: 5 for a loss, 1 for everything else.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        self.code
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Fault {}

/// Tells a person how far we are; on stderr, so that the result stands alone on stdout.
pub fn say(text: &str) {
    // Nobody to tell if this fails.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A bar on stderr; nothing where that is not a terminal.
fn bar(what: &str, length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    let style = ProgressStyle::with_template("{msg:28} {wide_bar} {pos}/{len} {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(what.to_owned());
    bar
}

/// Runs a bench to its end or its time limit, prints its sheet, and fails if one of its gates does.
fn run<F>(terms: &Terms, limit: Duration, measure: impl FnOnce(Cores) -> F) -> Result<(), Fault>
where
    F: Future<Output = Result<Sheet, Fault>>,
{
    let cores = Cores::choose(terms.unpinned)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| Fault::new("start", why))?;
    let sheet = runtime.block_on(async {
        tokio::select! {
            done = tokio::time::timeout(limit, measure(cores)) => {
                done.unwrap_or_else(|_| Err(Fault::new("bench", format!("not done after {} s", limit.as_secs()))))
            }
            () = interrupted() => Err(Fault::new("interrupted", "everything was stopped and removed")),
        }
    })?;
    let text = match terms.output {
        Format::Table => sheet.to_string(),
        Format::Json => serde_json::to_string_pretty(&sheet).map_err(|why| Fault::new("result", why))?,
    };
    writeln!(std::io::stdout(), "{text}").map_err(|why| Fault::new("stdout", why))?;
    if sheet.holds() { Ok(()) } else { Err(Fault::loss("a gate failed", "see the rows whose goal is 0")) }
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
