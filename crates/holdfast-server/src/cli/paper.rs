//! `holdfast paper …`: policies and bulletins.

use std::path::PathBuf;

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use super::answer::{items, member};
use super::client::{Body, Client};
use super::failure::read_file;
use super::output::Column;
use super::{Failure, Output};

/// Largest paper.
const PAPER_BYTES_MAX: u64 = 128 * 1024;

const COLUMNS: &[Column] = &[
    ("Paper", "/id"),
    ("Kind", "/kind"),
    ("Version", "/version"),
    ("Since", "/at_us"),
    ("Owners told", "/told"),
    ("Owners", "/owners"),
];

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast paper list
  holdfast paper put privacy privacy.json                 a new version is in force at the earliest in thirty days
  holdfast paper put battery-recall recall.json           owners whose units it is about are told
  holdfast paper show privacy -o json

A bulletin: {\"kind\":\"bulletin\",\"what\":\"action\",\"product\":\"hearth-thermostat\",\"serials\":[\"hearth-00*\"],
  \"title\":{\"en\":\"…\"},\"happened\":{\"en\":\"…\"},\"steps\":[{\"en\":\"…\"}],\"deadline\":\"2027-01-31\",\"contact\":\"mailto:…\"}";

/// Verbs of `paper`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// The newest version of each paper, with how many owners were told.
    List,
    /// Every version of a paper.
    Show {
        /// Its name.
        name: String,
    },
    /// Keep a new version of a paper. Policies and bulletins are public at once.
    Put {
        /// Its name: `security`, `support`, `disclosure`, `privacy`, `retention`, or one of your own.
        name: String,
        /// The paper, JSON.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Only if this is the newest version.
        #[arg(long, value_name = "VERSION")]
        if_version: Option<u64>,
    },
}

/// Runs the verb.
pub(super) async fn run(verb: Verb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        Verb::List => {
            let page = client.get("/api/v1/papers").await?;
            out.list(items(&page), COLUMNS, "No paper yet. Begin with: holdfast paper put security FILE");
        }
        Verb::Show { name } => {
            let found = client.get(&format!("/api/v1/papers/{name}")).await?;
            let versions = member(&found, "versions").as_array().cloned().unwrap_or_default();
            out.list(&versions, &[("Version", "/version"), ("Since", "/at_us"), ("Document", "/document")], "None.");
        }
        Verb::Put { name, file, if_version } => {
            let text = read_file(&file, PAPER_BYTES_MAX)?;
            let parsed: Value = serde_json::from_slice(&text)
                .map_err(|why| Failure::usage(format!("{}: not JSON: {why}", file.display())))?;
            let body = Body::Json(json!({"document": parsed, "from_version": if_version}));
            let kept = client.send(Method::PUT, &format!("/api/v1/papers/{name}"), Some(body)).await?;
            out.done(&format!("Version {} of {name} is kept.", member(&kept, "version")), &kept);
        }
    }
    Ok(())
}
