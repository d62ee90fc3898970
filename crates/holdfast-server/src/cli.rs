//! The command line: nouns, then verbs. Commands that talk to a server do so only through its management interface;
//! commands that handle the maker's keys never do.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

mod answer;
mod authority;
mod backup;
mod batch;
mod client;
mod conformity;
mod custody;
mod deployment;
mod device;
mod examples;
mod factory;
mod failure;
mod finding;
mod group;
mod help;
mod home;
mod integrity;
mod key;
mod label;
mod ledger;
mod output;
mod paper;
mod people;
mod person;
mod product;
mod record;
mod redress;
mod release;
mod serve;
mod shadow;
mod shop;
mod span;
mod status;
mod telemetry;
mod trust;

use client::Client;
pub(crate) use client::problem;
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
  holdfast status                                   the fleet on one screen
  holdfast key create --role release --out alice.key
  holdfast release create --help                    what a release is made of
  holdfast device list --quarantined -o json
  holdfast logout
  holdfast whoami
  holdfast refusals
  holdfast man ./man                                man -l ./man/holdfast-device.1

Exit codes: 0 done · 1 a fault of ours · 2 wrong usage · 3 refused by the rules · 4 server not reached · 5 verification failed";

/// Runs connected products securely, from factory to recycling.
#[derive(Debug, Parser)]
#[command(name = "holdfast", version, after_help = EXAMPLES, propagate_version = true)]
struct Cli {
    /// How results are printed; with `json`, errors too (on standard error).
    #[arg(short = 'o', long = "output", global = true, value_enum, default_value = "table")]
    output: Format,
    /// File with the server's address, its CA and your API token (made by `holdfast login`).
    #[arg(long, global = true, env = "HOLDFAST_PROFILE", value_name = "FILE")]
    profile: Option<PathBuf>,
    #[command(subcommand)]
    noun: Noun,
}

