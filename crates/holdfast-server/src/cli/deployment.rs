//! `holdfast deployment …`.

use clap::{Args, Subcommand};
use holdfast_core::id::{DeploymentId, GroupId, ReleaseId};
use serde_json::{Value, json};

use super::answer::{set, text};
use super::client::Client;
use super::output::{Column, confirmed};
use super::{Failure, Output};

const COLUMNS: &[Column] = &[
    ("Deployment", "/id"),
    ("Release", "/version"),
    ("Group", "/group"),
    ("State", "/state"),
    ("Reason", "/reason"),
    ("Phase", "/phase"),
    ("Created", "/created_us"),
];
const EXECUTIONS: &[Column] = &[
    ("Device", "/device"),
    ("Phase", "/phase"),
    ("State", "/state"),
    ("%", "/percent"),
    ("Reason", "/reason"),
    ("Changed", "/changed_us"),
];

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast deployment create 0193… --phases 10,100                 a tenth first, then the rest
  holdfast deployment create 0193… --success 100 --abort-threshold 10 --min-devices 5
  holdfast deployment create 0193… --group beta-testers            only this group, as it stands when a phase starts
  holdfast deployment list --limit 5
  holdfast deployment pause 0193…
  holdfast deployment resume 0193…
  holdfast deployment show 0193…                                   each device's run
  holdfast deployment abort 0193… --yes                            devices that have not begun keep what they run";

/// Verbs of `deployment`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Start rolling a release out, in phases.
    #[command(after_help = EXAMPLES)]
    Create(Create),
    /// Deployments, newest first.
    List {
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// One deployment and each device's execution.
    Show {
        /// Its id.
        id: DeploymentId,
    },
    /// Offer the release to no further device until resumed.
    Pause {
        /// Its id.
        id: DeploymentId,
    },
    /// Go on after a pause.
    Resume {
        /// Its id.
        id: DeploymentId,
    },
    /// End it for good; devices that have not started are not offered the release any more.
    Abort {
        /// Its id.
        id: DeploymentId,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// Arguments of `deployment create`.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// The release.
    release: ReleaseId,
    /// Share of the devices in each phase, in percent, such as `10,40,100` (the last one is all that remain).
    #[arg(long, value_delimiter = ',', default_value = "5,25,100")]
    phases: Vec<u8>,
    /// Only to the devices of this group. Who is in it is looked at anew when each phase starts.
    #[arg(long)]
    group: Option<GroupId>,
    /// A phase's share of devices that must have succeeded before the next phase starts.
    #[arg(long, default_value_t = 90, value_name = "PERCENT")]
    success: u8,
    /// The deployment aborts itself when so many of the finished devices failed or rolled back.
    #[arg(long, default_value_t = 20, value_name = "PERCENT")]
    abort_threshold: u8,
    /// The threshold counts from so many finished devices on.
    #[arg(long, default_value_t = 3)]
    min_devices: u32,
    /// A device without progress for so long counts as unknown, and the deployment pauses.
    #[arg(long, default_value_t = 3_600, value_name = "SECONDS")]
    deadline: u64,
}

/// Runs the verb.
pub(super) async fn run(verb: Verb, client: &Client, out: Output) -> Result<(), Failure> {
    let base = "/api/v1/deployments";
    match verb {
        Verb::Create(args) => {
            let phases: Vec<Value> =
                args.phases.iter().map(|p| json!({"percent": p, "success_percent": args.success})).collect();
            let mut body = json!({
                "release": args.release.to_string(), "phases": phases,
                "abort_threshold_percent": args.abort_threshold, "min_devices": args.min_devices,
                "deadline_s": args.deadline,
            });
            if let Some(group) = args.group {
                set(&mut body, "group", Value::String(group.to_string()));
            }
            let made = client.post(base, body).await?;
            out.done(&format!("Deployment {} runs.", text(&made, "id")), &made);
        }
        Verb::List { limit } => {
            let deployments = client.all(base, u64::from(limit)).await?;
            out.list(&deployments, COLUMNS, "No deployment yet. Start one: holdfast deployment create RELEASE");
        }
        Verb::Show { id } => {
            let mut shown = client.get(&format!("{base}/{id}")).await?;
            let executions = client.all(&format!("{base}/{id}/executions"), u64::MAX).await?;
            if out.is_json() {
                set(&mut shown, "executions", Value::Array(executions));
                out.item(&shown, &[]);
            } else {
                out.item(&shown, COLUMNS);
                out.list(&executions, EXECUTIONS, "No device takes part.");
            }
        }
        Verb::Pause { id } => act(client, out, &id, "pause", "paused").await?,
        Verb::Resume { id } => act(client, out, &id, "resume", "running again").await?,
        Verb::Abort { id, yes } => {
            confirmed(&format!("Abort deployment {id} for good?"), yes)?;
            act(client, out, &id, "abort", "aborted").await?;
        }
    }
    Ok(())
}

async fn act(client: &Client, out: Output, id: &DeploymentId, verb: &str, now: &str) -> Result<(), Failure> {
    let done = client.post(&format!("/api/v1/deployments/{id}/{verb}"), json!({})).await?;
    out.done(&format!("Deployment {id} is {now}."), &done);
    Ok(())
}
