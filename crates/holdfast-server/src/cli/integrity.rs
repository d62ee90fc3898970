//! `holdfast alert …` and `holdfast refusals`: what needs a person, and what was turned away.

use clap::Subcommand;
use holdfast_core::id::{AlertId, DeviceId};
use serde_json::json;

use super::answer::items;
use super::client::Client;
use super::{Failure, Output};

/// Most alerts of one listing.
const ALERTS_MAX: u64 = 1_000;

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast alert list
  holdfast alert list --all --device hearth-0001
  holdfast alert close 0193…";

/// Verbs of `alert`.
#[derive(Debug, Subcommand)]
pub(super) enum AlertVerb {
    /// Open alerts, newest first.
    List {
        /// Closed ones too.
        #[arg(long)]
        all: bool,
        /// Only those about this device.
        #[arg(long)]
        device: Option<DeviceId>,
    },
    /// Close an alert.
    Close {
        /// Its id.
        id: AlertId,
    },
}

/// Runs the verb.
pub(super) async fn alerts(verb: AlertVerb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        AlertVerb::List { all, device } => {
            let about = device.map_or_else(String::new, |device| format!("&device={device}"));
            let alerts = client.all(&format!("/api/v1/alerts?open={}{about}", !all), ALERTS_MAX).await?;
            let columns = [
                ("Opened", "/opened_us"),
                ("Severity", "/severity"),
                ("Device", "/device"),
                ("Kind", "/kind"),
                ("What to do", "/text"),
                ("Closed", "/closed_us"),
                ("Alert", "/id"),
            ];
            out.list(&alerts, &columns, if all { "There was never an alert." } else { "No alert is open." });
        }
        AlertVerb::Close { id } => {
            let done = client.post(&format!("/api/v1/alerts/{id}/close"), json!({})).await?;
            out.done(&format!("Alert {id} is closed."), &done);
        }
    }
    Ok(())
}

/// What the doors refused, by name.
pub(super) async fn refusals(client: &Client, out: Output) -> Result<(), Failure> {
    let page = client.whole("/api/v1/refusals").await?;
    let columns = [("Door", "/door"), ("Refusal", "/name"), ("Count", "/count"), ("Last", "/last_us")];
    out.list(items(&page), &columns, "Nothing was refused yet.");
    Ok(())
}
