//! `holdfast device …` and `holdfast shadow …`.

use clap::{Args, Subcommand};
use holdfast_core::id::{DeviceId, StreamId};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::client::{Body, Client};
use super::deployment::confirmed;
use super::output::Column;
use super::product::items;
use super::{Failure, Output};

const COLUMNS: &[Column] = &[
    ("Device", "/id"),
    ("Product", "/product"),
    ("Enrolment", "/state"),
    ("Online", "/online"),
    ("Version", "/software/version"),
    ("Slot", "/software/slot"),
    ("Quarantine", "/quarantine/reason"),
    ("Last seen", "/last_seen_us"),
];
const SHADOW: &[Column] =
    &[("Version", "/version"), ("Desired", "/desired"), ("Reported", "/reported"), ("Applied", "/applied_version")];

/// Verbs of `device`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Devices, by id; filters combine.
    List(List),
    /// One device.
    Show {
        /// Its id.
        id: DeviceId,
    },
    /// Contain a device: it may only attest, report and update.
    Quarantine {
        /// Its id.
        id: DeviceId,
        /// Named reason, kebab-case.
        #[arg(long, default_value = "by-person")]
        reason: String,
    },
    /// Lift a quarantine.
    Release {
        /// Its id.
        id: DeviceId,
    },
    /// Shut a device out for good; its open connection ends within a minute.
    Revoke {
        /// Its id.
        id: DeviceId,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Let a device enrol again with its factory identity (after a repair or factory reset).
    AllowReenrolment {
        /// Its id.
        id: DeviceId,
    },
    /// Readings of one stream.
    Telemetry {
        /// Its id.
        id: DeviceId,
        /// The stream.
        stream: StreamId,
        /// At most so many, newest first.
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Give a device an order.
    Command {
        /// Its id.
        id: DeviceId,
        /// The action's name in the product's model.
        action: String,
        /// Input, a JSON object.
        #[arg(long, default_value = "{}")]
        input: String,
        /// It is not carried out after so many seconds.
        #[arg(long, default_value_t = 300)]
        expires: u64,
    },
    /// What the ledger says of a device, newest first.
    Ledger {
        /// Its id.
        id: DeviceId,
    },
    /// Orders given to a device and how they ended.
    Commands {
        /// Its id.
        id: DeviceId,
    },
}

/// Filters of `device list`.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Only this enrolment state.
    #[arg(long)]
    state: Option<String>,
    /// Only this product.
    #[arg(long)]
    product: Option<String>,
    /// Only quarantined ones.
    #[arg(long)]
    quarantined: bool,
    /// Start after this id.
    #[arg(long)]
    after: Option<DeviceId>,
    /// At most so many.
    #[arg(long, default_value_t = 100)]
    limit: u32,
}

impl List {
    fn query(&self) -> String {
        let mut query = "/api/v1/devices?".to_owned();
        for (name, value) in [("state", &self.state), ("product", &self.product)] {
            if let Some(value) = value {
                query.push_str(&format!("{name}={}&", plain(value)));
            }
        }
        if let Some(after) = &self.after {
            query.push_str(&format!("after={after}&"));
        }
        if self.quarantined {
            query.push_str("quarantined=true&");
        }
        query
    }
}

/// Keeps only what needs no escaping in a query; anything else cannot be the name of a state or product anyway.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
}

/// Runs the verb.
pub(super) async fn run(verb: Verb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        Verb::List(filter) => {
            let devices = client.all(&filter.query(), u64::from(filter.limit)).await?;
            let empty = "No such device. Devices come with a batch: holdfast factory manifest, holdfast batch import";
            out.list(&devices, COLUMNS, empty);
        }
        Verb::Show { id } => out.item(&client.get(&path(&id, "")).await?, COLUMNS),
        Verb::Quarantine { id, reason } => {
            let done = client.post(&path(&id, "/quarantine"), json!({"reason": reason})).await?;
            out.done(&format!("{id} is quarantined."), &done);
        }
        Verb::Release { id } => {
            let done = client.post(&path(&id, "/release"), json!({})).await?;
            out.done(&format!("{id} is not quarantined any more."), &done);
        }
        Verb::Revoke { id, yes } => {
            if !yes && !confirmed(&format!("Shut {id} out for good?"))? {
                return Err(Failure::refused("not-confirmed", "nothing was changed"));
            }
            let done = client.post(&path(&id, "/revoke"), json!({})).await?;
            out.done(&format!("{id} is revoked."), &done);
        }
        Verb::AllowReenrolment { id } => {
            let done = client.post(&path(&id, "/allow-reenrolment"), json!({})).await?;
            out.done(&format!("{id} may enrol once more with its factory identity."), &done);
        }
        Verb::Telemetry { id, stream, limit } => {
            let rows = client.all(&path(&id, &format!("/telemetry/{stream}")), u64::from(limit)).await?;
            out.list(
                &rows,
                &[("Counter", "/counter"), ("Measured", "/measured_us"), ("Fields", "/fields")],
                "No reading of this stream yet.",
            );
        }
        Verb::Command { id, action, input, expires } => {
            let body = json!({"action": action, "input": object(&input)?, "expires_s": expires});
            let made = client.post(&path(&id, "/commands"), body).await?;
            out.done(&format!("Command {} is on its way.", made["id"].as_str().unwrap_or("–")), &made);
        }
        Verb::Ledger { id } => {
            let lines = client.all(&path(&id, "/ledger"), u64::MAX).await?;
            let columns = [("Line", "/index"), ("When", "/at_us"), ("What", "/kind"), ("Entry", "/leaf")];
            out.list(&lines, &columns, "The ledger does not mention this device.");
        }
        Verb::Commands { id } => {
            let page = client.get(&path(&id, "/commands")).await?;
            out.list(
                items(&page),
                &[("Command", "/id"), ("Action", "/action"), ("State", "/state"), ("Created", "/created_us")],
                "No order was given to this device.",
            );
        }
    }
    Ok(())
}

/// Verbs of `shadow`.
#[derive(Debug, Subcommand)]
pub(super) enum ShadowVerb {
    /// What is wanted and what the device reports.
    Show {
        /// The device.
        id: DeviceId,
    },
    /// Change what is wanted: `holdfast shadow set hearth-0001 targetTemperature=21.5`.
    Set {
        /// The device.
        id: DeviceId,
        /// `name=value`; a value is JSON, or text if it is not; `name=null` removes it.
        #[arg(required = true, value_name = "NAME=VALUE")]
        fields: Vec<String>,
    },
}

/// Runs the verb.
pub(super) async fn shadow(verb: ShadowVerb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        ShadowVerb::Show { id } => out.item(&client.get(&path(&id, "/shadow")).await?, SHADOW),
        ShadowVerb::Set { id, fields } => {
            let mut patch = Map::new();
            for field in &fields {
                let (name, value) = field
                    .split_once('=')
                    .ok_or_else(|| Failure::usage(format!("`{field}` is not NAME=VALUE")))?;
                let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
                patch.insert(name.to_owned(), value);
            }
            let body = Body::Json(json!({"desired": patch}));
            let done = client.send(Method::PATCH, &path(&id, "/shadow"), Some(body)).await?;
            out.done(&format!("{id} is told when it is online."), &done);
        }
    }
    Ok(())
}

fn path(id: &DeviceId, rest: &str) -> String {
    format!("/api/v1/devices/{id}{rest}")
}

fn object(text: &str) -> Result<Value, Failure> {
    match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err(Failure::usage(format!("`{text}` is not a JSON object"))),
    }
}
