//! `holdfast-agent`: the program on a Linux-class device. Identity, connection, updates, integrity, the application.
//!
//! Read in this order: `cli`, `layout`, `factory` (what happens once), `agent` (the loop and its rooms), then what the
//! rooms use: `credential` and `est`, `link`, `queue`, `counters`, `shadow`, `commands`, `check`, `fetch`, `slots`,
//! `unpack`, `application`. Decisions about updates are in `holdfast_core::update`.

mod acked;
mod admin;
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
mod declared;
mod device_state;
mod door;
mod durable;
mod est;
mod factory;
mod fault;
mod fetch;
mod hooks;
mod keys;
mod layout;
mod link;
mod local;
#[doc(hidden)]
pub mod parsers;
mod queue;
mod reset;
mod resolve;
mod secrets;
mod shadow;
mod slots;
mod status;
mod tls;
mod trust;
mod unpack;
mod watchdog;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

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
        Command::GuardChild(args) => {
            return application::guard(args.agent, &args.limits, &args.program).map(ExitCode::from);
        }
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
            show(&status, args.output)
        }
        Command::Local(what) => local_order(what),
        Command::Reset(args) => reset_device(&args),
        Command::Completion { shell } => {
            use clap::CommandFactory as _;
            clap_complete::generate(shell, &mut Cli::command(), "holdfast-agent", &mut std::io::stdout());
            Ok(())
        }
    };
    done.map(|()| ExitCode::SUCCESS)
}

fn show(value: &serde_json::Value, output: Output) -> Result<(), Fault> {
    let text = match output {
        Output::Json => format!("{value}\n"),
        Output::Table => status::table(value),
    };
    std::io::stdout().write_all(text.as_bytes()).map_err(Fault::files("write to", "standard output".as_ref()))
}

fn local_order(what: cli::Local) -> Result<(), Fault> {
    use admin::Order;
    use cli::Local;
    let (place, order) = match what {
        Local::Waiting(place) => (place, Order::Waiting),
        Local::Confirm { code, place } => (place, Order::Confirm { code }),
        Local::Deny(place) => (place, Order::Deny),
        Local::List(place) => (place, Order::Controllers),
        Local::Revoke { controller, place } => (place, Order::Revoke { controller }),
    };
    show(&admin::ask(&Layout::new(&place.dir), &order)?, place.output)
}

/// By the running agent, which stops the application first; by this process if none runs.
fn reset_device(args: &cli::Reset) -> Result<(), Fault> {
    let layout = &Layout::new(&args.place.dir);
    if admin::is_running(layout) {
        admin::ask(layout, &admin::Order::Reset)?;
    } else {
        let _lock = lock(layout)?;
        reset::begin(layout, "command-line", None, None)?;
        let keys = args.place.keys_socket.as_deref();
        complete_reset(layout, &keys.map_or_else(|| keys::Keys::in_child(layout.root()), keys::Keys::at))?;
    }
    let text = format!("{}\n", reset::WORDS);
    std::io::stdout().write_all(text.as_bytes()).map_err(Fault::files("write to", "standard output".as_ref()))
}

/// Completes a factory reset that was ordered, also one that a power cut interrupted.
fn complete_reset(layout: &Layout, keys: &keys::Keys) -> Result<bool, Fault> {
    reset::complete(layout, &mut || keys.wipe())
}

fn run(args: &cli::Run) -> Result<(), Fault> {
    if args.exit_with_parent {
        let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM));
    }
    let layout = Layout::new(&args.dir);
    let keys = keys::take_own_user(args, &layout)?;
    // By the user that works in them, also where an earlier agent knew fewer directories.
    layout.create()?;
    let _lock = lock(&layout)?;
    // The agent's loop stays on this thread; what talks to the network, and may wait for a signature, is on the other.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(Fault::files("start the runtime in", layout.root()))?;
    let outcome = loop {
        complete_reset(&layout, &keys)?;
        let outcome = runtime.block_on(agent::Agent::run(&layout, Arc::clone(&keys)));
        if outcome.is_err() || !reset::is_pending(&layout) {
            break outcome;
        }
    };
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
