//! `holdfast telemetry …`: what is done with telemetry as a whole: judge again, check signatures, see retention.

use clap::Subcommand;
use holdfast_core::id::{DeviceId, ProductId, StreamId};
use serde_json::{Value, json};

use super::client::Client;
use super::output::Column;
use super::{Failure, Output};

const REPLAYED: &[Column] =
    &[("Stored", "/stored"), ("Stored before", "/repeats"), ("Still refused, waiting", "/waiting")];
const CHECKED: &[Column] = &[
    ("Signatures", "/signatures"),
    ("Readings as signed", "/verified"),
    ("Altered readings", "/altered"),
    ("Signatures that do not hold", "/broken"),
    ("Signed and deleted since", "/absent"),
    ("Forwarded by", "/forwarded"),
    ("There are more", "/more"),
];
const RETENTION: &[Column] = &[
    ("Product", "/product"),
    ("Stream", "/stream"),
    ("Kept, ms", "/keep_ms"),
    ("Deleted ever", "/deleted"),
    ("Deleted last", "/deleted_last"),
    ("Last run", "/last_run_us"),
    ("Next run", "/next_run_us"),
];

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast telemetry replay hearth-thermostat
  holdfast telemetry verify leaf-0001 climate
  holdfast telemetry retention";

/// Verbs of `telemetry`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Judge messages that were refused and wait for a newer model again; run it after `product create`.
    Replay {
        /// The product.
        product: ProductId,
    },
    /// Check stored readings against the signatures that came with them.
    Verify {
        /// The device.
        device: DeviceId,
        /// The stream.
        stream: StreamId,
    },
    /// How long readings are kept, what was deleted, and when the next run is.
    Retention,
}

/// Runs the verb.
pub(super) async fn run(verb: Verb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        Verb::Replay { product } => {
            let done = client.post(&format!("/api/v1/products/{product}/replay"), json!({})).await?;
            out.item(&done, REPLAYED);
        }
        Verb::Verify { device, stream } => {
            let found = client.get(&format!("/api/v1/devices/{device}/telemetry/{stream}/signatures")).await?;
            out.item(&found, CHECKED);
            let any = |name: &str| found.get(name).and_then(Value::as_array).is_some_and(|list| !list.is_empty());
            if any("altered") || any("broken") {
                return Err(Failure::verification(
                    "readings-altered",
                    "stored readings are not as the device signed them",
                ));
            }
        }
        Verb::Retention => {
            let runs = client.all("/api/v1/retention", 500).await?;
            out.list(&runs, RETENTION, "No stream of any product has a retention.");
        }
    }
    Ok(())
}
