//! `holdfast batch …`: factory manifests, imported.

use std::path::PathBuf;

use clap::Subcommand;
use reqwest::Method;

use super::answer::number;
use super::client::{Body, Client};
use super::failure::read_file;
use super::output::Column;
use super::{Failure, Output};
use crate::factory::MANIFEST_BYTES_MAX;

const COLUMNS: &[Column] = &[
    ("Batch", "/id"),
    ("Product", "/product"),
    ("Devices", "/devices"),
    ("Imported", "/imported_us"),
    ("Manifest digest", "/manifest_digest"),
];

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast batch import batch.json
  holdfast batch list --limit 10";

/// Verbs of `batch`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Import a factory manifest: its devices may then enrol.
    Import {
        /// The manifest.
        file: PathBuf,
    },
    /// Imported batches, newest first.
    List {
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
}

/// Runs the verb.
pub(super) async fn run(verb: Verb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        Verb::Import { file } => {
            let manifest = read_file(&file, MANIFEST_BYTES_MAX as u64)?;
            let body = Body::Bytes("application/json", manifest);
            let made = client.send(Method::POST, "/api/v1/batches", Some(body)).await?;
            out.done(&format!("Batch imported: {} devices may enrol.", number(&made, "devices")), &made);
        }
        Verb::List { limit } => {
            let batches = client.all("/api/v1/batches", u64::from(limit)).await?;
            out.list(&batches, COLUMNS, "No batch yet. Write one: holdfast factory manifest");
        }
    }
    Ok(())
}
