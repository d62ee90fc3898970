//! The command line: nouns, then verbs. Commands that talk to a server do so only through its management interface;
//! commands that handle the maker's keys never do.

use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};

mod client;
mod deployment;
mod device;
mod factory;
mod failure;
mod history;
mod key;
mod output;
mod people;
mod product;
mod release;
mod serve;
mod trust;

pub use failure::{Exit, Failure};
pub use output::{Output, print, progress};

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

const EXAMPLES: &str = "\
Examples:
  holdfast demo                                     the main job, on this machine, in under three minutes
  holdfast serve --state /var/lib/holdfast          start a server; the first start prints a one-time link
  holdfast login --ca ca.pem --link 'https://…'     use that link and keep an API token
  holdfast key create --role release --out alice.key
  holdfast release create --image app.tar --product hearth-thermostat --sequence 2 --release-version 1.1.0 …
  holdfast device list -o json

Exit codes: 0 done · 1 a fault of ours · 2 wrong usage · 3 refused by the rules · 4 server not reached · 5 verification failed";

/// Runs connected products securely, from factory to recycling.
#[derive(Debug, Parser)]
#[command(name = "holdfast", version, after_help = EXAMPLES, propagate_version = true)]
struct Cli {
    /// How results are printed.
    #[arg(short = 'o', long = "output", global = true, value_enum, default_value = "table")]
    output: Format,
    /// File with the server's address, its CA and your API token (made by `holdfast login`).
    #[arg(long, global = true, env = "HOLDFAST_PROFILE", value_name = "FILE")]
    profile: Option<std::path::PathBuf>,
    #[command(subcommand)]
    noun: Noun,
}

#[derive(Debug, Subcommand)]
enum Noun {
    /// Start the server.
    Serve(serve::Args),
    /// Run the main job on this machine: factory, enrolment, telemetry, update, tampering, crash, evidence.
    Demo(crate::demo::Args),
    /// Redeem a one-time link and keep an API token in the profile.
    Login(people::LoginArgs),
    /// Make a new one-time sign-in link for yourself.
    Link,
    /// The maker's signing keys (offline).
    #[command(subcommand)]
    Key(key::Verb),
    /// The trust document: who may sign what (offline, but for `upload`).
    #[command(subcommand)]
    Trust(trust::Verb),
    /// The factory station: factory CA, device identities, factory manifest (offline).
    #[command(subcommand)]
    Factory(factory::Verb),
    /// Batches of devices made at the factory.
    #[command(subcommand)]
    Batch(factory::BatchVerb),
    /// Products and their models.
    #[command(subcommand)]
    Product(product::Verb),
    /// Releases of software.
    #[command(subcommand)]
    Release(release::Verb),
    /// Roll-outs of releases.
    #[command(subcommand)]
    Deployment(deployment::Verb),
    /// Devices: state, quarantine, telemetry, commands.
    #[command(subcommand)]
    Device(device::Verb),
    /// A device's shadow: what is wanted and what is.
    #[command(subcommand)]
    Shadow(device::ShadowVerb),
    /// Alerts.
    #[command(subcommand)]
    Alert(history::AlertVerb),
    /// The ledger: export it and verify it offline.
    #[command(subcommand)]
    Ledger(history::LedgerVerb),
    /// The status of every requirement, computed from facts.
    #[command(subcommand)]
    Conformity(history::ConformityVerb),
    /// What the devices' doors refused, by name.
    Refusals,
    /// Print a completion script for your shell.
    Completion {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Parses the process's arguments and runs the command; the value is the process's exit code.
#[must_use]
pub fn run() -> u8 {
    let cli = Cli::parse();
    let output = Output::new(cli.output);
    let outcome = match tokio::runtime::Runtime::new() {
        Ok(runtime) => {
            let outcome = runtime.block_on(Box::pin(dispatch(cli, output)));
            // A reader of the process's input may still block a thread; do not wait for it.
            runtime.shutdown_timeout(std::time::Duration::from_millis(200));
            outcome
        }
        Err(why) => Err(Failure::fault(format!("cannot start: {why}"))),
    };
    match outcome {
        Ok(()) => Exit::Done as u8,
        Err(failure) => output.failure(&failure) as u8,
    }
}

async fn dispatch(cli: Cli, out: Output) -> Result<(), Failure> {
    let profile = cli.profile;
    match cli.noun {
        Noun::Serve(args) => serve::run(args).await,
        Noun::Demo(args) => crate::demo::run(args, out).await,
        Noun::Login(args) => people::login(args, profile, out).await,
        Noun::Link => people::link(&client::Client::open(profile)?, out).await,
        Noun::Key(verb) => key::run(verb, out),
        Noun::Trust(verb) => trust::run(verb, profile, out).await,
        Noun::Factory(verb) => factory::run(verb, out),
        Noun::Batch(verb) => factory::batch(verb, &client::Client::open(profile)?, out).await,
        Noun::Product(verb) => product::run(verb, &client::Client::open(profile)?, out).await,
        Noun::Release(verb) => release::run(verb, profile, out).await,
        Noun::Deployment(verb) => deployment::run(verb, &client::Client::open(profile)?, out).await,
        Noun::Device(verb) => device::run(verb, &client::Client::open(profile)?, out).await,
        Noun::Shadow(verb) => device::shadow(verb, &client::Client::open(profile)?, out).await,
        Noun::Alert(verb) => history::alerts(verb, &client::Client::open(profile)?, out).await,
        Noun::Ledger(verb) => history::ledger(verb, profile, out).await,
        Noun::Conformity(verb) => history::conformity(verb, &client::Client::open(profile)?, out).await,
        Noun::Refusals => history::refusals(&client::Client::open(profile)?, out).await,
        Noun::Completion { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "holdfast", &mut std::io::stdout());
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_tree_is_consistent() {
        Cli::command().debug_assert();
    }
}
