//! `holdfast demo`: the main job, for real, on one machine. It uses nothing but what a maker and a device would use:
//! `holdfast` commands, a `holdfast serve` process and `holdfast-agent` processes that talk over the network.
//!
//! What is staged, and says so: the factory, the maker's desk and eight homes are folders on this machine; the defect of
//! one unit, the changed byte of another, the crash of the server and a press of a button are brought about on purpose.

use std::path::PathBuf;

use serde_json::json;

use crate::cli::{Failure, Output};

mod firmware;
mod living;
mod making;
mod owning;
mod stage;
mod tools;
mod world;

use stage::Stage;
use world::World;

/// Steps of a run.
const STEPS: usize = 9;

/// Arguments of `holdfast demo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// End after the last step instead of leaving everything running.
    #[arg(long)]
    once: bool,
    /// Keep all state in this folder (which must not exist yet).
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// How many devices.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(4..=64))]
    devices: u16,
}

/// Runs the demo; it fails at the first step that does not hold.
///
/// # Errors
///
/// If a step does not hold, or on Ctrl-C.
pub async fn run(args: Args, out: Output) -> Result<(), Failure> {
    let mut stage = Stage::new(STEPS);
    let mut world = World::prepare(args.keep, args.devices)?;
    let outcome = tokio::select! {
        outcome = play(&mut world, &mut stage) => outcome,
        () = interrupted() => Err(Failure::fault("interrupted; nothing was left behind")),
    };
    stage.finish();
    if let Err(failure) = outcome {
        let kept = world.explain();
        world.stop().await;
        return Err(Failure { text: format!("{}{kept}", failure.text), ..failure });
    }
    let end = if args.once { json!({"console": null}) } else { world.console().await? };
    stage.summary(out, &end);
    if !args.once {
        world.invite(out, &end);
        interrupted().await;
    }
    world.stop().await;
    Ok(())
}

async fn play(world: &mut World, stage: &mut Stage) -> Result<(), Failure> {
    making::server(world, stage.step("A server on empty state; the first administrator signs in by one-time link"))
        .await?;
    making::maker(world, stage.step("The maker's keys and trust document, offline; a product from its model")).await?;
    making::factory(world, stage.step("A factory batch: each device makes its own key, the factory vouches for it"))
        .await?;
    living::connect(world, stage.step("Devices enrol, connect, report, and obey")).await?;
    living::update(world, stage.step("Release 2 in two phases; one device goes back by itself")).await?;
    living::tamper(world, stage.step("A changed byte is noticed, contained, recovered and cleared")).await?;
    living::crash(world, stage.step("The server is killed in mid-telemetry: nothing acknowledged is lost, none twice"))
        .await?;
    owning::claim_and_release(
        world,
        stage.step("An owner claims a unit by its label, uses it, and gives it away wiped"),
    )
    .await?;
    living::evidence(world, stage.step("The ledger verifies offline; conformity is computed from facts")).await
}

async fn interrupted() {
    let term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    match term {
        Ok(mut term) => {
            tokio::select! { _ = tokio::signal::ctrl_c() => {}, _ = term.recv() => {} }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
