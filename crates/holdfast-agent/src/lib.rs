//! `holdfast-agent`: the program on a Linux-class device. Identity, connection, updates, integrity, the application.
//!
//! Read in this order: `cli`, `layout`, `factory` (what happens once), `agent` (the loop and its rooms), then what the
//! rooms use: `credential` and `est`, `link`, `queue`, `counters`, `shadow`, `commands`, `check`, `fetch`, `slots`,
//! `unpack`, `application`. Decisions about updates are in `holdfast_core::update`.

mod acked;
mod agent;
mod application;
mod check;
mod cli;
mod clock;
mod commands;
mod config;
mod conversation;
mod counters;
mod credential;
mod device_state;
mod door;
mod durable;
mod est;
mod factory;
mod fault;
mod fetch;
mod keys;
mod layout;
mod link;
#[doc(hidden)]
pub mod parsers;
mod queue;
mod resolve;
mod secrets;
mod shadow;
mod slots;
mod status;
mod tls;
mod trust;
mod unpack;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

use cli::{Cli, Command, Output};
use fault::Fault;
use layout::Layout;

/// The whole program, from the command line to the exit code.
#[must_use]
pub fn main_program() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("HOLDFAST_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
    match carry_out(cli.command) {
        Ok(code) => code,
        Err(fault) => {
            tracing::error!(fault.name = fault.name(), "{}", fault::chain(&fault));
            ExitCode::from(fault.exit_code())
        }
    }
}

fn carry_out(command: Command) -> Result<ExitCode, Fault> {
    let done = match command {
        Command::GuardChild(args) => return application::guard(args.agent, &args.program).map(ExitCode::from),
        Command::Init(args) => factory::init(&args),
        Command::InstallFactory(args) => {
            let sequence = factory::install(&args)?;
            tracing::info!(release.sequence = sequence, "image installed into slot a");
            Ok(())
        }
        Command::Keys(args) => keys::serve(&args),
        Command::HandOver(args) => keys::hand_over(&args),
        Command::Secret(args) => secrets::carry_out(&args.what),
        Command::Run(args) => run(&args),
        Command::Status(args) => {
            let status = status::read(&Layout::new(&args.dir))?;
            let text = match args.output {
                Output::Json => format!("{status}\n"),
                Output::Table => status::table(&status),
            };
            std::io::stdout().write_all(text.as_bytes()).map_err(Fault::files("write to", "standard output".as_ref()))
        }
    };
    done.map(|()| ExitCode::SUCCESS)
}

fn run(args: &cli::Run) -> Result<(), Fault> {
    if args.exit_with_parent {
        let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM));
    }
    let layout = Layout::new(&args.dir);
    layout.create()?;
    let keys = keys::take_own_user(args, &layout)?;
    let _lock = lock(&layout)?;
    // The agent's loop stays on this thread; what talks to the network, and may wait for a signature, is on the other.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(Fault::files("start the runtime in", layout.root()))?;
    let outcome = runtime.block_on(agent::Agent::run(&layout, keys));
    runtime.shutdown_background();
    outcome
}

/// One agent at a time in a directory.
fn lock(layout: &Layout) -> Result<std::fs::File, Fault> {
    let path = layout.state("lock");
    let file = std::fs::File::create(&path).map_err(Fault::files("create", &path))?;
    rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive)
        .map_err(|_| Fault::refused("agent-already-running"))?;
    Ok(file)
}
