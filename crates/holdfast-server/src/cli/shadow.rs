//! `holdfast shadow …`: what is wanted of a device, and what it reports.

use clap::Subcommand;
use holdfast_core::id::DeviceId;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::client::{Body, Client};
use super::output::Column;
use super::{Failure, Output};

const COLUMNS: &[Column] =
    &[("Version", "/version"), ("Desired", "/desired"), ("Reported", "/reported"), ("Applied", "/applied_version")];

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast shadow show hearth-0001
  holdfast shadow set hearth-0001 targetTemperature=21.5 mode=manual
  holdfast shadow set hearth-0001 mode=null                          what was wanted is not wanted any more";

/// Verbs of `shadow`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// What is wanted and what the device reports.
    Show {
        /// The device.
        id: DeviceId,
    },
    /// Change what is wanted: `holdfast shadow set hearth-0001 targetTemperature=21.5`.
    Set {
        /// Only if the shadow is at this version.
        #[arg(long, value_name = "VERSION")]
        if_version: Option<u64>,
        /// The device.
        id: DeviceId,
        /// `name=value`; a value is JSON, or text if it is not; `name=null` removes it.
        #[arg(required = true, value_name = "NAME=VALUE")]
        fields: Vec<String>,
    },
}

/// Runs the verb.
pub(super) async fn run(verb: Verb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        Verb::Show { id } => out.item(&client.get(&path(&id)).await?, COLUMNS),
        Verb::Set { if_version, id, fields } => {
            let body = Body::Json(json!({"desired": wishes(&fields)?, "version": if_version}));
            let done = client.send(Method::PATCH, &path(&id), Some(body)).await?;
            out.done(&format!("{id} is told when it is online."), &done);
        }
    }
    Ok(())
}

fn path(id: &DeviceId) -> String {
    format!("/api/v1/devices/{id}/shadow")
}

/// What `NAME=VALUE` words wish.
pub(super) fn wishes(fields: &[String]) -> Result<Map<String, Value>, Failure> {
    let mut wishes = Map::new();
    for field in fields {
        let (name, value) =
            field.split_once('=').ok_or_else(|| Failure::usage(format!("`{field}` is not NAME=VALUE")))?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        wishes.insert(name.to_owned(), value);
    }
    Ok(wishes)
}