#[derive(Debug, Subcommand)]
enum Noun {
    /// Start the server.
    #[command(after_help = serve::EXAMPLES)]
    Serve(serve::Args),
    /// Run the main job on this machine: factory, enrolment, telemetry, update, tampering, crash, evidence.
    Demo(crate::demo::Args),
    /// Copies of a server's state: made while it runs, checked, put back.
    #[command(subcommand, after_help = backup::EXAMPLES)]
    Backup(backup::Verb),
    /// Redeem a one-time link and keep an API token in the profile.
    #[command(after_help = people::LOGIN_EXAMPLES)]
    Login(people::LoginArgs),
    /// Revoke the profile's API token and remove the profile.
    Logout,
    /// Who you are for the server.
    Whoami,
    /// Make a new one-time sign-in link, for yourself or somebody else.
    #[command(after_help = people::LINK_EXAMPLES)]
    Link(people::LinkArgs),
    /// API tokens.
    #[command(subcommand, after_help = people::TOKEN_EXAMPLES)]
    Token(people::TokenVerb),
    /// Accounts of people: lock, unlock, role, remove.
    #[command(subcommand, after_help = person::EXAMPLES)]
    Person(person::Verb),
    /// Your own sessions in browsers.
    #[command(subcommand, after_help = person::SESSION_EXAMPLES)]
    Session(person::SessionVerb),
    /// What you are told, and how mail stands.
    #[command(subcommand, after_help = person::NOTICE_EXAMPLES)]
    Notice(person::NoticeVerb),
    /// The fleet on one screen: devices, alerts, running deployments, trust.
    Status,
    /// Every key with its dates (`list`), and the maker's own signing keys (`create` and `show`, offline).
    #[command(subcommand, after_help = key::EXAMPLES)]
    Key(key::Verb),
    /// The server's own keys: changing them, sealing them, revocation lists.
    #[command(subcommand, after_help = authority::EXAMPLES)]
    Authority(authority::Verb),
    /// The trust document: who may sign what (offline, but for `authority`, `upload`, `status` and `download`).
    #[command(subcommand, after_help = trust::EXAMPLES)]
    Trust(trust::Verb),
    /// The factory station: factory CA, device identities, factory manifest (offline).
    #[command(subcommand, after_help = factory::EXAMPLES)]
    Factory(factory::Verb),
    /// Batches of devices made at the factory.
    #[command(subcommand, after_help = batch::EXAMPLES)]
    Batch(batch::Verb),
    /// The signed label of a product: show it, and check it offline.
    #[command(subcommand, after_help = label::EXAMPLES)]
    Label(label::Verb),
    /// Retailers: keys, what they fetched and accepted, units that came back.
    #[command(subcommand, after_help = shop::EXAMPLES)]
    Shop(shop::Verb),
    /// Complaints about privacy from anybody: list, show, answer, close.
    #[command(subcommand, after_help = redress::COMPLAINT_EXAMPLES)]
    Complaint(redress::ComplaintVerb),
    /// The register of breaches of personal data, with the clock of 72 hours.
    #[command(subcommand, after_help = redress::BREACH_EXAMPLES)]
    Breach(redress::BreachVerb),
    /// Products and their models.
    #[command(subcommand, after_help = product::EXAMPLES)]
    Product(product::Verb),
    /// Releases of software.
    #[command(subcommand, after_help = release::EXAMPLES)]
    Release(release::Verb),
    /// Roll-outs of releases.
    #[command(subcommand, after_help = deployment::EXAMPLES)]
    Deployment(deployment::Verb),
    /// Devices: state, quarantine, telemetry, commands.
    #[command(subcommand, after_help = device::EXAMPLES)]
    Device(device::Verb),
    /// The way of units from factory to recycling: readers, tags, sightings.
    #[command(subcommand, after_help = custody::EXAMPLES)]
    Custody(custody::Verb),
    /// Telemetry as a whole: judge again what was refused, check signatures, see retention.
    #[command(subcommand, after_help = telemetry::EXAMPLES)]
    Telemetry(telemetry::Verb),
    /// A device's shadow: what is wanted and what is.
    #[command(subcommand, after_help = shadow::EXAMPLES)]
    Shadow(shadow::Verb),
    /// Alerts.
    #[command(subcommand, after_help = integrity::EXAMPLES)]
    Alert(integrity::AlertVerb),
    /// Findings: what is not as it was, and what is done about it.
    #[command(subcommand, after_help = finding::EXAMPLES)]
    Finding(finding::Verb),
    /// Runs of playbooks: throttle or quarantine, and the way back.
    #[command(subcommand, after_help = finding::EXAMPLES)]
    Playbook(finding::PlaybookVerb),
    /// Groups of devices: by hand, or by a filter.
    #[command(subcommand, after_help = group::EXAMPLES)]
    Group(group::Verb),
    /// Acts on many devices, with preview and a way back.
    #[command(subcommand, after_help = group::BULK_EXAMPLES)]
    Bulk(group::BulkVerb),
    /// What owners ask, and the answers: list, show, answer, close.
    #[command(subcommand, after_help = help::EXAMPLES)]
    Desk(help::Verb),
    /// A device of one's own, as its owner: claim, show, set, give away.
    #[command(subcommand, after_help = home::EXAMPLES)]
    Home(home::Verb),
    /// Papers: policies, and bulletins that people can act on.
    #[command(subcommand, after_help = paper::EXAMPLES)]
    Paper(paper::Verb),
    /// What the doors refused, by name.
    Refusals,
    /// The ledger: export it and verify it offline.
    #[command(subcommand, after_help = ledger::EXAMPLES)]
    Ledger(ledger::Verb),
    /// The status of every requirement, computed from facts.
    #[command(subcommand, after_help = conformity::EXAMPLES)]
    Conformity(conformity::Verb),
    /// Write a manual page for each command into a folder.
    Man {
        /// The folder; made if it is not there.
        dir: PathBuf,
    },
    /// Print a completion script for your shell.
    #[command(after_help = "Example: holdfast completion bash > /etc/bash_completion.d/holdfast")]
    Completion {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Parses the process's arguments and runs the command; the value is the process's exit code.
#[must_use]
pub fn run() -> u8 {
    let cli = match tree().try_get_matches().and_then(|found| Cli::from_arg_matches(&found)) {
        Ok(cli) => cli,
        Err(why) => return misused(&why, &std::env::args_os().collect::<Vec<_>>()) as u8,
    };
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

/// Every command, each with an example in its help.
fn tree() -> clap::Command {
    examples::spread(Cli::command())
}

/// Arguments that cannot be used; asking for help is not one of them.
fn misused(why: &clap::Error, args: &[OsString]) -> Exit {
    if !why.use_stderr() {
        print(why.render().to_string().trim_end());
        return Exit::Done;
    }
    if asks_for_json(args) {
        let failure = Failure { exit: Exit::Usage, name: Some("usage".to_owned()), text: why.render().to_string() };
        return Output::new(Format::Json).failure(&failure);
    }
    if args.len() == 1 {
        progress(tree().render_help().to_string().trim_end());
        return Exit::Usage;
    }
    // With colours, if the terminal has them; a closed one is not an error.
    let _ = why.print();
    Exit::Usage
}

/// Whether `-o json` was said, in whatever form, in arguments that could not be parsed.
fn asks_for_json(args: &[OsString]) -> bool {
    let args: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
    let apart = args.windows(2).any(|pair| matches!(pair, [flag, word] if is_output(flag) && word == "json"));
    apart || args.iter().any(|arg| matches!(arg.as_ref(), "-ojson" | "-o=json" | "--output=json"))
}

fn is_output(flag: &str) -> bool {
    matches!(flag, "-o" | "--output")
}

async fn dispatch(cli: Cli, out: Output) -> Result<(), Failure> {
    let profile = cli.profile;
    let open = || Client::open(profile.clone());
    match cli.noun {
        Noun::Serve(args) => serve::run(args).await,
        Noun::Demo(args) => crate::demo::run(args, out).await,
        Noun::Backup(verb) => backup::run(&verb, out),
        Noun::Login(args) => people::login(args, profile, out).await,
        Noun::Logout => people::logout(profile, out).await,
        Noun::Whoami => people::whoami(&open()?, out).await,
        Noun::Link(args) => people::link(args, &open()?, out).await,
        Noun::Token(verb) => people::tokens(verb, &open()?, out).await,
        Noun::Person(verb) => person::run(verb, &open()?, out).await,
        Noun::Session(verb) => person::sessions(verb, &open()?, out).await,
        Noun::Notice(verb) => person::notices(verb, &open()?, out).await,
        Noun::Status => status::run(&open()?, out).await,
        Noun::Key(verb) => key::run(verb, profile, out).await,
        Noun::Authority(verb) => authority::run(verb, profile, out).await,
        Noun::Trust(verb) => trust::run(verb, profile, out).await,
        Noun::Factory(verb) => factory::run(verb, out),
        Noun::Batch(verb) => batch::run(verb, &open()?, out).await,
        Noun::Product(verb) => product::run(verb, &open()?, out).await,
        Noun::Release(verb) => release::run(verb, profile, out).await,
        Noun::Deployment(verb) => deployment::run(verb, &open()?, out).await,
        Noun::Device(verb) => device::run(verb, &open()?, out).await,
        Noun::Label(verb) => label::run(verb, profile, out).await,
        Noun::Shop(verb) => shop::run(verb, &open()?, out).await,
        Noun::Complaint(verb) => redress::complaint(verb, &open()?, out).await,
        Noun::Breach(verb) => redress::breach(verb, &open()?, out).await,
        Noun::Desk(verb) => help::run(verb, &open()?, out).await,
        Noun::Home(verb) => home::run(verb, &open()?, out).await,
        Noun::Custody(verb) => custody::run(verb, &open()?, out).await,
        Noun::Telemetry(verb) => telemetry::run(verb, &open()?, out).await,
        Noun::Shadow(verb) => shadow::run(verb, &open()?, out).await,
        Noun::Alert(verb) => integrity::alerts(verb, &open()?, out).await,
        Noun::Finding(verb) => finding::run(verb, &open()?, out).await,
        Noun::Playbook(verb) => finding::playbook(verb, &open()?, out).await,
        Noun::Group(verb) => group::run(verb, &open()?, out).await,
        Noun::Bulk(verb) => group::bulk(verb, &open()?, out).await,
        Noun::Paper(verb) => paper::run(verb, &open()?, out).await,
        Noun::Refusals => integrity::refusals(&open()?, out).await,
        Noun::Ledger(verb) => ledger::run(verb, profile, out).await,
        Noun::Conformity(verb) => conformity::run(verb, &open()?, out).await,
        Noun::Man { dir } => {
            let pages = examples::write_manual(tree(), &dir)?;
            let shown = dir.display().to_string();
            out.done(
                &format!("{pages} manual pages are in {shown}."),
                &serde_json::json!({"dir": shown, "pages": pages}),
            );
            Ok(())
        }
        Noun::Completion { shell } => {
            // Made whole first: the generator panics if its reader goes away.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "holdfast", &mut script);
            print(String::from_utf8_lossy(&script).trim_end());
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

    #[test]
    fn every_command_and_argument_says_what_it_is() {
        fn look(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            assert!(command.get_about().is_some(), "{path}");
            for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
                assert!(arg.get_help().is_some(), "{path} {}", arg.get_id());
            }
            command.get_subcommands().for_each(|verb| look(verb, &path));
        }
        look(&Cli::command(), "");
    }

    #[test]
    fn json_is_asked_for_in_every_form() {
        let asks = |line: &str| asks_for_json(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        for line in ["holdfast -o json x", "holdfast x --output json", "holdfast x -ojson", "holdfast --output=json"] {
            assert!(asks(line), "{line}");
        }
        assert!(!asks("holdfast -o table json") && !asks("holdfast x"));
    }
}
